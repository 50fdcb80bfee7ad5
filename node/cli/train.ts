/**
 * `cyxwiz train JOB.json`: the job in one process, no mesh: the same plan, data and optimizer, with the GPU's own fused
 * update. Prints the events of DESIGN 8.4; with `--out` leaves a safetensors file that PyTorch opens.
 */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ComputeError } from '../../protocol/compute/index.ts'
import { mayLeaveOut } from '../../protocol/jobs/spec.ts'
import { figuresOf, type StepFigures } from '../../protocol/training/figures.ts'
import { type CommonOptions, type DeviceOptions, parseCount, withCommonOptions, withDeviceOptions } from './args.ts'
import { EXIT_FAILED } from './errors.ts'
import { fromJobFolder, type LoadedJob, readJobFile } from './jobfile.ts'
import { evaluateTestSet, initialOf, LOCAL_JOB, openLocalRun } from './local-run.ts'
import { type OutFile, openOutFile } from './outfile.ts'
import { type Output, runCommand } from './output.ts'

/** DESIGN 8.4: at most ten progress events a second, the last step, which is always told, included. */
const PROGRESS_EVERY_MS = 125

export interface TrainOptions extends CommonOptions, DeviceOptions {
  readonly init?: string
  readonly out?: string
  readonly every?: number
}

export function registerTrain(program: Command): void {
  withDeviceOptions(withCommonOptions(program.command('train')))
    .description('train a job in this process, without a mesh')
    .argument('<job>', 'job file (JSON)')
    .option('--init <file>', 'safetensors file to start from')
    .option('--out <file>', 'where to write the trained weights (safetensors)')
    .option('--every <n>', 'tell every n-th step (default: at most ten a second)', parseCount)
    .action((path: string, options: TrainOptions) => runCommand(options, (output) => train(path, options, output)))
}

async function train(path: string, options: TrainOptions, output: Output): Promise<number | undefined> {
  const loaded = await readJobFile(path)
  const { job } = loaded
  const out = options.out === undefined ? null : await openOutFile(options.out, '--out')
  const jobId = createHash('sha256').update(JSON.stringify(job)).digest('hex')
  const state = (name: 'running' | 'completed' | 'failed' | 'cancelled', reason?: string): void =>
    output.events.emit({ event: 'job.state', jobId, name: job.name, state: name, attempt: 1, ...(reason === undefined ? {} : { reason }) })

  const controller = new AbortController()
  const cancel = (): void => controller.abort(new ComputeError('CANCELLED', 'cancelled'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, cancel)
  let begun = false
  try {
    await trainLoaded(loaded, jobId, options, out, output, controller.signal, (name) => {
      begun = true
      state(name)
    })
    return undefined
  } catch (error) {
    if (controller.signal.aborted) {
      state('cancelled', 'interrupted')
      return EXIT_FAILED
    }
    if (begun) state('failed', error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, cancel)
  }
}

async function trainLoaded(
  loaded: LoadedJob,
  jobId: string,
  options: TrainOptions,
  out: OutFile | null,
  output: Output,
  signal: AbortSignal,
  state: (name: 'running' | 'completed') => void,
): Promise<void> {
  const { job, folder } = loaded
  const initial = initialOf(job, options.init === undefined ? undefined : resolve(options.init), (file) => fromJobFolder(folder, file))
  const run = await openLocalRun(loaded, options, { initial, signal })
  const { client, totalSteps, stepsPerEpoch, prepared } = run
  const { every } = options
  const { roundSteps } = job.sync
  state('running')

  const startMs = performance.now()
  // Of the last step that had a finite loss: others are left out, where the job says so.
  let figures: StepFigures | null = null
  const last = await client.local(
    { jobKey: LOCAL_JOB, fromStep: 1, toStep: totalSteps, progressEveryMs: every === undefined ? PROGRESS_EVERY_MS : 0 },
    {
      signal,
      onProgress({ step, samples, samplesPerSecond, skippedSteps, ...sums }) {
        figures = figuresOf(sums) ?? figures
        if (figures === null || (every !== undefined && step % every !== 0 && step !== totalSteps)) return
        output.events.emit({
          event: 'job.progress',
          jobId,
          step,
          // Alone there is nobody to meet at a round's end: 'auto' makes the whole run one round.
          round: roundSteps === 'auto' ? 1 : Math.ceil(step / roundSteps),
          epoch: Math.ceil(step / stepsPerEpoch),
          samples,
          loss: figures.loss,
          ...(figures.accuracy === null ? {} : { accuracy: figures.accuracy }),
          samplesPerSecond,
          peers: 1,
          bytesSent: 0,
          bytesReceived: 0,
          memoryBytes: prepared.memoryBytes,
          totalSteps,
          ...(mayLeaveOut(job) ? { skippedSteps } : {}),
        })
      },
    },
  )
  const seconds = (performance.now() - startMs) / 1000
  const trained = figuresOf(last) ?? figures
  if (trained === null) throw new RangeError('a run without any loss has failed before')
  const tested = await evaluateTestSet(run, signal)
  const { bytes } = await client.exportWeights(LOCAL_JOB, { signal })
  await out?.write(bytes)
  state('completed')
  output.events.emit({
    event: 'job.result',
    jobId,
    steps: totalSteps,
    samples: last.samples,
    seconds,
    trainLoss: trained.loss,
    ...(tested === null ? {} : { testLoss: tested.testLoss }),
    ...(tested?.testAccuracy === undefined ? {} : { testAccuracy: tested.testAccuracy }),
    ...(mayLeaveOut(job) ? { skippedSteps: last.skippedSteps } : {}),
    weights: { ...(out === null ? {} : { path: out.path }), sha256: createHash('sha256').update(bytes).digest('hex') },
    receipts: [],
  })
}
