/**
 * The frame of kernels with one invocation per element of an output: `i` is the element, a grid that may be 2-D. Kernels
 * that read every operand at `i` are better off with `elementwiseVariant`, which reads four at a time.
 */
import { linearGrid, linearGroup } from '../plan/wgsl.ts'
import type { KernelVariant, OperandDeclaration } from './op.ts'

const WORKGROUP_SIZE = 64

export interface EachKernel {
  readonly name: string
  /** Invocations. */
  readonly count: number
  readonly operands: readonly OperandDeclaration[]
  readonly usesStep?: boolean
  /** Module-scope WGSL. */
  readonly functions?: string
  /** Statements in `i`. */
  readonly body: string
}

export function eachVariant({ name, count, operands, usesStep, functions, body }: EachKernel): KernelVariant {
  const workgroups = linearGrid(Math.ceil(count / WORKGROUP_SIZE))
  return {
    name,
    operands,
    usesStep: usesStep === true,
    workgroups,
    code: /* wgsl */ `
${functions ?? ''}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${count}u) { return; }
  ${body}
}`,
  }
}

/** Operands that are all arrays of f32. */
export function floats(...names: readonly string[]): OperandDeclaration[] {
  return names.map((name) => ({ name, element: 'f32' }))
}
