/**
 * A peer's part in jobs: answers offers, opens a runtime for each attempt it is prepared for, and ends it when the
 * coordinator or the log says so. It never promises more memory than it may take, whatever a coordinator asks: the sum of
 * what its jobs hold, and are about to hold, stays within its limit.
 */
import type { Logger } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import type { Frame } from '../collective/frames.ts'
import type { Content } from '../content/service.ts'
import type { Coordinator } from '../coordinator/service.ts'
import type { Fence } from '../coordinator/types.ts'
import type { CyxEvent, JobProgressEvent } from '../events/types.ts'
import type { Offences } from '../mesh/offences.ts'
import type { BlobStore, KeyValueStore } from '../store.ts'
import { type ComputeProvider, type DataAccess, memoryForJob } from '../training/compute-provider.ts'
import { GOSSIP_PROGRESS_EVERY_MS, MEMBER_PROGRESS_MIN_MS, MEMBER_PROGRESS_PER_PEER_MS } from '../training/constants.ts'
import { MemberRuntime } from '../training/runtime.ts'
import { WireError } from '../wire/errors.ts'
import { openVerified } from '../wire/signed.ts'
import { couldHold, formatBytes, type JobNeed, slotsTaken } from './capacity.ts'
import { Forsaken } from './forsaken.ts'
import { CheckpointKeeper } from './keeper.ts'
import type { Links } from './links.ts'
import { holdsNothing, type JobEnvelope, type JobMessage, type JobMessageOf, type Offer } from './messages.ts'
import type { ProgressHistory } from './progress-history.ts'
import { checkpointsOf, isTerminal } from './record.ts'
import type { Registry } from './registry.ts'
import { type JobSpec, parseJobSpec } from './spec.ts'
import type { Watchers } from './watch.ts'
import { WITHDRAWAL_CHECK_MS, Withdrawal } from './withdrawal.ts'

/** A peer that stops does not wait longer for a driver that is busy: its compute host is ended next anyway. */
const RELEASE_WAIT_MS = 500

/** Offers kept until their jobs are in the log: each comes again within a second or so. */
const MAX_EARLY_OFFERS = 64

export interface TakingPartComponents {
  readonly self: string
  readonly registry: Registry
  readonly links: Links
  readonly watchers: Watchers
  readonly history: ProgressHistory
  readonly clock: Clock
  readonly log: Logger
  readonly compute: ComputeProvider
  readonly data: DataAccess
  readonly blobs: BlobStore
  readonly kv: KeyValueStore
  readonly needOf: (spec: JobSpec) => JobNeed
  readonly offences: Pick<Offences, 'report'>
  readonly coordinator: () => Pick<Coordinator, 'leader' | 'fence' | 'accepts'>
  readonly content: () => Content
  /** What this peer gives has changed. */
  readonly changed: () => void
  readonly deliver: (to: string, envelope: JobEnvelope) => void
  readonly emit: (event: CyxEvent) => void
}

export class TakingPart {
  private readonly components: TakingPartComponents
  private readonly runtimes = new Map<string, MemberRuntime>()
  /** Offers of jobs that are not in the log here yet. */
  private readonly early = new Map<string, { readonly offer: Offer; readonly from: string }>()
  private readonly keeper: CheckpointKeeper
  private readonly forsaken = new Forsaken<MemberRuntime>()
  private readonly lastGossip = new Map<string, number>()
  private lastSpeed = 0

  constructor(components: TakingPartComponents) {
    this.components = components
    this.keeper = new CheckpointKeeper(components)
  }

  async stop(): Promise<void> {
    const { clock, log } = this.components
    this.keeper.stop()
    const ending = [...this.runtimes.values()]
    this.runtimes.clear() // what breaks off now is no news
    const released = Promise.all(ending.map((runtime) => runtime.release())).catch((error: Error) => log('releasing jobs: %s', error.message))
    const patience = new Promise<void>((resolve) => clock.after(RELEASE_WAIT_MS, resolve))
    await Promise.race([released, patience])
  }

  /** Gives the adapter back to its owner; resolves when no job holds it any more. */
  async withdraw(when: 'now' | 'round-end'): Promise<void> {
    const { clock } = this.components
    const withdrawal = new Withdrawal<MemberRuntime>(when, clock.now(), {
      running: () => [...this.runtimes.values()],
      tell: (runtime, message) => this.report(runtime, message),
      end: (runtime) => this.end(runtime),
    })
    while (!withdrawal.check(clock.now())) await new Promise<void>((resolve) => clock.after(WITHDRAWAL_CHECK_MS, resolve))
  }

