/**
 * What is plotted: columns of numbers per metric and peer, and marks of what happened meanwhile.
 */
import type { Readable } from '../state/store.ts'

/**
 * `loss`, `accuracy`: of the batch of a step. `samplesPerSecond`, `memoryBytes`, `bytesSent`, `bytesReceived` (so far):
 * of one member. `roundSeconds`: of the group. `waitShare`: part of a member's time spent waiting for others, 0 to 1.
 * `skippedSteps`: left out so far because they were not finite; nothing before the first.
 */
export const METRICS = [
  'loss',
  'accuracy',
  'samplesPerSecond',
  'memoryBytes',
  'bytesSent',
  'bytesReceived',
  'roundSeconds',
  'waitShare',
  'skippedSteps',
] as const
export type MetricName = (typeof METRICS)[number]

/** The group as a whole, where a metric is not one member's. */
export const GROUP = ''

/** Columns of equal length; ascending in `step` within one attempt. Views: valid until the next change. */
export interface MetricSeries {
  readonly metric: MetricName
  /** A peer id, or `GROUP`. */
  readonly peerId: string
  readonly step: Float64Array
  readonly samples: Float64Array
  /** Milliseconds since 1970. */
  readonly timeMs: Float64Array
  /** May hold NaN or infinities: charts must cope. */
  readonly value: Float64Array
}

export type MarkKind = 'joined' | 'left' | 'checkpoint' | 'coordinator' | 'attempt' | 'paused' | 'resumed' | 'not-finite'

export interface EventMark {
  readonly kind: MarkKind
  readonly timeMs: number
  /** The last step known then. */
  readonly step: number
  readonly samples: number
  readonly text: string
}

/** `value` counts changes, at most ten a second. */
export interface JobMetrics extends Readable<number> {
  readonly jobId: string
  /** All peers of one metric, the group first. */
  series(metric: MetricName): readonly MetricSeries[]
  readonly marks: readonly EventMark[]
}
