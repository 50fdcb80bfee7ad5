import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvDataset, parseCsv } from '../../../kernels/data/csv.ts'
import { checkLabels, shapedFor } from '../../../kernels/data/dataset.ts'
import { gunzip } from '../../../kernels/data/gunzip.ts'
import { idxDataset, parseIdx } from '../../../kernels/data/idx.ts'
import { loadSplit } from '../../../kernels/data/load.ts'
import { tensorOf, writeSafetensors } from '../../../kernels/data/safetensors.ts'
import { tensorDataset } from '../../../kernels/data/tensor-dataset.ts'
import { textDataset } from '../../../kernels/data/text.ts'
import type { DataPart, DataRole, LoadOptions } from '../../../kernels/data/types.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const idx = (type: number, shape: number[], data: number[]): Uint8Array => {
  const header = [0, 0, type, shape.length, ...shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255])]
  return Uint8Array.from([...header, ...data])
}
const badData = (message: string): unknown => expect.objectContaining({ code: 'BAD_DATA', message: expect.stringContaining(message) })

describe('IDX', () => {
  it('reads images as bytes to be scaled, one channel first, and labels as class ids', () => {
    const images = parseIdx(idx(8, [3, 2, 2], [0, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    const data = idxDataset(images, parseIdx(idx(8, [3], [0, 2, 1])))
    expect(data).toMatchObject({ length: 3, sampleShape: [1, 2, 2], targetShape: [], classes: 3, xScale: 1 / 255 })
    expect(data.x).toBeInstanceOf(Uint8Array)
    expect(data.y).toEqual(Int32Array.from([0, 2, 1]))
  })

  it('reads the wider types in big-endian order', () => {
    expect(parseIdx(idx(0x0c, [2], [0, 0, 1, 0, 255, 255, 255, 255])).data).toEqual(Int32Array.from([256, -1]))
    expect(parseIdx(idx(0x0b, [1], [1, 2])).data).toEqual(Int32Array.from([258]))
    expect(parseIdx(idx(0x0d, [1], [0x3f, 0x80, 0, 0])).data).toEqual(Float32Array.from([1]))
    expect(parseIdx(idx(0x0e, [1], [0xbf, 0xf0, 0, 0, 0, 0, 0, 0])).data).toEqual(Float32Array.from([-1]))
    expect(parseIdx(idx(0x09, [2], [255, 1])).data).toEqual(Int32Array.from([-1, 1]))
  })

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'not an IDX file'],
    ['something else', utf8('PNG....'), 'not an IDX file'],
    ['an unknown type', idx(7, [1], [0]), 'element type 0x7'],
    ['rank 0', idx(8, [], []), 'rank must be'],
    ['rank 200', Uint8Array.from([0, 0, 8, 200]), 'rank must be'],
    ['a cut header', idx(8, [2, 2], []).subarray(0, 9), 'truncated'],
    ['too few bytes', idx(8, [2, 2], [1, 2, 3]), 'shape [2, 2] makes 16 bytes, the file has 15'],
    ['too many bytes', idx(8, [2], [1, 2, 3]), 'the file has 11'],
    ['an absurd shape', idx(8, [0xffffffff, 0xffffffff, 0xffffffff], []), 'the file has 16'],
  ])('refuses %s', (_, file, message) => {
    expect(() => parseIdx(file, 'images')).toThrow(badData(message))
  })

  it('refuses labels that do not belong to the images', () => {
    const images = parseIdx(idx(8, [2, 1, 1], [1, 2]))
    expect(() => idxDataset(images, parseIdx(idx(8, [3], [0, 1, 2])))).toThrow(badData('2 images and 3 labels'))
    expect(() => idxDataset(images, images)).toThrow(badData('labels must be one list'))
  })
})

