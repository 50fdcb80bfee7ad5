/**
 * The way back: from a signed spec to the job file it came from, for clones and project files. Data sets that have a name
 * come back whole; of uploaded files only name, size and hash are known, so the person is asked for them again.
 */
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { Json } from './json-text.ts'
import type { JsonObject } from './paths.ts'

/** A file that the job needs and that cannot be had from its spec. */
export interface WantedFile {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

export interface JobOfSpec {
  readonly job: JsonObject
  readonly wanted: readonly WantedFile[]
}

export function jobOfSpec(spec: JobSpec): JobOfSpec {
  const {
    version: _version,
    nonce: _nonce,
    createdAt: _createdAt,
    submitter: _submitter,
    data,
    init,
    totalSteps: _total,
    stepsPerEpoch: _steps,
    trainSamples: _train,
    testSamples: _test,
    ...rest
  } = spec
  const wanted: WantedFile[] = []
  const named = (role: JobSpec['data']['parts'][number]['role'], fallback: string): string => {
    const part = data.parts.find((candidate) => candidate.role === role)
    if (part === undefined) return ''
    const path = wanted.length === 0 && data.label !== '' ? data.label : fallback
    wanted.push({ path, sha256: part.sha256, bytes: part.bytes })
    return path
  }
  const has = (role: string): boolean => data.parts.some((part) => part.role === role)
  const limits = { ...(data.limit === null ? {} : { limit: data.limit }), ...(data.testLimit === null ? {} : { testLimit: data.testLimit }) }
  let source: JsonObject
  if (data.dataset !== null) source = { dataset: data.dataset }
  else if (has('table')) source = { csv: named('table', 'table.csv'), label: data.labelColumn ?? '' }
  else if (has('text')) source = { text: named('text', 'corpus.txt') }
  else if (has('train')) source = { files: { train: named('train', 'train.safetensors'), ...(has('test') ? { test: named('test', 'test.safetensors') } : {}) } }
  else {
    const train = { x: named('train-x', 'train-images'), y: named('train-y', 'train-labels') }
    source = { idx: { train, ...(has('test-x') ? { test: { x: named('test-x', 'test-images'), y: named('test-y', 'test-labels') } } : {}) } }
  }
  if (init !== null) wanted.push({ path: 'init.safetensors', ...init })
  return { job: { ...(rest as unknown as { [key: string]: Json }), data: { ...source, ...limits }, init: init === null ? null : 'init.safetensors' }, wanted }
}
