/**
 * One model, loaded and asked: on the GPU it is given, or in float64 on the CPU where there is none (and it says why).
 * Lives in a Worker; tests give it Dawn. A lost device is opened again once per question.
 */
import { readWeights } from '../../kernels/data/index.ts'
import { createPredictor, type KernelDevice, KernelError, openDevice, type Predictor, referencePrediction } from '../../kernels/index.ts'
import { layoutOfModel } from '../../kernels/layers/layout.ts'
import { resolveModel } from '../../kernels/layers/model.ts'
import type { ModelSpec } from '../../kernels/spec.ts'

export interface Loaded {
  readonly where: 'gpu' | 'cpu'
  /** The adapter, or why there is none; for people. */
  readonly detail: string
  readonly parameterCount: number
}

interface Held {
  readonly model: ModelSpec
  readonly parameters: Float32Array
  predictor: Predictor | null
}

/** In words for a browser: the kernels' own advice is for the command line. */
function reasonOf(cause: unknown): string {
  if (cause instanceof KernelError && cause.code === 'NO_ADAPTER' && cause.message.includes('cyxwiz doctor')) return 'WebGPU found no usable GPU'
  return cause instanceof Error ? cause.message : String(cause)
}

export class ModelHost {
  readonly #gpu: GPU | undefined
  #device: KernelDevice | null = null
  #held: Held | null = null

  constructor(gpu: GPU | undefined) {
    this.#gpu = gpu
  }

  /** Bytes on the GPU now. */
  get usedBytes(): number {
    return this.#device?.usedBytes ?? 0
  }

  /** Takes the place of the model before. Throws BAD_WEIGHTS naming the tensor that does not fit. */
  async load(model: ModelSpec, weights: Uint8Array, label: string): Promise<Loaded> {
    const layout = layoutOfModel(resolveModel(model))
    const parameters = readWeights(weights, layout, { label })
    this.#held?.predictor?.dispose()
    const held: Held = { model, parameters, predictor: null }
    this.#held = held
    const { parameterCount } = layout
    try {
      const device = await this.#open(held)
      return { where: 'gpu', detail: nameOf(device), parameterCount }
    } catch (cause) {
      // Only the want of a GPU has a way around; weights or shapes that do not fit were refused above.
      return { where: 'cpu', detail: reasonOf(cause), parameterCount }
    }
  }

  async predict(x: Float32Array): Promise<Float32Array> {
    const held = this.#held
    if (held === null) throw new KernelError('BAD_WEIGHTS', 'no model is loaded')
    if (held.predictor === null) return Float32Array.from(referencePrediction(held.model, held.parameters, x, 1))
    try {
      return await held.predictor.predict(x)
    } catch (cause) {
      if (!(cause instanceof KernelError) || cause.code !== 'DEVICE_LOST' || this.#held !== held) throw cause
      held.predictor.dispose()
      this.#device = null
      await this.#open(held)
      return await (held.predictor as Predictor).predict(x)
    }
  }

  dispose(): void {
    this.#held?.predictor?.dispose()
    this.#held = null
    this.#device?.dispose()
    this.#device = null
  }

  async #open(held: Held): Promise<KernelDevice> {
    if (this.#gpu === undefined) throw new KernelError('NO_ADAPTER', 'this browser has no WebGPU')
    if (this.#device === null || this.#device.fault !== null) this.#device = await openDevice(this.#gpu)
    const predictor = await createPredictor(this.#device, held.model)
    predictor.writeParameters(held.parameters)
    held.predictor = predictor
    return this.#device
  }
}

function nameOf({ report }: KernelDevice): string {
  return report.description || [report.vendor, report.architecture].filter((part) => part !== '').join(' ') || 'GPU'
}
