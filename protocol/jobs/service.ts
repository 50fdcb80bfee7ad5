/**
 * Jobs on one peer: applies what the committee commits to the registry and tells about it; coordinates while this peer
 * leads (`JobManager`); bids, trains and reports as a member (`MemberRuntime`).
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p, Logger } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../clock.ts'
import { decodeFrame } from '../collective/frames.ts'
import type { Content } from '../content/service.ts'
import type { Coordinator } from '../coordinator/service.ts'
import type { Fence, LogEntry } from '../coordinator/types.ts'
import type { CyxEvent, JobProgressEvent } from '../events/types.ts'
import { Channels } from '../mesh/channels.ts'
import { GossipTopic } from '../mesh/gossip.ts'
import { protocolId, topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import type { PresenceRecord, PresenceService } from '../presence/service.ts'
import type { BlobStore, KeyValueStore } from '../store.ts'
import type { ComputeProvider, DataAccess } from '../training/compute-provider.ts'
import { GOSSIP_PROGRESS_EVERY_MS, MEMBER_PROGRESS_MIN_MS, MEMBER_PROGRESS_PER_PEER_MS } from '../training/constants.ts'
import { MemberRuntime } from '../training/runtime.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { FRAME_OVERHEAD_BYTES, MAX_CHUNK_BYTES, MAX_CONTROL_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'
import { openVerified } from '../wire/signed.ts'
import { decodeCommand, encodeCommand, type JobCommand } from './commands.ts'
import { JobError } from './errors.ts'
import { JobManager, type ManagerInput } from './manager.ts'
import { COMMANDS, decodeJobMessage, decodeOffer, encodeJobMessage, encodeOffer, type JobEnvelope, type JobMessage, type Offer } from './messages.ts'
import { type PeerView, slotsTaken } from './placement.ts'
import { ProgressHistory } from './progress-history.ts'
import { isTerminal, type JobRecord } from './record.ts'
import { Registry, type RegistryEvent } from './registry.ts'
import { type JobSpec, parseJobSpec } from './spec.ts'
import { Told } from './told.ts'
import { Watchers } from './watch.ts'
import { WITHDRAWAL_CHECK_MS, Withdrawal } from './withdrawal.ts'

const MANAGER_TICK_MS = 50
const CONNECT_TIMEOUT_MS = 8000
const ORPHANS_KEY = 'jobs/orphans'
/** A peer that stops does not wait longer for a driver that is busy: its compute host is ended next anyway. */
const RELEASE_WAIT_MS = 500

export interface JobsInit {
  readonly mesh: string
  readonly emit: (event: CyxEvent) => void
  /** Length of a job's flat parameter vector. */
  readonly vectorLength: (spec: JobSpec) => number
  /** Entries up to this index were known before this start: they are replayed, not told. */
  readonly knownIndex: number
}

export interface JobsComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dial' | 'dialProtocol' | 'getConnections' | 'peerId'>
  readonly pubsub: GossipSub
  readonly clock: Clock
  readonly log: Logger
  readonly compute: ComputeProvider
  readonly data: DataAccess
  readonly blobs: BlobStore
  readonly kv: KeyValueStore
  readonly offences: Offences
  readonly coordinator: () => Coordinator
  readonly presence: () => PresenceService
  readonly content: () => Content
}

export class Jobs {
  readonly registry = new Registry()
  readonly watchers: Watchers
  /** What this peer, as a member, has told of its jobs. */
  readonly history = new ProgressHistory()
  private readonly init: JobsInit
  private readonly components: JobsComponents
  private readonly self: string
  private readonly told = new Told()
  private readonly messages: Channels
  private readonly frames: Channels
  private readonly offers: GossipTopic<Offer>
  private readonly runtimes = new Map<string, MemberRuntime>()
  private readonly lastGossip = new Map<string, number>()
  private readonly changeListeners = new Set<() => void>()
  private manager: JobManager | null = null
  /** Records of a line that lost, until the winner has taken them in. */
  private orphans: readonly JobRecord[]
  private cancelTimer: (() => void) | null = null
  private lastSpeed = 0

