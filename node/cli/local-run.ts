/**
 * Everything that `train` and `eval` share: a job file on this machine's GPU, in this process, through the same compute
 * server that peers use, so that a job behaves alike with and without a mesh.
 */
import type { SplitDataset } from '../../kernels/data/types.ts'
import { fittingBatch } from '../../kernels/index.ts'
import { ComputeClient, type InitialWeights, loopbackPorts, type PrepareResult, serveCompute } from '../../protocol/compute/index.ts'
import { type JobFile, stepsOf, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { computeKernels, nodeSurroundings } from '../compute/index.ts'
import type { DeviceOptions } from './args.ts'
import { loadJobData, resolveJobData } from './jobdata.ts'
import type { LoadedJob } from './jobfile.ts'

export const LOCAL_JOB = 'local'

/** Rows at a time in evaluation: large enough for speed, small enough for every adapter. */
const EVAL_ROWS = 512

export interface LocalRun {
  readonly client: ComputeClient
  readonly prepared: PrepareResult
  readonly totalSteps: number
  readonly stepsPerEpoch: number
  readonly data: SplitDataset
}

export interface LocalRunOptions {
  readonly initial: InitialWeights
  /** Evaluation alone does not ask that a batch of training data exists. */
  readonly evaluateOnly?: boolean
  readonly signal?: AbortSignal
}

/** Loads the data, opens the GPU and prepares the job; throws with the culprit before anything is trained. */
export async function openLocalRun({ job, folder }: LoadedJob, device: DeviceOptions, options: LocalRunOptions): Promise<LocalRun> {
  const located = await resolveJobData(job, folder)
  const data = await loadJobData(located)
  const batchSize = options.evaluateOnly ? Math.min(job.batchSize, data.train.length) : job.batchSize
  const { totalSteps, stepsPerEpoch } = stepsOf({ ...job, batchSize }, data.train.length)
  const spec = trainingSpecOf(job, totalSteps)

  const ports = loopbackPorts()
  // The data is in memory already: the server must not load it a second time.
  serveCompute(ports.server, { kernels: { ...computeKernels, loadSplit: async () => data }, surroundings: nodeSurroundings() })
  const client = new ComputeClient(ports.client)
  const call = options.signal === undefined ? {} : { signal: options.signal }
  // Checked before the GPU is opened: a wrong model is a wrong model on every machine.
  computeKernels.checkModel(spec.model, spec.loss)
  const { memory } = await client.init({ gpu: device.gpu, memoryLimitBytes: device.memoryLimit ?? null }, call)
  const prepared = await client.prepare(
    {
      jobKey: LOCAL_JOB,
      spec,
      batch: fittingBatch(spec, batchSize, memory),
      evalBatch: fittingBatch(spec, Math.max(batchSize, Math.min(EVAL_ROWS, data.test?.length ?? 1)), memory),
      batchSize,
      shuffle: job.shuffle,
      data: { parts: located.parts, ...located.options },
      initial: options.initial,
      measure: false,
    },
    call,
  )
  return { client, prepared, totalSteps, stepsPerEpoch, data }
}

export interface TestFigures {
  readonly testLoss: number
  readonly testAccuracy?: number
  readonly testSamples: number
}

/** Null where the job has no test data. */
export async function evaluateTestSet({ client, prepared }: LocalRun, signal?: AbortSignal): Promise<TestFigures | null> {
  if (prepared.testSamples === 0) return null
  const { lossSum, weight, correct } = await client.evaluate(
    { jobKey: LOCAL_JOB, from: 0, count: prepared.testSamples },
    signal === undefined ? {} : { signal },
  )
  return {
    testLoss: lossSum / weight,
    ...(correct === null ? {} : { testAccuracy: correct / weight }),
    testSamples: prepared.testSamples,
  }
}

/** `--init` wins over the job file's own `init`. */
export function initialOf(job: JobFile, initOption: string | undefined, resolvePath: (path: string) => string): InitialWeights {
  if (initOption !== undefined) return { kind: 'weights', location: initOption }
  return job.init === null ? { kind: 'seed' } : { kind: 'weights', location: resolvePath(job.init) }
}
