/**
 * What the optimizers on the GPU and on the host share: names of the state vectors and the scalars of one step.
 *
 * The rules are PyTorch's (2.x, `foreach=False`), g being the mean gradient after clipping:
 *   sgd    g += wd·p;  b ← momentum·b + g;  p −= lr·(nesterov ? g + momentum·b : b)
 *   adam   g += wd·p;  m ← m + (1−β₁)(g − m);  v ← β₂v + (1−β₂)g²;  p −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
 *   adamw  p −= lr·wd·p first, then as adam without the addition to g
 */
import type { OptimizerSpec, ScheduleSpec } from '../spec.ts'
import { powInteger } from './arithmetic.ts'
import { scheduleFactor } from './schedule.ts'

/** Names of the state vectors, PyTorch's, in a fixed order. */
export function stateNames(optimizer: OptimizerSpec): readonly string[] {
  if (optimizer.type === 'sgd') return optimizer.momentum === 0 ? [] : ['momentum_buffer']
  return ['exp_avg', 'exp_avg_sq']
}

export interface StepScalarsOfOptimizer {
  /** sgd: lr; adam, adamw: lr / (1 − β₁ᵗ). */
  readonly rate: number
  /** Factor on the parameter before the update: 1 − lr·wd for adamw, else 1. */
  readonly decay: number
  /** adam, adamw: 1 / √(1 − β₂ᵗ); sgd: 1. */
  readonly correction: number
}

/** `step` counts from 1, as in `Batch.step`. */
export function optimizerScalars(optimizer: OptimizerSpec, schedule: ScheduleSpec, totalSteps: number, step: number): StepScalarsOfOptimizer {
  const lr = optimizer.lr * scheduleFactor(schedule, step - 1, totalSteps)
  if (optimizer.type === 'sgd') return { rate: lr, decay: 1, correction: 1 }
  const [beta1, beta2] = optimizer.betas
  return {
    rate: lr / (1 - powInteger(beta1, step)),
    decay: optimizer.type === 'adamw' ? 1 - lr * optimizer.weightDecay : 1,
    correction: 1 / Math.sqrt(1 - powInteger(beta2, step)),
  }
}

/** PyTorch's `clip_grad_norm_`: the factor on the gradient for a given norm. */
export function clipFactor(norm: number, clipNorm: number): number {
  return Math.min(1, clipNorm / (norm + 1e-6))
}
