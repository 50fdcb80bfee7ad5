/**
 * One model on one device: the plan of `program.ts` bound to buffers and pipelines. A step is: write batch and
 * uniforms, encode one compute pass, one submit; the loss comes back through a ring of mapped buffers.
 *
 * Calls are served in order. A batch's arrays are read when its turn comes, not when it is handed over: leave them alone
 * until its promise settles. `writeParameters` and `writeOptimizerState` act at once: await what should come before them.
 *
 * Every result is checked by bits before it is handed out: a loss or gradient that is not finite is NON_FINITE with the
 * step's number, a lost device is DEVICE_LOST; garbage is never returned.
 */
import type { KernelDevice } from '../device/device.ts'
import { MAP_MODE_READ } from '../device/usage.ts'
import { KernelError } from '../errors.ts'
import { trainedLength } from '../layers/layout.ts'
import { allFinite, type GuardRule, type GuardState, guardRuleOf, initialGuard, judgeStep, stopReason } from '../optim/guard.ts'
import { GUARD_BYTES, GUARD_WORDS } from '../optim/guard.wgsl.ts'
import { optimizerScalars, stateNames } from '../optim/rules.ts'
import { type BoundProgram, BufferSet, bindProgram, encodeProgram, pickVariant } from '../plan/executable.ts'
import { refuseBeyondLimits } from '../plan/limits.ts'
import { STEP_OFFSETS_BYTES, STEP_UNIFORM_BYTES, STEP_WRITTEN_BYTES, UPDATES_AHEAD } from '../plan/wgsl.ts'
import type { TrainingSpec } from '../spec.ts'
import { tuneDispatches } from '../tuning/tune.ts'
import { checkBatch } from './batch.ts'
import { originOfNonFinite } from './origin.ts'
import { type DispatchTime, timeDispatches } from './profile.ts'
import { compileProgram, fitProgram, needsOf, READBACK_BYTES, READBACK_RING, STATS_BYTES, statsReadback, type TrainingProgram } from './program.ts'
import { Turnstile } from './readback.ts'
import type { Batch, BatchStats, Engine, GradientResult, OptimizerState, ParameterLayout, StepResult } from './types.ts'

/**
 * Compiles, allocates (refusing with numbers what does not fit) and clears. Parameters start as zeros: write them.
 * `rule`: another guard than the specification's, for tests of the guard.
 */
export async function createEngine(device: KernelDevice, spec: TrainingSpec, batch: number, rule: GuardRule = guardRuleOf(spec)): Promise<GpuEngine> {
  if (spec.precision === 'mixed' && !device.caps.f16) {
    throw new KernelError('UNSUPPORTED', `precision "mixed" needs a device with shader-f16, "${device.report.description}" has none; use "f32"`, {
      precision: spec.precision,
      feature: 'shader-f16',
    })
  }
  const program = fitProgram(compileProgram(spec, batch, rule), device.caps.maxBindingBytes)
  refuseBeyondLimits(needsOf(program), device.caps, (dispatch) => pickVariant(device, dispatch))
  // Compare before allocating, so that the refusal names the whole need and not the last straw.
  device.ledger.admit([...program.persistent, ...program.perBatch].map(({ name, bytes, category }) => ({ label: name, bytes, category })))
  const persistent = await BufferSet.allocate(device, program.persistent)
  try {
    const bound = await bindBatch(device, program, persistent)
    return new GpuEngine(device, spec, program, persistent, bound)
  } catch (error) {
    persistent.dispose()
    throw error
  }
}

interface BoundBatch {
  readonly buffers: BufferSet
  readonly train: BoundProgram
  readonly update: BoundProgram
  readonly evaluate: BoundProgram
}

async function bindBatch(device: KernelDevice, program: TrainingProgram, persistent: BufferSet): Promise<BoundBatch> {
  await tuneDispatches(device, [...program.train, ...program.evaluate])
  const buffers = await BufferSet.allocate(device, program.perBatch)
  try {
    const sets = [persistent, buffers]
    const [train, update, evaluate] = await Promise.all([
      bindProgram(device, program.train, sets),
      bindProgram(device, program.update, sets),
      bindProgram(device, program.evaluate, sets),
    ])
    return { buffers, train, update, evaluate }
  } catch (error) {
    buffers.dispose()
    throw error
  }
}