describe('CSV', () => {
  const read = (text: string, label: string | null = null, regression = false) => csvDataset(utf8(text), { label, regression }, 't.csv')

  it('gives back what a writer quoted', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '1', '"', ',', '\n', '\r', ' ', 'é') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), fc.constantFrom('\n', '\r\n', '\r'), (table, eol) => {
        const text = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join(eol)
        expect(parseCsv(utf8(text)).map((row) => row.cells)).toEqual(table)
      }),
    )
  })

  it('reads a table with header, the label by name', () => {
    const data = read('\ufeffy,a,"b ""c"""\r\n1,0.5,-2e1\r\n0,.25,3.\r\n\r\n', 'y')
    expect(data).toMatchObject({ length: 2, sampleShape: [2], classes: 2, targetShape: [] })
    expect([...data.x]).toEqual([0.5, -20, 0.25, 3])
    expect([...data.y]).toEqual([1, 0])
  })

  it('reads a table without header, the label last', () => {
    const data = read('1,2,7\n3,4,0\n')
    expect([...data.x]).toEqual([1, 2, 3, 4])
    expect([...data.y]).toEqual([7, 0])
    expect(data.classes).toBe(8)
  })

  it('numbers texts in their sorted order', () => {
    const data = read('1,setosa\n2,virginica\n3,setosa\n4,Versicolor\n')
    expect([...data.y]).toEqual([1, 2, 1, 0])
  })

  it('takes numbers as targets when told', () => {
    const data = read('a,price\n1,2.5\n2,-3\n', 'price', true)
    expect(data).toMatchObject({ classes: null, targetShape: [1] })
    expect(data.y).toEqual(Float32Array.from([2.5, -3]))
  })

  it.each<[string, string, string | null, boolean, string]>([
    ['an empty file', '', null, false, 'empty'],
    ['one column', '1\n2\n', null, false, 'at least one more'],
    ['a header alone', 'a,b\n', null, false, 'no rows'],
    ['a column that is not there', 'a,b\n1,2\n', 'c', false, 'no column "c" (the first line has "a", "b")'],
    ['a short row', 'a,b,c\n1,2,3\n1,2\n', null, false, 'line 3 has 2 cells'],
    ['a word among numbers', 'a,b\n1,0\nx,1\n', null, false, 'line 3, column "a": "x" is not a number'],
    ['a gap', 'a,b\n,0\n', null, false, 'line 2, column "a": "" is not a number'],
    ['infinity', 'a,b\n1e999,0\n', null, false, 'is not a number'],
    ['NaN', 'a,b\n1,0\nNaN,0\n', null, false, 'is not a number'],
    ['hex', 'a,b\n1,0\n0x10,0\n', null, false, 'is not a number'],
    ['an open quote', 'a,b\n"1,0\n', null, false, 'line 2: a quote is opened'],
    ['text after a quote', '"1"2,0\n', null, false, 'text after a closing quote'],
    ['an empty label', 'a,b\n1,\n', null, false, 'line 2, column "b": the label is empty'],
    ['fractions as classes', 'a,b\n1,0.5\n', null, false, '0.5 is no class'],
    ['a huge class', 'a,b\n1,99999999999\n', null, false, 'too large'],
    ['words as targets', 'a,b\n1,cat\n', null, true, 'line 2, column "b": "cat" is not a number'],
  ])('refuses %s, naming line and column', (_, text, label, regression, message) => {
    expect(() => read(text, label, regression)).toThrow(badData(message))
    expect(() => read(text, label, regression)).toThrow(/^t\.csv: /)
  })

  it('refuses bytes that are not UTF-8', () => {
    expect(() => csvDataset(Uint8Array.from([0xff, 0xfe]), { label: null, regression: false })).toThrow(badData('UTF-8'))
  })
})

describe('text', () => {
  it('makes windows of bytes, targets one token later, the last tenth held out', () => {
    const { train, test } = textDataset(
      Uint8Array.from({ length: 100 }, (_, i) => i),
      8,
    )
    expect(train).toMatchObject({ length: 11, sampleShape: [8], targetShape: [8], classes: 256 })
    expect([...train.x.subarray(8, 16)]).toEqual([8, 9, 10, 11, 12, 13, 14, 15])
    expect([...train.y.subarray(8, 16)]).toEqual([9, 10, 11, 12, 13, 14, 15, 16])
    expect(test?.length).toBe(1)
    expect(test?.x[0]).toBe(90)
    expect(Math.max(...train.y)).toBeLessThan(90)
  })

  it('refuses a text too short for a window', () => {
    expect(() => textDataset(utf8('short'), 64)).toThrow(badData('too few for one window of 64 tokens'))
    expect(() => textDataset(utf8('short'), 0)).toThrow(badData('nPositions'))
  })
})

