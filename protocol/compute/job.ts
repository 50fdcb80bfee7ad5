/**
 * One job on a compute host: an engine on the GPU, the host's replica, and the data. The truth is in one of two places:
 * in merged training (`gradient`, `apply`) on the host, from where parameters are uploaded after each step; in local
 * training (`local`) on the GPU, whose fused optimizer is faster. Going from one to the other moves parameters and
 * optimizer state along, so a job may mix them freely.
 *
 * Calls of one job run one after the other (the server sees to that).
 */
import type { SplitDataset } from '../../kernels/data/types.ts'
import type { Batch, BatchStats, Engine, ParameterLayout, StepResult } from '../../kernels/engine/types.ts'
import type { GuardState } from '../../kernels/optim/guard.ts'
import type { DutyCycle } from './duty.ts'
import { ComputeError } from './errors.ts'
import type { ComputeKernels } from './kernels.ts'
import type { ApplyParams, EvaluateParams, GradientCallResult, GradientParams, LocalParams, LocalProgress, PrepareParams } from './messages.ts'
import { type ModelVersion, Replica } from './replica.ts'
import { decodeState, encodeState } from './state-file.ts'

/** The engine takes so many steps in flight; one more batch is being gathered meanwhile. */
const STEPS_IN_FLIGHT = 4

/** A speed measurement ends after so many passes or so long, whichever comes first. */
const MEASURE_PASSES = 4
const MEASURE_MS = 400

export interface JobParts<Device> {
  readonly kernels: ComputeKernels<Device>
  readonly params: PrepareParams
  readonly engine: Engine
  readonly layout: ParameterLayout
  readonly data: SplitDataset
  /** Step 0, zero state. Taken over. */
  readonly initial: Float32Array
  /** Shared by all jobs of the host. */
  readonly duty: DutyCycle
  readonly now: () => number
}

/** Called for every step, in order. */
type Finish = (step: number, stats: BatchStats, guard: GuardState) => void

type Gathered = ReturnType<ComputeKernels<unknown>['gather']>

export class ComputeJob<Device> {
  readonly #kernels: ComputeKernels<Device>
  readonly #params: PrepareParams
  readonly #layout: ParameterLayout
  readonly #engine: Engine
  readonly #replica: Replica
  readonly #stateNames: readonly string[]
  /** The guard of step 0. */
  readonly #firstGuard: GuardState
  readonly #data: SplitDataset
  readonly #duty: DutyCycle
  readonly #now: () => number
  #truth: 'host' | 'gpu' = 'host'
  /** Steps done on the GPU; meaningful while the truth is there. */
  #gpuStep = 0
  #indices: { step: number; all: Uint32Array } | null = null