/** What came back of a submission. `verdict` is of the last update, and of this step where it had one. */
interface Landed {
  readonly stats: BatchStats
  readonly verdict: number
  readonly guard: GuardState
  readonly vector: Float32Array | null
}

export class GpuEngine implements Engine {
  readonly #device: KernelDevice
  readonly #spec: TrainingSpec
  readonly #persistent: BufferSet
  readonly #stats = new Turnstile(Array.from({ length: READBACK_RING }, (_, slot) => slot))
  readonly #vector = new Turnstile(['readback.vector'])
  readonly #uniforms = new ArrayBuffer(STEP_UNIFORM_BYTES)
  #program: TrainingProgram
  #bound: BoundBatch
  /** Rows of the input buffer that hold data from some batch; stale ones are cleared, so that they cannot matter. */
  #dirtyRows = 0
  #disposed = false
  #guard: GuardState

  constructor(device: KernelDevice, spec: TrainingSpec, program: TrainingProgram, persistent: BufferSet, bound: BoundBatch) {
    this.#device = device
    this.#spec = spec
    this.#program = program
    this.#persistent = persistent
    this.#bound = bound
    this.#guard = initialGuard(program.rule)
    this.writeGuard(this.#guard)
  }

  get layout(): ParameterLayout {
    return this.#program.layout
  }

  get batch(): number {
    return this.#program.batch
  }

  get memoryBytes(): number {
    return this.#disposed ? 0 : this.#persistent.bytes + this.#bound.buffers.bytes
  }

  /** Which kernel variant runs where: `forward and backward`, `update`, `evaluate`, in order. */
  get chosenVariants(): readonly string[] {
    return [...this.#bound.train.chosen, ...this.#bound.update.chosen, ...this.#bound.evaluate.chosen]
  }

  async resize(batch: number): Promise<void> {
    this.#assertUsable()
    const program = fitProgram(compileProgram(this.#spec, batch, this.#program.rule), this.#device.caps.maxBindingBytes)
    await this.#alone(async () => {
      if (batch !== this.batch) await this.#replan(program)
    })
  }

  /** Holding every turn means that nothing is in flight, and that later calls come after. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turns = await Promise.all(Array.from({ length: READBACK_RING }, () => this.#stats.acquire()))
    try {
      return await work()
    } finally {
      for (const turn of turns) this.#stats.release(turn)
    }
  }

  async #replan(program: TrainingProgram): Promise<void> {
    this.#assertUsable()
    refuseBeyondLimits(needsOf(program), this.#device.caps, (dispatch) => pickVariant(this.#device, dispatch))
    const previous = this.#program
    // The old activations go first: both sets together may be more than fits.
    this.#bound.buffers.dispose()
    this.#dirtyRows = 0
    try {
      this.#bound = await bindBatch(this.#device, program, this.#persistent)
      this.#program = program
    } catch (error) {
      this.#bound = await bindBatch(this.#device, previous, this.#persistent)
      throw error
    }
  }

  writeParameters(flat: Float32Array): void {
    this.#assertUsable()
    this.#writeVector('parameters', flat)
    // Other weights, another start: a run that had ended on the former ones goes on.
    this.#guard = { ...this.#guard, stuckSteps: 0 }
    this.#device.raw.queue.writeBuffer(this.#persistent.get('guard'), GUARD_WORDS.stuck * 4, new Int32Array(1))
  }

  get guard(): GuardState {
    return this.#guard
  }

  writeGuard(state: GuardState): void {
    this.#assertUsable()
    this.#guard = state
    const words = new DataView(new ArrayBuffer(GUARD_BYTES))
    words.setFloat32(GUARD_WORDS.scale * 4, state.scale, true)
    words.setInt32(GUARD_WORDS.good * 4, state.goodSteps, true)
    words.setInt32(GUARD_WORDS.stuck * 4, state.stuckSteps, true)
    words.setInt32(GUARD_WORDS.skipped * 4, state.skippedSteps, true)
    this.#device.raw.queue.writeBuffer(this.#persistent.get('guard'), 0, words.buffer)
  }

  readParameters(): Promise<Float32Array> {
    return this.#readVector('parameters')
  }

  writeOptimizerState(state: OptimizerState): void {
    this.#assertUsable()
    for (const name of stateNames(this.#spec.optimizer)) {
      const vector = state[name]
      if (vector === undefined) throw new KernelError('BAD_WEIGHTS', `optimizer state: vector ${name} is missing`, { name })
      this.#writeVector(`state.${name}`, vector)
    }
  }

  async readOptimizerState(): Promise<OptimizerState> {
    const state: Record<string, Float32Array> = {}
    for (const name of stateNames(this.#spec.optimizer)) state[name] = await this.#readVector(`state.${name}`)
    return state
  }

  async gradient(batch: Batch): Promise<GradientResult> {
    const { x, y } = this.#check(batch)
    if (batch.count === 0) return { ...emptyStats(this.#program), gradient: new Float32Array(this.layout.length) }
    return this.#explaining(batch, async () => {
      const { stats, vector: gradient } = await this.#run(batch, x, y, (bound) => [bound.train], 'gradients')
      if (gradient === null) throw new RangeError('a gradient was asked for and not copied')
      // As long as nothing is in flight, which `gradient` does not share with `step`, the host knows the guard.
      const { rule } = this.#program
      if (rule.scales) unscale(gradient, this.layout, this.#guard.scale)
      const what = Number.isFinite(stats.lossSum) ? (allFinite(gradient) ? null : 'gradient') : 'loss'
      if (what !== null) {
        if (judgeStep(rule, this.#guard, false).verdict === 'stopped') throw this.#nonFinite(batch.step, what)
        gradient[0] = Number.NaN
      }
      return { ...stats, gradient }
    })
  }

  async step(batch: Batch): Promise<StepResult> {
    const { x, y } = this.#check(batch)
    if (batch.count === 0) throw new KernelError('BAD_DATA', `batch of step ${batch.step}: a step needs at least one sample`, { step: batch.step })
    return this.#explaining(batch, async () => {
      const { stats, verdict, guard } = await this.#run(batch, x, y, (bound) => [bound.train, bound.update], null)
      if (verdict === 3) {
        throw new KernelError('NON_FINITE', `step ${batch.step}: not taken, because an earlier step was not finite`, { step: batch.step })
      }
      if (verdict === 2) throw this.#nonFinite(batch.step, Number.isFinite(stats.lossSum) ? 'gradient' : 'loss')
      return { ...stats, taken: verdict === 0, guard }
    })
  }

  /** One step, dispatch by dispatch; needs `timestamp-query`. */
  async profile(batch: Batch): Promise<readonly DispatchTime[]> {
    const { x, y } = this.#check(batch)
    return this.#alone(async () => {
      this.#check(batch)
      const encoder = this.#device.raw.createCommandEncoder()
      this.#writeBatch(batch, x, y, encoder)
      return timeDispatches(this.#device, encoder, [this.#bound.train, this.#bound.update])
    })
  }

  async evaluate(batch: Batch): Promise<BatchStats> {
    const { x, y } = this.#check(batch)
    if (batch.count === 0) return emptyStats(this.#program)
    const { stats } = await this.#run(batch, x, y, (bound) => [bound.evaluate], null)
    if (!Number.isFinite(stats.lossSum)) throw new KernelError('NON_FINITE', 'evaluate: the loss is not a finite number', { what: 'loss' })
    return stats
  }

  /** Frees every buffer; pending results reject with DEVICE_LOST. Idempotent. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#persistent.dispose()
    this.#bound.buffers.dispose()
  }

  #check(batch: Batch) {
    this.#assertUsable()
    return checkBatch(this.#program, this.#spec.loss, batch)
  }

  /** A step that ends the run says where it went wrong, where that can still be found. */
  async #explaining<T>(batch: Batch, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof KernelError) || cause.code !== 'NON_FINITE' || typeof cause.detail.what !== 'string') throw cause
      // A device that is lost meanwhile has no answer: then the step and what was not finite is all there is to say.
      const origin = await this.#alone(() => this.#originOfNonFinite(batch)).catch(() => null)
      throw origin === null ? cause : this.#nonFinite(batch.step, cause.detail.what, origin)
    }
  }

