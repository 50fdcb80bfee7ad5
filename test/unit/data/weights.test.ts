import { describe, expect, it } from 'vitest'
import { parseSafetensors, type Tensor, tensorOf, writeSafetensors } from '../../../kernels/data/safetensors.ts'
import { flatOfTensors, readWeights, tensorsOfFlat, writeWeights } from '../../../kernels/data/weights.ts'
import type { ParameterLayout } from '../../../kernels/engine/types.ts'

const layout: ParameterLayout = {
  entries: [
    { name: '0.bias', shape: [2], offset: 0, size: 2 },
    { name: '0.weight', shape: [2, 3], offset: 64, size: 6 },
  ],
  length: 128,
  parameterCount: 8,
}
const flat = new Float32Array(128)
flat.set([1, 2], 0)
flat.set([3, 4, 5, 6, 7, 8], 64)

const changed = (name: string, to: (tensor: Tensor) => Tensor | null): Uint8Array => {
  const tensors = tensorsOfFlat(flat, layout)
  return writeSafetensors(tensors.map((tensor) => (tensor.name === name ? to(tensor) : tensor)).filter((tensor) => tensor !== null))
}

describe('weights files', () => {
  it('come back as the same flat vector, padding zero', () => {
    expect(readWeights(writeWeights(flat, layout), layout)).toEqual(flat)
  })

  it('hold buffers beside parameters, which a reader must expect', () => {
    const file = writeWeights(flat, layout, [tensorOf('1.num_batches_tracked', [], new BigInt64Array([5n]))])
    expect(parseSafetensors(file).get('1.num_batches_tracked')?.shape).toEqual([])
    expect(() => readWeights(file, layout)).toThrow('tensor "1.num_batches_tracked" [] is not part of the model')
    expect(readWeights(file, { ...layout, ignored: ['1.num_batches_tracked'] })).toEqual(flat)
  })

  it('convert half precision and f64', () => {
    const half = new Uint8Array([0x00, 0x3c, 0x00, 0xc0])
    const double = new Uint8Array(new Float64Array([1, -2]).buffer)
    for (const [dtype, bytes] of [
      ['F16', half],
      ['F64', double],
      ['BF16', new Uint8Array([0x80, 0x3f, 0x00, 0xc0])],
    ] as const) {
      const file = changed('0.bias', (tensor) => ({ ...tensor, dtype, bytes }))
      expect([...readWeights(file, layout).subarray(0, 2)], dtype).toEqual([1, -2])
    }
  })

  it.each<[string, Uint8Array, string]>([
    ['a missing tensor', changed('0.bias', () => null), 'tensor "0.bias" is missing (the model needs it with shape [2])'],
    ['a transposed tensor', changed('0.weight', (t) => ({ ...t, shape: [3, 2] })), 'tensor "0.weight" has shape [3, 2], the model needs [2, 3]'],
    ['another rank', changed('0.bias', (t) => ({ ...t, shape: [2, 1] })), 'tensor "0.bias" has shape [2, 1]'],
    ['integers', changed('0.bias', (t) => ({ ...t, dtype: 'I32' })), 'tensor "0.bias" has dtype I32'],
    ['NaN', changed('0.bias', (t) => ({ ...tensorOf(t.name, t.shape, new Float32Array([0, NaN])) })), 'tensor "0.bias" has the value NaN at element 1'],
    ['another name', changed('0.bias', (t) => ({ ...t, name: 'bias' })), 'tensor "0.bias" is missing'],
  ])('are refused with %s, naming the tensor', (_, file, message) => {
    expect(() => readWeights(file, layout, { label: 'w' })).toThrow(expect.objectContaining({ code: 'BAD_WEIGHTS', message: expect.stringContaining(message) }))
  })

  it('can hold several vectors of one layout under prefixes', () => {
    const moment = flat.map((value) => value / 2)
    const file = writeSafetensors([...tensorsOfFlat(flat, layout), ...tensorsOfFlat(moment, layout, 'exp_avg.')])
    const tensors = parseSafetensors(file)
    expect(flatOfTensors(tensors, layout)).toEqual(flat)
    expect(flatOfTensors(tensors, layout, { prefix: 'exp_avg.' })).toEqual(moment)
    expect(() => flatOfTensors(tensors, layout, { prefix: 'exp_avg_sq.' })).toThrow('tensor "exp_avg_sq.0.bias" is missing')
  })

  it('refuse a vector that is not of the layout', () => {
    expect(() => writeWeights(flat.subarray(1), layout)).toThrow('the layout has 128 elements, got 127')
  })
})
