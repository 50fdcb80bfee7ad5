/**
 * Jobs on one peer: applies what the committee commits to the registry and tells about it; coordinates while this peer
 * leads (`coordinating.ts`); bids, trains and reports as a member (`taking-part.ts`).
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p, Logger } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import { decodeFrame } from '../collective/frames.ts'
import type { Content } from '../content/service.ts'
import type { Coordinator } from '../coordinator/service.ts'
import type { LogEntry, RaftEffect } from '../coordinator/types.ts'
import type { CyxEvent } from '../events/types.ts'
import { GossipTopic } from '../mesh/gossip.ts'
import { topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import type { PresenceService } from '../presence/service.ts'
import type { BlobStore, KeyValueStore } from '../store.ts'
import type { ComputeProvider, DataAccess } from '../training/compute-provider.ts'
import { WireError } from '../wire/errors.ts'
import type { JobNeed } from './capacity.ts'
import { decodeCommand, encodeCommand, type JobCommand } from './commands.ts'
import { Coordinating } from './coordinating.ts'
import { Endings } from './ends.ts'
import { Links } from './links.ts'
import { COMMANDS, decodeJobMessage, decodeOffer, encodeJobMessage, encodeOffer, type JobEnvelope, type Offer } from './messages.ts'
import { ProgressHistory } from './progress-history.ts'
import type { JobRecord } from './record.ts'
import { Registry, type RegistryEvent } from './registry.ts'
import type { JobSpec } from './spec.ts'
import { TakingPart } from './taking-part.ts'
import { Told } from './told.ts'
import { Vetting } from './vetting.ts'
import { Watchers } from './watch.ts'

const MANAGER_TICK_MS = 50
const ORPHANS_KEY = 'jobs/orphans'

export interface JobsInit {
  readonly mesh: string
  readonly emit: (event: CyxEvent) => void
  /** What a job needs on a peer; throws for a model that cannot be. */
  readonly needOf: (spec: JobSpec) => JobNeed
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
  private readonly links: Links
  private readonly offers: GossipTopic<Offer>
  private readonly coordinating: Coordinating
  private readonly part: TakingPart
  private readonly vetting: Vetting
  private readonly endings = new Endings()
  private readonly changeListeners = new Set<() => void>()
  /** Records of a line that lost, until the winner has taken them in. */
  private orphans: readonly JobRecord[]
  private cancelTimer: (() => void) | null = null

  constructor(init: JobsInit, components: JobsComponents) {
    this.init = init
    this.components = components
    this.self = components.libp2p.peerId.toString()
    const { registry, history } = this
    this.vetting = new Vetting(() => new Promise((resolve) => components.clock.after(0, resolve)))
    const { needOf, emit } = init
    const orphans = components.kv.get(ORPHANS_KEY)
    this.orphans = orphans === null ? [] : (JSON.parse(new TextDecoder().decode(orphans)) as JobRecord[])
    this.watchers = new Watchers(init.mesh, { own: (jobId) => this.part.has(jobId), record: (jobId) => registry.get(jobId) }, components)
    this.links = new Links(
      { mesh: init.mesh, onMessage: (from, frame) => this.onMessage(from, frame), onFrame: (from, frame) => this.onFrame(from, frame) },
      components,
    )
    this.offers = new GossipTopic<Offer>(
      { topic: topicName(init.mesh, 'offer'), encode: encodeOffer, decode: decodeOffer, onMessage: (offer, from) => void this.part.onOffer(offer, from) },
      components,
    )
    const deliver = (to: string, envelope: JobEnvelope): void => this.deliver(to, envelope)
    this.coordinating = new Coordinating({
      ...components,
      registry,
      needOf,
      loadSizes: () => components.compute.loadSizes?.() ?? null,
      deliver,
      publish: (offer) => this.publish(offer),
    })
    this.part = new TakingPart({
      ...components,
      self: this.self,
      registry,
      history,
      links: this.links,
      watchers: this.watchers,
      needOf,
      changed: () => components.presence().changed(),
      deliver,
      emit,
    })
  }

  async start(): Promise<void> {
    await this.links.start()
    this.offers.start()
    this.cancelTimer = this.components.clock.every(MANAGER_TICK_MS, () => this.tick())
  }

  async stop(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.coordinating.end()
    this.offers.stop()
    this.watchers.stop()
    await this.part.stop()
    await this.links.stop()
  }

  /** Gives the adapter back to its owner; resolves when no job holds it any more. */
  withdraw(when: 'now' | 'round-end'): Promise<void> {
    return this.part.withdraw(when)
  }

  /** What this peer trains now. */
  get training(): { readonly jobId: string; readonly membership: number }[] {
    return this.part.training
  }

  /** Jobs that hold this peer's adapter. */
  get active(): number {
    return this.part.active
  }

  /** Samples per second, as measured by the last job here. */
  get speed(): number {
    return this.part.speed
  }

  /** The training state of a job for a new member. */
  exportState(jobId: string, step: number): Promise<Uint8Array | null> {
    return this.part.exportState(jobId, step)
  }

  /** That state is on this disk now. */
  stateStored(jobId: string, sha256: string): void {
    this.part.stateStored(jobId, sha256)
  }

  /** Everybody this peer has a connection to. */
  connectedPeers(): string[] {
    return this.links.connected()
  }

  /** Calls `listener` after every change of the registry until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.changeListeners.add(listener)
    return () => this.changeListeners.delete(listener)
  }

  waitingReason(jobId: string): string | null {
    return this.coordinating.waitingReason(jobId)
  }

  phaseOf(jobId: string): string | null {
    return this.coordinating.phaseOf(jobId)
  }

  private tick(): void {
    this.coordinating.tick()
    this.part.releaseForsaken()
    const { clock, log } = this.components
    const coordinator = this.components.coordinator()
    if (!coordinator.leads) return
    for (const command of this.endings.due(clock.now(), clock.wall(), this.registry, (index) => coordinator.proofOf(index))) {
      void coordinator.propose(encodeCommand(command)).catch((error: Error) => log('the end of a job could not be proved yet: %s', error.message))
    }
  }

  // ---- what the committee says ----

  /** Signatures in what is about to be applied. */
  check(effects: readonly RaftEffect[]): Promise<void> | null {
    return this.vetting.check(effects)
  }

  onCommitted(entry: LogEntry): void {
    if (entry.body.kind !== 'command') return
    const command = this.readCommand(entry.body.command)
    if (command === null || this.isRefused(entry.index, entry.term)) return
    const events = this.apply(command, entry)
    this.endings.applied(entry, command, this.registry)
    this.tell(events, entry.index)
  }

  /** A command that makes no sense at all is no reason for anybody to go down. */
  private apply(command: JobCommand, { index, term }: LogEntry): readonly RegistryEvent[] {
    try {
      return this.registry.apply(command).events
    } catch (cause) {
      this.blame(term, new WireError('MALFORMED', `log entry ${index} cannot be applied: ${(cause as Error).message}`, 'penalise', { cause }))
      return []
    }
  }

  /** What many entries came to, in their place: this peer was away, or starts. */
  onRestore(index: number, data: Uint8Array): void {
    this.tell(
      this.registry.restore(data, (jobId) => this.isRefused(jobId, null)),
      index,
    )
    this.part.releaseRemoved()
  }

  /** Whether an entry, or a job in a snapshot, was found to be forged; counted. */
  private isRefused(of: number | string, term: number | null): boolean {
    const refusal = this.vetting.refusal(of)
    if (refusal !== null) this.blame(term, refusal)
    return refusal !== null
  }

  /** Whoever leads in the term of an entry wrote it; who wrote an older one, or a snapshot, is not known. */
  private blame(term: number | null, refusal: WireError): void {
    const { leader, fence } = this.components.coordinator()
    const known = leader !== null && leader !== this.self && term === fence.term
    this.components.offences.report(leader ?? this.self, known ? refusal : new WireError(refusal.code, refusal.message, 'ignore'))
  }

  private tell(events: readonly RegistryEvent[], index: number): void {
    for (const event of events) {
      const attempt = this.registry.get(event.jobId)?.attempt ?? 0
      const news = this.told.isNews(event, attempt)
      if (!news || index <= this.init.knownIndex) continue
      this.init.emit(event)
      this.watchers.tell(event)
    }
    this.part.releaseEnded()
    this.part.considerEarly()
    this.coordinating.drive({ type: 'applied' })
    for (const listener of this.changeListeners) listener()
  }

  onLeader(leader: string | null): void {
    if (leader === this.self) this.coordinating.begin()
    else this.coordinating.end()
  }

  /**
   * Another line won, and the log is about to go. Every job in it, applied or not, is kept until the winner has taken it
   * in, over a crash too: each of them may have been acknowledged, and this may be the only copy.
   */
  onAbandon(unapplied: readonly LogEntry[]): void {
    for (const entry of unapplied) {
      const command = entry.body.kind === 'command' ? this.readCommand(entry.body.command) : null
      if (command !== null) this.apply(command, entry)
    }
    this.keepOrphans([...this.orphans, ...this.registry.list()])
  }

  /** The winner's log comes from the first entry. Work of the line that lost counts nowhere. */
  onReset(): void {
    this.part.endAll()
    this.endings.clear()
    this.registry.clear()
    this.coordinating.end()
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

  // ---- other peers ----

  onPeerGone(peer: string): void {
    this.links.drop(peer)
    this.part.peerGone(peer)
    this.coordinating.drive({ type: 'gone', peer })
  }

  /** A peer whose network process is silent though its connection stands: only the coordinator draws conclusions. */
  onPeerSilent(peer: string): void {
    this.coordinating.drive({ type: 'gone', peer })
  }

  private publish(offer: Offer): void {
    void this.offers.publish(offer).catch((error: Error) => this.components.log.error('offer of job %s: %s', offer.jobId, error.message))
    void this.part.onOffer(offer, this.self) // gossip does not come back to its sender
  }

  private deliver(to: string, envelope: JobEnvelope): void {
    // Not within the manager's or the member's own step.
    if (to === this.self) this.components.clock.after(0, () => this.receive(this.self, envelope))
    else this.links.send(to, encodeJobMessage(envelope))
  }

  private onMessage(from: string, frame: Uint8Array): void {
    this.components.offences.guard(from, () => this.receive(from, decodeJobMessage(frame)))
  }

  private receive(from: string, envelope: JobEnvelope): void {
    const { jobId, attempt, message } = envelope
    if (COMMANDS.has(message.type)) this.part.onCommand(from, envelope)
    else this.coordinating.drive({ type: 'message', from, jobId, attempt, message })
  }

  private onFrame(from: string, bytes: Uint8Array): void {
    this.components.offences.guard(from, () => this.part.frame(from, decodeFrame(bytes)))
  }
}
