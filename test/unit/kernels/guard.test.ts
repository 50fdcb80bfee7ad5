import { describe, expect, it } from 'vitest'
import {
  FIRST_SCALE,
  GROWTH_STEPS,
  type GuardState,
  guardRuleOf,
  initialGuard,
  judgeStep,
  LARGEST_SCALE,
  LEAST_SCALE,
  MAX_STUCK_STEPS,
} from '../../../kernels/optim/guard.ts'
import { optimizerScalars } from '../../../kernels/optim/rules.ts'
import { testRandom } from '../../random.ts'
import { mlp, trainingSpec } from '../../specs.ts'

const mixed = guardRuleOf({ precision: 'mixed', nonFinite: 'skip' })

/** The state after steps of which those were finite. */
const stateAfter = (rule: typeof mixed, steps: readonly boolean[], start: GuardState = initialGuard(rule)) =>
  steps.reduce((state, finite) => judgeStep(rule, state, finite).state, start)

const times = <T>(count: number, value: T) => Array<T>(count).fill(value)

describe('the guard', () => {
  it('stops at the first step that is not finite, or lets nineteen in a row go', () => {
    const stop = guardRuleOf({ precision: 'f32', nonFinite: 'stop' })
    expect(judgeStep(stop, initialGuard(stop), true).verdict).toBe('taken')
    expect(judgeStep(stop, initialGuard(stop), false)).toMatchObject({ verdict: 'stopped', state: { skippedSteps: 0 } })
    const skip = guardRuleOf({ precision: 'f32', nonFinite: 'skip' })
    const worn = stateAfter(skip, [...times(MAX_STUCK_STEPS - 1, false), true, ...times(MAX_STUCK_STEPS - 1, false)])
    expect(worn).toEqual({ scale: 1, goodSteps: 0, stuckSteps: MAX_STUCK_STEPS - 1, skippedSteps: 2 * (MAX_STUCK_STEPS - 1) })
    const ended = judgeStep(skip, worn, false)
    expect(ended).toMatchObject({ verdict: 'stopped', state: { skippedSteps: worn.skippedSteps } })
    expect(judgeStep(skip, ended.state, true), 'for good').toMatchObject({ verdict: 'stopped' })
  })

  it('scales as GradScaler does: half after a step that was not finite, twice after 2,000 that were', () => {
    expect(initialGuard(mixed).scale).toBe(FIRST_SCALE)
    expect(stateAfter(mixed, [true, false, false])).toMatchObject({ scale: FIRST_SCALE / 4, goodSteps: 0, skippedSteps: 2, stuckSteps: 0 })
    const almost = stateAfter(mixed, times(GROWTH_STEPS - 1, true))
    expect(almost).toMatchObject({ scale: FIRST_SCALE, goodSteps: GROWTH_STEPS - 1 })
    expect(stateAfter(mixed, [true], almost)).toMatchObject({ scale: 2 * FIRST_SCALE, goodSteps: 0 })
    expect(stateAfter(mixed, [false, ...times(GROWTH_STEPS - 1, true)], almost), 'counts anew').toMatchObject({ scale: FIRST_SCALE / 2 })
    expect(stateAfter(mixed, times(12 * GROWTH_STEPS, true)).scale, 'no further').toBe(LARGEST_SCALE)
  })

  it('ends a scaled run only when no smaller scale is left', () => {
    const floor = stateAfter(mixed, times(16, false))
    expect(floor).toEqual({ scale: LEAST_SCALE, goodSteps: 0, stuckSteps: 0, skippedSteps: 16 })
    expect(judgeStep(mixed, stateAfter(mixed, times(MAX_STUCK_STEPS - 1, false), floor), false).verdict).toBe('stopped')
    const strict = guardRuleOf({ precision: 'mixed', nonFinite: 'stop' })
    expect(judgeStep(strict, stateAfter(strict, times(15, false)), false), 'overflow is no reason to stop').toMatchObject({ verdict: 'skipped' })
    expect(judgeStep(strict, floor, false).verdict).toBe('stopped')
  })

  it('keeps its scale a power of two within its bounds, and counts every step once', () => {
    const random = testRandom(3)
    let state = initialGuard(mixed)
    let taken = 0
    for (let step = 1; step <= 5000; step++) {
      const judged = judgeStep(mixed, state, random.integer(0, 700) > 0)
      state = judged.state
      taken += judged.verdict === 'taken' ? 1 : 0
      expect(Number.isInteger(Math.log2(state.scale)) && state.scale >= LEAST_SCALE && state.scale <= LARGEST_SCALE).toBe(true)
      expect(taken + state.skippedSteps).toBe(step)
    }
  })

  it('steps that were left out do not count for Adam, but for the schedule', () => {
    const { optimizer, schedule } = trainingSpec([3], mlp(4, 2), {
      optimizer: { type: 'adam', lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 },
      schedule: { type: 'step', warmupSteps: 0, minRatio: 0, stepSize: 4, gamma: 0.5 },
    })
    const [third, seventh] = [optimizerScalars(optimizer, schedule, 100, 3), optimizerScalars(optimizer, schedule, 100, 7, 4)]
    expect(seventh).toEqual({ ...third, rate: third.rate / 2 })
  })
})
