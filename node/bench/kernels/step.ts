/**
 * Training steps of small models, against other libraries on the same adapter in the same run. Nothing is timed before
 * it is right: our gradient agrees with the float64 interpreter, and the losses of everybody's first steps agree.
 *
 * Contenders take turns in short blocks, so that a neighbour who loads the machine slows all of them alike.
 */
import type { DispatchTime, KernelDevice } from '../../../kernels/index.ts'
import type { Precision } from '../../../kernels/spec.ts'
import { FailedError } from '../../cli/errors.ts'
import type { NamedWeights, TrainingRun } from './contender.ts'
import { type BenchModel, batchesOf, benchModel, type ModelName, tokensOf } from './models.ts'
import { checkGradient, ownRun, weightsOf } from './own.ts'
import type { Rival } from './rivals.ts'
import { median, ratiosOf, stopwatch } from './stopwatch.ts'

/** Enough to tell a wrong gradient or optimizer, few enough that rounding has not spread; everybody is warm after them. */
const COMPARED_STEPS = 3
const LOSS_TOLERANCE = 1e-3
/** A comparison must end: jax-js took 270 s on two busy cores for the GPT's first steps, nearly all of it compiling. */
const RIVAL_LIMIT_SECONDS = 600
/** Rivals compute in f32: operands rounded to halves are off by up to 5e-4 each. */
const MIXED_LOSS_TOLERANCE = 5e-3
/** Steps of a turn, all in flight together where the library can. */
const BLOCK = 2
const PROFILED_STEPS = 5

export interface StepFigures {
  readonly model: ModelName
  readonly title: string
  /** Of our gradient, against float64; of a large model's, against the slope of the loss along it. */
  readonly gradientError: number
  /** Median milliseconds of a step, by contender. */
  readonly medianMs: Readonly<Record<string, number>>
  readonly minMs: Readonly<Record<string, number>>
  /** Median milliseconds of processor time that this process spent on a step. */
  readonly cpuMs: Readonly<Record<string, number>>
  /** How many times longer a rival takes (medians; of processor time where the adapter is software). */
  readonly ratios: Readonly<Record<string, number>>
  /** Of a language model, by the median step. */
  readonly tokensPerSecond: number | null
  /** Median of the time from the call of a step to its submission. */
  readonly hostMs: number
  /** Rivals that could not run this model, and why. */
  readonly failed: Readonly<Record<string, string>>
  readonly variants: readonly string[]
  readonly profile: readonly DispatchTime[] | null
}

