/**
 * Puts files that somebody dropped or chose into a job's `data`, by what they are. A table brings its label column (the
 * last one) with it; IDX files find their place by rank (labels have one dimension) and by name (t10k, test).
 */
import type { Json } from './json-text.ts'
import { isObject, type JsonObject, valueAt } from './paths.ts'
import type { FilePeek } from './peek.ts'

export type DataKind = 'dataset' | 'csv' | 'files' | 'idx' | 'text'

export interface PeekedFile {
  /** As the job should name it. */
  readonly path: string
  readonly peek: FilePeek
}

export function kindOf(data: Json | undefined): DataKind {
  if (!isObject(data)) return 'dataset'
  for (const kind of ['csv', 'files', 'idx', 'text'] as const) if (kind in data) return kind
  return 'dataset'
}

export const EMPTY_DATA: Readonly<Record<DataKind, JsonObject>> = {
  dataset: { dataset: 'digits' },
  csv: { csv: '', label: '' },
  files: { files: { train: '' } },
  idx: { idx: { train: { x: '', y: '' } } },
  text: { text: '' },
}

export interface Placed {
  readonly data: JsonObject
  /** Files that have no place in a job. */
  readonly left: readonly string[]
}

/** `only`: the key that the file was meant for (`data.idx.train.x`); else each finds its own place. */
export function placeFiles(data: Json | undefined, files: readonly PeekedFile[], only: string | null = null): Placed {
  let current: JsonObject = isObject(data) ? data : EMPTY_DATA.dataset
  const left: string[] = []
  for (const file of files) {
    const next = placeOne(current, file, only)
    if (next === null) left.push(file.path)
    else current = next
  }
  return { data: current, left }
}

function placeOne(data: JsonObject, { path, peek }: PeekedFile, only: string | null): JsonObject | null {
  const limits = Object.fromEntries(Object.entries(data).filter(([key]) => key === 'limit' || key === 'testLimit'))
  const isTest = only === null ? /(^|[^a-z])(test|t10k|val|valid|eval)/i.test(path) : only.includes('.test')
  switch (peek.kind) {
    case 'csv': {
      const label = typeof data.label === 'string' && peek.columns.includes(data.label) ? data.label : (peek.columns.at(-1) ?? '')
      return { csv: path, label, ...limits }
    }
    case 'safetensors': {
      const files = isObject(data.files) ? data.files : { train: '' }
      return { files: { ...files, [isTest ? 'test' : 'train']: path }, ...limits }
    }
    case 'idx': {
      const half = isTest ? 'test' : 'train'
      const role = only === null ? (peek.shape.length === 1 ? 'y' : 'x') : (only.at(-1) ?? 'x')
      const idx = isObject(data.idx) ? data.idx : { train: { x: '', y: '' } }
      const pair = valueAt(idx, half)
      return { idx: { ...idx, [half]: { ...(isObject(pair) ? pair : { x: '', y: '' }), [role]: path } }, ...limits }
    }
    case 'text':
      return { text: path, ...limits }
    case 'unknown':
      return null
    default:
      throw new TypeError(`unknown file ${JSON.stringify(peek satisfies never)}`)
  }
}
