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
import { elementCount } from '../graph/graph.ts'
import { optimizerScalars, stateNames } from '../optim/rules.ts'
import { type BoundProgram, BufferSet, bindProgram, encodeProgram, pickVariant } from '../plan/executable.ts'
import { refuseBeyondLimits } from '../plan/limits.ts'
import { STEP_UNIFORM_BYTES } from '../plan/wgsl.ts'
import type { TrainingSpec } from '../spec.ts'
import { tuneDispatches } from '../tuning/tune.ts'
import { checkBatch } from './batch.ts'
import { type DispatchTime, timeDispatches } from './profile.ts'
import { compileProgram, fitProgram, needsOf, READBACK_RING, STATS_BYTES, statsReadback, type TrainingProgram } from './program.ts'
import { Turnstile } from './readback.ts'
import type { Batch, BatchStats, Engine, GradientResult, OptimizerState, ParameterLayout } from './types.ts'

/** Compiles, allocates (refusing with numbers what does not fit) and clears. Parameters start as zeros: write them. */
export async function createEngine(device: KernelDevice, spec: TrainingSpec, batch: number): Promise<GpuEngine> {
  if (spec.precision === 'mixed' && !device.caps.f16) {
    throw new KernelError('UNSUPPORTED', `precision "mixed" needs a device with shader-f16, "${device.report.description}" has none; use "f32"`, {
      precision: spec.precision,
      feature: 'shader-f16',
    })
  }
  const program = fitProgram(compileProgram(spec, batch), device.caps.maxBindingBytes)
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

  constructor(device: KernelDevice, spec: TrainingSpec, program: TrainingProgram, persistent: BufferSet, bound: BoundBatch) {
    this.#device = device
    this.#spec = spec
    this.#program = program
    this.#persistent = persistent
    this.#bound = bound
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
    const program = fitProgram(compileProgram(this.#spec, batch), this.#device.caps.maxBindingBytes)
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
    this.#device.raw.queue.writeBuffer(this.#persistent.get('halt'), 0, new Uint32Array(1))
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
      const [stats, gradient] = await this.#run(batch, x, y, (bound) => [bound.train], 'gradients')
      if (gradient === null) throw new RangeError('a gradient was asked for and not copied')
      if (!allFinite(gradient)) throw nonFinite(batch.step, 'gradient')
      return { ...stats, gradient }
    })
  }

  async step(batch: Batch): Promise<BatchStats> {
    const { x, y } = this.#check(batch)
    if (batch.count === 0) throw new KernelError('BAD_DATA', `batch of step ${batch.step}: a step needs at least one sample`, { step: batch.step })
    return this.#explaining(batch, async () => (await this.#run(batch, x, y, (bound) => [bound.train, bound.update], null))[0])
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
    const [stats] = await this.#run(batch, x, y, (bound) => [bound.evaluate], null)
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

  /**
   * A step that was not finite is run once more, dispatch by dispatch, to say where that began: its update was not made,
   * nor any after it, so the parameters are those that it started from.
   */
  async #explaining<T>(batch: Batch, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof KernelError) || cause.code !== 'NON_FINITE' || typeof cause.detail.what !== 'string') throw cause
      // A device that is lost meanwhile has no answer: then the step and what was not finite is all there is to say.
      const origin = await this.#alone(() => this.#originOfNonFinite(batch)).catch(() => null)
      throw origin === null ? cause : nonFinite(batch.step, cause.detail.what, origin)
    }
  }

  async #originOfNonFinite(batch: Batch): Promise<string | null> {
    const { x, y } = this.#check(batch)
    const bad = x.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) return `the input of sample ${batch.sampleOffset + Math.floor(bad / (x.length / batch.count))} of the batch`
    const program = this.#program
    const device = this.#device
    const bufferOf = (name: string) => (this.#persistent.has(name) ? this.#persistent.get(name) : this.#bound.buffers.get(name))
    const home = this.#persistent.get('readback.vector')
    for (const { name, offset, size } of this.layout.entries) {
      if (!(await allFiniteOnDevice(device, home, bufferOf('parameters'), offset * 4, size * 4))) return `the parameter ${name}, before the step`
    }
    const encoder = device.raw.createCommandEncoder()
    this.#writeBatch(batch, x, y, encoder)
    device.raw.queue.submit([encoder.finish()])
    for (const [i, kernel] of this.#bound.train.kernels.entries()) {
      const dispatch = program.train[i]
      if (dispatch === undefined) continue
      const one = device.raw.createCommandEncoder()
      const pass = one.beginComputePass()
      encodeProgram(pass, { kernels: [kernel], chosen: [] })
      pass.end()
      device.raw.queue.submit([one.finish()])
      const whole = dispatch.completes === undefined ? dispatch : dispatch.completes
      if (!whole?.node) continue
      const { label, origin, bindings, node } = whole
      const { inputs, outputs } = node.types
      for (const [output, { shape, dtype }] of outputs.entries()) {
        const binding = bindings[inputs.length + output]
        if (binding === undefined || dtype !== 'f32') continue
        const finite = await allFiniteOnDevice(device, home, bufferOf(binding.buffer), binding.offsetBytes, elementCount(shape) * 4)
        if (!finite) return origin || `the dispatch ${label}`
      }
    }
    return null
  }

  /** Waits its turn, writes, encodes, submits, reads back; `bring` is a vector to bring home along with the statistics. */
  async #run(
    batch: Batch,
    x: Float32Array | Int32Array,
    y: Int32Array | Float32Array,
    programsOf: (bound: BoundBatch) => readonly BoundProgram[],
    bring: string | null,
  ): Promise<[BatchStats, Float32Array | null]> {
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
      const vector = home === null ? null : this.#persistent.get(home)
      if (vector !== null && bring !== null) encoder.copyBufferToBuffer(this.#persistent.get(bring), 0, vector, 0, this.layout.length * 4)
      queue.submit([encoder.finish()])
      const maps = [readback.mapAsync(MAP_MODE_READ, 0, STATS_BYTES)]
      if (vector !== null) maps.push(vector.mapAsync(MAP_MODE_READ))
      await this.#settle(Promise.all(maps))
      const bits = new Uint32Array(readback.getMappedRange(0, STATS_BYTES).slice(0))
      readback.unmap()
      let copied: Float32Array | null = null
      if (vector !== null) {
        copied = new Float32Array(vector.getMappedRange().slice(0))
        vector.unmap()
      }
      return [this.#statsOf(bits, batch.step), copied]
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
    const { rate, decay, correction, unbias } = optimizerScalars(optimizer, schedule, totalSteps, batch.step)
    new Uint32Array(this.#uniforms, 0, 4).set([batch.count, batch.step, seed, batch.sampleOffset])
    new Float32Array(this.#uniforms, 16, 4).set([rate, decay, correction, unbias])
    queue.writeBuffer(this.#persistent.get('step'), 0, this.#uniforms, 0, 32)
  }

  #statsOf(bits: Uint32Array, step: number): BatchStats {
    const [lossSum = Number.NaN, weight = Number.NaN, correct = Number.NaN] = new Float32Array(bits.buffer)
    if (!Number.isFinite(lossSum)) throw nonFinite(step, 'loss')
    if (bits[3] === 2) throw new KernelError('NON_FINITE', `step ${step}: not taken, because an earlier step was not finite`, { step })
    if (bits[3] !== 0) throw nonFinite(step, 'gradient')
    return { lossSum, weight, correct: this.#program.target.classes === null ? null : correct }
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

function nonFinite(step: number, what: string, origin: string | null = null): KernelError {
  const first = origin === null ? '' : `, first in ${origin}`
  return new KernelError('NON_FINITE', `step ${step}: the ${what} is not a finite number${first}; lower the learning rate or set clipNorm`, {
    step,
    what,
    origin,
  })
}

/** Reads a range through `home`, piece by piece. */
async function allFiniteOnDevice(device: KernelDevice, home: GPUBuffer, from: GPUBuffer, offsetBytes: number, sizeBytes: number): Promise<boolean> {
  for (let at = 0; at < sizeBytes; at += home.size) {
    const bytes = Math.min(home.size, sizeBytes - at)
    const encoder = device.raw.createCommandEncoder()
    encoder.copyBufferToBuffer(from, offsetBytes + at, home, 0, bytes)
    device.raw.queue.submit([encoder.finish()])
    await device.guard(home.mapAsync(MAP_MODE_READ, 0, bytes))
    const finite = allFinite(new Float32Array(home.getMappedRange(0, bytes)))
    home.unmap()
    if (!finite) return false
  }
  return true
}

function emptyStats(program: TrainingProgram): BatchStats {
  return { lossSum: 0, weight: 0, correct: program.target.classes === null ? null : 0 }
}

/** x·0 is NaN exactly for NaN and infinities: one pass without branches. */
function allFinite(vector: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) * 0
  return sum === 0
}
