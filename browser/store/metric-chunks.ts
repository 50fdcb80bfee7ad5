/**
 * Metrics of jobs on disk, as the recorder sees them: columns go in as they arrive, whole series come out. Behind it
 * points lie in chunks of a few hundred, never one row each: 10,000 rows take seconds to write and read, 20 chunks
 * milliseconds. Here are the port and the version that forgets (a tab that only watches, tests); `metric-table.ts` is
 * the durable one. It does not thin out or reorder: what was appended comes back in that order, attempt after attempt.
 */
import type { EventMark, MetricName, MetricSeries } from '../metrics/types.ts'

/** Plain columns of equal length; a point is one index in all four. Taken by copy. */
export interface MetricColumns {
  readonly step: Float64Array
  readonly samples: Float64Array
  /** Milliseconds since 1970. */
  readonly timeMs: Float64Array
  readonly value: Float64Array
}

export interface StoredMetrics {
  /** In order of metric, then peer id; each in the order of appending. The arrays are the caller's. */
  readonly series: readonly MetricSeries[]
  /** In the order of appending. */
  readonly marks: readonly EventMark[]
}

export interface StepRange {
  /** Inclusive; from the first when left out. */
  readonly fromStep?: number
  /** Inclusive; to the last when left out. */
  readonly toStep?: number
}

export interface MetricChunkStore {
  /**
   * Resolves when written (relaxed: a power cut may take the last seconds). Meant to be called every second or two. Where
   * several tabs of a browser append to one job, one of them writes and the others' points are dropped.
   */
  append(jobId: string, metric: MetricName, peerId: string, columns: MetricColumns): Promise<void>
  appendMarks(jobId: string, marks: readonly EventMark[]): Promise<void>
  /** Everything known of a job; empty where nothing is. */
  load(jobId: string): Promise<StoredMetrics>
  /** One series between two steps; empty where there is nothing. */
  loadRange(jobId: string, metric: MetricName, peerId: string, range?: StepRange): Promise<MetricSeries>
  /** Forgets a job. Resolves when it is gone. */
  remove(jobId: string): Promise<void>
  /** Jobs that have metrics here, the one appended to last first. */
  jobs(): Promise<readonly MetricJob[]>
}

export interface MetricJob {
  readonly jobId: string
  readonly points: number
  /** When it was last appended to, milliseconds since 1970. */
  readonly updatedAtMs: number
}

/** The four columns, in the order in which they are handled everywhere below. */
export const COLUMN_NAMES = ['step', 'samples', 'timeMs', 'value'] as const

/** Refuses columns of unequal length: they would be read back as points that never were. */
export function pointsOf(columns: MetricColumns): number {
  const points = columns.step.length
  for (const name of COLUMN_NAMES) {
    if (columns[name].length !== points) throw new RangeError(`metric columns: ${name} has ${columns[name].length} values, step has ${points}`)
  }
  return points
}

/** One array per column out of many; always a copy. */
export function joinColumns(parts: readonly MetricColumns[]): MetricColumns {
  let points = 0
  for (const part of parts) points += part.step.length
  const joined = { step: new Float64Array(points), samples: new Float64Array(points), timeMs: new Float64Array(points), value: new Float64Array(points) }
  let at = 0
  for (const part of parts) {
    for (const name of COLUMN_NAMES) joined[name].set(part[name], at)
    at += part.step.length
  }
  return joined
}

/** The points of a range of steps, in their order (steps may go back where a new attempt began). */
export function cutColumns(columns: MetricColumns, range: StepRange): MetricColumns {
  const { fromStep = Number.NEGATIVE_INFINITY, toStep = Number.POSITIVE_INFINITY } = range
  const keep: number[] = []
  for (let i = 0; i < columns.step.length; i += 1) {
    const step = columns.step[i] as number
    if (step >= fromStep && step <= toStep) keep.push(i)
  }
  const column = (name: (typeof COLUMN_NAMES)[number]): Float64Array => Float64Array.from(keep, (i) => columns[name][i] as number)
  return { step: column('step'), samples: column('samples'), timeMs: column('timeMs'), value: column('value') }
}

interface JobInMemory {
  readonly series: Map<string, { readonly metric: MetricName; readonly peerId: string; readonly parts: MetricColumns[] }>
  readonly marks: EventMark[]
  updatedAtMs: number
}

/** Forgets with the page. */
export class MemoryMetricChunks implements MetricChunkStore {
  readonly #jobs = new Map<string, JobInMemory>()

  async append(jobId: string, metric: MetricName, peerId: string, columns: MetricColumns): Promise<void> {
    if (pointsOf(columns) === 0) return
    const { series } = this.#job(jobId)
    const key = `${metric} ${peerId}`
    const known = series.get(key) ?? { metric, peerId, parts: [] }
    known.parts.push(joinColumns([columns]))
    series.set(key, known)
  }

  async appendMarks(jobId: string, marks: readonly EventMark[]): Promise<void> {
    if (marks.length > 0) this.#job(jobId).marks.push(...marks)
  }

  async load(jobId: string): Promise<StoredMetrics> {
    const job = this.#jobs.get(jobId)
    if (job === undefined) return { series: [], marks: [] }
    const series = [...job.series.values()].map(({ metric, peerId, parts }) => ({ metric, peerId, ...joinColumns(parts) }))
    return { series: series.sort(bySeries), marks: [...job.marks] }
  }

  async loadRange(jobId: string, metric: MetricName, peerId: string, range: StepRange = {}): Promise<MetricSeries> {
    const parts = this.#jobs.get(jobId)?.series.get(`${metric} ${peerId}`)?.parts ?? []
    return { metric, peerId, ...cutColumns(joinColumns(parts), range) }
  }

  async remove(jobId: string): Promise<void> {
    this.#jobs.delete(jobId)
  }

  async jobs(): Promise<readonly MetricJob[]> {
    return [...this.#jobs]
      .map(([jobId, { series, updatedAtMs }]) => {
        let points = 0
        for (const { parts } of series.values()) for (const part of parts) points += part.step.length
        return { jobId, points, updatedAtMs }
      })
      .sort((a, b) => b.updatedAtMs - a.updatedAtMs)
  }

  #job(jobId: string): JobInMemory {
    const job = this.#jobs.get(jobId) ?? { series: new Map(), marks: [], updatedAtMs: 0 }
    job.updatedAtMs = Date.now()
    this.#jobs.set(jobId, job)
    return job
  }
}

export function bySeries(a: { readonly metric: string; readonly peerId: string }, b: { readonly metric: string; readonly peerId: string }): number {
  if (a.metric !== b.metric) return a.metric < b.metric ? -1 : 1
  return a.peerId < b.peerId ? -1 : a.peerId > b.peerId ? 1 : 0
}
