/**
 * Metrics on disk (dashboard.md section 5): a row of `metricChunks` holds up to 1,024 points of one series as typed
 * arrays. What arrives every second or two is a handful of points; it is joined to the newest chunk of its series until
 * that has 256, so that chunks never become rows. All jobs together are bounded: the ones written to longest ago go.
 */
import { Dexie } from 'dexie'
import type { EventMark, MetricName, MetricSeries } from '../metrics/types.ts'
import type { MetricChunkRow, PageDatabase } from './database.ts'
import { storeErrorOf } from './errors.ts'
import {
  bySeries,
  cutColumns,
  joinColumns,
  type MetricChunkStore,
  type MetricColumns,
  type MetricJob,
  pointsOf,
  type StepRange,
  type StoredMetrics,
} from './metric-chunks.ts'
import { OneWriter } from './one-writer.ts'

/** From here on a chunk is left alone. Rewriting a growing chunk costs at most this many points (8 KiB) each time. */
const SEALED_POINTS = 256
/** One row at most: 32 KiB. */
const MAX_CHUNK_POINTS = 1024
/** 32 bytes a point: 128 MiB in all. */
const MAX_POINTS = 4_000_000

export interface MetricTableOptions {
  /** Web Locks, so that one tab writes a job's points; null = this tab alone. */
  readonly locks?: LockManager | null
  /** Points of all jobs together; the jobs written to longest ago are forgotten beyond it. */
  readonly maxPoints?: number
}

/** The newest chunk of a series while it may still grow. */
interface Tail {
  readonly id: number
  readonly columns: MetricColumns
}

