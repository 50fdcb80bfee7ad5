/**
 * What happens when a step's loss or gradient is not finite: stop, or leave the step out; and the loss scale of mixed
 * precision, which learns from such steps (the rule is that of PyTorch's `GradScaler`).
 *
 * A pure state machine over one bit a step: was the loss and the merged gradient finite? All members of a group see the
 * same merged bytes and so are in the same state after every step. A member that trains alone runs it on the GPU
 * (`guard.wgsl.ts`), because later steps are on their way before anything has been read back.
 *
 * A step that is left out changes neither weights nor optimizer state, and does not count for Adam's bias correction.
 * The schedule goes by the number of the step and moves on.
 */
import type { TrainingSpec } from '../spec.ts'

export interface GuardRule {
  /** The run ends at so many steps in a row that were not finite and that no smaller scale can help. */
  readonly limit: number
  readonly scales: boolean
}

export interface GuardState {
  /** Factor on the gradient of the loss, a power of two; 1 where nothing is scaled. */
  readonly scale: number
  /** Finite steps since the scale changed or a step was left out; 0 where nothing is scaled. */
  readonly goodSteps: number
  /** Steps in a row that were not finite though the scale was as small as it gets. At `limit` the run has ended. */
  readonly stuckSteps: number
  /** Left out in all. */
  readonly skippedSteps: number
}

/** `taken`: update. `skipped`: leave the step out. `stopped`: this step, or one before it, was the last. */
export type Verdict = 'taken' | 'skipped' | 'stopped'

/**
 * Leaving a step out changes no weights, so where they are the cause every further step fails too. Where the data are,
 * twenty in a row come by chance once in a million steps even if every second batch is bad.
 */
export const MAX_STUCK_STEPS = 20

/** PyTorch's defaults. */
export const FIRST_SCALE = 2 ** 16
export const GROWTH_STEPS = 2000
/** Nothing is scaled any more: what overflows now does so by itself. */
export const LEAST_SCALE = 1
/** Makes 1 of 2⁻²⁴, the rounding error of an f32 beside 1: a larger scale keeps nothing that a sum in f32 would show. */
export const LARGEST_SCALE = 2 ** 24

export function guardRuleOf({ precision, nonFinite }: Pick<TrainingSpec, 'precision' | 'nonFinite'>): GuardRule {
  return { limit: nonFinite === 'skip' ? MAX_STUCK_STEPS : 1, scales: precision === 'mixed' }
}

export function initialGuard({ scales }: GuardRule): GuardState {
  return { scale: scales ? FIRST_SCALE : 1, goodSteps: 0, stuckSteps: 0, skippedSteps: 0 }
}

export function judgeStep(rule: GuardRule, state: GuardState, finite: boolean): { readonly verdict: Verdict; readonly state: GuardState } {
  if (state.stuckSteps >= rule.limit) return { verdict: 'stopped', state }
  const { scale, skippedSteps } = state
  if (finite) {
    const goodSteps = rule.scales ? state.goodSteps + 1 : 0
    const scaled = goodSteps === GROWTH_STEPS ? { scale: Math.min(2 * scale, LARGEST_SCALE), goodSteps: 0 } : { scale, goodSteps }
    return { verdict: 'taken', state: { ...scaled, stuckSteps: 0, skippedSteps } }
  }
  const stuckSteps = rule.scales && scale > LEAST_SCALE ? 0 : state.stuckSteps + 1
  if (stuckSteps >= rule.limit) return { verdict: 'stopped', state: { ...state, stuckSteps } }
  return {
    verdict: 'skipped',
    state: { scale: rule.scales ? Math.max(scale / 2, LEAST_SCALE) : scale, goodSteps: 0, stuckSteps, skippedSteps: skippedSteps + 1 },
  }
}

/** x·0 is NaN exactly for NaN and infinities: one pass without branches. */
export function allFinite(vector: Float32Array): boolean {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += (vector[i] as number) * 0
  return sum === 0
}

/** Why a run ended, for people. `where`: where in the step it began, if that is known. */
export function stopReason(rule: GuardRule, step: number, what: string, where: string | null): string {
  const first = where === null ? '' : `, first in ${where}`
  const scaled = rule.scales ? ', even with a loss scale of 1' : ''
  const before = rule.limit > 1 ? `; ${rule.limit} steps in a row were not finite` : ''
  return `step ${step}: the ${what} is not a finite number${first}${scaled}${before}; lower the learning rate or set clipNorm`
}
