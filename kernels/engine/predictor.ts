/**
 * A trained model on a device, forward only: no gradients, no optimizer state, no target. A call writes the input,
 * encodes one compute pass and reads the answer back; calls are served one after the other.
 *
 * Answers are checked before they are handed out: one that is not finite is NON_FINITE, a lost device DEVICE_LOST.
 */
import type { KernelDevice } from '../device/device.ts'
import { MAP_MODE_READ } from '../device/usage.ts'
import { KernelError } from '../errors.ts'
import { elementCount } from '../graph/graph.ts'
import { eliminateDeadNodes, fuseEpilogues } from '../graph/passes.ts'
import { layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import type { ResolvedModel } from '../layers/model-parts.ts'
import type { Tensor } from '../ops/op.ts'
import { type BoundProgram, BufferSet, bindProgram, encodeProgram } from '../plan/executable.ts'
import { type FixedPlace, planDispatches, slotName } from '../plan/planner.ts'
import { SlotAllocator } from '../plan/slots.ts'
import { fitDispatches } from '../plan/split.ts'
import { alignBytes, type PlannedBuffer, type PlannedDispatch, tensorBytes } from '../plan/types.ts'
import { STEP_UNIFORM_BYTES } from '../plan/wgsl.ts'
import type { ModelSpec } from '../spec.ts'
import { tuneDispatches } from '../tuning/tune.ts'
import { buildPrediction, checkInput } from './prediction.ts'
import { Turnstile } from './readback.ts'
import type { ParameterLayout } from './types.ts'

export interface PredictionProgram {
  readonly model: ResolvedModel
  readonly layout: ParameterLayout
  readonly batch: number
  readonly buffers: readonly PlannedBuffer[]
  readonly dispatches: readonly PlannedDispatch[]
}

/** Needs no device; `buffers` is the very list that `createPredictor` allocates. */
export function compilePrediction(spec: ModelSpec, batch: number): PredictionProgram {
  if (!Number.isSafeInteger(batch) || batch < 1) throw new KernelError('BAD_DATA', `batch: a whole number of at least 1 is needed, got ${batch}`, { batch })
  const model = resolveModel(spec)
  const layout = layoutOfModel(model)
  const built = buildPrediction(model, batch, false)
  const fixed = new Map<Tensor, FixedPlace>([
    [built.x, { buffer: 'input', offsetBytes: 0 }],
    [built.prediction, { buffer: 'output', offsetBytes: 0 }],
  ])
  for (const entry of layout.entries) {
    const weight = built.weights.get(entry.name)
    if (weight) fixed.set(weight, { buffer: 'parameters', offsetBytes: entry.offset * 4 })
  }
  const outputs = [built.prediction]
  const slots = new SlotAllocator()
  const dispatches = planDispatches(fuseEpilogues(eliminateDeadNodes(built.graph.nodes, outputs), outputs), fixed, slots)
  const outputBytes = alignBytes(tensorBytes(built.prediction))
  const buffers: PlannedBuffer[] = [
    { name: 'parameters', bytes: layout.length * 4, category: 'parameters', use: 'storage' },
    { name: 'input', bytes: alignBytes(tensorBytes(built.x)), category: 'io', use: 'storage' },
    { name: 'output', bytes: outputBytes, category: 'io', use: 'storage' },
    { name: 'step', bytes: STEP_UNIFORM_BYTES, category: 'io', use: 'uniform' },
    { name: 'readback', bytes: outputBytes, category: 'staging', use: 'readback' },
    ...slots.sizesBytes.map((bytes, slot): PlannedBuffer => ({ name: slotName(slot), bytes, category: 'activations', use: 'storage' })),
  ]
  return { model, layout, batch, buffers, dispatches }
}

/** Allocates (refusing with numbers what does not fit) and compiles. Parameters start as zeros: write them. */
export async function createPredictor(device: KernelDevice, spec: ModelSpec, batch = 1): Promise<Predictor> {
  const compiled = compilePrediction(spec, batch)
  const program = { ...compiled, dispatches: fitDispatches(compiled.dispatches, device.caps.maxBindingBytes) }
  await tuneDispatches(device, program.dispatches)
  const buffers = await BufferSet.allocate(device, program.buffers)
  try {
    return new Predictor(device, program, buffers, await bindProgram(device, program.dispatches, [buffers]))
  } catch (error) {
    buffers.dispose()
    throw error
  }
}

export class Predictor {
  readonly #device: KernelDevice
  readonly #program: PredictionProgram
  readonly #buffers: BufferSet
  readonly #bound: BoundProgram
  readonly #turn = new Turnstile([0])
  #disposed = false

  constructor(device: KernelDevice, program: PredictionProgram, buffers: BufferSet, bound: BoundProgram) {
    this.#device = device
    this.#program = program
    this.#buffers = buffers
    this.#bound = bound
  }

  get layout(): ParameterLayout {
    return this.#program.layout
  }

  /** Of one sample. */
  get output(): readonly number[] {
    return this.#program.model.output
  }

  get memoryBytes(): number {
    return this.#disposed ? 0 : this.#buffers.bytes
  }

  /** `[layout.length]` f32. */
  writeParameters(flat: Float32Array): void {
    this.#assertUsable()
    const { length } = this.layout
    if (flat.length !== length) {
      throw new KernelError('SHAPE_MISMATCH', `predictor: parameters are a vector of ${length} elements, got ${flat.length}`, {
        expected: length,
        actual: flat.length,
      })
    }
    this.#device.raw.queue.writeBuffer(this.#buffers.get('parameters'), 0, flat as Float32Array<ArrayBuffer>)
  }

  /** `x: [count, ...input]` → `[count, ...output]`. `x` is read when its turn comes: leave it alone until then. */
  async predict(x: Float32Array | Int32Array, count = 1): Promise<Float32Array> {
    this.#assertUsable()
    const { model, batch } = this.#program
    checkInput(model, x, count, batch)
    const turn = await this.#turn.acquire()
    try {
      // A dispose or a loss may have come while waiting.
      this.#assertUsable()
      const answer = await this.#run(x, count)
      const bad = answer.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) throw new KernelError('NON_FINITE', `predict: output ${bad} of the model is ${answer[bad]}; are these weights trained?`, { index: bad })
      return answer
    } finally {
      this.#turn.release(turn)
    }
  }

  /** Frees every buffer; a pending answer rejects with DEVICE_LOST. Idempotent. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#buffers.dispose()
  }

  async #run(x: Float32Array | Int32Array, count: number): Promise<Float32Array> {
    const { raw } = this.#device
    // Rows behind `count` keep what an earlier call left there; no model mixes rows, and nobody reads those answers.
    raw.queue.writeBuffer(this.#buffers.get('input'), 0, x as Float32Array<ArrayBuffer>)
    raw.queue.writeBuffer(this.#buffers.get('step'), 0, new Uint32Array([count, 1, 0, 0]))
    const bytes = count * elementCount(this.output) * 4
    const readback = this.#buffers.get('readback')
    const encoder = raw.createCommandEncoder()
    const pass = encoder.beginComputePass()
    encodeProgram(pass, this.#bound)
    pass.end()
    encoder.copyBufferToBuffer(this.#buffers.get('output'), 0, readback, 0, bytes)
    raw.queue.submit([encoder.finish()])
    try {
      await this.#device.guard(readback.mapAsync(MAP_MODE_READ, 0, bytes))
    } catch (cause) {
      if (this.#disposed) throw disposedError()
      throw cause
    }
    const answer = new Float32Array(readback.getMappedRange(0, bytes).slice(0))
    readback.unmap()
    return answer
  }

  #assertUsable(): void {
    if (this.#disposed) throw disposedError()
    this.#device.assertSound()
  }
}

function disposedError(): KernelError {
  return new KernelError('DEVICE_LOST', 'predictor: it was disposed', { reason: 'disposed' })
}
