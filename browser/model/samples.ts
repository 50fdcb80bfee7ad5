/**
 * Samples to try a model on: the job's own test data, fetched by hash, or files that a person opens. Every error says
 * which file and what is wrong with it.
 */
import { parseCsv } from '../../kernels/data/csv.ts'
import { gunzip } from '../../kernels/data/gunzip.ts'
import { idxDataset, parseIdx } from '../../kernels/data/idx.ts'
import { gather, loadSplit, shapedFor } from '../../kernels/data/index.ts'
import { tensorDataset } from '../../kernels/data/tensor-dataset.ts'
import type { DataPart, Dataset } from '../../kernels/data/types.ts'
import { inputOf, type JobSpec } from '../../protocol/jobs/spec.ts'

export interface Sample {
  readonly x: Float32Array<ArrayBuffer>
  /** Class id or target, as the data has it; null where the file has none. */
  readonly label: number | null
}

export interface SampleSet {
  readonly title: string
  readonly length: number
  /** Column names of a table, else null. */
  readonly columns: readonly string[] | null
  at(index: number): Sample
}

/** Fetches bytes of a part by its hash. */
export type BlobReader = (part: { readonly sha256: string; readonly bytes: number }) => Promise<Uint8Array>

/** The job's test set; its training set where it has no other. */
export async function samplesOfJob(spec: JobSpec, read: BlobReader): Promise<SampleSet> {
  const parts = heldOut(spec.data.parts)
  const options = {
    limit: null,
    testLimit: null,
    label: spec.data.labelColumn,
    regression: spec.loss.type !== 'cross-entropy',
    nPositions: inputOf(spec.model)[0] ?? 1,
  }
  const { train } = await loadSplit(parts, options, (part) => read(part))
  const table = parts.find((part) => part.role === 'table')
  const columns = table === undefined ? null : await columnsOf(table, read, spec.data.labelColumn)
  const which = spec.data.parts.some((part) => part.role.startsWith('test')) ? 'test data' : 'training data'
  return sampleSet(shapedFor(train, inputOf(spec.model), spec.data.label), `${spec.data.label}, ${which}`, columns)
}

/** `loadSplit` wants training parts: the test parts take their role. */
function heldOut(parts: readonly DataPart[]): DataPart[] {
  const test = parts.filter((part) => part.role.startsWith('test'))
  if (test.length === 0) return parts.filter((part) => !part.role.startsWith('test'))
  return test.map((part) => ({ ...part, role: part.role === 'test' ? 'train' : part.role === 'test-x' ? 'train-x' : 'train-y' }))
}

async function columnsOf(part: DataPart, read: BlobReader, label: string | null): Promise<string[] | null> {
  const bytes = await read(part)
  const [header] = parseCsv(part.gzip ? await gunzip(bytes) : bytes)
  if (header === undefined || label === null) return null
  return header.cells.map((cell) => cell.trim()).filter((name) => name !== label)
}

/** IDX images (with or without a second file of labels) or safetensors with `x` and `y`; either may be gzipped. */
export async function samplesOfFiles(files: readonly File[], input: readonly number[]): Promise<SampleSet> {
  const opened = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await plain(file) })))
  const title = files.map((file) => file.name).join(' and ')
  const [first, second] = opened
  if (first === undefined) throw new Error('choose a file')
  if (opened.length > 2) throw new Error(`${opened.length} files were given; one safetensors file, or IDX images with IDX labels, are needed`)
  if (!isIdx(first.bytes)) {
    if (second !== undefined) throw new Error(`${first.name}: beside another file only IDX is taken`)
    return sampleSet(shapedFor(tensorDataset(first.bytes, first.name), input, first.name), title, null)
  }
  const arrays = opened.map(({ name, bytes }) => ({ name, array: parseIdx(bytes, name) }))
  const images = arrays.find(({ array }) => array.shape.length > 1)
  const labels = arrays.find(({ array }) => array.shape.length === 1)
  if (images === undefined) throw new Error(`${title}: this is a list of labels; images are needed too`)
  const unlabelled = { shape: [images.array.shape[0] ?? 0], data: new Int32Array(images.array.shape[0] ?? 0) }
  const dataset = idxDataset(images.array, labels?.array ?? unlabelled, title)
  return sampleSet(shapedFor(dataset, input, title), title, null, labels !== undefined)
}

/** Two zero bytes, an element type, a rank. (A safetensors file that begins so has a header of half a megabyte.) */
const isIdx = ([zero0, zero1, type = 0, rank = 0]: Uint8Array): boolean => zero0 === 0 && zero1 === 0 && type >= 8 && type <= 14 && rank >= 1 && rank <= 8

async function plain(file: File): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, file.name) : bytes
}

function sampleSet(dataset: Dataset, title: string, columns: readonly string[] | null, labelled = true): SampleSet {
  return {
    title,
    length: dataset.length,
    columns,
    at(index) {
      const { x, y } = gather(dataset, [index], 0, 1)
      return { x: Float32Array.from(x), label: labelled ? (y[0] ?? null) : null }
    },
  }
}