describe('safetensors data', () => {
  const file = (x: Parameters<typeof tensorOf>, y: Parameters<typeof tensorOf>): Uint8Array => writeSafetensors([tensorOf(...x), tensorOf(...y)])

  it('reads floats with class ids, bytes as images, tokens with shifted tokens', () => {
    const floats = tensorDataset(file(['x', [2, 2], new Float32Array(4)], ['y', [2], new BigInt64Array([4n, 0n])]))
    expect(floats).toMatchObject({ length: 2, sampleShape: [2], targetShape: [], classes: 5, xScale: 1 })
    const bytes = tensorDataset(file(['x', [2, 1, 2], new Uint8Array(4)], ['y', [2], new Int32Array(2)]))
    expect(bytes).toMatchObject({ sampleShape: [1, 2], xScale: 1 / 255 })
    const tokens = tensorDataset(file(['x', [1, 3], new BigInt64Array([1n, 2n, 3n])], ['y', [1, 3], new Int32Array([2, 3, -100])]))
    expect(tokens).toMatchObject({ sampleShape: [3], targetShape: [3], classes: 4 })
    expect(tokens.x).toEqual(Int32Array.from([1, 2, 3]))
    const targets = tensorDataset(file(['x', [1, 1], new Float32Array(1)], ['y', [1, 2], new Float32Array([0.5, 1])]))
    expect(targets.classes).toBeNull()
  })

  it.each<[string, Uint8Array, string]>([
    ['no y', writeSafetensors([tensorOf('x', [1], new Float32Array(1))]), 'no tensor "y" (the file has "x")'],
    ['another count', file(['x', [2], new Float32Array(2)], ['y', [3], new Int32Array(3)]), 'x has 2 samples, y has 3'],
    ['no samples', file(['x', [0, 2], new Float32Array(0)], ['y', [0], new Int32Array(0)]), 'no samples'],
    ['scalars', file(['x', [], new Float32Array(1)], ['y', [], new Int32Array(1)]), 'first dimension'],
    ['NaN', file(['x', [2, 2], new Float32Array([0, 0, 0, NaN])], ['y', [2], new Int32Array(2)]), 'tensor "x", sample 1: NaN'],
    ['an id beyond 32 bits', file(['x', [1, 1], new Float32Array(1)], ['y', [1], new BigInt64Array([2n ** 40n])]), 'tensor "y", sample 0'],
    ['a broken file', new Uint8Array(5), 'has 5 bytes'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => tensorDataset(bytes, 'd')).toThrow(badData(message))
  })
})

describe('gunzip', () => {
  it('unpacks', async () => {
    const data = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251)
    expect(await gunzip(gzipSync(data))).toEqual(data)
  })

  it('refuses what is not gzip, what is cut, and what unpacks to too much', async () => {
    const packed = new Uint8Array(gzipSync(new Uint8Array(100_000)))
    await expect(gunzip(utf8('hello'), 'a.gz')).rejects.toThrow(badData('a.gz: not a whole gzip file'))
    await expect(gunzip(packed.subarray(0, packed.length - 20))).rejects.toThrow(badData('not a whole gzip file'))
    await expect(gunzip(packed, 'bomb', 50_000)).rejects.toThrow(badData('bomb: unpacks to more than 50000 bytes'))
  })
})

const files = new Map<string, Uint8Array>()
const part = (role: DataRole, format: DataPart['format'], bytes: Uint8Array, gzip = false): DataPart => {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  files.set(sha256, bytes)
  return { role, format, gzip, sha256, bytes: bytes.length, location: `/somewhere/${role}.bin` }
}
const load = (parts: DataPart[], options: Partial<LoadOptions> = {}) =>
  loadSplit(parts, { limit: null, testLimit: null, ...options }, async ({ sha256 }) => files.get(sha256) ?? new Uint8Array(0))

