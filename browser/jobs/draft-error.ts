/**
 * Mistakes of a draft, at their place: whatever goes wrong with model, data or weights becomes a `SpecError` whose `path`
 * is a key of the job file, so that a form can show it at the field.
 */
import { KernelError } from '../../kernels/errors.ts'
import { SpecError, type SpecErrorCode } from '../../protocol/jobs/errors.ts'
import type { NamedFile } from '../../protocol/jobs/prepare.ts'

/** A change of the job file that would mend a mistake, offered as a button. */
export interface Fix {
  readonly label: string
  readonly path: string
  readonly value: unknown
}

export class DraftError extends SpecError {
  readonly fix: Fix | null

  constructor(code: SpecErrorCode, key: string, message: string, fix: Fix | null = null) {
    super(code, key, message.startsWith(`${key}:`) ? message : `${key}: ${message}`)
    this.name = 'DraftError'
    this.fix = fix
  }
}

/** `files`: what the job names, to find which of them an error speaks of. Not of a draft: thrown on as it is. */
export function atItsKey(error: unknown, files: readonly NamedFile[] = []): unknown {
  if (!(error instanceof Error) || error instanceof SpecError) return error
  const code = 'code' in error ? String(error.code) : ''
  const detail = error instanceof KernelError ? error.detail : {}
  switch (code) {
    case 'BAD_MODEL':
      return new DraftError('BAD_SPEC', modelKey(error.message, detail), error.message)
    case 'SHAPE_MISMATCH': {
      const sample = shapeIn(detail.sample)
      const fix = sample === null ? null : { label: `Set the model's input to [${sample.join(', ')}]`, path: 'model.input', value: sample }
      return new DraftError('BAD_SPEC', fix === null ? dataKey(error.message, files) : 'model.input', error.message, fix)
    }
    case 'BAD_DATA':
      return new DraftError('BAD_SPEC', dataKey(error.message, files), error.message)
    case 'BAD_WEIGHTS':
      return new DraftError('BAD_SPEC', 'init', error.message)
    default:
      return error
  }
}

function modelKey(message: string, detail: Readonly<Record<string, unknown>>): string {
  if (typeof detail.layer === 'string') return `model.layers[${detail.layer}]`
  if (message.startsWith('loss')) return 'loss'
  return message.startsWith('model: input') ? 'model.input' : 'model.layers'
}

/** The file that the message begins with; else the first one. */
function dataKey(message: string, files: readonly NamedFile[]): string {
  const data = files.filter(({ key }) => key !== 'init')
  const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path
  const named =
    data.find(({ path }) => message.startsWith(`${nameOf(path)}:`)) ??
    (message.startsWith('test data') ? data.find(({ key }) => key.includes('test')) : undefined)
  return named?.key ?? data[0]?.key ?? 'data'
}

function shapeIn(value: unknown): number[] | null {
  return Array.isArray(value) && value.every((size): size is number => Number.isSafeInteger(size) && size > 0) ? value : null
}

/** An error as plain data, for the way out of a Worker. */
export interface PlainDraftError {
  readonly name: string
  readonly code: string
  readonly key: string | null
  readonly message: string
  readonly fix: Fix | null
}

export function toPlain(error: unknown): PlainDraftError {
  if (error instanceof SpecError) {
    return { name: error.name, code: error.code, key: error.key, message: error.message, fix: error instanceof DraftError ? error.fix : null }
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return { name, message, code: '', key: null, fix: null }
}

export function fromPlain(plain: PlainDraftError): Error {
  if (plain.key !== null) return new DraftError(plain.code as SpecErrorCode, plain.key, plain.message, plain.fix)
  if (plain.name === 'AbortError') return new DOMException(plain.message, 'AbortError')
  return Object.assign(new Error(plain.message), { name: plain.name })
}
