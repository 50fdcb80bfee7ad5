/**
 * From a job file to what is signed and submitted: paths become content hashes; the rest is `protocol/jobs/prepare.ts`.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { checkModel } from '../../kernels/index.ts'
import { DataCache } from '../../protocol/compute/data-cache.ts'
import { prepareJob } from '../../protocol/jobs/prepare.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { computeKernels, nodeSurroundings } from '../compute/index.ts'
import { describeFile, resolveJobData } from './jobdata.ts'
import { fromJobFolder, type LoadedJob } from './jobfile.ts'

export interface SubmittableJob {
  readonly spec: JobSpec
  /** Files of this machine that members will fetch: not those of installed data sets. */
  readonly uploads: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[]
}

export async function specOfJob({ job, folder }: LoadedJob): Promise<SubmittableJob> {
  // Before any file is read.
  checkModel(job.model, job.loss)
  const data = await resolveJobData(job, folder)
  const init = job.init === null ? null : await describeFile(fromJobFolder(folder, job.init), 'init')
  // No `factsOf`: what is installed here is loaded as members will load it, hashes included.
  const host = {
    kernels: computeKernels,
    cache: new DataCache(computeKernels, nodeSurroundings().readBytes),
    readBytes: async (location: string) => new Uint8Array(await readFile(location)),
  }
  const spec = await prepareJob({ job, data, init }, host, { nonce: randomBytes(16).toString('hex'), createdAt: new Date().toISOString() })
  const own = [...(data.dataset === null ? data.parts : []), ...(init === null ? [] : [init])]
  return { spec, uploads: own.map(({ location, sha256, bytes }) => ({ path: location, sha256, bytes })) }
}
