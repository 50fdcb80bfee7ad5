/**
 * Progress of jobs for whoever watches: gossiped on a topic of the job by one of its members, subscribed to while
 * somebody watches, and passed on locally where this peer is a member itself.
 */
import type { JobEvent, JobProgressEvent } from '../events/types.ts'
import { type GossipComponents, GossipTopic } from '../mesh/gossip.ts'
import { progressTopic } from '../mesh/names.ts'
import { WireError } from '../wire/errors.ts'
import { WireProgress } from './pb/jobs.ts'

type Listener = (event: JobEvent) => void

/** Jobs whose last progress is remembered, for watchers whom gossip failed: a peer trains a few at a time. */
const MAX_REMEMBERED = 32

interface Watch {
  readonly topic: GossipTopic<JobProgressEvent>
  readonly listeners: Set<Listener>
}

export class Watchers {
  private readonly mesh: string
  private readonly components: GossipComponents
  private readonly watches = new Map<string, Watch>()
  private readonly publishers = new Map<string, GossipTopic<JobProgressEvent>>()
  private readonly newest = new Map<string, JobProgressEvent>()
  /** Jobs this peer trains: its own figures are newer than the gossiped ones. */
  private readonly own: (jobId: string) => boolean

  constructor(mesh: string, own: (jobId: string) => boolean, components: GossipComponents) {
    this.mesh = mesh
    this.own = own
    this.components = components
  }

  /** Calls `listener` for the job's events until the returned function is called. */
  watch(jobId: string, listener: Listener): () => void {
    let watch = this.watches.get(jobId)
    if (watch === undefined) {
      watch = { topic: this.topic(jobId), listeners: new Set() }
      this.watches.set(jobId, watch)
      watch.topic.start()
    }
    const { listeners, topic } = watch
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size > 0 || this.watches.get(jobId)?.topic !== topic) return
      topic.stop()
      this.watches.delete(jobId)
    }
  }

  /** An event of this peer's own registry or training. */
  tell(event: JobEvent): void {
    if (event.event === 'job.progress') this.remember(event)
    for (const listener of this.watches.get(event.jobId)?.listeners ?? []) listener(event)
  }

  /** The newest progress heard of here; null when there was none, or too long ago. */
  lastProgress(jobId: string): JobProgressEvent | null {
    return this.newest.get(jobId) ?? null
  }

  async publish(event: JobProgressEvent): Promise<void> {
    let topic = this.publishers.get(event.jobId)
    if (topic === undefined) {
      topic = this.topic(event.jobId)
      this.publishers.set(event.jobId, topic)
    }
    await topic.publish(event)
  }

  forget(jobId: string): void {
    this.publishers.delete(jobId)
  }

  stop(): void {
    for (const { topic } of this.watches.values()) topic.stop()
    this.watches.clear()
  }

  private remember(event: JobProgressEvent): void {
    this.newest.delete(event.jobId)
    this.newest.set(event.jobId, event)
    const [oldest] = this.newest.keys()
    if (this.newest.size > MAX_REMEMBERED && oldest !== undefined) this.newest.delete(oldest)
  }

  private topic(jobId: string): GossipTopic<JobProgressEvent> {
    return new GossipTopic<JobProgressEvent>(
      {
        topic: progressTopic(this.mesh, jobId),
        encode: (event) => WireProgress.encode({ ...event, attempt: 0, totalSteps: event.totalSteps ?? 0 }),
        decode: (bytes) => decodeProgress(bytes, jobId),
        onMessage: (event) => {
          if (!this.own(jobId)) this.tell(event)
        },
      },
      this.components,
    )
  }
}

function decodeProgress(bytes: Uint8Array, jobId: string): JobProgressEvent {
  let wire: WireProgress
  try {
    wire = WireProgress.decode(bytes)
  } catch (cause) {
    throw new WireError('MALFORMED', 'progress cannot be decoded', 'penalise', { cause })
  }
  if (wire.jobId !== jobId) throw new WireError('MALFORMED', `progress of job ${wire.jobId} on the topic of ${jobId}`)
  const { step, round, epoch, samples, loss, accuracy, samplesPerSecond, peers, bytesSent, bytesReceived, memoryBytes, totalSteps } = wire
  return {
    event: 'job.progress',
    jobId,
    step,
    round,
    epoch,
    samples,
    loss,
    ...(accuracy === undefined ? {} : { accuracy }),
    samplesPerSecond,
    peers,
    bytesSent,
    bytesReceived,
    memoryBytes,
    totalSteps,
  }
}
