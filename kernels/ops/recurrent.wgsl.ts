/**
 * The frame of kernels that walk through time (LSTM, GRU, forward and back): one text, two kernels. On GPUs a workgroup
 * takes one sample, its lanes share the units, and a barrier ends each step. On software adapters, where a barrier costs
 * more than it shares, a thread walks its sample alone: lanes lie across samples and read the same weight at a time.
 *
 * What a step hands to the next goes through the outputs themselves, so that any number of units fits. Sums run in
 * ascending order in both kernels: the same input, the same bits.
 */
import type { DeviceCaps } from '../device/caps.ts'
import { linearGrid, linearGroup, loopBound } from '../plan/wgsl.ts'
import { SIGMOID, TANH } from './activation.ts'
import { floats } from './each.wgsl.ts'
import type { KernelVariant } from './op.ts'

/** A SIMD group of lavapipe: more samples in a workgroup would leave cores idle at usual batches. */
const SAMPLES_PER_WORKGROUP = 8
const MAX_LANES = 256

export interface RecurrentSizes {
  readonly samples: number
  readonly steps: number
  readonly units: number
}

/** In a body `sample` is the sample, `steps` and `units` the sizes as values that a compiler cannot know. */
export interface RecurrentFrame {
  /** Loop over the units `j` that an invocation takes. */
  units(statements: string): string
  /** Makes what all units have written in this step visible to each of them. */
  readonly sync: string
}

export interface RecurrentKernel extends RecurrentSizes {
  /** All f32; inputs, then outputs. */
  readonly operands: readonly string[]
  body(frame: RecurrentFrame): string
}

export function recurrentVariants(kernel: RecurrentKernel, caps: DeviceCaps): KernelVariant[] {
  const [alone, together] = [perThread(kernel), perWorkgroup(kernel)]
  return caps.kind === 'cpu' ? [alone, together] : [together, alone]
}

function perThread(kernel: RecurrentKernel): KernelVariant {
  const workgroups = linearGrid(Math.ceil(kernel.samples / SAMPLES_PER_WORKGROUP))
  const sample = `${linearGroup(workgroups)} * ${SAMPLES_PER_WORKGROUP}u + lane`
  const frame: RecurrentFrame = { units: (statements) => `for (var j = 0u; j < units; j++) { ${statements} }`, sync: '' }
  return variant('sample-per-thread', kernel, workgroups, SAMPLES_PER_WORKGROUP, sample, frame)
}

function perWorkgroup(kernel: RecurrentKernel): KernelVariant {
  const workgroups = linearGrid(kernel.samples)
  const lanes = Math.min(MAX_LANES, Math.ceil(kernel.units / 64) * 64)
  const frame: RecurrentFrame = {
    units: (statements) => `for (var j = lane; j < units; j += ${lanes}u) { ${statements} }`,
    sync: 'storageBarrier();',
  }
  return variant('sample-per-workgroup', kernel, workgroups, lanes, linearGroup(workgroups), frame)
}

function variant(
  name: string,
  { samples, steps, units, operands, body }: RecurrentKernel,
  workgroups: readonly [number, number, number],
  lanes: number,
  sample: string,
  frame: RecurrentFrame,
): KernelVariant {
  const first = operands[0] ?? ''
  return {
    name,
    operands: floats(...operands),
    workgroups,
    code: /* wgsl */ `
${TANH}
${SIGMOID}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let sample = ${sample};
  if (sample >= ${samples}u) { return; }
  let steps = ${loopBound(steps, first)};
  let units = ${loopBound(units, first)};
  ${body(frame)}
}`,
  }
}