  constructor({ kernels, params, engine, layout, data, initial, duty, now }: JobParts<Device>) {
    const { spec } = params
    this.#kernels = kernels
    this.#params = params
    this.#layout = layout
    this.#engine = engine
    this.#data = data
    this.#duty = duty
    this.#now = now
    const optimizer = new kernels.HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, spec.totalSteps, layout)
    const state = optimizer.createState()
    this.#stateNames = Object.keys(state)
    const rule = kernels.guardRuleOf(spec)
    this.#firstGuard = kernels.initialGuard(rule)
    this.#replica = new Replica(optimizer, kernels, rule, { step: 0, parameters: initial, state, guard: this.#firstGuard })
    this.#upload()
    this.#engine.writeOptimizerState(state)
  }

  get memoryBytes(): number {
    return this.#engine.memoryBytes
  }

  get step(): number {
    return this.#truth === 'gpu' ? this.#gpuStep : this.#replica.step
  }

  /** Rows per second of forward and backward, rests included: what a scheduler divides the batch by. Parameters stay as they are. */
  async measureSamplesPerSecond(signal: AbortSignal): Promise<number> {
    const count = Math.min(this.#engine.batch, this.#params.batchSize)
    const batch = this.#batch(1, 0, count)
    const pass = () => this.#engine.gradient(batch)
    await this.#onGpu(signal, pass)
    const startMs = this.#now()
    let passes = 0
    while (passes < MEASURE_PASSES && (passes === 0 || this.#now() - startMs < MEASURE_MS)) {
      await this.#onGpu(signal, pass)
      passes += 1
    }
    return (passes * count * 1000) / Math.max(this.#now() - startMs, 1e-3)
  }

  async gradient({ step, from, count }: GradientParams, signal: AbortSignal): Promise<GradientCallResult> {
    await this.#toHost()
    this.#replica.expectNext(step, 'gradient')
    const { batchSize } = this.#params
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(count) && from >= 0 && count >= 0 && from + count <= batchSize)) {
      throw new ComputeError('BAD_RANGE', `gradient: rows ${from} to ${from + count} are not all in a batch of ${batchSize}`, { from, count, batchSize })
    }
    const startMs = this.#now()
    const result = await this.#sumGradient(step, from, count, signal)
    return { ...result, seconds: (this.#now() - startMs) / 1000 }
  }

  async apply({ step, vector, weight }: ApplyParams): Promise<{ step: number; skippedSteps: number }> {
    await this.#toHost()
    this.#replica.apply(step, vector, weight)
    this.#upload()
    return { step, skippedSteps: this.#checkedSkips() }
  }

  async rollback(step: number): Promise<{ step: number }> {
    await this.#toHost()
    const before = this.#replica.step
    this.#replica.rollback(step)
    if (this.#replica.step !== before) this.#upload()
    return { step }
  }

  /** Trains alone, steps `fromStep` to `toStep`. After a cancel the job stands at the last step that was begun. */
  async local(params: LocalParams, signal: AbortSignal, report: (progress: LocalProgress) => void): Promise<LocalProgress> {
    const { fromStep, toStep, progressEveryMs } = params
    if (fromStep !== this.step + 1 || toStep < fromStep) {
      throw new ComputeError('OUT_OF_ORDER', `local: steps ${fromStep} to ${toStep} do not follow step ${this.step}, the last one applied`, {
        fromStep,
        toStep,
        current: this.step,
      })
    }
    const { batchSize } = this.#params
    const startMs = this.#now()
    let reportedMs = Number.NEGATIVE_INFINITY
    let last: LocalProgress | null = null
    const finish: Finish = (step, { lossSum, weight, correct }, { skippedSteps }) => {
      const nowMs = this.#now()
      const samples = (step - fromStep + 1) * batchSize
      last = { lossSum, weight, correct, skippedSteps, step, samples, samplesPerSecond: (samples * 1000) / Math.max(nowMs - startMs, 1e-3) }
      if (step < toStep && nowMs - reportedMs < progressEveryMs) return
      reportedMs = nowMs
      report(last)
    }
    if (batchSize <= this.#engine.batch) await this.#localOnGpu(params, signal, finish)
    else await this.#localByParts(params, signal, finish)
    this.#checkedSkips()
    if (last === null || signal.aborted) throw new ComputeError('CANCELLED', `local: cancelled after step ${this.step}`, { step: this.step })
    return last
  }

  async resize(batch: number): Promise<{ memoryBytes: number }> {
    await this.#engine.resize(batch)
    return { memoryBytes: this.#engine.memoryBytes }
  }

  async hash(): Promise<{ step: number; thetaHash: string }> {
    const { step, parameters } = await this.#parameters()
    return { step, thetaHash: await this.#kernels.thetaHash(parameters, this.#layout) }
  }

  async evaluate({ from, count }: EvaluateParams, signal: AbortSignal): Promise<BatchStats> {
    const { test } = this.#data
    if (test === null) throw new ComputeError('NO_TEST_DATA', 'evaluate: the job has no test data', {})
    if (from < 0 || count < 0 || from + count > test.length) {
      throw new ComputeError('BAD_RANGE', `evaluate: rows ${from} to ${from + count} are not all in a test set of ${test.length}`, { from, count })
    }
    const normal = this.#engine.batch
    const wanted = this.#params.evalBatch ?? normal
    if (wanted !== normal && count > normal) await this.#engine.resize(wanted)
    try {
      const indices = this.#kernels.inOrder(test.length)
      const total = new StatsSum()
      for (let at = 0; at < count; at += this.#engine.batch) {
        const rows = Math.min(this.#engine.batch, count - at)
        const { x, y } = this.#kernels.gather(test, indices, from + at, rows)
        total.add(await this.#onGpu(signal, () => this.#engine.evaluate({ x, y, count: rows, step: 1, sampleOffset: 0 })))
      }
      return total.stats
    } finally {
      if (this.#engine.batch !== normal) await this.#engine.resize(normal)
    }
  }

  async exportWeights(): Promise<{ step: number; bytes: Uint8Array }> {
    const { step, parameters } = await this.#parameters()
    return { step, bytes: this.#kernels.writeWeights(parameters, this.#layout) }
  }

  async exportState(): Promise<{ step: number; bytes: Uint8Array }> {
    await this.#toHost()
    return { step: this.#replica.step, bytes: encodeState(this.#kernels, this.#replica.current, this.#layout, this.#firstGuard) }
  }

  importState(step: number, bytes: Uint8Array): { step: number } {
    const version = decodeState(this.#kernels, bytes, this.#layout, this.#stateNames, this.#firstGuard, step)
    this.#replica.replace(version)
    this.#truth = 'host'
    this.#upload()
    return { step }
  }

  /** After a loss of the device: what is on the host is all there is. */
  abandonGpu(): void {
    this.#truth = 'host'
  }

  dispose(): void {
    this.#engine.dispose()
  }

  async #parameters(): Promise<{ step: number; parameters: Float32Array }> {
    if (this.#truth === 'host') return this.#replica.current
    return { step: this.#gpuStep, parameters: await this.#engine.readParameters() }
  }

  #upload(): void {
    const { parameters, guard } = this.#replica.current
    this.#engine.writeParameters(parameters)
    this.#engine.writeGuard(guard)
  }

  /** Steps left out so far; a run whose steps all were has trained nothing, and that is no result. */
  #checkedSkips(): number {
    const { skippedSteps } = this.#truth === 'gpu' ? this.#engine.guard : this.#replica.current.guard
    const { totalSteps } = this.#params.spec
    if (skippedSteps < totalSteps) return skippedSteps
    throw new ComputeError('NON_FINITE', `step ${totalSteps}: none of the ${totalSteps} steps had a finite loss and gradient`, { step: totalSteps })
  }

  async #toHost(): Promise<void> {
    if (this.#truth === 'host') return
    const [parameters, state] = await Promise.all([this.#engine.readParameters(), this.#engine.readOptimizerState()])
    this.#replica.replace({ step: this.#gpuStep, parameters, state, guard: this.#engine.guard } satisfies ModelVersion)
    this.#truth = 'host'
  }

  #toGpu(): void {
    if (this.#truth === 'gpu') return
    const { step, state } = this.#replica.current
    // Parameters and guard are there already: every way to change them on the host uploads them.
    this.#engine.writeOptimizerState(state)
    this.#gpuStep = step
    this.#truth = 'gpu'
  }

  async #localOnGpu({ fromStep, toStep }: LocalParams, signal: AbortSignal, finish: Finish): Promise<void> {
    this.#toGpu()
    const { batchSize } = this.#params
    const flights: { step: number; result: Promise<StepResult>; memory: Gathered }[] = []
    let free: Gathered | undefined
    const land = async (): Promise<void> => {
      const flight = flights.shift()
      if (flight === undefined) return
      const result = await flight.result
      finish(flight.step, result, result.guard)
      free = flight.memory
    }
    try {
      for (let step = fromStep; step <= toStep && !signal.aborted; step += 1) {
        if (flights.length >= STEPS_IN_FLIGHT) await land()
        const memory = this.#kernels.gather(this.#data.train, this.#stepIndices(step), 0, batchSize, free)
        free = undefined
        const done = await this.#duty.begin(signal)
        if (done === null) break
        const result = this.#engine.step({ ...memory, count: batchSize, step, sampleOffset: 0 }).finally(done)
        // A failure is seen when its turn comes; until then it must not count as unhandled.
        result.catch(() => {})
        flights.push({ step, result, memory })
        this.#gpuStep = step
      }
      while (flights.length > 0) await land()
    } finally {
      // After a failure: what comes behind it has no result, and its reason would hide the first one.
      await Promise.allSettled(flights.map(({ result }) => result))
    }
  }

  /** The batch is larger than the engine: gradients are accumulated and the update is made on the host. */
  async #localByParts({ fromStep, toStep }: LocalParams, signal: AbortSignal, finish: Finish): Promise<void> {
    await this.#toHost()
    for (let step = fromStep; step <= toStep && !signal.aborted; step += 1) {
      const { vector, ...stats } = await this.#sumGradient(step, 0, this.#params.batchSize, signal)
      this.#replica.apply(step, vector, stats.weight)
      this.#upload()
      finish(step, stats, this.#replica.current.guard)
    }
  }

  /** Over as many passes as the engine's size demands, added in order. */
  async #sumGradient(step: number, from: number, count: number, signal: AbortSignal): Promise<BatchStats & { vector: Float32Array }> {
    const total = new StatsSum()
    let vector: Float32Array | null = null
    for (let at = 0; at < count; at += this.#engine.batch) {
      const batch = this.#batch(step, from + at, Math.min(this.#engine.batch, count - at))
      const { gradient, ...stats } = await this.#onGpu(signal, () => this.#engine.gradient(batch))
      total.add(stats)
      if (vector === null) vector = gradient
      else for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) + (gradient[i] as number)
    }
    return { ...total.stats, vector: vector ?? new Float32Array(this.#layout.length) }
  }

  /** One submission, when it is its turn. */
  async #onGpu<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const done = await this.#duty.begin(signal)
    if (done === null) throw new ComputeError('CANCELLED', `cancelled after step ${this.step}`, { step: this.step })
    try {
      return await work()
    } finally {
      done()
    }
  }

  #batch(step: number, from: number, count: number): Batch {
    const { x, y } = this.#kernels.gather(this.#data.train, this.#stepIndices(step), from, count)
    return { x, y, count, step, sampleOffset: from }
  }

  #stepIndices(step: number): Uint32Array {
    if (this.#indices?.step !== step) {
      const { spec, batchSize, shuffle } = this.#params
      const length = this.#data.train.length
      this.#indices = { step, all: this.#kernels.sampleIndices({ seed: spec.seed, step, batchSize, length, shuffle }) }
    }
    return this.#indices.all
  }
}

/** Sums of parts: the loss of a whole is lossSum / weight. */
class StatsSum {
  #lossSum = 0
  #weight = 0
  #correct: number | null = 0

  add({ lossSum, weight, correct }: BatchStats): void {
    this.#lossSum += lossSum
    this.#weight += weight
    this.#correct = this.#correct === null || correct === null ? null : this.#correct + correct
  }

  get stats(): BatchStats {
    return { lossSum: this.#lossSum, weight: this.#weight, correct: this.#correct }
  }
}
