/**
 * What the optimizers on the GPU and on the host share: names of the state vectors and the scalars of one step.
 *
 * The rules are PyTorch's (2.x, `foreach=False`), g being the mean gradient after clipping:
 *   sgd    g += wd·p;  b ← momentum·b + g;  p −= lr·(nesterov ? g + momentum·b : b)
 *   adam   g += wd·p;  m ← m + (1−β₁)(g − m);  v ← β₂v + (1−β₂)g²;  p −= lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)
 *   adamw  p −= lr·wd·p first, then as adam without the addition to g
 *   muon   torch.optim.Muon (2.9): b ← b + (1−μ)(g − b);  u = nesterov ? g + μ(b − g) : b;  p −= lr·wd·p;
 *          p −= lr·shape factor·NewtonSchulz(u), for matrices of hidden layers; the rest by adamw
 * and those of the paper, where PyTorch has none:
 *   lion   Chen et al. 2023, algorithm 2: p −= lr·wd·p;  p −= lr·sign(β₁m + (1−β₁)g);  m ← β₂m + (1−β₂)g
 */
import type { AdamSpec, MuonSpec, OptimizerSpec, ScheduleSpec } from '../spec.ts'
import { powInteger } from './arithmetic.ts'
import { scheduleFactor } from './schedule.ts'

/** Names of the state vectors, PyTorch's, in a fixed order. Muon's momentum is an average like Adam's and shares its vector. */
export function stateNames(optimizer: OptimizerSpec): readonly string[] {
  if (optimizer.type === 'sgd') return optimizer.momentum === 0 ? [] : ['momentum_buffer']
  return optimizer.type === 'lion' ? ['exp_avg'] : ['exp_avg', 'exp_avg_sq']
}

export interface StepScalarsOfOptimizer {
  /** sgd, lion, muon: lr; adam, adamw: lr / (1 − β₁ᵗ). */
  readonly rate: number
  /** Factor on the parameter before the update: 1 − lr·wd where weight decay is decoupled, else 1. */
  readonly decay: number
  /** adam, adamw and that part of muon: 1 / √(1 − β₂ᵗ); else 1. */
  readonly correction: number
  /** The adamw part of muon: 1 / (1 − β₁ᵗ); else 1. */
  readonly unbias: number
}

/** `step` counts from 1, as in `Batch.step`; `skipped` of those before it were left out, and so no updates (t counts updates). */
export function optimizerScalars(optimizer: OptimizerSpec, schedule: ScheduleSpec, totalSteps: number, step: number, skipped = 0): StepScalarsOfOptimizer {
  const lr = optimizer.lr * scheduleFactor(schedule, step - 1, totalSteps)
  const plain = { rate: lr, decay: 1, correction: 1, unbias: 1 }
  if (optimizer.type === 'sgd') return plain
  const decay = optimizer.type === 'adam' ? 1 : 1 - lr * optimizer.weightDecay
  if (optimizer.type === 'lion') return { ...plain, decay }
  const [beta1, beta2] = optimizer.betas
  const updates = step - skipped
  const unbias = 1 / (1 - powInteger(beta1, updates))
  const correction = 1 / Math.sqrt(1 - powInteger(beta2, updates))
  return optimizer.type === 'muon' ? { rate: lr, decay, correction, unbias } : { rate: lr / (1 - powInteger(beta1, updates)), decay, correction, unbias: 1 }
}

/** What Muon's parameters that are no hidden matrices follow. */
export function adamwPartOf({ lr, adamwLr, betas, eps, weightDecay }: MuonSpec): AdamSpec {
  return { type: 'adamw', lr: adamwLr ?? lr, betas, eps, weightDecay }
}

/** Muon's factor on the rate for a matrix of this shape. */
export function shapeFactor({ adjustLrFn }: MuonSpec, [rows, columns]: readonly [number, number]): number {
  return adjustLrFn === 'original' ? Math.sqrt(Math.max(1, rows / columns)) : 0.2 * Math.sqrt(Math.max(rows, columns))
}

/** Jordan's quintic iteration X ← aX + (bA + cA²)X with A = XXᵀ, and what keeps a zero matrix from dividing by zero. */
export const NEWTON_SCHULZ = { a: 3.4445, b: -4.775, c: 2.0315, eps: 1e-7 } as const

/** PyTorch's `clip_grad_norm_`: the factor on the gradient for a given norm. */
export function clipFactor(norm: number, clipNorm: number): number {
  return Math.min(1, clipNorm / (norm + 1e-6))
}