export interface StepOptions {
  readonly device: KernelDevice
  readonly models: readonly ModelName[]
  /** Ours; rivals compute in f32. */
  readonly precision: Precision
  readonly rivals: readonly Rival[]
  readonly blocks: number
  readonly profile: boolean
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

export async function measureSteps(options: StepOptions): Promise<StepFigures[]> {
  const figures: StepFigures[] = []
  for (const name of options.models) figures.push(await measureModel(benchModel(name, options.precision), options))
  return figures
}

async function measureModel(model: BenchModel, { device, rivals, blocks, profile, signal, say }: StepOptions): Promise<StepFigures> {
  const weights = weightsOf(model)
  const gradientError = await checkGradient(device, model, weights)
  const judge = model.checkedSamples === null ? 'the slope of the loss along it' : 'float64'
  say(`${model.name}: gradient agrees with ${judge} within ${gradientError.toExponential(1)}`)
  const own = await ownRun(device, model, weights)
  try {
    const batchAt = batchesOf(model)
    const first = Array.from({ length: COMPARED_STEPS }, (_, i) => batchAt(i + 1))
    const losses = await own.steps(first)
    const runs = new Map<string, TrainingRun>([['cyxwiz', own]])
    const failed: Record<string, string> = {}
    for (const rival of rivals) {
      signal.throwIfAborted()
      try {
        runs.set(rival.name, await comparedRun(rival, model, weights, first, losses))
        say(`${model.name}: losses of ${rival.name} agree`)
      } catch (error) {
        if (error instanceof FailedError) throw error
        failed[rival.name] = String(error instanceof Error ? error.message : error).split('\n')[0] ?? ''
        say(`${model.name}: ${rival.name} fails: ${failed[rival.name]}`)
      }
    }
    const host = hostTimes(device)
    const clock = stopwatch(runs.keys())
    let step = COMPARED_STEPS
    for (let block = 0; block < blocks; block++) {
      const batches = Array.from({ length: BLOCK }, () => batchAt(++step))
      for (const [name, run] of runs) {
        signal.throwIfAborted()
        await clock.time(name, BLOCK, () => run.steps(batches))
      }
    }
    const hostMs = await host.measure(async () => {
      for (let i = 0; i < BLOCK; i++) await own.engine.step(batchAt(++step))
    })
    const { medianMs, minMs, cpuMs } = clock.figures()
    // A software adapter computes on the processor: its time does not depend on who else wants the machine.
    const tokens = tokensOf(model)
    const compared = device.caps.kind === 'cpu' ? cpuMs : medianMs
    return {
      model: model.name,
      title: model.title,
      gradientError,
      medianMs,
      minMs,
      cpuMs,
      ratios: ratiosOf(compared),
      tokensPerSecond: tokens === null ? null : (tokens / (medianMs.cyxwiz ?? Number.NaN)) * 1000,
      hostMs,
      failed,
      variants: own.engine.chosenVariants,
      profile: profile ? await shortestTimes(() => own.engine.profile(batchAt(++step))) : null,
    }
  } finally {
    own.engine.dispose()
  }
}

/** Each kernel's time where nobody else wanted the machine: the shortest of several steps. */
async function shortestTimes(profile: () => Promise<readonly DispatchTime[]>): Promise<DispatchTime[]> {
  let shortest: readonly DispatchTime[] = await profile()
  for (let i = 1; i < PROFILED_STEPS; i++) {
    const times = await profile()
    shortest = shortest.map((best, k) => ({ ...best, nanoseconds: Math.min(best.nanoseconds, times[k]?.nanoseconds ?? best.nanoseconds) }))
  }
  return [...shortest]
}

async function comparedRun(
  rival: Rival,
  model: BenchModel,
  weights: NamedWeights,
  first: Parameters<TrainingRun['steps']>[0],
  losses: readonly number[],
): Promise<TrainingRun> {
  const run = await rival.train(model, weights)
  const deadline = performance.now() + RIVAL_LIMIT_SECONDS * 1000
  const theirs: number[] = []
  for (const batch of first) theirs.push(...(await before(deadline, run.steps([batch]))))
  const difference = Math.max(...losses.map((loss, i) => Math.abs(loss - (theirs[i] ?? Number.NaN)) / loss))
  if (!(difference < (model.spec.precision === 'mixed' ? MIXED_LOSS_TOLERANCE : LOSS_TOLERANCE))) {
    throw new FailedError(
      `bench: losses of ${model.name} disagree, nothing is timed: ours ${losses.map(show).join(', ')}; ${rival.name} ${theirs.map(show).join(', ')}`,
      'WRONG_RESULT',
    )
  }
  return run
}

/** A step that goes on for ever stays behind; its library is not timed. */
async function before<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(`its first ${COMPARED_STEPS} steps did not finish in ${RIVAL_LIMIT_SECONDS} s`))
    timer = setTimeout(giveUp, Math.max(0, deadlineMs - performance.now()))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const show = (loss: number): string => loss.toFixed(5)

/** Times from a call to the submission of its commands: what JavaScript costs a step. */
function hostTimes(device: KernelDevice) {
  return {
    async measure(steps: () => Promise<void>): Promise<number> {
      const queue = device.raw.queue
      const submit = queue.submit
      const times: number[] = []
      let startMs = 0
      const createCommandEncoder = device.raw.createCommandEncoder
      device.raw.createCommandEncoder = (descriptor) => {
        startMs = performance.now()
        return createCommandEncoder.call(device.raw, descriptor)
      }
      queue.submit = (buffers) => {
        submit.call(queue, buffers)
        times.push(performance.now() - startMs)
      }
      try {
        await steps()
      } finally {
        queue.submit = submit
        device.raw.createCommandEncoder = createCommandEncoder
      }
      return median(times)
    },
  }
}