  constructor(init: JobsInit, components: JobsComponents) {
    this.init = init
    this.components = components
    this.self = components.libp2p.peerId.toString()
    const orphans = components.kv.get(ORPHANS_KEY)
    this.orphans = orphans === null ? [] : (JSON.parse(new TextDecoder().decode(orphans)) as JobRecord[])
    this.watchers = new Watchers(init.mesh, { own: (jobId) => this.runtimes.has(jobId), record: (jobId) => this.registry.get(jobId) }, components)
    this.messages = new Channels(
      { protocol: protocolId(init.mesh, 'job'), maxFrameBytes: MAX_CONTROL_BYTES, onFrame: (from, frame) => this.onMessage(from, frame) },
      components,
    )
    this.frames = new Channels(
      {
        protocol: protocolId(init.mesh, 'collective'),
        maxFrameBytes: MAX_CHUNK_BYTES + FRAME_OVERHEAD_BYTES,
        onFrame: (from, frame) => this.onFrame(from, frame),
      },
      components,
    )
    this.offers = new GossipTopic<Offer>(
      { topic: topicName(init.mesh, 'offer'), encode: encodeOffer, decode: decodeOffer, onMessage: (offer, from) => void this.onOffer(offer, from) },
      components,
    )
  }

  async start(): Promise<void> {
    await this.messages.start()
    await this.frames.start()
    this.offers.start()
    this.cancelTimer = this.components.clock.every(MANAGER_TICK_MS, () => this.tick())
  }

