/**
 * How a job's figures on this peer came about, for whoever opens a plot late: at most so many points per job, evenly
 * spread. When a job has more, every second one goes and only every second further one is kept.
 */
import type { JobProgressEvent } from '../events/types.ts'

export interface PastProgress {
  /** Milliseconds since 1970, by this peer's clock. */
  readonly timeMs: number
  readonly event: JobProgressEvent
}

/** About 100 KB as JSON: well below a control message's limit, and more than a screen has columns for. */
export const MAX_HISTORY_POINTS = 500
/** A peer trains a few jobs at a time; older ones have their result. */
const MAX_JOBS = 8

interface Kept {
  points: PastProgress[]
  stride: number
  seen: number
}

export class ProgressHistory {
  private readonly jobs = new Map<string, Kept>()

  add(event: JobProgressEvent, timeMs: number): void {
    const kept = this.jobs.get(event.jobId) ?? { points: [], stride: 1, seen: 0 }
    // The job that was told of last is the last to go.
    this.jobs.delete(event.jobId)
    this.jobs.set(event.jobId, kept)
    const [oldest] = this.jobs.keys()
    if (this.jobs.size > MAX_JOBS && oldest !== undefined) this.jobs.delete(oldest)
    const due = kept.seen % kept.stride === 0
    kept.seen += 1
    if (!due && event.step !== event.totalSteps) return
    kept.points.push({ timeMs, event })
    if (kept.points.length <= MAX_HISTORY_POINTS) return
    kept.points = kept.points.filter((_, i) => i % 2 === 0)
    kept.stride *= 2
  }

  of(jobId: string): readonly PastProgress[] {
    return this.jobs.get(jobId)?.points ?? []
  }
}

/** Milliseconds since 1970 that a calendar still has (ECMA-262, time values). */
const LAST_TIME_MS = 8.64e15
const COUNTS = ['samples', 'samplesPerSecond', 'peers', 'bytesSent', 'bytesReceived', 'memoryBytes'] as const

/**
 * What another peer answered when it was asked for its past of `job`: points that cannot be of this job are left out, what is
 * no list of points at all is none. Figures that are no numbers come as null (JSON has no NaN).
 */
export function readPast(answer: unknown, job: { readonly jobId: string; readonly totalSteps: number }): readonly PastProgress[] {
  if (!Array.isArray(answer)) return []
  return answer.slice(-MAX_HISTORY_POINTS - 1).flatMap((point: unknown) => {
    const { timeMs, event } = objectOf(point)
    const read = readEvent(objectOf(event), job)
    return read !== null && isCount(timeMs) && timeMs <= LAST_TIME_MS ? [{ timeMs, event: read }] : []
  })
}

function readEvent(sent: Readonly<Record<string, unknown>>, { jobId, totalSteps }: { jobId: string; totalSteps: number }): JobProgressEvent | null {
  const { step, round, epoch, loss, accuracy, waitShare, skippedSteps } = sent
  if (sent.jobId !== jobId || !isPlace(step) || step > totalSteps || !isPlace(round) || !isPlace(epoch)) return null
  const [samples, samplesPerSecond, peers, bytesSent, bytesReceived, memoryBytes] = COUNTS.map((key) => sent[key]).filter(isCount)
  // Filtered: the last one is missing when any of them is.
  if (
    samples === undefined ||
    samplesPerSecond === undefined ||
    peers === undefined ||
    bytesSent === undefined ||
    bytesReceived === undefined ||
    memoryBytes === undefined
  )
    return null
  return {
    event: 'job.progress',
    jobId,
    step,
    round,
    epoch,
    samples,
    loss: typeof loss === 'number' ? loss : Number.NaN,
    ...(accuracy === undefined ? {} : { accuracy: typeof accuracy === 'number' ? accuracy : Number.NaN }),
    samplesPerSecond,
    peers,
    bytesSent,
    bytesReceived,
    memoryBytes,
    totalSteps,
    ...(isCount(waitShare) ? { waitShare: Math.min(1, waitShare) } : {}),
    ...(isCount(skippedSteps) ? { skippedSteps } : {}),
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {})
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0
/** Of steps, rounds and epochs, which count from 1. */
const isPlace = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1
