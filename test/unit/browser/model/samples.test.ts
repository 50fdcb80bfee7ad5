import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { samplesOfFiles, samplesOfJob } from '../../../../browser/model/samples.ts'
import { tensorOf, writeSafetensors } from '../../../../kernels/data/index.ts'
import { jobSpec } from './specs.ts'

function idx(shape: readonly number[], values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x0800 + shape.length)
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size)
  })
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

const tensors = (x: Float32Array, y: Int32Array) => writeSafetensors([tensorOf('x', [y.length, x.length / y.length], x), tensorOf('y', [y.length], y)])
const part = (role: 'train' | 'test' | 'table', format: 'safetensors' | 'csv', bytes: Uint8Array) => ({
  role,
  format,
  gzip: false,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  bytes: bytes.byteLength,
})

describe('samples of a job', () => {
  it('are its test data, and only that is fetched', async () => {
    const train = tensors(Float32Array.of(1, 2), Int32Array.of(0))
    const test = tensors(Float32Array.of(3, 4, 5, 6), Int32Array.of(1, 2))
    const spec = jobSpec({ input: [2], parts: [part('train', 'safetensors', train), part('test', 'safetensors', test)] })
    const asked: string[] = []
    const samples = await samplesOfJob(spec, async ({ sha256 }) => {
      asked.push(sha256)
      return test
    })
    expect(asked).toEqual([spec.data.parts[1]?.sha256])
    expect(samples.title).toBe('uploaded, test data')
    expect(samples.at(1)).toEqual({ x: Float32Array.of(5, 6), label: 2 })
  })

  it('of a table carry the names of its columns, without the label', async () => {
    const bytes = new TextEncoder().encode('size,kind,price\n1,0,10\n2,1,20\n')
    const spec = jobSpec({ input: [2], parts: [part('table', 'csv', bytes)], labelColumn: 'price', loss: 'mse' })
    const samples = await samplesOfJob(spec, async () => bytes)
    expect(samples.columns).toEqual(['size', 'kind'])
    expect(samples.at(0)).toEqual({ x: Float32Array.of(1, 0), label: 10 })
  })

  it('that do not have the hash they should are refused', async () => {
    const spec = jobSpec({ input: [2], parts: [part('train', 'safetensors', Uint8Array.of(1))] })
    await expect(samplesOfJob(spec, async () => Uint8Array.of(2))).rejects.toThrow('expected sha256')
  })
})

describe('samples of opened files', () => {
  const images = new File([idx([2, 1, 2], [0, 255, 51, 0])], 'images.idx')
  const labels = new File([idx([2], [7, 3])], 'labels.idx')

  it('are IDX images with their labels, in any order', async () => {
    const samples = await samplesOfFiles([labels, images], [2])
    expect(samples.at(0)).toEqual({ x: Float32Array.of(0, 1), label: 7 })
    expect(samples.at(1).x[0]).toBeCloseTo(0.2)
  })

  it('are IDX images alone, with no answer known', async () => {
    const samples = await samplesOfFiles([images], [2])
    expect([samples.length, samples.at(0).label]).toEqual([2, null])
  })

  it('are safetensors with x and y', async () => {
    const samples = await samplesOfFiles([new File([tensors(Float32Array.of(1, 2, 3, 4), Int32Array.of(5, 6))], 'a.safetensors')], [2])
    expect(samples.at(1)).toEqual({ x: Float32Array.of(3, 4), label: 6 })
  })

  it('that do not fit are refused by name, with the numbers', async () => {
    await expect(samplesOfFiles([images], [784])).rejects.toThrow('images.idx: a sample is [1, 1, 2] (2 numbers), the model takes [784] (784)')
    await expect(samplesOfFiles([labels], [2])).rejects.toThrow('list of labels')
    await expect(samplesOfFiles([new File(['hello'], 'note.txt')], [2])).rejects.toThrow('note.txt')
  })
})
