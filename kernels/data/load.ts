/**
 * From the parts of a data set to samples. Node and tabs share this; only the reader differs (a file, a blob by hash,
 * a fetch). Every part's bytes are checked against its hash before they are parsed.
 */
import { KernelError } from '../errors.ts'
import { csvDataset } from './csv.ts'
import { checkSplit, limited } from './dataset.ts'
import { gunzip } from './gunzip.ts'
import { idxDataset, parseIdx } from './idx.ts'
import { tensorDataset } from './tensor-dataset.ts'
import { textDataset } from './text.ts'
import type { DataPart, DataRole, Dataset, LoadOptions, SplitDataset } from './types.ts'

/** Gives the bytes of a part as they were hashed, still compressed. Must not change them afterwards. */
export type PartReader = (part: DataPart) => Promise<Uint8Array>

/** What errors call a part: the file's own name, or its role and the start of its hash. */
function labelOf(part: DataPart): string {
  const name = part.location?.split(/[\\/]/).at(-1)
  return name === undefined || name === '' ? `${part.role} (${part.sha256.slice(0, 12)})` : name
}

async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function open(part: DataPart, read: PartReader): Promise<Uint8Array> {
  const label = labelOf(part)
  const bytes = await read(part)
  if (bytes.length !== part.bytes) {
    throw new KernelError('BAD_DATA', `${label}: expected ${part.bytes} bytes, got ${bytes.length}`, { file: label })
  }
  const hash = await sha256Hex(bytes)
  if (hash !== part.sha256) {
    throw new KernelError('BAD_DATA', `${label}: expected sha256 ${part.sha256}, got ${hash}`, { file: label })
  }
  return part.gzip ? gunzip(bytes, label) : bytes
}

/**
 * Loads a data set. Roles decide its kind: `train-x` and `train-y` (and `test-…`) IDX files; `train` (and `test`)
 * safetensors; a `table`; a `text`.
 */
export async function loadSplit(parts: readonly DataPart[], options: LoadOptions, read: PartReader): Promise<SplitDataset> {
  const byRole = new Map<DataRole, DataPart>()
  for (const part of parts) {
    if (byRole.has(part.role)) throw new KernelError('BAD_DATA', `the data set has two parts "${part.role}"`, { role: part.role })
    byRole.set(part.role, part)
  }
  const { train, test } = await loadByRole(byRole, options, read)
  checkSplit({ train, test })
  if (train.length === 0 || test?.length === 0) throw new KernelError('BAD_DATA', 'the data set has no samples')
  // A class may be missing from one half.
  const classes = train.classes === null ? null : Math.max(train.classes, test?.classes ?? 0)
  return {
    train: { ...limited(train, options.limit), classes },
    test: test === null ? null : { ...limited(test, options.testLimit), classes },
  }
}

async function loadByRole(parts: ReadonlyMap<DataRole, DataPart>, options: LoadOptions, read: PartReader): Promise<SplitDataset> {
  const table = parts.get('table')
  if (table !== undefined) {
    expectFormat(table, 'csv')
    const csvOptions = { label: options.label ?? null, regression: options.regression ?? false }
    return { train: csvDataset(await open(table, read), csvOptions, labelOf(table)), test: null }
  }
  const text = parts.get('text')
  if (text !== undefined) {
    expectFormat(text, 'text')
    if (options.nPositions === undefined) {
      throw new KernelError('BAD_DATA', `${labelOf(text)}: text needs a model with a sequence length (nPositions)`)
    }
    return textDataset(await open(text, read), options.nPositions, labelOf(text))
  }
  const whole = parts.get('train')
  if (whole !== undefined) {
    const test = parts.get('test')
    return { train: await loadTensors(whole, read), test: test === undefined ? null : await loadTensors(test, read) }
  }
  const train = await loadPair(parts, 'train', read)
  if (train === null) {
    throw new KernelError('BAD_DATA', `the data set has no training part (it has ${[...parts.keys()].join(', ') || 'no parts'})`)
  }
  return { train, test: await loadPair(parts, 'test', read) }
}

async function loadTensors(part: DataPart, read: PartReader): Promise<Dataset> {
  expectFormat(part, 'safetensors')
  return tensorDataset(await open(part, read), labelOf(part))
}

async function loadPair(parts: ReadonlyMap<DataRole, DataPart>, half: 'train' | 'test', read: PartReader): Promise<Dataset | null> {
  const x = parts.get(`${half}-x`)
  const y = parts.get(`${half}-y`)
  if (x === undefined && y === undefined) return null
  if (x === undefined || y === undefined) {
    throw new KernelError('BAD_DATA', `the data set has ${x === undefined ? `${half}-y without ${half}-x` : `${half}-x without ${half}-y`}`)
  }
  expectFormat(x, 'idx')
  expectFormat(y, 'idx')
  const [images, labels] = await Promise.all([open(x, read), open(y, read)])
  return idxDataset(parseIdx(images, labelOf(x)), parseIdx(labels, labelOf(y)), labelOf(x))
}

function expectFormat(part: DataPart, format: DataPart['format']): void {
  if (part.format === format) return
  throw new KernelError('BAD_DATA', `${labelOf(part)}: a part "${part.role}" must be ${format}, got ${part.format}`, {
    role: part.role,
  })
}
