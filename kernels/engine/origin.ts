/**
 * Where in a step a number that is not finite appeared first: the step is run once more, dispatch by dispatch. Its update was
 * not made, nor any after it, so the parameters are those that it started from.
 */
import type { KernelDevice } from '../device/device.ts'
import { MAP_MODE_READ } from '../device/usage.ts'
import { elementCount } from '../graph/graph.ts'
import { BYTES_OF } from '../ops/op.ts'
import { allFinite } from '../optim/guard.ts'
import { type BoundProgram, encodeProgram } from '../plan/executable.ts'
import type { PlannedDispatch } from '../plan/types.ts'
import type { Batch, ParameterLayout } from './types.ts'

export interface RerunParts {
  readonly device: KernelDevice
  readonly batch: Batch
  readonly layout: ParameterLayout
  readonly dispatches: readonly PlannedDispatch[]
  readonly bound: BoundProgram
  /** By the name that the plan has for it. */
  readonly bufferOf: (name: string) => GPUBuffer
  /** Mappable; tensors are read through it, piece by piece. */
  readonly home: GPUBuffer
  /** Writes the batch and what the step starts with. */
  readonly write: (encoder: GPUCommandEncoder) => void
}

/** For people: a sample, a parameter, or the part of the model; null where all is finite this time. */
export async function originOfNonFinite({ device, batch, layout, dispatches, bound, bufferOf, home, write }: RerunParts): Promise<string | null> {
  const bad = batch.x.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) return `the input of sample ${batch.sampleOffset + Math.floor(bad / (batch.x.length / batch.count))} of the batch`
  for (const { name, offset, size } of layout.entries) {
    if (!(await allFiniteOnDevice(device, home, bufferOf('parameters'), offset * 4, size * 4))) return `the parameter ${name}, before the step`
  }
  const encoder = device.raw.createCommandEncoder()
  write(encoder)
  device.raw.queue.submit([encoder.finish()])
  for (const [i, kernel] of bound.kernels.entries()) {
    const dispatch = dispatches[i]
    if (dispatch === undefined) continue
    const one = device.raw.createCommandEncoder()
    const pass = one.beginComputePass()
    encodeProgram(pass, { kernels: [kernel], chosen: [] })
    pass.end()
    device.raw.queue.submit([one.finish()])
    const whole = dispatch.completes === undefined ? dispatch : dispatch.completes
    if (!whole?.node) continue
    const { label, origin, bindings, node } = whole
    const { inputs, outputs } = node.types
    for (const [output, { shape, dtype }] of outputs.entries()) {
      const binding = bindings[inputs.length + output]
      if (binding === undefined || dtype === 'i32') continue
      const bytes = elementCount(shape) * BYTES_OF[dtype]
      const finite = await allFiniteOnDevice(device, home, bufferOf(binding.buffer), binding.offsetBytes, bytes, dtype)
      if (!finite) return origin || `the dispatch ${label}`
    }
  }
  return null
}

async function allFiniteOnDevice(
  device: KernelDevice,
  home: GPUBuffer,
  from: GPUBuffer,
  offsetBytes: number,
  sizeBytes: number,
  dtype: 'f32' | 'f16' = 'f32',
): Promise<boolean> {
  for (let at = 0; at < sizeBytes; at += home.size) {
    const bytes = Math.min(home.size, sizeBytes - at)
    // Copies are of whole words.
    const copied = Math.ceil(bytes / 4) * 4
    const encoder = device.raw.createCommandEncoder()
    encoder.copyBufferToBuffer(from, offsetBytes + at, home, 0, copied)
    device.raw.queue.submit([encoder.finish()])
    await device.guard(home.mapAsync(MAP_MODE_READ, 0, copied))
    const range = home.getMappedRange(0, copied)
    const finite = dtype === 'f32' ? allFinite(new Float32Array(range)) : new Uint16Array(range, 0, bytes / 2).every((half) => (half & 0x7c00) !== 0x7c00)
    home.unmap()
    if (!finite) return false
  }
  return true
}