describe('loading a data set from its parts', () => {
  const images = part('train-x', 'idx', new Uint8Array(gzipSync(idx(8, [3, 1, 2], [1, 2, 3, 4, 5, 6]))), true)
  const labels = part('train-y', 'idx', idx(8, [3], [0, 1, 2]))

  it('reads pairs, compressed or not, and cuts them to the limit', async () => {
    const { train, test } = await load([images, labels], { limit: 2 })
    expect(train).toMatchObject({ length: 2, classes: 3 })
    expect(train.x).toHaveLength(4)
    expect(train.y).toHaveLength(2)
    expect(test).toBeNull()
  })

  it('agrees on one class count for both halves', async () => {
    const y = part('test-y', 'idx', idx(8, [1], [6]))
    const { train, test } = await load([images, labels, part('test-x', 'idx', idx(8, [1, 1, 2], [1, 2])), y])
    expect([train.classes, test?.classes]).toEqual([7, 7])
  })

  it('reads tables, texts and safetensors', async () => {
    expect((await load([part('table', 'csv', utf8('a,b\n1,0\n'))], { label: 'a' })).train.length).toBe(1)
    const text = await load([part('text', 'text', utf8('x'.repeat(200)))], { nPositions: 10, testLimit: 1 })
    expect([text.train.length, text.test?.length]).toEqual([17, 1])
    const tensors = writeSafetensors([tensorOf('x', [2, 1], new Float32Array(2)), tensorOf('y', [2], new Int32Array(2))])
    expect((await load([part('train', 'safetensors', tensors), part('test', 'safetensors', tensors)])).test?.length).toBe(2)
  })

  it('refuses bytes that are not the ones named, and parts that do not make a set', async () => {
    await expect(load([{ ...images, bytes: images.bytes + 1 }, labels])).rejects.toThrow(badData('train-x.bin: expected'))
    const other = 'f'.repeat(64)
    files.set(other, files.get(images.sha256) ?? new Uint8Array(0))
    await expect(load([{ ...images, sha256: other }, labels])).rejects.toThrow(badData(`expected sha256 ${other}`))
    await expect(load([images])).rejects.toThrow(badData('train-x without train-y'))
    await expect(load([labels])).rejects.toThrow(badData('train-y without train-x'))
    await expect(load([images, images])).rejects.toThrow(badData('two parts "train-x"'))
    await expect(load([])).rejects.toThrow(badData('no training part (it has no parts)'))
    await expect(load([{ ...images, format: 'csv' }, labels])).rejects.toThrow(badData('must be idx, got csv'))
    await expect(load([part('text', 'text', utf8('abc'))])).rejects.toThrow(badData('nPositions'))
    await expect(load([images, labels], { limit: 0 })).rejects.toThrow(badData('limit must be a positive integer'))
  })

  it('refuses halves that describe different tasks', async () => {
    const test = [part('test-x', 'idx', idx(8, [1, 1, 3], [1, 2, 3])), part('test-y', 'idx', idx(8, [1], [0]))]
    await expect(load([images, labels, ...test])).rejects.toThrow('test samples [1, 1, 3]')
  })
})

describe('data against a model', () => {
  const data = idxDataset(parseIdx(idx(8, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])), parseIdx(idx(8, [2], [0, 9])), 'd')

  it('takes any shape of the same size', () => {
    expect(shapedFor(data, [4]).sampleShape).toEqual([4])
    expect(() => shapedFor(data, [5])).toThrow('a sample is [1, 2, 2] (4 numbers), the model takes [5] (5)')
  })

  it('finds the sample whose label is out of range', () => {
    expect(() => checkLabels(data, { classes: 10 })).not.toThrow()
    expect(() => checkLabels(data, { classes: 9 })).toThrow(badData('sample 1 has the label 9, the model has 9 classes (0 to 8)'))
    const y = Int32Array.from([-100, 1])
    expect(() => checkLabels({ ...data, y }, { classes: 2, ignoreIndex: -100 })).not.toThrow()
    expect(() => checkLabels({ ...data, y }, { classes: 2 })).toThrow(badData('sample 0 has the label -100'))
    expect(() => checkLabels({ ...data, y: new Float32Array(2) }, { classes: 2 })).toThrow(badData('needs class ids'))
  })
})