  async stop(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.manager = null
    this.offers.stop()
    this.watchers.stop()
    const ending = [...this.runtimes.values()]
    this.runtimes.clear() // what breaks off now is no news
    const released = Promise.all(ending.map((runtime) => runtime.release())).catch((error: Error) => this.components.log('releasing jobs: %s', error.message))
    const patience = new Promise<void>((resolve) => this.components.clock.after(RELEASE_WAIT_MS, resolve))
    await Promise.race([released, patience])
    await this.messages.stop()
    await this.frames.stop()
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

  /** Calls `listener` after every change of the registry until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener)
    return () => this.changeListeners.delete(listener)
  }

  waitingReason(jobId: string): string | null {
    return this.manager?.waitingReason(jobId) ?? null
  }

  phaseOf(jobId: string): string | null {
    return this.manager?.phaseOf(jobId) ?? null
  }

  // ---- what the committee says ----

  onCommitted(entry: LogEntry): void {
    if (entry.body.kind !== 'command') return
    const command = this.readCommand(entry.body.command)
    if (command === null) return
    this.tell(this.registry.apply(command).events, entry.index)
  }

  /** What many entries came to, in their place: this peer was away, or starts. */
  onRestore(index: number, data: Uint8Array): void {
    this.tell(this.registry.restore(data), index)
    for (const runtime of [...this.runtimes.values()]) if (this.registry.get(runtime.jobId) === undefined) this.end(runtime)
  }

  private tell(events: readonly RegistryEvent[], index: number): void {
    for (const event of events) {
      const attempt = this.registry.get(event.jobId)?.attempt ?? 0
      const news = this.told.isNews(event, attempt)
      if (!news || index <= this.init.knownIndex) continue
      this.init.emit(event)
      this.watchers.tell(event)
    }
    this.releaseEnded()
    if (this.manager !== null) this.drive({ type: 'applied' })
    for (const listener of this.changeListeners) listener()
  }

  onLeader(leader: string | null): void {
    this.manager =
      leader === this.self ? new JobManager({ registry: this.registry, estimateBytes: (spec) => this.components.compute.estimateBytes(spec) }) : null
  }

  /**
   * Another line won, and the log is about to go. Every job in it, applied or not, is kept until the winner has taken it
   * in, over a crash too: each of them may have been acknowledged, and this may be the only copy.
   */
  onAbandon(unapplied: readonly LogEntry[]): void {
    for (const { body } of unapplied) {
      const command = body.kind === 'command' ? this.readCommand(body.command) : null
      if (command !== null) this.registry.apply(command)
    }
    this.keepOrphans([...this.orphans, ...this.registry.list()])
  }

  /** The winner's log comes from the first entry. Work of the line that lost counts nowhere. */
  onReset(): void {
    for (const runtime of [...this.runtimes.values()]) this.end(runtime)
    this.registry.clear()
    this.manager = null
  }

  /** Jobs to bring along to the line that won, until it has `imported` them. */
  get orphaned(): readonly JobRecord[] {
    return this.orphans
  }

  imported(record: JobRecord): void {
    this.keepOrphans(this.orphans.filter((orphan) => orphan !== record))
  }

  private keepOrphans(records: readonly JobRecord[]): void {
    this.orphans = records
    const { kv } = this.components
    if (records.length === 0) kv.delete(ORPHANS_KEY)
    else kv.set(ORPHANS_KEY, new TextEncoder().encode(JSON.stringify(records)))
  }

  private readCommand(bytes: Uint8Array): JobCommand | null {
    try {
      return decodeCommand(bytes)
    } catch (error) {
      this.components.log.error('a log entry cannot be read: %s', (error as Error).message)
      return null
    }
  }

  onPeerGone(peer: string): void {
    this.messages.drop(peer)
    this.frames.drop(peer)
    for (const runtime of this.runtimes.values()) runtime.peerGone(peer)
    if (this.manager !== null) this.drive({ type: 'gone', peer })
  }

  /** A peer whose network process is silent though its connection stands: only the coordinator draws conclusions. */
  onPeerSilent(peer: string): void {
    if (this.manager !== null) this.drive({ type: 'gone', peer })
  }

  // ---- coordinating ----

  private tick(): void {
    const coordinator = this.components.coordinator()
    if (this.manager === null || !coordinator.leads) return
    this.drive({ type: 'tick', peers: this.components.presence().list().map(viewOf) })
  }

  private drive(input: ManagerInput): void {
    const { clock } = this.components
    const coordinator = this.components.coordinator()
    if (this.manager === null || !coordinator.leads) return
    const output = this.manager.step(input, clock.now(), clock.wall())
    for (const command of output.proposals) {
      void coordinator.propose(encodeCommand(command)).catch((error: Error) => this.components.log('proposal %s failed: %s', command.type, error.message))
    }
    for (const { to, jobId, attempt, message } of output.messages)
      this.deliver(to, { jobId, attempt, fence: coordinator.fence, message: this.filled(jobId, message) })
    for (const { jobId, attempt } of output.offers) this.offer(jobId, attempt, coordinator.fence)
  }

  /** The manager knows no bytes: the signed spec is put in here. */
  private filled(jobId: string, message: JobMessage): JobMessage {
    if (message.type !== 'prepare') return message
    const record = this.registry.get(jobId)
    return record === undefined ? message : { ...message, signedSpec: base64ToBytes(record.signed) as Uint8Array<ArrayBuffer> }
  }

  private offer(jobId: string, attempt: number, fence: Fence): void {
    const record = this.registry.get(jobId)
    if (record === undefined) return
    const offer: Offer = { fence, jobId, attempt, needBytes: this.components.compute.estimateBytes(this.registry.spec(jobId)) }
    void this.offers.publish(offer).catch((error: Error) => this.components.log.error('offer of job %s: %s', jobId, error.message))
    void this.onOffer(offer, this.self) // gossip does not come back to its sender
  }

  private deliver(to: string, envelope: JobEnvelope): void {
    if (to === this.self) {
      // Not within the manager's or the member's own step.
      this.components.clock.after(0, () => this.receive(this.self, envelope))
      return
    }
    if (!this.messages.send(to, encodeJobMessage(envelope))) this.components.log('message %s to %s: not connected', envelope.message.type, to)
  }

  private onMessage(from: string, frame: Uint8Array): void {
    this.components.offences.guard(from, () => this.receive(from, decodeJobMessage(frame)))
  }

  private receive(from: string, { jobId, attempt, fence, message }: JobEnvelope): void {
    if (COMMANDS.has(message.type)) {
      this.onCommand(from, jobId, attempt, fence, message)
    } else if (this.manager !== null) {
      this.drive({ type: 'message', from, jobId, attempt, message })
    }
  }

  // ---- taking part ----

  /** Commands count only from the coordinator this peer follows, under a fence that is not stale. */
  private onCommand(from: string, jobId: string, attempt: number, fence: Fence, message: JobMessage): void {
    if (!this.commands(from, fence, message.type)) return
    let runtime = this.runtimes.get(jobId)
    if (message.type === 'prepare' && runtime?.attempt !== attempt) {
      if (runtime !== undefined) this.end(runtime)
      try {
        // Taken back between the bid and now.
        if (this.components.compute.slots < 1) throw new Error('is paused by its owner')
        runtime = this.open(jobId, attempt, message.signedSpec)
      } catch (error) {
        // A spec of a newer version, say: this peer cannot take part, and says so.
        const prepared: JobMessage = { type: 'prepared', error: (error as Error).message, samplesPerSecond: 0, memoryBytes: 0 }
        this.deliver(from, { jobId, attempt, fence, message: prepared })
        return
      }
    }
    if (runtime?.attempt === attempt) runtime.command(message)
    else if (message.type === 'query') {
      this.deliver(from, {
        jobId,
        attempt,
        fence,
        message: { type: 'status', nonce: message.nonce, prepared: false, step: 0, oldestStep: 0, holdsState: false },
      })
    }
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

  private open(jobId: string, attempt: number, signedSpec: Uint8Array): MemberRuntime {
    const { compute, data, blobs, clock, log } = this.components
    const spec = readSpec(signedSpec)
    const runtime = new MemberRuntime(jobId, attempt, spec, {
      self: this.self,
      clock,
      log,
      compute,
      data,
      blobs,
      content: this.components.content(),
      vectorLength: this.init.vectorLength,
      peers: () => this.connectedPeers(),
      connect: (peer, signal) => this.connect(peer, signal),
      sendFrame: (peer, frame) => this.frames.send(peer, frame),
      report: (member, message) => this.report(member, message),
      progress: (_, event, reporter) => this.progress(event, reporter),
      stopped: (member) => this.end(member),
    })
    this.runtimes.set(jobId, runtime)
    this.components.presence().changed()
    return runtime
  }

  private end(runtime: MemberRuntime): void {
    if (this.runtimes.get(runtime.jobId) === runtime) this.runtimes.delete(runtime.jobId)
    if (runtime.speed > 0) this.lastSpeed = runtime.speed
    this.watchers.forget(runtime.jobId)
    this.lastGossip.delete(runtime.jobId)
    void runtime.release().then(
      () => this.components.presence().changed(),
      (error: Error) => this.components.log.error('releasing job %s: %s', runtime.jobId, error.message),
    )
  }

  /** What was committed ends a job here even when no message says so. */
  private releaseEnded(): void {
    for (const runtime of [...this.runtimes.values()]) {
      const record = this.registry.get(runtime.jobId)
      if (record === undefined) continue
      // The group went on without this peer, and the message that says so was lost with a connection.
      const { membership } = runtime.core
      const leftOut = membership > 0 && record.membership > membership && !record.members.some(({ peerId }) => peerId === this.self)
      if (isTerminal(record) || record.attempt > runtime.attempt || (record.attempt === runtime.attempt && leftOut)) this.end(runtime)
    }
  }

  private report(runtime: MemberRuntime, message: JobMessage): void {
    // Ended here meanwhile (cancelled, say): that its work broke off is no news.
    if (this.runtimes.get(runtime.jobId) !== runtime) return
    const coordinator = this.components.coordinator()
    const { leader, fence } = coordinator
    if (leader === null) return // whoever comes next asks
    this.deliver(leader, { jobId: runtime.jobId, attempt: runtime.attempt, fence, message })
    if (message.type === 'trouble' && message.peerId === this.self) {
      this.init.emit({ event: 'error', code: 'TRAINING_FAILED', message: message.reason, jobId: runtime.jobId })
    }
    if (message.type === 'prepared' && message.error !== '') {
      this.init.emit({ event: 'error', code: 'PREPARE_FAILED', message: message.error, jobId: runtime.jobId })
      this.end(runtime)
    }
  }

  private progress(event: JobProgressEvent, reporter: boolean): void {
    this.init.emit(event)
    this.watchers.tellOwn(this.self, event)
    this.history.add(event, this.components.clock.wall())
    const everyMs = reporter ? GOSSIP_PROGRESS_EVERY_MS : Math.max(MEMBER_PROGRESS_MIN_MS, MEMBER_PROGRESS_PER_PEER_MS * event.peers)
    const now = this.components.clock.now()
    const last = event.step === event.totalSteps
    if (!last && now - (this.lastGossip.get(event.jobId) ?? -Infinity) < everyMs) return
    this.lastGossip.set(event.jobId, now)
    void this.watchers.publish(event, !reporter)
  }

  private onFrame(from: string, bytes: Uint8Array): void {
    this.components.offences.guard(from, () => {
      const frame = decodeFrame(bytes)
      this.runtimes.get(frame.head.jobId)?.frame(from, frame)
    })
  }

  private async onOffer(offer: Offer, from: string): Promise<void> {
    if (!this.commands(from, offer.fence, 'offer')) return
    const { jobId, attempt } = offer
    // Prepared for a coordinator that is gone, a peer bids again: its successor does not know.
    const runtime = this.runtimes.get(jobId)
    if (runtime?.attempt === attempt && runtime.core.membership > 0) return
    if (this.registry.get(jobId) === undefined) return // not in this peer's log yet: the offer comes again
    const considered = await this.considered(this.registry.spec(jobId), runtime)
    const bid: JobMessage = { type: 'bid', freeBytes: 0, speed: this.speed, cached: false, freeSlots: 0, refusal: '', ...considered }
    this.deliver(from, { jobId, attempt, fence: offer.fence, message: bid })
  }

  /** `own`: what this peer holds for the job already, and would go on to use. */
  private async considered(
    spec: JobSpec,
    own: MemberRuntime | undefined,
  ): Promise<{ refusal: string } | { freeBytes: number; freeSlots: number; cached: boolean }> {
    const { compute, data } = this.components
    if (compute.device === null) return { refusal: 'does not compute now' }
    const freeSlots = compute.slots - this.runtimes.size + (own === undefined ? 0 : 1)
    if (compute.slots < 1) return { refusal: 'is paused by its owner' }
    if (freeSlots < 1) return { refusal: slotsTaken(compute.slots) }
    try {
      const needed = compute.estimateBytes(spec)
      const { limitBytes, usedBytes: inUse, maxStorageBufferBindingSize } = compute.memory()
      const usedBytes = Math.max(0, inUse - (own?.memoryBytes ?? 0))
      const vectorBytes = 4 * this.init.vectorLength(spec)
      if (vectorBytes > maxStorageBufferBindingSize)
        return { refusal: `has ${vectorBytes} bytes of parameters, one binding takes ${maxStorageBufferBindingSize}` }
      if (needed > limitBytes - usedBytes) return { refusal: `needs ${needed} bytes of GPU memory, ${Math.max(0, limitBytes - usedBytes)} are free` }
      const located = await Promise.all(spec.data.parts.map((part) => data.locate(part)))
      return { freeBytes: limitBytes - usedBytes, freeSlots, cached: located.every((location) => location !== null) }
    } catch (error) {
      return { refusal: (error as Error).message }
    }
  }

  /** Everybody this peer has a connection to. */
  connectedPeers(): string[] {
    const connected = new Set(this.components.libp2p.getConnections().map((connection) => connection.remotePeer.toString()))
    return [...connected]
  }

  private async connect(peer: string, signal: AbortSignal): Promise<void> {
    const { libp2p } = this.components
    const id = peerIdFromString(peer)
    if (libp2p.getConnections(id).length > 0) return
    await libp2p.dial(id, { signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]) }).catch((cause: Error) => {
      throw new JobError('NO_COORDINATOR', `member ${peer} cannot be reached: ${cause.message}`)
    })
  }
}

function readSpec(signedSpec: Uint8Array): JobSpec {
  const { payload } = openVerified(signedSpec)
  return parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
}

function viewOf(record: PresenceRecord): PeerView {
  const { peerId, memory, slots, speed, visible, device } = record
  return { peerId, limitBytes: memory.limitBytes, usedBytes: memory.usedBytes, slots, speed, visible, computes: device !== null }
}
