/**
 * What a model, a loss and an optimizer are, as plain data. These are the shapes of the job file's fields of the same
 * names (DESIGN 8.3), with every default filled in: whoever reads a job file applies defaults and checks bounds once,
 * everything behind it may rely on complete values. Option names are PyTorch's in camelCase.
 */

/** One entry of `sequential.layers`. Which options a type takes is said by its folder in `kernels/layers/`. */
export interface LayerSpec {
  readonly type: string
  readonly [option: string]: unknown
}

export interface SequentialSpec {
  readonly kind: 'sequential'
  /** Shape of one sample, without the batch dimension: `[784]`, `[1, 28, 28]`. */
  readonly input: readonly number[]
  readonly layers: readonly LayerSpec[]
}

/** Hugging Face's names (`GPT2Config`) in camelCase. */
export interface Gpt2Spec {
  readonly kind: 'gpt2'
  readonly vocabSize: number
  readonly nPositions: number
  readonly nEmbd: number
  readonly nLayer: number
  readonly nHead: number
  /** Of embeddings, attention weights and what is added to the residual stream. */
  readonly dropout: number
}

export type ModelSpec = SequentialSpec | Gpt2Spec

export interface CrossEntropySpec {
  readonly type: 'cross-entropy'
  readonly labelSmoothing: number
  readonly ignoreIndex: number
}

export interface MseSpec {
  readonly type: 'mse'
}

export type LossSpec = CrossEntropySpec | MseSpec

export interface SgdSpec {
  readonly type: 'sgd'
  readonly lr: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
}

/** `adam` adds weight decay to the gradient (L2), `adamw` decays the weights directly (decoupled), as in PyTorch. */
export interface AdamSpec {
  readonly type: 'adam' | 'adamw'
  readonly lr: number
  readonly betas: readonly [number, number]
  readonly eps: number
  readonly weightDecay: number
}

export type OptimizerSpec = SgdSpec | AdamSpec

/** Multiplies `lr`; formulas in DESIGN 8.3. */
export interface ScheduleSpec {
  readonly type: 'constant' | 'cosine' | 'linear' | 'step'
  readonly warmupSteps: number
  /** Floor of `cosine` and `linear`, as a share of `lr`. */
  readonly minRatio: number
  /** `step` only: steps between drops. */
  readonly stepSize: number
  /** `step` only: factor of a drop. */
  readonly gamma: number
}

export type Precision = 'f32' | 'mixed'

/** Everything the training core needs to know of a job; it knows nothing of peers, files or time limits. */
export interface TrainingSpec {
  readonly model: ModelSpec
  readonly loss: LossSpec
  readonly optimizer: OptimizerSpec
  readonly schedule: ScheduleSpec
  /** Global-norm clipping before the update; `null` = off. */
  readonly clipNorm: number | null
  readonly precision: Precision
  readonly seed: number
  /** Length of the run in steps (T of the schedules). */
  readonly totalSteps: number
}
