/**
 * Records what a job tells about itself as columns of numbers: the model behind every chart. Members repeat each other
 * (loss and accuracy belong to the group and are kept once), go back some steps when one of them is lost (the columns are
 * cut back, so that x stays ascending), and report faster than a page should draw (listeners hear at most ten times a
 * second).
 *
 * It knows no chart and no DOM, and does not judge numbers: NaN and infinities are kept as NaN, with a mark.
 */
import type { JobProgressEvent, JobRoundEvent } from '../../protocol/events/types.ts'
import type { MetricChunkStore } from '../store/metric-chunks.ts'
import { type MetricClock, systemClock } from './clock.ts'
import { Columns, MAX_POINTS } from './columns.ts'
import { type PastPoint, untangle } from './history.ts'
import { LinesOfWork } from './lines-of-work.ts'
import { type EventMark, GROUP, type JobMetrics, type MarkKind, METRICS, type MetricName, type MetricSeries } from './types.ts'
import { MetricWriter } from './writer.ts'

/** Ten times a second is as fast as a person reads. */
export const NOTIFY_MS = 100

/** More marks than this are a wall, not a help; the oldest go. */
export const MAX_MARKS = 1_000

/** Events that came before the stored history was read. */
const MAX_EARLY = 10_000

export interface MetricRecorderInit {
  readonly jobId: string
  /** Where points are kept between visits; left out, they live as long as the page. */
  readonly store?: MetricChunkStore
  readonly clock?: MetricClock
  readonly maxPoints?: number
  readonly onError?: (error: Error) => void
}

export class MetricRecorder implements JobMetrics {
  readonly jobId: string
  /** Settles when the stored history is in; never rejects. */
  readonly ready: Promise<void>
  readonly #clock: MetricClock
  readonly #maxPoints: number
  readonly #onError: (error: Error) => void
  readonly #writer: MetricWriter | null
  readonly #series = new Map<MetricName, Map<string, Columns>>()
  readonly #listeners = new Set<() => void>()
  readonly #lines = new LinesOfWork()
  /** Series whose last value was not finite: one mark per stretch. */
  readonly #notFinite = new Set<string>()
  #marks: EventMark[] = []
  #lastRound = 0
  #lastStep = 0
  #lastSamples = 0
  #value = 0
  #early: (() => void)[] | null = null
  #lastNotifyMs = Number.NEGATIVE_INFINITY
  #cancelNotify: (() => void) | null = null
  #closed = false

  constructor(init: MetricRecorderInit) {
    this.jobId = init.jobId
    this.#clock = init.clock ?? systemClock
    this.#maxPoints = init.maxPoints ?? MAX_POINTS
    this.#onError = init.onError ?? (() => {})
    this.#writer = init.store ? new MetricWriter({ jobId: init.jobId, store: init.store, clock: this.#clock, onError: this.#onError }) : null
    if (init.store) this.#early = []
    this.ready = init.store ? this.#restore(init.store) : Promise.resolve()
  }

  get value(): number {
    return this.#value
  }

