/** Runs one kernel variant of one op on a device, with its outputs poisoned first: an element nobody writes is seen. */
import { halfToNumber } from '../../../kernels/data/dtypes.ts'
import type { DeviceCaps } from '../../../kernels/device/caps.ts'
import { halfArray } from '../../../kernels/half.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import type { KernelVariant, TensorType } from '../../../kernels/ops/op.ts'
import { BufferSet, bindProgram, encodeProgram } from '../../../kernels/plan/executable.ts'
import { alignBytes, bindingBytes, type PlannedBuffer, type PlannedDispatch, tensorBytes } from '../../../kernels/plan/types.ts'
import { STEP_OFFSETS_BYTES, STEP_UNIFORM_BYTES } from '../../../kernels/plan/wgsl.ts'
import type { OpCase } from '../../op-cases.ts'

const POISON = 1e30
const MAP_READ = 1

const lengthOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
/** Whole words: an odd number of halves is copied with what lies behind. */
const wordBytes = (type: TensorType) => Math.ceil(tensorBytes(type) / 4) * 4

function bytesOf({ dtype }: TensorType, values: Float64Array): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
  return dtype === 'f16' ? halfArray(values) : dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values)
}

function valuesOf({ shape, dtype }: TensorType, bytes: ArrayBuffer): Float32Array {
  if (dtype === 'f16') return Float32Array.from(new Uint16Array(bytes, 0, lengthOf(shape)), halfToNumber)
  return dtype === 'i32' ? Float32Array.from(new Int32Array(bytes)) : new Float32Array(bytes)
}

/** All variants that any of `caps` leads to, each once. */
export function distinctVariants(opCase: OpCase, caps: readonly DeviceCaps[]): KernelVariant[] {
  const { outputs } = opCase
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
export function dispatchOf({ title, op, attributes, inputs, outputs }: OpCase): PlannedDispatch {
  const types = { attributes, inputs, outputs }
  return {
    label: title,
    bindings: [...inputs, ...outputs].map((type, i) => ({
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
  const { outputs } = opCase
  const buffer = (name: string, bytes: number, use: PlannedBuffer['use'] = 'storage'): PlannedBuffer => ({
    name,
    bytes: alignBytes(bytes),
    category: 'io',
    use,
  })
  const all = [...opCase.inputs, ...outputs]
  const planned = all.map((type, i) => buffer(`operand.${i}`, wordBytes(type)))
  planned.push(buffer('step', STEP_UNIFORM_BYTES, 'uniform'))
  planned.push(...outputs.map((type, i) => buffer(`readback.${i}`, wordBytes(type), 'readback')))
  const buffers = await BufferSet.allocate(device, planned)
  try {
    const { queue } = device.raw
    opCase.inputs.forEach((type, i) => {
      queue.writeBuffer(buffers.get(`operand.${i}`), 0, bytesOf(type, opCase.values[i] as Float64Array))
    })
    outputs.forEach((type, i) => {
      queue.writeBuffer(buffers.get(`operand.${opCase.inputs.length + i}`), 0, new Float32Array(wordBytes(type) / 4).fill(POISON))
    })
    const { count, step, seed, sampleOffset, lossScale = 1 } = opCase.step
    queue.writeBuffer(buffers.get('step'), STEP_OFFSETS_BYTES.batch, new Uint32Array([count, step, seed, sampleOffset]))
    queue.writeBuffer(buffers.get('step'), STEP_OFFSETS_BYTES.lossScale, new Float32Array([lossScale]))
    const program = await bindProgram(device, dispatches, [buffers])
    const encoder = device.raw.createCommandEncoder()
    const pass = encoder.beginComputePass()
    encodeProgram(pass, program)
    pass.end()
    outputs.forEach((type, i) => {
      encoder.copyBufferToBuffer(buffers.get(`operand.${opCase.inputs.length + i}`), 0, buffers.get(`readback.${i}`), 0, wordBytes(type))
    })
    queue.submit([encoder.finish()])
    const results: Float32Array[] = []
    for (const [i, type] of outputs.entries()) {
      const readback = buffers.get(`readback.${i}`)
      await device.guard(readback.mapAsync(MAP_READ))
      results.push(valuesOf(type, readback.getMappedRange().slice(0, wordBytes(type))))
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