  #originOfNonFinite(batch: Batch): Promise<string | null> {
    const { x, y } = this.#check(batch)
    return originOfNonFinite({
      device: this.#device,
      batch,
      layout: this.layout,
      dispatches: this.#program.train,
      bound: this.#bound.train,
      bufferOf: (name) => (this.#persistent.has(name) ? this.#persistent.get(name) : this.#bound.buffers.get(name)),
      home: this.#persistent.get('readback.vector'),
      write: (encoder) => this.#writeBatch(batch, x, y, encoder),
    })
  }

  #nonFinite(step: number, what: string, origin: string | null = null): KernelError {
    return new KernelError('NON_FINITE', stopReason(this.#program.rule, step, what, origin), { step, what, origin })
  }

  /** Waits its turn, writes, encodes, submits, reads back; `bring` is a vector to bring home along with the statistics. */
  async #run(
    batch: Batch,
    x: Float32Array | Int32Array,
    y: Int32Array | Float32Array,
    programsOf: (bound: BoundBatch) => readonly BoundProgram[],
    bring: string | null,
  ): Promise<Landed> {
    const slot = await this.#stats.acquire()
    const home = bring === null ? null : await this.#vector.acquire()
    try {
      // A dispose, a loss or a smaller batch size may have come while waiting.
      this.#check(batch)
      const { queue } = this.#device.raw
      const readback = this.#persistent.get(statsReadback(slot))
      const encoder = this.#device.raw.createCommandEncoder()
      this.#writeBatch(batch, x, y, encoder)
      const pass = encoder.beginComputePass()
      for (const program of programsOf(this.#bound)) encodeProgram(pass, program)
      pass.end()
      encoder.copyBufferToBuffer(this.#persistent.get('stats'), 0, readback, 0, STATS_BYTES)
      encoder.copyBufferToBuffer(this.#persistent.get('guard'), 0, readback, STATS_BYTES, GUARD_BYTES)
      const vector = home === null ? null : this.#persistent.get(home)
      if (vector !== null && bring !== null) encoder.copyBufferToBuffer(this.#persistent.get(bring), 0, vector, 0, this.layout.length * 4)
      queue.submit([encoder.finish()])
      const maps = [readback.mapAsync(MAP_MODE_READ, 0, READBACK_BYTES)]
      if (vector !== null) maps.push(vector.mapAsync(MAP_MODE_READ))
      await this.#settle(Promise.all(maps))
      const words = new DataView(readback.getMappedRange(0, READBACK_BYTES).slice(0))
      readback.unmap()
      let copied: Float32Array | null = null
      if (vector !== null) {
        copied = new Float32Array(vector.getMappedRange().slice(0))
        vector.unmap()
      }
      return { ...this.#landed(words), vector: copied }
    } finally {
      if (home !== null) this.#vector.release(home)
      this.#stats.release(slot)
    }
  }

  #writeBatch(batch: Batch, x: Float32Array | Int32Array, y: Int32Array | Float32Array, encoder: GPUCommandEncoder): void {
    const { queue } = this.#device.raw
    const input = this.#bound.buffers.get('input')
    queue.writeBuffer(input, 0, x as Float32Array<ArrayBuffer>)
    queue.writeBuffer(this.#bound.buffers.get('target'), 0, y as Float32Array<ArrayBuffer>)
    if (batch.count < this.#dirtyRows) {
      const rowBytes = x.byteLength / batch.count
      encoder.clearBuffer(input, batch.count * rowBytes, (this.#dirtyRows - batch.count) * rowBytes)
    }
    this.#dirtyRows = batch.count

    const { optimizer, schedule, totalSteps, seed } = this.#spec
    const { skippedSteps } = this.#guard
    const words = new DataView(this.#uniforms)
    for (const [i, word] of [batch.count, batch.step, seed, batch.sampleOffset].entries()) words.setUint32(STEP_OFFSETS_BYTES.batch + i * 4, word, true)
    words.setUint32(STEP_OFFSETS_BYTES.skipped, skippedSteps, true)
    const { rule } = this.#program
    // Where no step is ever left out there is one answer. No more can have been left out than there were steps.
    for (let more = 0; more < (rule.scales || rule.limit > 1 ? UPDATES_AHEAD : 1); more++) {
      const skipped = Math.min(skippedSteps + more, batch.step - 1)
      const { rate, decay, correction, unbias } = optimizerScalars(optimizer, schedule, totalSteps, batch.step, skipped)
      words.setFloat32(STEP_OFFSETS_BYTES.decay, decay, true)
      for (const [i, scalar] of [rate, correction, unbias].entries()) words.setFloat32(STEP_OFFSETS_BYTES.updates + more * 16 + i * 4, scalar, true)
    }
    queue.writeBuffer(this.#persistent.get('step'), 0, this.#uniforms, 0, STEP_WRITTEN_BYTES)
    if (rule.scales) encoder.copyBufferToBuffer(this.#persistent.get('guard'), 0, this.#persistent.get('step'), STEP_OFFSETS_BYTES.lossScale, 4)
  }

  #landed(words: DataView): Omit<Landed, 'vector'> {
    const [lossSum, weight, correct] = [0, 4, 8].map((at) => words.getFloat32(at, true)) as [number, number, number]
    const int = (name: keyof typeof GUARD_WORDS) => words.getInt32(STATS_BYTES + GUARD_WORDS[name] * 4, true)
    const scale = words.getFloat32(STATS_BYTES + GUARD_WORDS.scale * 4, true)
    this.#guard = { scale, goodSteps: int('good'), stuckSteps: int('stuck'), skippedSteps: int('skipped') }
    return { guard: this.#guard, stats: { lossSum, weight, correct: this.#program.target.classes === null ? null : correct }, verdict: int('verdict') }
  }

  #writeVector(buffer: string, flat: Float32Array): void {
    const { length } = this.layout
    if (flat.length !== length) {
      throw new KernelError('SHAPE_MISMATCH', `engine: ${buffer} takes a vector of ${length} elements, got ${flat.length}`, {
        expected: length,
        actual: flat.length,
      })
    }
    this.#device.raw.queue.writeBuffer(this.#persistent.get(buffer), 0, flat as Float32Array<ArrayBuffer>)
  }

  async #readVector(buffer: string): Promise<Float32Array> {
    this.#assertUsable()
    // Takes a turn as a step does, so that it comes after the steps that were asked for before it.
    const slot = await this.#stats.acquire()
    const home = await this.#vector.acquire()
    try {
      this.#assertUsable()
      const readback = this.#persistent.get(home)
      const encoder = this.#device.raw.createCommandEncoder()
      encoder.copyBufferToBuffer(this.#persistent.get(buffer), 0, readback, 0, this.layout.length * 4)
      this.#device.raw.queue.submit([encoder.finish()])
      await this.#settle(readback.mapAsync(MAP_MODE_READ))
      const copy = new Float32Array(readback.getMappedRange().slice(0))
      readback.unmap()
      return copy
    } finally {
      this.#vector.release(home)
      this.#stats.release(slot)
    }
  }

  /** A map that ends because the engine was disposed says so; a device that was lost while it ran has no result. */
  async #settle(work: Promise<unknown>): Promise<void> {
    try {
      await this.#device.guard(work)
    } catch (cause) {
      if (this.#disposed) throw disposedError()
      throw cause
    }
    this.#device.assertSound()
  }

  #assertUsable(): void {
    if (this.#disposed) throw disposedError()
    this.#device.assertSound()
  }
}

function disposedError(): KernelError {
  return new KernelError('DEVICE_LOST', 'engine: it was disposed while work was pending or asked for')
}

/** Exact, as the scale is a power of two. What batches showed for buffers carries no scale. */
function unscale(gradient: Float32Array, layout: ParameterLayout, scale: number): void {
  const end = trainedLength(layout)
  for (let i = 0; i < end; i++) gradient[i] = (gradient[i] as number) / scale
}

function emptyStats(program: TrainingProgram): BatchStats {
  return { lossSum: 0, weight: 0, correct: program.target.classes === null ? null : 0 }
}
