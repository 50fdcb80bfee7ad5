import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bfloatToNumber, DTYPE_BYTES, type Dtype, forEachElement, halfToNumber } from '../../../kernels/data/dtypes.ts'
import { duplicateKey } from '../../../kernels/data/json-keys.ts'
import { compareNames, parseSafetensors, type Tensor, tensorOf, writeSafetensors } from '../../../kernels/data/safetensors.ts'

/** A file with this header text and data, whatever they say. */
function fileOf(header: string, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data
  const file = new Uint8Array(8 + text.length + bytes.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true)
  file.set(text, 8)
  file.set(bytes, 8 + text.length)
  return file
}

const entry = (shape: number[], begin: number, end: number, dtype = 'F32'): string => JSON.stringify({ dtype, shape, data_offsets: [begin, end] })

describe('writing safetensors', () => {
  it('gives the canonical bytes: names sorted, compact header, spaces to a multiple of 8, data in order', () => {
    const file = writeSafetensors([tensorOf('0.weight', [2, 1], new Float32Array([1, -2])), tensorOf('0.bias', [1], new Float32Array([0.5]))])
    const header = '{"0.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"0.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]}}'
    expect(new DataView(file.buffer).getBigUint64(0, true)).toBe(BigInt(Math.ceil(header.length / 8) * 8))
    expect(new TextDecoder().decode(file.subarray(8, 8 + header.length))).toBe(header)
    expect(file.subarray(8 + header.length, file.length - 12).every((byte) => byte === 0x20)).toBe(true)
    expect([...new Float32Array(file.slice(-12).buffer)]).toEqual([0.5, 1, -2])
  })

  it('does not depend on the order in which tensors are given', () => {
    const tensors = ['b', 'a', '10.weight', '9.weight', 'é', '😀', '\uffee'].map((name, i) => tensorOf(name, [1], new Float32Array([i])))
    expect(writeSafetensors(tensors)).toEqual(writeSafetensors(tensors.toReversed()))
  })

  it('puts wider element types first, so that every tensor starts at a multiple of its element size', () => {
    const file = writeSafetensors([
      tensorOf('a', [1], new Float32Array([1])),
      tensorOf('b', [1], new BigInt64Array([7n])),
      tensorOf('c', [3], new Uint8Array([1, 2, 3])),
    ])
    const read = parseSafetensors(file)
    for (const { name, dtype, bytes } of read.values()) {
      expect(bytes.byteOffset % DTYPE_BYTES[dtype], name).toBe(0)
    }
    expect([...(read.get('b')?.bytes ?? [])]).toEqual([7, 0, 0, 0, 0, 0, 0, 0])
  })

  it('refuses a name twice, a reserved name and data that do not fit the shape', () => {
    const one = tensorOf('a', [1], new Float32Array(1))
    expect(() => writeSafetensors([one, one])).toThrow('"a" is given twice')
    expect(() => writeSafetensors([{ ...one, name: '__metadata__' }])).toThrow('reserved')
    expect(() => tensorOf('a', [2], new Float32Array(1))).toThrow('shape [2] holds 2 elements, got 1')
  })

  it('writes an empty set as a valid file', () => {
    expect(parseSafetensors(writeSafetensors([])).size).toBe(0)
  })
})

const dtypes = Object.keys(DTYPE_BYTES) as Dtype[]
const tensorArb: fc.Arbitrary<Tensor> = fc
  .record({
    name: fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
  })
  .chain(({ name, dtype, shape }) => {
    const length = shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype])
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ name, dtype, shape, bytes }))
  })

describe('reading what was written', () => {
  it('gives back every tensor, and writing it again gives the same bytes', () => {
    fc.assert(
      fc.property(fc.uniqueArray(tensorArb, { selector: ({ name }) => name, maxLength: 6 }), (tensors) => {
        const file = writeSafetensors(tensors)
        const read = parseSafetensors(file)
        expect(read.size).toBe(tensors.length)
        for (const tensor of tensors) {
          const back = read.get(tensor.name)
          expect({ ...back, bytes: [...(back?.bytes ?? [])] }).toEqual({ ...tensor, bytes: [...tensor.bytes] })
        }
        expect(writeSafetensors(read.values())).toEqual(file)
      }),
    )
  })

  it('reads a file in the middle of a larger buffer', () => {
    const file = writeSafetensors([tensorOf('a', [2], new Float32Array([3, 4]))])
    const padded = new Uint8Array(file.length + 3)
    padded.set(file, 3)
    expect(parseSafetensors(padded.subarray(3)).get('a')?.bytes).toEqual(new Uint8Array(new Float32Array([3, 4]).buffer))
  })
})

/** Written by the Python library 0.8.0 with torch 2.13: f16, bf16, f64, i64 and bool tensors, and metadata. */
const PYTHON_FILE =
  'OAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJwdCJ9LCJpIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsxLDJdLCJk' +
  'YXRhX29mZnNldHMiOlswLDE2XX0sImQiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlsxNiwyNF19' +
  'LCJiIjp7ImR0eXBlIjoiQkYxNiIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzI0LDMwXX0sImgiOnsiZHR5cGUiOiJGMTYi' +
  'LCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOlszMCwzNl19LCJvIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbMV0sImRhdGFf' +
  'b2Zmc2V0cyI6WzM2LDM3XX19ICABAAAAAAAAAAIAAAAAAAAAmpmZmZmZuT/APwDAYn8APgDA/3sB'

