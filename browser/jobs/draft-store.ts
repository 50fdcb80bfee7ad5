/**
 * The job being written: ONE draft that presets, form and JSON all show. The job file's JSON is the truth; beside it
 * stands the text as typed while it cannot be read, so that no view loses what another one holds. Survives navigation
 * (it belongs to the page's module, not to an element) and reload (sessionStorage), except for files: a browser does not
 * let a page keep them, so their names are kept and asked for again.
 */
import { Store } from '../state/store.ts'
import type { WantedFile } from './job-of-spec.ts'
import { type Json, readJson, type TextProblem } from './json-text.ts'
import { isObject, type JsonObject, valueAt, withValue } from './paths.ts'

export type DraftView = 'presets' | 'form' | 'json'

export interface DraftState {
  readonly view: DraftView
  readonly job: JsonObject
  /** As typed; null = the job as it would be printed. */
  readonly text: string | null
  /** Why the text cannot be read; `job` is then the last one that could. */
  readonly textProblem: TextProblem | null
  readonly files: Readonly<Record<string, File>>
  /** Files that the job names and this page does not have: of a clone, or from before a reload. */
  readonly wanted: readonly WantedFile[]
  /** The job it is a clone of. */
  readonly cloneOf: string | null
}

interface Kept {
  readonly view: DraftView
  readonly job: JsonObject
  readonly text: string | null
  readonly cloneOf: string | null
  readonly wanted: readonly WantedFile[]
}

/** What is used of `sessionStorage`; absent in tests, refusing in some private windows. */
export type KeptText = Pick<globalThis.Storage, 'getItem' | 'setItem'>

const KEY = 'cyxwiz.draft'

export class DraftStore extends Store<DraftState> {
  readonly #kept: KeptText | null
  /** Branches of unions that were left, by key and tag: coming back finds what was typed there. */
  readonly #left = new Map<string, Json>()

  constructor(first: JsonObject, kept: KeptText | null = null) {
    super(restored(kept) ?? fresh(first))
    this.#kept = kept
  }

  setView(view: DraftView): void {
    this.#change({ view })
  }

  /** The JSON view's text, with every key pressed. */
  setText(text: string): void {
    const read = readJson(text)
    const notAnObject = { message: 'a job file is an object: { … }', offset: 0, line: 1, column: 1 }
    if (!read.ok) this.#change({ text, textProblem: read.problem })
    else if (!isObject(read.value)) this.#change({ text, textProblem: notAnObject })
    else this.#change({ text, textProblem: null, job: read.value })
  }

  /** Goes back to the last text that could be read. */
  discardText(): void {
    this.#change({ text: null, textProblem: null })
  }

  /** The form's way: one value by its key; `undefined` takes the key away. */
  setAt(path: string, value: Json | undefined): void {
    this.setJob(withValue(this.value.job, path, value))
  }

  setJob(job: JsonObject): void {
    this.#change({ job, text: null, textProblem: null })
  }

  /** Changes the branch of a union (`optimizer`, `data`): what was typed in the old one waits for its return. */
  setBranch(key: string, from: string, to: string, fallback: Json): void {
    const old = valueAt(this.value.job, key)
    if (old !== undefined) this.#left.set(`${key}/${from}`, old)
    this.setAt(key, this.#left.get(`${key}/${to}`) ?? fallback)
  }

  /** Takes a file in under its own name, or a free one near it, and returns the path that the job should name. */
  addFile(file: File): string {
    const { files, wanted } = this.value
    const isFree = (path: string): boolean => {
      const there = files[path]
      return there === undefined || same(there, file)
    }
    let path = file.name
    for (let n = 2; !isFree(path); n++) path = file.name.replace(/(\.[^.]*)?$/, (end) => ` (${n})${end}`)
    this.#change({ files: { ...files, [path]: file }, wanted: wanted.filter((want) => want.path !== path) })
    return path
  }

  /** A whole other job: a preset, a clone, one from a project. Files already chosen stay at hand. */
  replace(job: JsonObject, origin: { readonly cloneOf?: string; readonly wanted?: readonly WantedFile[]; readonly view?: DraftView } = {}): void {
    this.#left.clear()
    this.#change({ job, text: null, textProblem: null, cloneOf: origin.cloneOf ?? null, wanted: origin.wanted ?? [], view: origin.view ?? 'form' })
  }

  /** Back to an earlier state, for undo. */
  restore(state: DraftState): void {
    this.#change(state)
  }

  /** The text of the JSON view. */
  get text(): string {
    return this.value.text ?? printJob(this.value.job)
  }

  #change(change: Partial<DraftState>): void {
    this.set({ ...this.value, ...change })
    const { view, job, text, cloneOf, wanted, files } = this.value
    const gone = Object.entries(files).map(([path, file]): WantedFile => ({ path, bytes: file.size, sha256: '' }))
    try {
      this.#kept?.setItem(KEY, JSON.stringify({ view, job, text, cloneOf, wanted: [...wanted, ...gone] } satisfies Kept))
    } catch {
      // A full or forbidden storage loses the draft on reload only.
    }
  }
}

/** Two spaces, but lists of plain values and short objects stay on one line, as people write job files. */
export function printJob(value: Json, indent = ''): string {
  const flat = printFlat(value)
  const isTop = indent === ''
  if (typeof value !== 'object' || value === null || (!isTop && flat.length + indent.length <= 90)) return flat
  const deeper = `${indent}  `
  if (Array.isArray(value)) return `[\n${(value as readonly Json[]).map((part) => deeper + printJob(part, deeper)).join(',\n')}\n${indent}]`
  const lines = Object.entries(value as JsonObject).map(([key, part]) => `${deeper}${JSON.stringify(key)}: ${printJob(part, deeper)}`)
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
}

function printFlat(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(printFlat).join(', ')}]`
  const parts = Object.entries(value as JsonObject).map(([key, part]) => `${JSON.stringify(key)}: ${printFlat(part)}`)
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
}

function fresh(job: JsonObject): DraftState {
  return { view: 'presets', job, text: null, textProblem: null, files: {}, wanted: [], cloneOf: null }
}

function restored(kept: KeptText | null): DraftState | null {
  try {
    const text = kept?.getItem(KEY)
    if (text == null) return null
    const { view, job, text: typed, cloneOf, wanted } = JSON.parse(text) as Kept
    if (!isObject(job) || !['presets', 'form', 'json'].includes(view)) return null
    const read = typed === null ? null : readJson(typed)
    return { view, job, text: typed, textProblem: read === null || read.ok ? null : read.problem, files: {}, wanted: wanted ?? [], cloneOf: cloneOf ?? null }
  } catch {
    return null
  }
}

function same(a: File, b: File): boolean {
  return a === b || (a.name === b.name && a.size === b.size && a.lastModified === b.lastModified)
}
