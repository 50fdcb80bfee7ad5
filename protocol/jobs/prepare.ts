/**
 * From a job file whose files have been found to what is signed and submitted: counts are filled in, and everything that
 * can be wrong with model, data and weights is found here, before anybody else's time is spent. The CLI and a tab both
 * come through here, so that the same file and data make the same spec; they differ in where bytes lie.
 */
import type { SampleFacts } from '../../kernels/data/catalogue.ts'
import type { DataFormat, DataPart, DataRole, LoadOptions } from '../../kernels/data/types.ts'
import type { DataCache } from '../compute/data-cache.ts'
import type { ComputeKernels } from '../compute/kernels.ts'
import { SpecError } from './errors.ts'
import { inputOf, type JobFile, type JobSpec, parseJobSpec, stepsOf, trainingSpecOf } from './spec.ts'

/** A file that a job names. */
export interface NamedFile {
  /** The key that names it: `data.files.train`. */
  readonly key: string
  readonly path: string
}

export interface NamedDataFile extends NamedFile {
  readonly role: DataRole
  readonly format: DataFormat
}

/** The data files a job names itself, training data first; none for a data set that has a name. */
export function dataFilesOf(data: JobFile['data']): NamedDataFile[] {
  const named: [DataRole, DataFormat, string | undefined, string][] = []
  if ('files' in data) {
    named.push(['train', 'safetensors', data.files.train, 'data.files.train'], ['test', 'safetensors', data.files.test, 'data.files.test'])
  } else if ('idx' in data) {
    named.push(['train-x', 'idx', data.idx.train.x, 'data.idx.train.x'], ['train-y', 'idx', data.idx.train.y, 'data.idx.train.y'])
    named.push(['test-x', 'idx', data.idx.test?.x, 'data.idx.test.x'], ['test-y', 'idx', data.idx.test?.y, 'data.idx.test.y'])
  } else if ('csv' in data) named.push(['table', 'csv', data.csv, 'data.csv'])
  else if ('text' in data) named.push(['text', 'text', data.text, 'data.text'])
  return named.flatMap(([role, format, path, key]) => (path === undefined ? [] : [{ role, format, path, key }]))
}

/** How the parts become samples. */
export function loadOptionsOf({ data, loss, model }: Pick<JobFile, 'data' | 'loss' | 'model'>): LoadOptions {
  return {
    limit: data.limit ?? null,
    testLimit: data.testLimit ?? null,
    label: 'csv' in data ? data.label : null,
    regression: loss.type !== 'cross-entropy',
    // A text is cut into windows as long as the model's input.
    nPositions: inputOf(model)[0] ?? 1,
  }
}

/** A job's data, found: files with hashes, and where the host's `readBytes` reads them. */
export interface LocatedData {
  readonly parts: readonly DataPart[]
  readonly options: LoadOptions
  /** The data set's name, or null for files. */
  readonly dataset: string | null
  /** For people: the name of the data set or file. */
  readonly label: string
  readonly labelColumn: string | null
}

export interface LocatedFile {
  readonly location: string
  readonly sha256: string
  readonly bytes: number
}

export interface LocatedJob {
  readonly job: JobFile
  readonly data: LocatedData
  /** Weights to start from. */
  readonly init: LocatedFile | null
}

export interface PrepareHost {
  readonly kernels: Pick<ComputeKernels<unknown>, 'checkModel' | 'layoutOf' | 'readWeights'>
  readonly cache: DataCache
  readBytes(location: string): Promise<Uint8Array>
  /** What is in a data set that has a name, where its bytes need not be looked at. */
  readonly factsOf?: (dataset: string) => SampleFacts | null
}

export interface SampleCounts {
  readonly trainSamples: number
  readonly testSamples: number
}

/** Checks the data against the model, as members will, and counts its samples. */
async function countSamples({ job, data }: LocatedJob, { kernels, cache, factsOf }: PrepareHost): Promise<SampleCounts> {
  const facts = data.dataset === null ? null : (factsOf?.(data.dataset) ?? null)
  if (facts !== null) {
    checkFacts(job, facts, kernels)
    const { trainSamples, testSamples } = facts
    const cut = (samples: number, limit: number | null): number => (limit === null ? samples : Math.min(samples, limit))
    return { trainSamples: cut(trainSamples, data.options.limit), testSamples: cut(testSamples, data.options.testLimit) }
  }
  const { train, test } = await cache.load({ parts: [...data.parts], ...data.options }, trainingSpecOf(job, 1))
  return { trainSamples: train.length, testSamples: test?.length ?? 0 }
}

/** What `nonce` and `createdAt` are is the caller's: they alone differ between two specs of one job file. */
export async function prepareJob(located: LocatedJob, host: PrepareHost, identity: { readonly nonce: string; readonly createdAt: string }): Promise<JobSpec> {
  const { job, data, init } = located
  host.kernels.checkModel(job.model, job.loss)
  const counts = await countSamples(located, host)
  const { totalSteps, stepsPerEpoch } = stepsOf(job, counts.trainSamples)
  if (init !== null) {
    host.kernels.readWeights(await host.readBytes(init.location), host.kernels.layoutOf(trainingSpecOf(job, totalSteps)), { label: init.location })
  }
  const { data: _files, init: _path, ...rest } = job
  return parseJobSpec({
    ...rest,
    version: 1,
    ...identity,
    init: init === null ? null : { sha256: init.sha256, bytes: init.bytes },
    data: {
      label: data.label,
      dataset: data.dataset,
      labelColumn: data.labelColumn,
      parts: data.parts.map(({ role, format, gzip, sha256, bytes }) => ({ role, format, gzip, sha256, bytes })),
      limit: data.options.limit,
      testLimit: data.options.testLimit,
    },
    totalSteps,
    stepsPerEpoch,
    ...counts,
  })
}

/** The same judgement as over the loaded samples. */
function checkFacts(job: JobFile, facts: SampleFacts, kernels: PrepareHost['kernels']): void {
  const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1)
  const input = inputOf(job.model)
  if (elements(facts.sampleShape) !== elements(input)) {
    const has = `[${facts.sampleShape.join(', ')}] (${elements(facts.sampleShape)} numbers)`
    throw new SpecError('BAD_SPEC', 'model.input', `model.input: a sample is ${has}, the model takes [${input.join(', ')}] (${elements(input)})`)
  }
  const { target, vocabulary } = kernels.checkModel(job.model, job.loss)
  const ids = (below: number): string => `token ids below ${below}`
  if (facts.vocabulary === null ? vocabulary !== null : vocabulary === null || facts.vocabulary > vocabulary) {
    const has = facts.vocabulary === null ? 'numbers' : ids(facts.vocabulary)
    throw new SpecError(
      'BAD_SPEC',
      'model',
      `model: the samples of this data set are ${has}, the model takes ${vocabulary === null ? 'numbers' : ids(vocabulary)}`,
    )
  }
  if (target === null) return
  if (target.classes === null) {
    throw new SpecError(
      'BAD_SPEC',
      'loss',
      `loss: "${job.loss.type}" compares ${elements(target.shape)} numbers per sample, the targets of this data set are class ids`,
    )
  }
  if (facts.classes > target.classes) {
    throw new SpecError('BAD_SPEC', 'model', `model: the data set has ${facts.classes} classes (0 to ${facts.classes - 1}), the model has ${target.classes}`)
  }
}