  has(jobId: string): boolean {
    return this.runtimes.has(jobId)
  }

  /** What this peer trains now. */
  get training(): { readonly jobId: string; readonly membership: number }[] {
    return [...this.runtimes.values()].map(({ jobId, core }) => ({ jobId, membership: core.membership }))
  }

  /** Jobs that hold this peer's adapter. */
  get active(): number {
    return this.runtimes.size
  }

  /** Samples per second, as measured by the last job here. */
  get speed(): number {
    for (const runtime of this.runtimes.values()) if (runtime.speed > 0) this.lastSpeed = runtime.speed
    return this.lastSpeed
  }

  /** The training state of a job for a new member. */
  async exportState(jobId: string, step: number): Promise<Uint8Array | null> {
    return (await this.runtimes.get(jobId)?.exportState(step)) ?? null
  }

  /** The state of a job for a new member lies on this disk. */
  stateStored(jobId: string, sha256: string): void {
    this.keeper.note(jobId, sha256)
  }

  frame(from: string, frame: Frame): void {
    this.runtimes.get(frame.head.jobId)?.frame(from, frame)
  }

  peerGone(peer: string): void {
    for (const runtime of this.runtimes.values()) runtime.peerGone(peer)
  }

  /** Commands count only from the coordinator this peer follows, under a fence that is not stale. */
  onCommand(from: string, { jobId, attempt, fence, message }: JobEnvelope): void {
    if (!this.commands(from, fence, message.type)) return
    if (message.type === 'keep') {
      void this.keep(jobId, attempt, message)
      return
    }
    let runtime = this.runtimes.get(jobId)
    if (message.type === 'prepare' && runtime?.attempt !== attempt) {
      if (runtime !== undefined) this.end(runtime)
      try {
        runtime = this.open(jobId, attempt, readSpec(message.signedSpec))
      } catch (error) {
        // Taken back or filled up between the bid and now, or a spec of a newer version: this peer cannot take part.
        this.answer(from, jobId, attempt, fence, { type: 'prepared', error: (error as Error).message, samplesPerSecond: 0, memoryBytes: 0 })
        return
      }
    }
    if (message.type === 'assign' && message.checkpoint !== undefined) this.keeper.note(jobId, message.checkpoint.sha256)
    const mine = runtime?.attempt === attempt
    if (mine && runtime !== undefined) {
      this.forsaken.wanted(runtime, fence)
      runtime.command(message)
    }
    if (message.type === 'stop') this.answer(from, jobId, attempt, fence, holdsNothing(0))
    else if (message.type === 'query' && !mine) this.answer(from, jobId, attempt, fence, holdsNothing(message.nonce))
  }

  /** Whoever coordinates when the copy is made is told of it. */
  private async keep(jobId: string, attempt: number, message: JobMessageOf<'keep'>): Promise<void> {
    const error = await this.keeper.keep(jobId, message, this.components.links.connected())
    const { leader, fence } = this.components.coordinator()
    if (error !== null && leader !== null) this.answer(leader, jobId, attempt, fence, { type: 'kept', sha256: message.sha256, error })
  }

  async onOffer(offer: Offer, from: string): Promise<void> {
    const { registry } = this.components
    if (!this.commands(from, offer.fence, 'offer')) return
    const { jobId, attempt } = offer
    // Prepared for a coordinator that is gone, a peer bids again: its successor does not know.
    const runtime = this.runtimes.get(jobId)
    if (runtime?.attempt === attempt && runtime.core.membership > 0) return
    if (registry.get(jobId) === undefined) {
      // Gossip was faster than the log, which a learner has from its neighbours.
      const [oldest] = this.early.keys()
      if (oldest !== undefined && this.early.size >= MAX_EARLY_OFFERS) this.early.delete(oldest)
      this.early.set(jobId, { offer, from })
      return
    }
    const considered = await this.considered(registry.spec(jobId), runtime)
    const diskBytes = await this.components.blobs.roomBytes()
    const bid = { type: 'bid', freeBytes: 0, speed: this.speed, cached: false, freeSlots: 0, refusal: '', diskBytes, ...considered } as const
    this.answer(from, jobId, attempt, offer.fence, bid)
  }

