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
