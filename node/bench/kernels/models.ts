/**
 * The models that `cyxwiz bench step` trains, as small as each kind gets while its kernels still matter, and their
 * batches: random, never zeros (a driver may take short cuts on zeros), the same in every run.
 */
import type { Batch } from '../../../kernels/index.ts'
import type { LayerSpec, ModelSpec, Precision, TrainingSpec } from '../../../kernels/spec.ts'

export const MODEL_NAMES = ['mlp', 'cnn', 'gpt', 'gpt2-small'] as const
/** What is measured where nothing is said: the large one wants a real GPU. */
export const DEFAULT_MODELS = ['mlp', 'cnn', 'gpt'] as const satisfies readonly ModelName[]
export type ModelName = (typeof MODEL_NAMES)[number]

export interface BenchModel {
  readonly name: ModelName
  readonly title: string
  readonly spec: TrainingSpec
  readonly batch: number
  /**
   * Samples that the float64 interpreter gets through in seconds; the same kernels run as with a whole batch. Null: not one, and the
   * gradient is held against the slope of the loss along it instead.
   */
  readonly checkedSamples: number | null
}

/** Without decay and with PyTorch's settings: what all contenders have. */
export const ADAM = { type: 'adam', lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 } as const

export const CLASSES = 10
const GPT = { kind: 'gpt2', vocabSize: 256, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4, dropout: 0 } as const
/** Radford et al. 2019, 124 M parameters, at half its context. */
const GPT2_SMALL = { kind: 'gpt2', vocabSize: 50_257, nPositions: 512, nEmbd: 768, nLayer: 12, nHead: 12, dropout: 0 } as const

const relu: LayerSpec = { type: 'relu' }
const linear = (units: number): LayerSpec => ({ type: 'linear', units })
const conv = (channels: number): LayerSpec => ({ type: 'conv2d', channels, kernel: 3, padding: 1 })
const pool: LayerSpec = { type: 'maxpool2d', kernel: 2 }

function training(model: ModelSpec): TrainingSpec {
  return {
    model,
    loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
    optimizer: ADAM,
    schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
    clipNorm: null,
    precision: 'f32',
    nonFinite: 'stop',
    seed: 7,
    totalSteps: 1_000_000,
  }
}

const MODELS: Readonly<Record<ModelName, Omit<BenchModel, 'name'>>> = {
  mlp: {
    title: 'MLP 784-512-256-10, batch 128',
    spec: training({ kind: 'sequential', input: [784], layers: [linear(512), relu, linear(256), relu, linear(CLASSES)] }),
    batch: 128,
    checkedSamples: 16,
  },
  cnn: {
    title: 'CNN 28x28, conv 16, conv 32, dense, batch 64',
    spec: training({
      kind: 'sequential',
      input: [1, 28, 28],
      layers: [conv(16), relu, pool, conv(32), relu, pool, { type: 'flatten' }, linear(CLASSES)],
    }),
    batch: 64,
    checkedSamples: 8,
  },
  gpt: { title: 'GPT 4 layers, width 128, 4 heads, block 64, batch 8', spec: training(GPT), batch: 8, checkedSamples: 1 },
  'gpt2-small': { title: 'GPT-2 small (124 M), block 512, batch 8', spec: training(GPT2_SMALL), batch: 8, checkedSamples: null },
}

export function benchModel(name: ModelName, precision: Precision): BenchModel {
  const model = MODELS[name]
  return { name, ...model, spec: { ...model.spec, precision } }
}

/** What a step of a language model gets through; null for others. */
export function tokensOf({ spec: { model }, batch }: BenchModel): number | null {
  return model.kind === 'gpt2' ? batch * model.nPositions : null
}

/** Different batches, used in turns. */
const BATCHES = 8

export function batchesOf({ spec, batch }: BenchModel): (step: number) => Batch {
  const random = uniform(12_345)
  const integers = (length: number, below: number) => Int32Array.from({ length }, () => Math.floor(random() * below))
  const { model } = spec
  const made = Array.from({ length: BATCHES }, () => {
    if (model.kind === 'gpt2') return { x: integers(batch * model.nPositions, model.vocabSize), y: integers(batch * model.nPositions, model.vocabSize) }
    const perSample = model.input.reduce((product, size) => product * size, 1)
    return { x: Float32Array.from({ length: batch * perSample }, random), y: integers(batch, CLASSES) }
  })
  return (step) => ({ ...(made[step % BATCHES] as (typeof made)[number]), count: batch, step, sampleOffset: 0 })
}

/** In [0, 1), by a linear congruential generator. */
export function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