  get marks(): readonly EventMark[] {
    return this.#marks
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  series(metric: MetricName): readonly MetricSeries[] {
    const members = this.#series.get(metric)
    if (!members) return []
    const found: MetricSeries[] = []
    for (const [peerId, columns] of members) {
      if (columns.length === 0) continue
      const one = { metric, peerId, ...columns.views() }
      if (peerId === GROUP) found.unshift(one)
      else found.push(one)
    }
    return found
  }

  /** What `peerId` tells of itself and of the group. */
  progress(peerId: string, event: JobProgressEvent, timeMs: number): void {
    if (this.#closed || this.#putOff(() => this.progress(peerId, event, timeMs))) return
    const { step, samples } = event
    if (!(Number.isSafeInteger(step) && step > 0)) return
    const verdict = this.#lines.judge(peerId, step, timeMs)
    if (verdict === 'old-line') return
    if (verdict === 'back') this.#goBack(step, timeMs)
    else if (verdict === 'again') this.#repeat(peerId, step)

    this.#lastStep = Math.max(this.#lastStep, step)
    this.#lastSamples = Math.max(this.#lastSamples, samples)
    this.#addGroup(event, timeMs)
    this.#addMember(peerId, event, timeMs)
    this.#changed()
  }

  /**
   * What members remember of the time before this tab looked. Clocks of members differ, so it is put in order by step, not
   * by time: the member that tells most tells for the group. Steps already recorded stay as they are. Call it before
   * the first live event.
   */
  backfill(points: readonly PastPoint[]): void {
    if (this.#closed || this.#putOff(() => this.backfill(points))) return
    const { members, group } = untangle(points)
    for (const { event, timeMs } of group) this.#addGroup(event, timeMs)
    for (const [peerId, own] of members) {
      for (const { event, timeMs } of own) this.#addMember(peerId, event, timeMs)
      const last = own.at(-1)
      if (last) this.#lines.restore(peerId, last.event.step)
    }
    const last = group.at(-1)
    if (!last) return
    this.#lastStep = Math.max(this.#lastStep, last.event.step)
    this.#lastSamples = Math.max(this.#lastSamples, last.event.samples)
    this.#changed()
  }

  /** A round that was committed; others are told by marks. Several members tell of the same one: the first counts. */
  round(event: JobRoundEvent, timeMs: number): void {
    if (this.#closed || this.#putOff(() => this.round(event, timeMs))) return
    if (!event.committed || event.round <= this.#lastRound) return
    this.#lastRound = event.round
    this.#add('roundSeconds', GROUP, {
      step: Math.max(1, this.#lastStep),
      samples: Math.max(event.samples, this.#lastSamples),
      timeMs,
      value: event.seconds,
    })
    this.#changed()
  }

  /** Something that happened now; placed at the last step known. */
  mark(kind: MarkKind, text: string, timeMs: number): void {
    if (this.#closed || this.#putOff(() => this.mark(kind, text, timeMs))) return
    this.#mark({ kind, text, timeMs, step: this.#lastStep, samples: this.#lastSamples })
    this.#changed()
  }

  /** Stops listening to time, and writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#closed) return
    await this.ready
    this.#closed = true
    this.#cancelNotify?.()
    this.#cancelNotify = null
    this.#listeners.clear()
    await this.#writer?.close()
  }

  /** Writes now what would be written in a second or two: when a page is about to go. */
  async flush(): Promise<void> {
    await this.#writer?.flush()
  }

  #columns(metric: MetricName, peerId: string): Columns {
    let members = this.#series.get(metric)
    if (!members) {
      members = new Map()
      this.#series.set(metric, members)
    }
    let columns = members.get(peerId)
    if (!columns) {
      columns = new Columns(this.#maxPoints)
      members.set(peerId, columns)
    }
    return columns
  }

  #addGroup({ step, samples, loss, accuracy, skippedSteps = 0 }: JobProgressEvent, timeMs: number): void {
    const at = { step, samples, timeMs }
    this.#add('loss', GROUP, { ...at, value: loss })
    if (accuracy !== undefined) this.#add('accuracy', GROUP, { ...at, value: accuracy })
    if (skippedSteps > 0) this.#add('skippedSteps', GROUP, { ...at, value: skippedSteps })
  }

  #addMember(peerId: string, event: JobProgressEvent, timeMs: number): void {
    const at = { step: event.step, samples: event.samples, timeMs }
    this.#add('samplesPerSecond', peerId, { ...at, value: event.samplesPerSecond })
    this.#add('memoryBytes', peerId, { ...at, value: event.memoryBytes })
    this.#add('bytesSent', peerId, { ...at, value: event.bytesSent })
    this.#add('bytesReceived', peerId, { ...at, value: event.bytesReceived })
    if (event.waitShare !== undefined) this.#add('waitShare', peerId, { ...at, value: event.waitShare })
  }

  #add(metric: MetricName, peerId: string, point: { step: number; samples: number; timeMs: number; value: number }): void {
    const finite = Number.isFinite(point.value)
    const kept = finite ? point : { ...point, value: Number.NaN }
    if (!this.#columns(metric, peerId).push(kept)) return
    this.#writer?.point(metric, peerId, kept)
    const key = `${metric} ${peerId}`
    if (finite) this.#notFinite.delete(key)
    else if (!this.#notFinite.has(key)) {
      this.#notFinite.add(key)
      const { step, samples, timeMs } = point
      this.#mark({ kind: 'not-finite', text: `${metric} is not a finite number at step ${step}`, step, samples, timeMs })
    }
  }

  #mark(mark: EventMark): void {
    this.#marks = [...this.#marks, mark].slice(-MAX_MARKS)
    this.#writer?.mark(mark)
  }

  /** The group repeats from `step` on. */
  #goBack(step: number, timeMs: number): void {
    const from = this.#lastStep
    this.#forEach((columns, metric, peerId) => {
      if (columns.cutFrom(step)) this.#writer?.cutFrom(metric, peerId, step)
    })
    const samples = this.#columns('loss', GROUP).lastSamples
    this.#moveMarksTo(step, samples)
    this.#lastStep = step
    this.#lastSamples = samples
    this.#lastRound = 0
    this.#mark({ kind: 'attempt', text: `Went back from step ${from} to step ${step}`, timeMs, step, samples })
  }