export class MetricTable implements MetricChunkStore {
  readonly #database: PageDatabase
  readonly #maxPoints: number
  readonly #writer: OneWriter
  readonly #tails = new Map<string, Tail>()
  /** Appends of one page run one after the other: each rests on the tail that the one before has left. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(database: PageDatabase, options: MetricTableOptions = {}) {
    this.#database = database
    this.#maxPoints = options.maxPoints ?? MAX_POINTS
    this.#writer = new OneWriter(options.locks ?? null)
  }

  close(): void {
    this.#writer.close()
  }

  append(jobId: string, metric: MetricName, peerId: string, columns: MetricColumns): Promise<void> {
    const points = pointsOf(columns)
    if (points === 0) return Promise.resolve()
    const own = joinColumns([columns])
    return this.#inTurn(`metrics of job ${jobId.slice(0, 12)}`, () => this.#append(jobId, metric, peerId, own, points))
  }

  appendMarks(jobId: string, marks: readonly EventMark[]): Promise<void> {
    if (marks.length === 0) return Promise.resolve()
    const rows = marks.map((mark) => ({ jobId, mark: { ...mark } }))
    return this.#inTurn(`metrics of job ${jobId.slice(0, 12)}`, async () => {
      if (!(await this.#writer.may(jobId))) return
      const { metricMarks, metricJobs } = this.#database
      await this.#database.transaction('rw', metricMarks, metricJobs, async () => {
        await metricMarks.bulkAdd(rows)
        await this.#count(jobId, 0)
      })
    })
  }

  load(jobId: string): Promise<StoredMetrics> {
    return this.#inTurn(`metrics of job ${jobId.slice(0, 12)}`, async () => {
      const { metricMarks } = this.#database
      const rows = await this.#chunksOf(jobId).toArray()
      const marks = await metricMarks.where('jobId').equals(jobId).sortBy('id')
      const groups = new Map<string, MetricChunkRow[]>()
      for (const row of rows) {
        const key = `${row.metric} ${row.peer}`
        const group = groups.get(key)
        if (group === undefined) groups.set(key, [row])
        else group.push(row)
      }
      const series = [...groups.values()].map((group) => seriesOf(group)).sort(bySeries)
      return { series, marks: marks.map(({ mark }) => mark as EventMark) }
    })
  }

  loadRange(jobId: string, metric: MetricName, peerId: string, range: StepRange = {}): Promise<MetricSeries> {
    return this.#inTurn(`metrics of job ${jobId.slice(0, 12)}`, async () => {
      const { fromStep = Number.NEGATIVE_INFINITY, toStep } = range
      const rows = await this.#database.metricChunks
        .where('[jobId+metric+peer+startStep]')
        .between([jobId, metric, peerId, Dexie.minKey], [jobId, metric, peerId, toStep ?? Dexie.maxKey], true, true)
        .filter((row) => row.endStep >= fromStep)
        .toArray()
      return { metric, peerId, ...cutColumns(columnsOf(rows), range) }
    })
  }

  remove(jobId: string): Promise<void> {
    return this.#inTurn(`metrics of job ${jobId.slice(0, 12)}`, async () => {
      const { metricChunks, metricMarks, metricJobs } = this.#database
      await this.#database.transaction('rw', metricChunks, metricMarks, metricJobs, () => this.#forget([jobId]))
    })
  }

  jobs(): Promise<readonly MetricJob[]> {
    return this.#inTurn('metrics', async () => {
      const rows = await this.#database.metricJobs.orderBy('updatedAtMs').reverse().toArray()
      return rows.map(({ jobId, points, updatedAtMs }) => ({ jobId, points, updatedAtMs }))
    })
  }

  /** Forgets everything. */
  clear(): Promise<void> {
    return this.#inTurn('metrics', async () => {
      const { metricChunks, metricMarks, metricJobs } = this.#database
      await this.#database.transaction('rw', metricChunks, metricMarks, metricJobs, async () => {
        for (const table of [metricChunks, metricMarks, metricJobs]) await table.clear()
      })
      this.#tails.clear()
    })
  }

  async #append(jobId: string, metric: MetricName, peerId: string, columns: MetricColumns, points: number): Promise<void> {
    if (!(await this.#writer.may(jobId))) return
    const { metricChunks, metricMarks, metricJobs } = this.#database
    const key = `${jobId} ${metric} ${peerId}`
    const tail = this.#tails.get(key)
    const all = tail === undefined ? columns : joinColumns([tail.columns, columns])
    let newTail: Tail | undefined
    await this.#database.transaction('rw', metricChunks, metricMarks, metricJobs, async () => {
      const total = all.step.length
      for (let from = 0; from < total; from += MAX_CHUNK_POINTS) {
        const part = slice(all, from, Math.min(total, from + MAX_CHUNK_POINTS))
        const row = { jobId, metric, peer: peerId, startStep: lowest(part.step), endStep: highest(part.step), ...part }
        // The tail's row is replaced under its own id: the order of ids is the order of appending.
        const id = tail !== undefined && from === 0 ? await metricChunks.put({ ...row, id: tail.id }) : await metricChunks.add(row)
        newTail = part.step.length < SEALED_POINTS ? { id, columns: part } : undefined
      }
      const sum = await this.#count(jobId, points)
      if (sum > this.#maxPoints) await this.#evict(jobId, sum)
    })
    // Only now: a transaction that failed must leave the tail as the disk has it.
    if (newTail === undefined) this.#tails.delete(key)
    else this.#tails.set(key, newTail)
  }

  /** Inside a transaction: notes that a job grew; gives the points of all jobs. */
  async #count(jobId: string, points: number): Promise<number> {
    const { metricJobs } = this.#database
    const before = await metricJobs.get(jobId)
    await metricJobs.put({ jobId, points: (before?.points ?? 0) + points, updatedAtMs: Date.now() })
    if (points === 0) return 0
    let sum = 0
    await metricJobs.each((job) => {
      sum += job.points
    })
    return sum
  }

  async #evict(current: string, sum: number): Promise<void> {
    const old = await this.#database.metricJobs.orderBy('updatedAtMs').toArray()
    const going: string[] = []
    let left = sum
    for (const { jobId, points } of old) {
      if (left <= this.#maxPoints) break
      // The job being written stays: what is on the screen must not vanish. It alone may pass the bound.
      if (jobId === current) continue
      going.push(jobId)
      left -= points
    }
    await this.#forget(going)
  }

  async #forget(jobIds: readonly string[]): Promise<void> {
    const { metricMarks, metricJobs } = this.#database
    for (const jobId of jobIds) {
      await this.#chunksOf(jobId).delete()
      await metricMarks.where('jobId').equals(jobId).delete()
      await metricJobs.delete(jobId)
      for (const key of this.#tails.keys()) if (key.startsWith(`${jobId} `)) this.#tails.delete(key)
    }
  }

  #chunksOf(jobId: string) {
    return this.#database.metricChunks
      .where('[jobId+metric+peer+startStep]')
      .between([jobId, Dexie.minKey, Dexie.minKey, Dexie.minKey], [jobId, Dexie.maxKey, Dexie.maxKey, Dexie.maxKey])
  }

  #inTurn<T>(what: string, work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work).catch((error: unknown) => {
      throw storeErrorOf(error, what)
    })
    this.#last = run.catch(() => {})
    return run
  }
}

function columnsOf(rows: MetricChunkRow[]): MetricColumns {
  return joinColumns(rows.sort((a, b) => a.id - b.id))
}

function seriesOf(rows: MetricChunkRow[]): MetricSeries {
  const first = rows[0] as MetricChunkRow
  return { metric: first.metric, peerId: first.peer, ...columnsOf(rows) }
}

function slice(columns: MetricColumns, from: number, to: number): MetricColumns {
  return {
    step: columns.step.slice(from, to),
    samples: columns.samples.slice(from, to),
    timeMs: columns.timeMs.slice(from, to),
    value: columns.value.slice(from, to),
  }
}

function lowest(steps: Float64Array): number {
  let low = Number.POSITIVE_INFINITY
  for (const step of steps) if (step < low) low = step
  return low
}

function highest(steps: Float64Array): number {
  let high = Number.NEGATIVE_INFINITY
  for (const step of steps) if (step > high) high = step
  return high
}