  /** What was committed ends a job here even when no message says so. */
  releaseEnded(): void {
    this.keeper.sweep(this.components.registry)
    for (const runtime of [...this.runtimes.values()]) {
      const record = this.components.registry.get(runtime.jobId)
      if (record === undefined) continue
      // The group went on without this peer, and the message that says so was lost with a connection.
      const { membership } = runtime.core
      const leftOut = membership > 0 && record.membership > membership && !record.members.some(({ peerId }) => peerId === this.components.self)
      if (isTerminal(record) || record.attempt > runtime.attempt || (record.attempt === runtime.attempt && leftOut)) this.end(runtime)
    }
  }

  /** What was prepared for a coordinator that is gone is not held for ever. */
  releaseForsaken(): void {
    const { coordinator, clock } = this.components
    for (const runtime of this.forsaken.due([...this.runtimes.values()], coordinator().fence, clock.now())) this.end(runtime)
  }

  /** Offers that came before their jobs. */
  considerEarly(): void {
    for (const [jobId, { offer, from }] of this.early) {
      if (this.components.registry.get(jobId) === undefined) continue
      this.early.delete(jobId)
      void this.onOffer(offer, from)
    }
  }

  /** A snapshot took the place of the log: jobs that are not in it were removed meanwhile. */
  releaseRemoved(): void {
    for (const runtime of [...this.runtimes.values()]) if (this.components.registry.get(runtime.jobId) === undefined) this.end(runtime)
  }

  /** Another line won: work of this one counts nowhere. */
  endAll(): void {
    for (const runtime of [...this.runtimes.values()]) this.end(runtime)
  }

  /** False for what does not come from the coordinator, or from one that has been replaced; counted against the sender. */
  private commands(from: string, fence: Fence, what: string): boolean {
    const coordinator = this.components.coordinator()
    const { leader } = coordinator
    const accepted = coordinator.accepts(fence)
    if (from === leader && accepted) return true
    const { epochId, term } = coordinator.fence
    // Whoever follows no coordinator yet, or an older one than the sender's, cannot tell who is right.
    const blame = leader === null || (fence.epochId === epochId && fence.term > term) ? 'ignore' : 'tolerate'
    const refusal = accepted
      ? new WireError('NOT_COORDINATOR', `${what}: ${from} does not coordinate, ${leader ?? 'nobody'} does`, blame)
      : new WireError('STALE_FENCE', `${what} under term ${fence.term} of epoch ${fence.epochId}: it is term ${term} of ${epochId}`, blame)
    this.components.offences.report(from, refusal)
    return false
  }

  // ---- admission ----

  /** Memory that other jobs hold here or are about to. */
  private othersBytes(own: MemberRuntime | undefined): number {
    let bytes = 0
    for (const runtime of this.runtimes.values()) if (runtime !== own) bytes += runtime.reservedBytes
    return bytes
  }

  /** Throws why a job cannot be taken now; returns what is free for it. `own`: what this peer holds for it already. */
  private admit(spec: JobSpec, own: MemberRuntime | undefined): { freeBytes: number; freeSlots: number } {
    const { compute, needOf, self } = this.components
    if (compute.device === null) throw new Error('does not compute now')
    if (compute.slots < 1) throw new Error('is paused by its owner')
    const freeSlots = compute.slots - this.runtimes.size + (own === undefined ? 0 : 1)
    if (freeSlots < 1) throw new Error(slotsTaken(compute.slots))
    const memory = compute.memory()
    const need = needOf(spec)
    const { features } = compute.device
    const view = { ...memory, peerId: self, slots: 1, speed: 0, visible: true, computes: true, bufferBytes: memory.maxBufferSize, features }
    const could = couldHold(view, need)
    if (!could.fits) throw new Error(could.reason)
    const room = memoryForJob(memory, 1, { ownBytes: own?.memoryBytes ?? 0, othersBytes: this.othersBytes(own) }, need.bytes)
    const freeBytes = Math.min(room.limitBytes, room.freeBytes ?? Number.POSITIVE_INFINITY)
    if (need.bytes > freeBytes) throw new Error(`needs ${formatBytes(need.bytes)}, has ${formatBytes(freeBytes)} free`)
    return { freeBytes, freeSlots }
  }

  private async considered(
    spec: JobSpec,
    own: MemberRuntime | undefined,
  ): Promise<{ refusal: string } | { freeBytes: number; freeSlots: number; cached: boolean }> {
    try {
      const free = this.admit(spec, own)
      const located = await Promise.all(spec.data.parts.map((part) => this.components.data.locate(part)))
      return { ...free, cached: located.every((location) => location !== null) }
    } catch (error) {
      return { refusal: (error as Error).message }
    }
  }

