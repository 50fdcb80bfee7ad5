/**
 * From a draft (a job file's JSON and the files it names) to everything that can be said of it, and to a complete spec
 * with what must be uploaded. The form, the session and tests all come through here.
 */
import { SpecError } from '../../protocol/jobs/errors.ts'
import type { SampleCounts } from '../../protocol/jobs/prepare.ts'
import { type JobFile, type JobSpec, parseJobFile, problemsOfJobFile } from '../../protocol/jobs/spec.ts'
import type { DraftReport, JobDraft } from '../session/types.ts'
import { atItsKey } from './draft-error.ts'
import type { Examined } from './examine.ts'
import { filesOfJob } from './locate.ts'
import { isObject } from './paths.ts'
import { type DraftDetails, type PeerFacts, reportOf } from './report.ts'
import { shapesAlong } from './shapes.ts'
import { examine } from './worker-client.ts'

export interface CheckOptions {
  readonly peers: readonly PeerFacts[]
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

export interface DraftFindings {
  /** Null where not even model and optimizer make sense. */
  readonly report: DraftDetails | null
  /** Known as soon as the model makes sense, whatever else does not. */
  readonly parameters: number | null
  /** Everything found wrong, in the order of the job file; empty = can be submitted. */
  readonly problems: readonly SpecError[]
}

/** All that can be said, mistakes included; rejects only when cancelled, or where the page itself fails. */
export async function examineDraft({ job: json, files }: JobDraft, { peers, signal, onProgress }: CheckOptions): Promise<DraftFindings> {
  const problems = problemsOfJobFile(json)
  const parameters = parametersOf(json)
  if (problems.length > 0) return { report: null, parameters, problems }
  const job = parseJobFile(json)
  let report: DraftDetails
  try {
    report = reportOf(job, null, peers)
  } catch (error) {
    return { report: null, parameters, problems: [specErrorFrom(atItsKey(error))] }
  }
  let counts: SampleCounts
  try {
    counts = (await examine({ job, files: filesNamedBy(job, files), identity: null }, { signal, onProgress })).counts
    return { report: reportOf(job, counts, peers), parameters, problems: [] }
  } catch (error) {
    signal?.throwIfAborted()
    return { report, parameters, problems: [specErrorFrom(error)] }
  }
}

/** The same findings for other peers: they come and go more often than a draft changes, and its data need not be read again. */
export function withPeers({ report, ...rest }: DraftFindings, json: unknown, peers: CheckOptions['peers']): DraftFindings {
  return { ...rest, report: report === null ? null : reportOf(parseJobFile(json), report.counts, peers) }
}

/** Rejects with the first mistake; its `path` names the key. */
export async function checkDraft(draft: JobDraft, options: CheckOptions, signal?: AbortSignal): Promise<DraftReport> {
  const { report, problems } = await examineDraft(draft, signal === undefined ? options : { ...options, signal })
  const [first] = problems
  if (first !== undefined) throw first
  if (report === null) throw new Error('the draft has neither a report nor a mistake')
  return report
}

export interface SubmittableDraft {
  readonly spec: JobSpec
  /** What members will fetch: to be taken into the store before the spec is submitted. */
  readonly uploads: readonly { readonly sha256: string; readonly bytes: number; readonly blob: Blob }[]
}

export async function specOfDraft(
  { job: json, files }: JobDraft,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (text: string) => void } = {},
): Promise<SubmittableDraft> {
  const job = parseJobFile(json)
  const named = filesNamedBy(job, files)
  const identity = { nonce: randomHex(16), createdAt: new Date().toISOString() }
  const { spec, uploads }: Examined = await examine({ job, files: named, identity }, { signal, onProgress })
  if (spec === null) throw new Error('the draft was examined without a spec')
  return {
    spec,
    uploads: uploads.map(({ path, sha256, bytes }) => {
      const blob = named[path]
      if (blob === undefined) throw new RangeError(`the file "${path}" was not given`)
      return { sha256, bytes, blob }
    }),
  }
}

function parametersOf(json: unknown): number | null {
  const model = isObject(json) ? (json.model as unknown) : null
  if (!isObject(model) || model.kind !== 'sequential' || !Array.isArray(model.layers)) return null
  const layers = shapesAlong(model.input, model.layers)
  return layers.length === 0 || layers.length < model.layers.length ? null : layers.reduce((sum, layer) => sum + layer.parameterCount, 0)
}

/** What else was dropped on the page is nobody's business. */
function filesNamedBy(job: JobFile, files: JobDraft['files']): Record<string, Blob> {
  return Object.fromEntries(
    filesOfJob(job).flatMap(({ path }) => {
      const blob = Object.hasOwn(files, path) ? files[path] : undefined
      return blob === undefined ? [] : [[path, blob]]
    }),
  )
}

function specErrorFrom(error: unknown): SpecError {
  if (error instanceof SpecError) return error
  throw error
}

function randomHex(length: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
