/**
 * Learning-rate schedules (DESIGN 8.3): a factor on `lr` from the 0-based global step. They follow the job's step and
 * not a peer's own count, so a joiner continues where the job is.
 */
import type { ScheduleSpec } from '../spec.ts'
import { cosPi, powInteger } from './arithmetic.ts'

/** `step` counts from 0; `totalSteps` is the length of the run. */
export function scheduleFactor(schedule: ScheduleSpec, step: number, totalSteps: number): number {
  const { warmupSteps, minRatio } = schedule
  if (step < warmupSteps) return (step + 1) / warmupSteps
  const span = totalSteps - warmupSteps
  const progress = span <= 0 ? 1 : Math.min(1, (step - warmupSteps) / span)
  switch (schedule.type) {
    case 'constant':
      return 1
    case 'cosine':
      return minRatio + ((1 - minRatio) * (1 + cosPi(progress))) / 2
    case 'linear':
      return 1 - (1 - minRatio) * progress
    case 'step':
      return powInteger(schedule.gamma, Math.floor(step / schedule.stepSize))
  }
}
