/** Runs one kernel variant of one op on a device, with its outputs poisoned first: an element nobody writes is seen. */
import type { DeviceCaps } from '../../../kernels/device/caps.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import type { KernelVariant } from '../../../kernels/ops/op.ts'
import { BufferSet, bindProgram, encodeProgram } from '../../../kernels/plan/executable.ts'
import { alignBytes, bindingBytes, type PlannedBuffer, type PlannedDispatch } from '../../../kernels/plan/types.ts'
import { STEP_UNIFORM_BYTES } from '../../../kernels/plan/wgsl.ts'
import type { OpCase } from '../../op-cases.ts'

const POISON = 1e30
const MAP_READ = 1

const lengthOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

/** All variants that any of `caps` leads to, each once. */
export function distinctVariants(opCase: OpCase, caps: readonly DeviceCaps[]): KernelVariant[] {
  const outputs = opCase.op.infer(opCase.inputs, opCase.attributes)
  const found = new Map<string, KernelVariant>()
  for (const one of caps) {
    for (const variant of opCase.op.variants({ attributes: opCase.attributes, inputs: opCase.inputs, outputs }, one)) found.set(variant.code, variant)
  }
  return [...found.values()]
}

export function runVariant(device: KernelDevice, opCase: OpCase, variant: KernelVariant): Promise<Float32Array[]> {
  return runDispatches(device, opCase, [{ ...dispatchOf(opCase), variants: () => [variant] }])
}

/** The case's node as a plan has it, every operand in a buffer of its own. */
export function dispatchOf({ title, op, attributes, inputs }: OpCase): PlannedDispatch {
  const types = { attributes, inputs, outputs: op.infer(inputs, attributes) }
  return {
    label: title,
    bindings: [...inputs, ...types.outputs].map((type, i) => ({
      buffer: `operand.${i}`,
      offsetBytes: 0,
      sizeBytes: bindingBytes(type),
      access: i < inputs.length ? 'read' : 'read_write',
    })),
    variants: (caps) => op.variants(types, caps),
    node: { op, types, shapeClass: op.name },
  }
}

export async function runDispatches(device: KernelDevice, opCase: OpCase, dispatches: readonly PlannedDispatch[]): Promise<Float32Array[]> {
  const outputs = opCase.op.infer(opCase.inputs, opCase.attributes)
  const buffer = (name: string, bytes: number, use: PlannedBuffer['use'] = 'storage'): PlannedBuffer => ({
    name,
    bytes: alignBytes(bytes),
    category: 'io',
    use,
  })
  const all = [...opCase.inputs, ...outputs]
  const planned = all.map((type, i) => buffer(`operand.${i}`, lengthOf(type.shape) * 4))
  planned.push(buffer('step', STEP_UNIFORM_BYTES, 'uniform'))
  planned.push(...outputs.map((type, i) => buffer(`readback.${i}`, lengthOf(type.shape) * 4, 'readback')))
  const buffers = await BufferSet.allocate(device, planned)
  try {
    const { queue } = device.raw
    opCase.inputs.forEach((type, i) => {
      const values = opCase.values[i] as Float64Array
      queue.writeBuffer(buffers.get(`operand.${i}`), 0, type.dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values))
    })
    outputs.forEach((type, i) => {
      queue.writeBuffer(buffers.get(`operand.${opCase.inputs.length + i}`), 0, new Float32Array(lengthOf(type.shape)).fill(POISON))
    })
    const { count, step, seed, sampleOffset } = opCase.step
    queue.writeBuffer(buffers.get('step'), 0, new Uint32Array([count, step, seed, sampleOffset]))
    const program = await bindProgram(device, dispatches, [buffers])
    const encoder = device.raw.createCommandEncoder()
    const pass = encoder.beginComputePass()
    encodeProgram(pass, program)
    pass.end()
    outputs.forEach((type, i) => {
      encoder.copyBufferToBuffer(buffers.get(`operand.${opCase.inputs.length + i}`), 0, buffers.get(`readback.${i}`), 0, lengthOf(type.shape) * 4)
    })
    queue.submit([encoder.finish()])
    const results: Float32Array[] = []
    for (const [i, type] of outputs.entries()) {
      const readback = buffers.get(`readback.${i}`)
      await device.guard(readback.mapAsync(MAP_READ))
      const bytes = readback.getMappedRange().slice(0, lengthOf(type.shape) * 4)
      results.push(type.dtype === 'i32' ? Float32Array.from(new Int32Array(bytes)) : new Float32Array(bytes))
      readback.unmap()
    }
    return results
  } finally {
    buffers.dispose()
  }
}

/** ‖actual − expected‖ / ‖expected‖, and 0 where both are zero. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < expected.length; i++) {
    difference += ((actual[i] as number) - (expected[i] as number)) ** 2
    norm += (expected[i] as number) ** 2
  }
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  if (difference === 0) return 0
  return Math.sqrt(difference / Math.max(norm, 1e-12))
}
