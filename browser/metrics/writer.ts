/**
 * Puts new points aside and hands them to the store every second or two, one write per series. What a store refuses
 * (a full quota) stays here for the next try, up to a bound: charts go on, only the history gets shorter.
 */
import type { MetricChunkStore } from '../store/metric-chunks.ts'
import type { MetricClock } from './clock.ts'
import type { Point } from './columns.ts'
import type { EventMark, MetricName } from './types.ts'

export const FLUSH_MS = 1_500

/** Some minutes of a fast run; older unwritten points are dropped first. */
export const MAX_UNWRITTEN_POINTS = 8_192

interface Batch {
  readonly metric: MetricName
  readonly peerId: string
  points: Point[]
}

export interface MetricWriterInit {
  readonly jobId: string
  readonly store: MetricChunkStore
  readonly clock: MetricClock
  /** Told once per series of failures. */
  readonly onError?: (error: Error) => void
}

export class MetricWriter {
  readonly #init: MetricWriterInit
  readonly #batches = new Map<string, Batch>()
  #marks: EventMark[] = []
  #cancelTimer: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()
  #failing = false
  #closed = false

  constructor(init: MetricWriterInit) {
    this.#init = init
  }

  point(metric: MetricName, peerId: string, point: Point): void {
    const key = `${metric} ${peerId}`
    let batch = this.#batches.get(key)
    if (!batch) {
      batch = { metric, peerId, points: [] }
      this.#batches.set(key, batch)
    }
    batch.points.push(point)
    this.#schedule()
  }

  mark(mark: EventMark): void {
    this.#marks.push(mark)
    this.#schedule()
  }

  /** Points that were taken back need not be written at all; written ones are undone by the next, lower step. */
  cutFrom(metric: MetricName, peerId: string, step: number): void {
    const batch = this.#batches.get(`${metric} ${peerId}`)
    if (batch) batch.points = batch.points.filter((point) => point.step < step)
  }

  /** Writes everything now; never rejects. */
  flush(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Writes what is left, then stops. */
  async close(): Promise<void> {
    await this.flush()
    this.#closed = true
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #schedule(): void {
    if (this.#cancelTimer || this.#closed) return
    this.#cancelTimer = this.#init.clock.after(FLUSH_MS, () => {
      this.#cancelTimer = null
      void this.flush()
    })
  }

  async #write(): Promise<void> {
    const { jobId, store } = this.#init
    let failure: unknown = null
    for (const batch of this.#batches.values()) {
      const points = batch.points
      if (points.length === 0) continue
      batch.points = []
      try {
        await store.append(jobId, batch.metric, batch.peerId, {
          step: Float64Array.from(points, (point) => point.step),
          samples: Float64Array.from(points, (point) => point.samples),
          timeMs: Float64Array.from(points, (point) => point.timeMs),
          value: Float64Array.from(points, (point) => point.value),
        })
      } catch (error) {
        failure = error
        batch.points = [...points, ...batch.points].slice(-MAX_UNWRITTEN_POINTS)
      }
    }
    const marks = this.#marks
    if (marks.length > 0) {
      this.#marks = []
      try {
        await store.appendMarks(jobId, marks)
      } catch (error) {
        failure = error
        this.#marks = [...marks, ...this.#marks].slice(-MAX_UNWRITTEN_POINTS)
      }
    }
    if (failure !== null && !this.#failing) {
      const cause = failure instanceof Error ? failure.message : String(failure)
      this.#init.onError?.(new Error(`metrics of job ${jobId.slice(0, 12)} could not be stored: ${cause}; charts go on, history is kept in memory only`))
    }
    this.#failing = failure !== null
    if (this.#failing) this.#schedule()
  }
}
