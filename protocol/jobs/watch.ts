/**
 * Progress of jobs for whoever watches: gossiped on a topic of the job, subscribed to while somebody watches, and passed on
 * locally where this peer is a member itself. One member tells often, for the group; the others now and then tell their
 * own figures (`detail`), for those who compare members.
 */
import type { JobEvent, JobProgressEvent } from '../events/types.ts'
import { type GossipComponents, GossipTopic } from '../mesh/gossip.ts'
import { progressTopic } from '../mesh/names.ts'
import { WireError } from '../wire/errors.ts'
import { WireProgress } from './pb/jobs.ts'
import type { JobRecord } from './record.ts'

type Listener = (event: JobEvent) => void
/** `peerId`: whose speed, memory and bytes these are. */
export type MemberListener = (peerId: string, event: JobProgressEvent) => void

interface Told {
  readonly event: JobProgressEvent
  readonly detail: boolean
}

/** Jobs whose last progress is remembered, for watchers whom gossip failed: a peer trains a few at a time. */
const MAX_REMEMBERED = 32

/** What this peer knows of jobs. */
export interface WatchedJobs {
  /** This peer trains it: its own figures are newer than the gossiped ones. */
  readonly own: (jobId: string) => boolean
  /** Undefined for a job that this peer has not heard of yet. */
  readonly record: (jobId: string) => Pick<JobRecord, 'members' | 'totalSteps'> | undefined
}

interface Watch {
  readonly topic: GossipTopic<Told>
  readonly listeners: Set<Listener>
  readonly memberListeners: Set<MemberListener>
}

export class Watchers {
  private readonly mesh: string
  private readonly components: GossipComponents
  private readonly watches = new Map<string, Watch>()
  private readonly publishers = new Map<string, GossipTopic<Told>>()
  private readonly newest = new Map<string, JobProgressEvent>()
  private readonly jobs: WatchedJobs

  constructor(mesh: string, jobs: WatchedJobs, components: GossipComponents) {
    this.mesh = mesh
    this.jobs = jobs
    this.components = components
  }

  /** Calls `listener` for the job's events until the returned function is called. */
  watch(jobId: string, listener: Listener): () => void {
    const watch = this.open(jobId)
    watch.listeners.add(listener)
    return () => {
      watch.listeners.delete(listener)
      this.closeUnused(jobId, watch)
    }
  }

  /** The figures of every member, this peer included, until the returned function is called. */
  watchMembers(jobId: string, listener: MemberListener): () => void {
    const watch = this.open(jobId)
    watch.memberListeners.add(listener)
    return () => {
      watch.memberListeners.delete(listener)
      this.closeUnused(jobId, watch)
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

  /** This peer's own figures, as a member. */
  tellOwn(self: string, event: JobProgressEvent): void {
    this.tell(event)
    for (const listener of this.watches.get(event.jobId)?.memberListeners ?? []) listener(self, event)
  }

  async publish(event: JobProgressEvent, detail: boolean): Promise<void> {
    let topic = this.publishers.get(event.jobId)
    if (topic === undefined) {
      topic = this.topic(event.jobId)
      this.publishers.set(event.jobId, topic)
    }
    await topic.publish({ event, detail })
  }

  forget(jobId: string): void {
    this.publishers.delete(jobId)
  }

  stop(): void {
    for (const { topic } of this.watches.values()) topic.stop()
    this.watches.clear()
  }

  private open(jobId: string): Watch {
    let watch = this.watches.get(jobId)
    if (watch === undefined) {
      watch = { topic: this.topic(jobId), listeners: new Set(), memberListeners: new Set() }
      this.watches.set(jobId, watch)
      watch.topic.start()
    }
    return watch
  }

  private closeUnused(jobId: string, watch: Watch): void {
    if (watch.listeners.size + watch.memberListeners.size > 0 || this.watches.get(jobId) !== watch) return
    watch.topic.stop()
    this.watches.delete(jobId)
  }

  /**
   * Anybody may publish on the topic. A step that the job does not have would end every plot of it, so strangers to the
   * job are not heard; silently, as membership changes while messages are under way.
   */
  private credible({ jobId, step }: JobProgressEvent, from: string): boolean {
    const record = this.jobs.record(jobId)
    if (record === undefined) return true
    return step <= record.totalSteps && (record.members.length === 0 || record.members.some(({ peerId }) => peerId === from))
  }

  private remember(event: JobProgressEvent): void {
    this.newest.delete(event.jobId)
    this.newest.set(event.jobId, event)
    const [oldest] = this.newest.keys()
    if (this.newest.size > MAX_REMEMBERED && oldest !== undefined) this.newest.delete(oldest)
  }

  private topic(jobId: string): GossipTopic<Told> {
    return new GossipTopic<Told>(
      {
        topic: progressTopic(this.mesh, jobId),
        encode: ({ event, detail }) => WireProgress.encode({ ...event, attempt: 0, totalSteps: event.totalSteps ?? 0, detail }),
        decode: (bytes) => decodeProgress(bytes, jobId),
        onMessage: ({ event, detail }, from) => {
          if (!this.credible(event, from)) return
          for (const listener of this.watches.get(jobId)?.memberListeners ?? []) listener(from, event)
          if (!detail && !this.jobs.own(jobId)) this.tell(event)
        },
      },
      this.components,
    )
  }
}

function decodeProgress(bytes: Uint8Array, jobId: string): Told {
  let wire: WireProgress
  try {
    wire = WireProgress.decode(bytes)
  } catch (cause) {
    throw new WireError('MALFORMED', 'progress cannot be decoded', 'penalise', { cause })
  }
  if (wire.jobId !== jobId) throw new WireError('MALFORMED', `progress of job ${wire.jobId} on the topic of ${jobId}`)
  const { step, round, epoch, samples, loss, accuracy, samplesPerSecond, peers, bytesSent, bytesReceived, memoryBytes, totalSteps, waitShare, skippedSteps } =
    wire
  const event: JobProgressEvent = {
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
    ...(waitShare === undefined ? {} : { waitShare }),
    ...(skippedSteps === undefined ? {} : { skippedSteps }),
  }
  const numbers = Object.values(event).filter((value) => typeof value === 'number')
  if (!numbers.every(Number.isFinite)) throw new WireError('MALFORMED', 'progress with a number that is none')
  return { event, detail: wire.detail }
}