  /** Rows of the batch that a job works on at a time; what they take is promised to it from now on. */
  private fit(runtime: MemberRuntime, rows: number): number {
    const held = { ownBytes: runtime.memoryBytes, othersBytes: this.othersBytes(runtime) }
    const fitted = this.components.compute.fittingRows(runtime.spec, rows, held)
    runtime.reservedBytes = fitted.bytes
    return fitted.rows
  }

  // ---- runtimes ----

  private open(jobId: string, attempt: number, spec: JobSpec): MemberRuntime {
    const { self, compute, data, blobs, clock, log, links, needOf, content } = this.components
    this.admit(spec, undefined)
    const need = needOf(spec)
    const runtime = new MemberRuntime(jobId, attempt, spec, need.bytes, {
      self,
      clock,
      log,
      compute,
      data,
      blobs,
      content: content(),
      vectorLength: need.vectorBytes / 4,
      fit: (member, rows) => this.fit(member, rows),
      peers: () => [...new Set([...this.holdersOf(jobId), ...links.connected()])],
      connect: (peer, signal) => links.connect(peer, signal),
      sendFrame: (peer, frame) => links.sendFrame(peer, frame),
      report: (member, message) => this.report(member, message),
      progress: (_, event, reporter) => this.progress(event, reporter),
      stopped: (member) => this.end(member),
    })
    this.runtimes.set(jobId, runtime)
    this.components.changed()
    return runtime
  }

  /** Who is known to hold a checkpoint of the job: to be asked first, connected or not. */
  private holdersOf(jobId: string): string[] {
    const { registry, self } = this.components
    const record = registry.get(jobId)
    return record === undefined ? [] : checkpointsOf(record).flatMap(({ holders }) => (holders ?? []).filter((peer) => peer !== self))
  }

  private end(runtime: MemberRuntime): void {
    const { watchers, log, changed } = this.components
    if (this.runtimes.get(runtime.jobId) === runtime) this.runtimes.delete(runtime.jobId)
    if (runtime.speed > 0) this.lastSpeed = runtime.speed
    watchers.forget(runtime.jobId)
    this.lastGossip.delete(runtime.jobId)
    void runtime.release().then(
      () => changed(),
      (error: Error) => log.error('releasing job %s: %s', runtime.jobId, error.message),
    )
  }

  private answer(to: string, jobId: string, attempt: number, fence: Fence, message: JobMessage): void {
    this.components.deliver(to, { jobId, attempt, fence, message })
  }

  private report(runtime: MemberRuntime, message: JobMessage): void {
    // Ended here meanwhile (cancelled, say): that its work broke off is no news.
    if (this.runtimes.get(runtime.jobId) !== runtime) return
    const { leader, fence } = this.components.coordinator()
    if (leader === null) return // whoever comes next asks
    const { emit, self } = this.components
    this.answer(leader, runtime.jobId, runtime.attempt, fence, message)
    if (message.type === 'roundDone' && message.checkpoint !== undefined) this.keeper.note(runtime.jobId, message.checkpoint.sha256)
    if (message.type === 'trouble' && message.peerId === self) {
      emit({ event: 'error', code: 'TRAINING_FAILED', message: message.reason, jobId: runtime.jobId })
    }
    if (message.type === 'prepared' && message.error !== '') {
      emit({ event: 'error', code: 'PREPARE_FAILED', message: message.error, jobId: runtime.jobId })
      this.end(runtime)
    }
  }

  private progress(event: JobProgressEvent, reporter: boolean): void {
    const { emit, self, watchers, history, clock } = this.components
    emit(event)
    watchers.tellOwn(self, event)
    history.add(event, clock.wall())
    const everyMs = reporter ? GOSSIP_PROGRESS_EVERY_MS : Math.max(MEMBER_PROGRESS_MIN_MS, MEMBER_PROGRESS_PER_PEER_MS * event.peers)
    const now = clock.now()
    const last = event.step === event.totalSteps
    if (!last && now - (this.lastGossip.get(event.jobId) ?? -Infinity) < everyMs) return
    this.lastGossip.set(event.jobId, now)
    void watchers.publish(event, !reporter)
  }
}

function readSpec(signedSpec: Uint8Array): JobSpec {
  const { payload } = openVerified(signedSpec)
  return parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
}