describe('a file of the Python library', () => {
  const read = parseSafetensors(Buffer.from(PYTHON_FILE, 'base64'))
  const floats = (name: string): number[] => {
    const tensor = read.get(name)
    const values: number[] = []
    if (tensor !== undefined) forEachElement(tensor.dtype, tensor.bytes, (value) => values.push(value))
    return values
  }

  it('opens, whatever the element types', () => {
    expect(Object.fromEntries([...read.values()].map(({ name, dtype, shape }) => [name, [dtype, ...shape]]))).toEqual({
      h: ['F16', 3],
      b: ['BF16', 3],
      d: ['F64', 1],
      i: ['I64', 1, 2],
      o: ['BOOL', 1],
    })
    expect(floats('h')).toEqual([1.5, -2, 65504])
    expect(floats('b').slice(0, 2)).toEqual([1.5, -2])
    expect(floats('d')).toEqual([0.1])
    expect(floats('i')).toEqual([1, 2])
    expect(floats('o')).toEqual([1])
  })
})

describe('hostile safetensors', () => {
  const a = entry([1], 0, 4)
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'has 0 bytes'],
    ['a cut length', new Uint8Array(7), 'has 7 bytes'],
    ['a header longer than the file', fileOf(`{"a":${a}}`, 4).subarray(0, 20), 'truncated: the header claims'],
    ['an absurd header length', new Uint8Array(8).fill(0xff), 'claims 18446744073709551615 bytes'],
    ['no JSON', fileOf('hello'), 'not JSON'],
    ['bad UTF-8', fileOf('{"a":1}').fill(0xff, 10, 11), 'not JSON in UTF-8'],
    ['an array', fileOf('[]'), 'not a JSON object'],
    ['a number as entry', fileOf('{"a":1}'), 'tensor "a": its header entry is not an object'],
    ['an unknown type', fileOf(`{"a":${entry([1], 0, 4, 'F12')}}`, 4), 'tensor "a": unknown dtype "F12"'],
    ['a type named like a method', fileOf(`{"a":${entry([1], 0, 4, 'toString')}}`, 4), 'unknown dtype "toString"'],
    ['a negative size', fileOf(`{"a":${entry([-1], 0, 4)}}`, 4), 'tensor "a": shape'],
    ['a fraction as size', fileOf(`{"a":${entry([0.5], 0, 2)}}`, 2), 'tensor "a": shape'],
    ['an overflowing shape', fileOf(`{"a":${entry([2 ** 52, 2 ** 52], 0, 4)}}`, 4), 'tensor "a": shape'],
    ['too many dimensions', fileOf(`{"a":${entry(Array(17).fill(1), 0, 4)}}`, 4), 'at most 16'],
    ['no shape', fileOf('{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4), 'tensor "a": shape'],
    ['offsets beyond the end', fileOf(`{"a":${entry([2], 0, 8)}}`, 4), "outside the file's 4 data bytes"],
    ['offsets that run backwards', fileOf(`{"a":${entry([1], 4, 0)}}`, 4), 'data_offsets [4, 0]'],
    ['a shape that lies', fileOf(`{"a":${entry([2], 0, 4)}}`, 4), 'shape [2] of F32 needs 8 bytes, data_offsets span 4'],
    ['an overlap', fileOf(`{"a":${entry([2], 0, 8)},"b":${entry([1], 4, 8)}}`, 8), 'tensor "b" overlaps'],
    ['a hole', fileOf(`{"a":${a},"b":${entry([1], 8, 12)}}`, 12), 'tensor "b" leaves 4 bytes'],
    ['bytes at the end', fileOf(`{"a":${a}}`, 5), '1 bytes after the last tensor'],
    ['a name twice', fileOf(`{"a":${a},"\\u0061":${a}}`, 4), 'key "a" twice'],
    ['a field twice', fileOf('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), 'key "dtype" twice'],
    ['metadata that are no strings', fileOf(`{"__metadata__":{"a":1},"a":${a}}`, 4), '__metadata__'],
  ])('refuses %s, naming it', (_, file, message) => {
    expect(() => parseSafetensors(file, { label: 'w.safetensors' })).toThrow(
      expect.objectContaining({ code: 'BAD_WEIGHTS', message: expect.stringContaining(message) }),
    )
    expect(() => parseSafetensors(file, { label: 'w.safetensors' })).toThrow(/^w\.safetensors: /)
  })

  it('accepts metadata, spaces in the header and tensors without elements', () => {
    const read = parseSafetensors(fileOf(`{"__metadata__":{"format":"pt"}, "e":${entry([0, 3], 0, 0)}, "__proto__":${a}}   `, 4))
    expect([...read.keys()].sort()).toEqual(['__proto__', 'e'])
  })
})

describe('the parts of the reader', () => {
  it('finds duplicate keys only within one object, whatever strings hold', () => {
    const twice = JSON.stringify
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(duplicateKey(JSON.stringify(value))).toBeNull()
      }),
    )
    expect(duplicateKey(`{"a":{"b":1},"b":{"a":2,"c":"a\\":"}}`)).toBeNull()
    expect(duplicateKey(`{"x":[{"k":1,"k":2}]}`)).toBe('k')
    expect(duplicateKey(`{${twice('"{')}:1,${twice('"{')}:2}`)).toBe('"{')
  })

  it('orders names by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareNames(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
      }),
    )
    expect(compareNames('\uffee', '😀')).toBeLessThan(0)
  })

  it('reads half precision exactly', () => {
    expect([0x3c00, 0xc000, 0x0001, 0x7bff, 0x8000].map(halfToNumber)).toEqual([1, -2, 2 ** -24, 65504, -0])
    expect([0x7c00, 0xfc00, 0x7e00].map(halfToNumber)).toEqual([Infinity, -Infinity, NaN])
    expect([0x3f80, 0xc000, 0x3eab].map(bfloatToNumber)).toEqual([1, -2, 0.333984375])
  })
})
