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

/** Losses between numbers, without options: means over elements. Targets of `bce-with-logits` are probabilities. */
export interface PlainLossSpec {
  readonly type: 'mse' | 'l1' | 'bce-with-logits'
}

export interface HuberSpec {
  readonly type: 'huber'
  /** Errors below count squared, above linearly. */
  readonly delta: number
}

export type LossSpec = CrossEntropySpec | PlainLossSpec | HuberSpec

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

/** Chen et al. 2023 (arXiv 2302.06675): the step is a sign, weight decay is decoupled. */
export interface LionSpec {
  readonly type: 'lion'
  readonly lr: number
  readonly betas: readonly [number, number]
  readonly weightDecay: number
}

/**
 * PyTorch's `torch.optim.Muon` for hidden matrices (Jordan et al. 2024), AdamW for everything else: vectors, embeddings
 * and a last linear layer. `LayoutEntry.matrix` says which is which.
 */
export interface MuonSpec {
  readonly type: 'muon'
  readonly lr: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
  /** Newton–Schulz iterations. */
  readonly nsSteps: number
  /** How a matrix's shape changes its rate; `match_rms_adamw` takes a rate tuned for AdamW. */
  readonly adjustLrFn: 'original' | 'match_rms_adamw'
  /** Rate of the AdamW part; null: `lr`. */
  readonly adamwLr: number | null
  /** Of the AdamW part. */
  readonly betas: readonly [number, number]
  /** Of the AdamW part. */
  readonly eps: number
}

export type OptimizerSpec = SgdSpec | AdamSpec | LionSpec | MuonSpec

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

/** What becomes of a step whose loss or gradient is not finite: it ends the run, or is left out (`optim/guard.ts`). */
export type NonFinite = 'stop' | 'skip'

/** Everything the training core needs to know of a job; it knows nothing of peers, files or time limits. */
export interface TrainingSpec {
  readonly model: ModelSpec
  readonly loss: LossSpec
  readonly optimizer: OptimizerSpec
  readonly schedule: ScheduleSpec
  /** Global-norm clipping before the update; `null` = off. */
  readonly clipNorm: number | null
  readonly precision: Precision
  readonly nonFinite: NonFinite
  readonly seed: number
  /** Length of the run in steps (T of the schedules). */
  readonly totalSteps: number
}
