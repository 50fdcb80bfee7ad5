/**
 * The training core as its hosts see it (a Node child process, a browser Worker, `cyxwiz train`). One engine holds one
 * model on one device.
 *
 * Vectors: parameters, gradients and optimizer state are flat f32 vectors in one layout (`ParameterLayout`). Parameters
 * come first, then buffers, each ordered by tensor name (byte order); each starts at a multiple of 64 floats, the gaps
 * are zero and stay zero.
 */

import type { GuardState } from '../optim/guard.ts'

export interface LayoutEntry {
  /** PyTorch's name: `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  /** First element in the flat vector. */
  readonly offset: number
  /** Number of elements (without padding). */
  readonly size: number
  /** Absent for parameters. */
  readonly buffer?: BufferRule
  /**
   * `[rows, columns]` of a parameter that an optimizer of matrices (Muon) takes as one: at least two dimensions, the
   * first one its rows; neither a table of vectors nor the model's last linear layer.
   */
  readonly matrix?: readonly [number, number]
}

/**
 * How a tensor changes that is kept with the weights and not trained. Where a gradient vector has the gradient of a
 * parameter, it has for an `average` weight · (what this batch showed), so that the shares of several members add up to
 * a weighted mean as gradients do; the value then moves towards it by `momentum`. A `count` counts steps.
 */
export type BufferRule = { readonly kind: 'average'; readonly momentum: number } | { readonly kind: 'count' }

export interface ParameterLayout {
  readonly entries: readonly LayoutEntry[]
  /** Length of the flat vector in f32 elements, padding included. */
  readonly length: number
  /** Trainable scalars: neither padding nor buffers. */
  readonly parameterCount: number
  /** Tensors that a weights file may hold and that are not used: GPT-2's tied head. */
  readonly ignored?: readonly string[]
}

/** One batch, or one member's share of it. Row `i` is the sample at place `sampleOffset + i` of the whole batch. */
export interface Batch {
  /** `[count, ...input]` f32, or i32 token ids, as the model takes. */
  readonly x: Float32Array | Int32Array
  /** i32 class ids `[count]`, or f32 targets `[count, ...output]`. */
  readonly y: Int32Array | Float32Array
  /** Rows present; at most the batch the engine was sized for. Missing rows count for nothing. */
  readonly count: number
  /** 1-based global step. */
  readonly step: number
  readonly sampleOffset: number
}

/** Sums over what the loss counts, so that shares can be added: loss = lossSum / weight, accuracy = correct / weight. */
export interface BatchStats {
  readonly lossSum: number
  /** Samples (or tokens, or elements, where the loss compares numbers) that the loss counted. */
  readonly weight: number
  /** Right answers; `null` where the loss has no notion of accuracy. */
  readonly correct: number | null
}

export interface StepResult extends BatchStats {
  /** False: the step was left out, because its loss (here not finite then) or its gradient was not finite. */
  readonly taken: boolean
  /** After the step. */
  readonly guard: GuardState
}

export interface GradientResult extends BatchStats {
  /**
   * `[layout.length]` f32: d(lossSum)/d(parameters), a SUM, not a mean, and without the loss scale. Owned by the caller.
   * Where the loss is not finite, something in here is not either: the gradient alone tells whoever adds it up.
   */
  readonly gradient: Float32Array
}

/** Optimizer state as named vectors in the parameter layout (`exp_avg`, `exp_avg_sq`, `momentum_buffer`). */
export type OptimizerState = Readonly<Record<string, Float32Array>>

export interface Engine {
  readonly layout: ParameterLayout
  /** Bytes of all GPU buffers this engine holds now; equals `estimateMemory` for the same spec and batch. */
  readonly memoryBytes: number
  readonly batch: number
  /** Re-plans for another batch; parameters and optimizer state stay. */
  resize(batch: number): Promise<void>
  /** `[layout.length]` f32. */
  writeParameters(flat: Float32Array): void
  readParameters(): Promise<Float32Array>
  /** The guard as of the last step that was read back or written. */
  readonly guard: GuardState
  /** Comes after `writeParameters`, which ends a state of being stuck. */
  writeGuard(state: GuardState): void
  writeOptimizerState(state: OptimizerState): void
  readOptimizerState(): Promise<OptimizerState>
  /** Forward and backward; parameters unchanged. Rejects with NON_FINITE only where such a step ends the run. */
  gradient(batch: Batch): Promise<GradientResult>
  /** Forward, backward and the fused update on the GPU. Resolves when the loss has been read back; up to 4 steps may be
   *  in flight, a further call waits. */
  step(batch: Batch): Promise<StepResult>
  /** Forward only. Same batch size limit. */
  evaluate(batch: Batch): Promise<BatchStats>
  dispose(): void
}

export interface MemoryEstimate {
  readonly parameterCount: number
  /** Parameters, gradients, optimizer state, activations, inputs, staging: all GPU buffers. */
  readonly gpuBytes: number
  readonly breakdown: Readonly<Record<'parameters' | 'gradients' | 'optimizer' | 'activations' | 'io' | 'staging', number>>
  /** Length of the flat vector in bytes: what one peer sends of a gradient, before any codec. */
  readonly vectorBytes: number
}
