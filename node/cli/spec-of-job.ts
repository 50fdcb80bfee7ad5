/**
 * From a job file to what is signed and submitted: paths become content hashes, counts are filled in, everything that can
 * be wrong with model, data and weights is found here, before anybody else's time is spent.
 */
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readWeights } from '../../kernels/data/index.ts'
import { checkModel, layoutOf } from '../../kernels/index.ts'
import { DataCache } from '../../protocol/compute/data-cache.ts'
import { type JobSpec, parseJobSpec, stepsOf, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { computeKernels, nodeSurroundings } from '../compute/index.ts'
import { describeFile, resolveJobData } from './jobdata.ts'
import { fromJobFolder, type LoadedJob } from './jobfile.ts'

export interface SubmittableJob {
  readonly spec: JobSpec
  /** Files of this machine that members will fetch: not those of installed data sets. */
  readonly uploads: readonly { readonly path: string; readonly sha256: string; readonly bytes: number }[]
}

export async function specOfJob({ job, folder }: LoadedJob): Promise<SubmittableJob> {
  checkModel(job.model, job.loss)
  const located = await resolveJobData(job, folder)
  // Loaded as members will load it: sample size and label range are checked against the model.
  const data = await new DataCache(computeKernels, nodeSurroundings().readBytes).load({ parts: located.parts, ...located.options }, trainingSpecOf(job, 1))
  const { totalSteps, stepsPerEpoch } = stepsOf(job, data.train.length)
  const uploads = located.dataset === null ? located.parts.map(({ location, sha256, bytes }) => ({ path: location, sha256, bytes })) : []
  const { data: _files, init: initPath, ...rest } = job
  let init: JobSpec['init'] = null
  if (initPath !== null) {
    const path = fromJobFolder(folder, initPath)
    const { sha256, bytes } = await describeFile(path, 'init')
    readWeights(new Uint8Array(await readFile(path)), layoutOf(trainingSpecOf(job, totalSteps)), { label: path })
    init = { sha256, bytes }
    uploads.push({ path, sha256, bytes })
  }
  const spec = parseJobSpec({
    ...rest,
    version: 1,
    nonce: randomBytes(16).toString('hex'),
    createdAt: new Date().toISOString(),
    init,
    data: {
      label: located.label,
      dataset: located.dataset,
      labelColumn: located.labelColumn,
      parts: located.parts.map(({ role, format, gzip, sha256, bytes }) => ({ role, format, gzip, sha256, bytes })),
      limit: located.options.limit,
      testLimit: located.options.testLimit,
    },
    totalSteps,
    stepsPerEpoch,
    trainSamples: data.train.length,
    testSamples: data.test?.length ?? 0,
  })
  return { spec, uploads }
}
