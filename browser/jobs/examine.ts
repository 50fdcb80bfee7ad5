/**
 * Looks into a draft's data: hashes the files, loads them as members will, checks them against the model, counts the
 * samples; and, for a submission, writes the spec. Pure but for the kernels it calls. Runs in a Worker, because a table
 * of 100 MB would hold up a page for seconds; tests call it as it is.
 */
import { sampleFacts } from '../../kernels/data/catalogue.ts'
import { checkLabels, loadSplit, readWeights, shapedFor } from '../../kernels/data/index.ts'
import { checkModel, layoutOf } from '../../kernels/index.ts'
import { DataCache } from '../../protocol/compute/data-cache.ts'
import { type PrepareHost, prepareJob, type SampleCounts } from '../../protocol/jobs/prepare.ts'
import { inputOf, type JobFile, type JobSpec } from '../../protocol/jobs/spec.ts'
import { atItsKey } from './draft-error.ts'
import { type Digester, datasetAt, type Files, filesOfJob, locateJob } from './locate.ts'

export interface ExamineRequest {
  readonly job: JobFile
  readonly files: Files
  /** Null: only count. */
  readonly identity: { readonly nonce: string; readonly createdAt: string } | null
}

export interface ExamineOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (text: string) => void
}

export interface Examined {
  readonly counts: SampleCounts
  readonly spec: JobSpec | null
  /** Files that members will fetch from here. */
  readonly uploads: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[]
}

const NOBODY = { nonce: '0'.repeat(16), createdAt: '' }

export class Examiner {
  readonly #digest: Digester
  readonly #cache: DataCache
  /** Of the request at hand: `DataCache` reads by location only. */
  #files: Files = {}

  constructor(digest: Digester) {
    this.#digest = digest
    this.#cache = new DataCache({ loadSplit, shapedFor, checkLabels, checkModel }, (location) => this.#read(location))
  }

  /** One at a time. */
  async examine({ job, files, identity }: ExamineRequest, { signal, onProgress }: ExamineOptions = {}): Promise<Examined> {
    this.#files = files
    try {
      checkModel(job.model, job.loss)
      const told = onProgress === undefined ? undefined : (text: string, fraction: number) => onProgress(`${text}: ${Math.floor(fraction * 100)} %`)
      const located = await locateJob(job, files, this.#digest, { signal, onProgress: told })
      signal?.throwIfAborted()
      onProgress?.('Checking the data')
      const host: PrepareHost = {
        kernels: { checkModel, layoutOf, readWeights },
        cache: this.#cache,
        readBytes: (location) => this.#read(location),
        factsOf: (name) => sampleFacts(datasetAt(name), inputOf(job.model)[0] ?? 1),
      }
      // Whole, even where only counts are asked for: weights to start from are checked on the way.
      const spec = await prepareJob(located, host, identity ?? NOBODY)
      signal?.throwIfAborted()
      const own = [...(located.data.dataset === null ? located.data.parts : []), ...(located.init === null ? [] : [located.init])]
      return {
        spec: identity === null ? null : spec,
        counts: { trainSamples: spec.trainSamples, testSamples: spec.testSamples },
        uploads: own.map(({ location = '', sha256, bytes }) => ({ path: location, sha256, bytes })),
      }
    } catch (error) {
      throw atItsKey(error, filesOfJob(job))
    } finally {
      this.#files = {}
    }
  }

  async #read(location: string): Promise<Uint8Array> {
    const blob = this.#files[location]
    if (blob === undefined) throw new RangeError(`the file "${location}" was not given`)
    return new Uint8Array(await blob.arrayBuffer())
  }
}