  /** Marks of steps that are done again stay, at the point where the line begins anew. */
  #moveMarksTo(step: number, samples: number): void {
    this.#marks = this.#marks.map((mark) => (mark.step > step ? { ...mark, step, samples } : mark))
  }

  /** One member tells the same step once more: its newer figures count; the group's only where it is no further. */
  #repeat(peerId: string, step: number): void {
    this.#forEach((columns, metric, owner) => {
      if (metric === 'roundSeconds' || (owner !== peerId && owner !== GROUP) || columns.lastStep !== step) return
      columns.cutFrom(step)
      this.#writer?.cutFrom(metric, owner, step)
    })
  }

  #forEach(visit: (columns: Columns, metric: MetricName, peerId: string) => void): void {
    for (const [metric, members] of this.#series) for (const [peerId, columns] of members) visit(columns, metric, peerId)
  }

  #changed(): void {
    if (this.#cancelNotify) return
    const waitMs = Math.max(0, this.#lastNotifyMs + NOTIFY_MS - this.#clock.now())
    this.#cancelNotify = this.#clock.after(waitMs, () => {
      this.#cancelNotify = null
      this.#lastNotifyMs = this.#clock.now()
      this.#value++
      for (const listener of [...this.#listeners]) listener()
    })
  }

  /** While the stored history is being read, what comes in waits: history comes first. */
  #putOff(event: () => void): boolean {
    if (!this.#early) return false
    if (this.#early.length < MAX_EARLY) this.#early.push(event)
    return true
  }

  async #restore(store: MetricChunkStore): Promise<void> {
    try {
      const stored = await store.load(this.jobId)
      for (const series of stored.series) this.#replay(series)
      for (const mark of stored.marks.slice(-MAX_MARKS)) {
        if (mark.kind === 'attempt') this.#moveMarksTo(mark.step, mark.samples)
        this.#marks.push(mark)
      }
    } catch (error) {
      this.#onError(new Error(`stored metrics of job ${this.jobId.slice(0, 12)} could not be read: ${(error as Error).message}; charts begin now`))
    }
    const early = this.#early ?? []
    this.#early = null
    for (const event of early) event()
    if (this.#lastStep > 0 || this.#marks.length > 0) this.#changed()
  }

  /** Points come back in the order of writing: a lower step undoes what was written after it. */
  #replay(series: MetricSeries): void {
    if (!METRICS.includes(series.metric)) return
    const columns = this.#columns(series.metric, series.peerId)
    for (let index = 0; index < series.step.length; index++) {
      const step = series.step[index] as number
      if (step <= columns.lastStep) columns.cutFrom(step)
      columns.push({ step, samples: series.samples[index] as number, timeMs: series.timeMs[index] as number, value: series.value[index] as number })
    }
    if (series.peerId !== GROUP) this.#lines.restore(series.peerId, columns.lastStep)
    this.#lastStep = Math.max(this.#lastStep, columns.lastStep)
    this.#lastSamples = Math.max(this.#lastSamples, columns.lastSamples)
  }
}
