/**
 * A job's events for one who watches, until the job ends. States and rounds come through the log, progress by gossip: the
 * last step's figures may come after the result or be lost, and are then asked of a member, because they are promised.
 */
import type { CyxEvent, JobProgressEvent } from '../events/types.ts'
import { isTerminal, type JobRecord } from '../jobs/record.ts'
import { type Registry, resultEvent } from '../jobs/registry.ts'
import type { Watchers } from '../jobs/watch.ts'

/** Gossip on its way gets this long before a member is asked. */
const LAST_PROGRESS_WAIT_MS = 300
const ASK_MEMBER_TIMEOUT_MS = 1500

/** Asks another peer for the last progress it knows of a job. */
export type AskProgress = (peer: string, jobId: string, signal: AbortSignal) => Promise<JobProgressEvent | null>

export interface Watchable {
  readonly registry: Pick<Registry, 'get'>
  readonly watchers: Pick<Watchers, 'watch'>
}

export async function* watchJob(found: JobRecord, jobs: Watchable, askProgress: AskProgress, signal: AbortSignal): AsyncGenerator<CyxEvent> {
  const queue = new EventQueue(signal)
  const unwatch = jobs.watchers.watch(found.jobId, (event) => queue.push(event))
  // As it is now, at the very moment from which on everything is heard.
  const record = jobs.registry.get(found.jobId) ?? found
  try {
    const { jobId, name, state, attempt, reason } = record
    yield { event: 'job.state', jobId, name, state, attempt, ...(reason === null ? {} : { reason }) }
    if (isTerminal(record)) {
      if (record.result !== null) yield resultEvent(record)
      return
    }
    let step = 0
    for (;;) {
      const event = await queue.next()
      if (event === null) return
      if (event.event === 'job.progress') step = event.step
      if (event.event === 'job.state' && event.state === 'completed' && step < record.totalSteps) {
        const last = await lastProgress(jobs.registry.get(jobId) ?? record, queue, askProgress, signal)
        if (last !== null) yield last
        queue.refuseProgress()
      }
      yield event
      if (event.event === 'job.result') return
      if (event.event === 'job.state' && (event.state === 'failed' || event.state === 'cancelled')) return
    }
  } finally {
    unwatch()
    queue.close()
  }
}

async function lastProgress(record: JobRecord, queue: EventQueue, askProgress: AskProgress, signal: AbortSignal): Promise<JobProgressEvent | null> {
  const isLast = (event: CyxEvent | null): event is JobProgressEvent => event?.event === 'job.progress' && event.step === record.totalSteps
  const gossiped = await queue.find(isLast, LAST_PROGRESS_WAIT_MS)
  if (gossiped !== null) return gossiped
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_MEMBER_TIMEOUT_MS)])
  const answers = record.members.map(async ({ peerId }) => {
    const event = await askProgress(peerId, record.jobId, limited)
    if (!isLast(event)) throw new Error(`${peerId} does not know the last step`)
    return event
  })
  // The first who knows; when none does, the result is told without.
  return Promise.any(answers).catch(() => null)
}

/** Events that wait to be taken; `next` gives null when the watcher is gone. */
class EventQueue {
  private readonly events: CyxEvent[] = []
  private readonly signal: AbortSignal
  private wake: () => void = () => {}
  private progressCounts = true

  constructor(signal: AbortSignal) {
    this.signal = signal
    signal.addEventListener('abort', this.onAbort, { once: true })
  }

  push(event: CyxEvent): void {
    if (event.event === 'job.progress' && !this.progressCounts) return
    this.events.push(event)
    this.wake()
  }

  async next(): Promise<CyxEvent | null> {
    for (;;) {
      if (this.signal.aborted) return null
      const event = this.events.shift()
      if (event !== undefined) return event
      await this.change()
    }
  }

  /** Takes the first event that fits out of the queue, if it comes in time. */
  async find<T extends CyxEvent>(fits: (event: CyxEvent) => event is T, waitMs: number): Promise<T | null> {
    const deadline = AbortSignal.timeout(waitMs)
    const onDeadline = (): void => this.wake()
    deadline.addEventListener('abort', onDeadline, { once: true })
    for (;;) {
      const at = this.events.findIndex(fits)
      if (at >= 0) return this.events.splice(at, 1)[0] as T
      if (deadline.aborted || this.signal.aborted) return null
      await this.change()
    }
  }

  /** What comes late must not stand behind the end of the job. */
  refuseProgress(): void {
    this.progressCounts = false
    for (let at = this.events.length - 1; at >= 0; at -= 1) if (this.events[at]?.event === 'job.progress') this.events.splice(at, 1)
  }

  close(): void {
    this.signal.removeEventListener('abort', this.onAbort)
    this.wake()
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve
    })
  }

  private readonly onAbort = (): void => this.wake()
}
