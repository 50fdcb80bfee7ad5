/**
 * One simulated peer: a real `RaftCore` behind its driver, presence and timers as `protocol/peer.ts` sets them, a clock
 * of its own that may run fast or slow, and a process that can be killed, paused and started again with its disk.
 */
import { decodeAnnouncement, decodeRaft } from '../../protocol/coordinator/codec.ts'
import { knowsCommittee } from '../../protocol/coordinator/feed-state.ts'
import type { RaftCore, RaftInit } from '../../protocol/coordinator/raft.ts'
import type { Announcement, Claim, Fence, LogEntry, RaftMessage } from '../../protocol/coordinator/types.ts'
import { decodeJobMessage, decodeOffer } from '../../protocol/jobs/messages.ts'
import { DEAD_AFTER_MS, LOST_AFTER_DISCONNECT_MS } from '../../protocol/presence/constants.ts'
import { WireError } from '../../protocol/wire/errors.ts'
import type { Frame } from './attacker.ts'
import { PeerClock } from './clock.ts'
import { Coordination, type SimClaim, simClaim } from './coordination.ts'
import { Disk } from './disk.ts'
import type { Invariants } from './invariants.ts'
import { twisted } from './liar.ts'
import type { Network, Station, Traffic } from './network.ts'
import { quickHash } from './quick-hash.ts'
import { incarnationOf, type Said, TwinWatch } from './twins.ts'
import { Violation, type World } from './world.ts'

export type CoreFactory = (init: RaftInit) => RaftCore

export interface PeerSettings {
  readonly index: number
  /** Else made from the index: a process with the identity of another has another's. */
  readonly id?: string
  readonly mayVote: boolean
  readonly discoveryMs: number
  readonly recoveryTimeoutMs: number
  /** Seconds of this peer's clock per second of the world. */
  readonly clockRate: number
  readonly makeCore: CoreFactory
  /** Small ones make snapshots frequent, and followers need them soon. */
  readonly snapshotMinBytes: number
  readonly keepEntries: number
  /** Passes on entries and snapshots that nobody has committed, unless it leads: what it commits is then what there is. */
  readonly feedsLies?: boolean
  /** Candidates that a leader replicates to itself: few of them leave many to the feed. */
  readonly standbys: number
}

/** What runs on top of the coordination of a peer: the job service, or a test's own. */
export interface Application {
  onCommitted(entry: LogEntry): void
  onLeader(leader: string | null, fence: Fence): void
  /** The log is about to be dropped, these entries of it unapplied: what must not be lost goes to the disk now. */
  onAbandon(entries: readonly LogEntry[]): void
  onReset(): void
  snapshot(): Uint8Array
  onRestore(index: number, data: Uint8Array): void
  onMessage(from: string, payload: unknown): void
  onPeerGone(peer: string): void
  onPeerSilent(peer: string): void
  /** Every 50 ms of the peer's own time. */
  tick(): void
  kill(): void
}

export type ApplicationFactory = (peer: SimPeer) => Application

export type Payload =
  | { readonly kind: 'raft'; readonly message: RaftMessage }
  | { readonly kind: 'claim'; readonly claim: SimClaim }
  | { readonly kind: 'announcement'; readonly announcement: Announcement }
  /** `said`: of somebody else, where it is passed on. */
  | { readonly kind: 'presence'; readonly said?: Said }
  | { readonly kind: 'application'; readonly body: unknown }
  /** Of a hostile peer: honest ones understand each other without. */
  | { readonly kind: 'bytes'; readonly frame: Frame }

interface Known {
  heardAt: number
  disconnectedAt: number | null
}

/** Timers of 20 ms, as a machine that has other things to do lets them fire; fewer of them, too, are more seeds a second. */
const TICK_MIN_MS = 20
const TICK_MAX_MS = 60
const APPLICATION_TICK_MS = 50
const FOLLOWERS_EVERY_MS = 200
const CLAIM_EVERY_MS = 1000
const ANNOUNCE_EVERY_MS = 4000
const SWEEP_EVERY_MS = 500
/** Whoever runs a peer sees that it is gone. */
const RESTARTED_AFTER_MS = 3000

export class SimPeer implements Station {
  readonly index: number
  readonly id: string
  readonly settings: PeerSettings
  readonly disk: Disk
  readonly clock: PeerClock
  readonly world: World
  alive = false
  paused = false
  /** Ran as a copy, or still does. */
  begun = false
  /** Has left for good, or has not begun: a copy that nobody has made yet. */
  retired = false
  /** World time at which its process last began, ended, stopped or went on. */
  changedAt = 0
  /** Where in its next durable step the process is to die. */
  armed: 'before persist' | 'after persist' | null = null
  coordination: Coordination | null = null
  application: Application | null = null
  private incarnation = 0
  private readonly network: Network
  private readonly byId: Map<string, SimPeer>
  private readonly invariants: Invariants
  private readonly makeApplication: ApplicationFactory
  private inbox: (() => void)[] = []
  /** By peer id. */
  private known = new Map<string, Known>()
  private twins: TwinWatch | null = null

  constructor(
    settings: PeerSettings,
    surroundings: { world: World; network: Network; byId: Map<string, SimPeer>; invariants: Invariants; makeApplication: ApplicationFactory },
  ) {
    this.settings = settings
    this.index = settings.index
    this.id = settings.id ?? `p${settings.index}`
    this.world = surroundings.world
    this.disk = new Disk(surroundings.world)
    this.clock = new PeerClock(surroundings.world, settings.index, settings.clockRate)
    this.network = surroundings.network
    this.byId = surroundings.byId
    this.invariants = surroundings.invariants
    this.makeApplication = surroundings.makeApplication
  }

  /** Monotonic milliseconds as this peer's machine sees them. */
  now(): number {
    return this.clock.now()
  }

  wall(): number {
    return this.clock.wall()
  }

  get core(): RaftCore | null {
    return this.coordination?.core ?? null
  }

  /** Alive, not paused: can do something now. */
  get awake(): boolean {
    return this.alive && !this.paused
  }

  // ---- the process ----

  start(): void {
    if (this.alive || this.retired) return
    const { world, settings, disk } = this
    world.note(() => `${this.id}      starts (log ${disk.log.lastIndex}, term ${disk.hard?.term ?? 0})`)
    this.alive = true
    this.changedAt = world.now
    this.paused = false
    this.armed = null
    this.twins = new TwinWatch(this, incarnationOf(this), { network: this.network, end: () => this.endAsTwin() })
    this.inbox = []
    this.known = new Map()
    this.incarnation += 1
    const core = settings.makeCore({
      self: this.id,
      mayVote: settings.mayVote,
      hard: disk.hard,
      snapshot: disk.snapshot,
      log: disk.log.after(disk.log.base),
      snapshotMinBytes: settings.snapshotMinBytes,
      keepEntries: settings.keepEntries,
      standbys: settings.standbys,
      hash: quickHash,
      random: world.random,
      now: this.now(),
      discoveryMs: settings.discoveryMs,
      recoveryTimeoutMs: settings.recoveryTimeoutMs,
    })
    const coordination = new Coordination(core, disk, () => this.now(), {
      send: (to, message) =>
        void this.send(to, 'loose', { kind: 'raft', message: settings.feedsLies === true && !coordination.leads ? twisted(message) : message }),
      tellClaim: (to, claim) => void this.send(to, 'loose', { kind: 'claim', claim }),
      gossipClaim: (claim) => this.broadcast({ kind: 'claim', claim }),
      isLeftOut: (claim) => this.mustBelieve(claim),
      gossipAnnouncement: (announcement) => this.broadcast({ kind: 'announcement', announcement }),
      onCommitted: (entry) => this.application?.onCommitted(entry),
      onLeader: (leader, fence) => {
        world.note(() => `${this.id}      follows ${leader ?? 'nobody'} (epoch ${fence.epoch} ${fence.epochId.slice(0, 4)}, term ${fence.term})`)
        this.application?.onLeader(leader, fence)
      },
      onAbandon: (entries) => this.application?.onAbandon(entries),
      onReset: () => this.application?.onReset(),
      takeSnapshot: () => this.application?.snapshot() ?? new Uint8Array(),
      onRestore: (index, data) => this.application?.onRestore(index, data),
      observe: (input, output, at) => this.invariants.observe(this, input, output, at),
      whenAwake: (task) => this.whenAwake(task),
      diesNow: (place) => this.armed === place,
      die: () => {
        world.note(() => `${this.id}      dies ${this.armed}`)
        this.die()
      },
    })
    this.coordination = coordination
    this.application = this.makeApplication(this)
    this.invariants.started(this)
    if (disk.snapshot !== null) this.application.onRestore(disk.snapshot.index, disk.snapshot.data)
    this.every(world.uniform(TICK_MIN_MS, TICK_MAX_MS), () => coordination.run({ type: 'tick' }))
    this.every(APPLICATION_TICK_MS, () => this.application?.tick())
    this.every(FOLLOWERS_EVERY_MS, () => this.tellFollowers())
    this.every(CLAIM_EVERY_MS, () => coordination.publishClaim())
    this.every(ANNOUNCE_EVERY_MS, () => this.announce())
    this.every(SWEEP_EVERY_MS, () => this.sweep())
    this.network.dialAll()
    coordination.run({ type: 'tick' })
  }

  die(): void {
    if (!this.alive) return
    this.world.note(() => `${this.id}      is dead`)
    this.alive = false
    this.changedAt = this.world.now
    this.paused = false
    this.armed = null
    this.incarnation += 1
    this.coordination?.kill()
    this.disk.crash()
    this.application?.kill()
    this.coordination = null
    this.application = null
    this.inbox = []
    this.known = new Map()
    for (const other of [...this.network.neighbours(this.index)]) this.network.disconnect(this.index, other)
  }

  /** Alive, awake, and with a clock that has gone on as clocks do, since then. */
  isWell(since: number): boolean {
    return this.awake && this.changedAt <= since && this.clock.changedAt <= since
  }

  /** What another process of this name has on its disk now. */
  copyDisk(original: SimPeer): void {
    original.disk.copyTo(this.disk)
  }

  /** A copied data directory is put to use. */
  beginAsTwin(original: SimPeer): void {
    this.world.note(() => `${this.id}      runs a second time, as process ${this.index} beside ${original.index}`)
    this.retired = false
    this.begun = true
    this.invariants.twinned.began(original, this)
    this.start()
  }

  /** As `DUPLICATE_IDENTITY`: the process ends, and somebody sees to it that it does not come back. */
  private endAsTwin(): void {
    this.world.note(() => `${this.id}      process ${this.index} ends: another one was there before it`)
    this.invariants.twinned.found += 1
    const other = this.invariants.processOf(this.id, this)
    if (other === undefined) {
      // An objection came late, and the one that made it has been sent away as well: somebody starts this one again.
      this.die()
      this.world.after(RESTARTED_AFTER_MS, () => this.start())
      return
    }
    this.invariants.goesAsTwin(this)
    this.retire()
    this.byId.set(this.id, other)
  }

  /** Leaves for good. */
  retire(): void {
    this.die()
    this.retired = true
    this.world.note(() => `${this.id}      has left for good`)
  }

  pause(): void {
    if (!this.awake) return
    this.world.note(() => `${this.id}      is paused`)
    this.paused = true
    this.changedAt = this.world.now
  }

  /** Overdue timers fire first, then what came in meanwhile is read, as a thawed event loop does. */
  thaw(): void {
    if (!this.alive || !this.paused) return
    this.world.note(() => `${this.id}      goes on`)
    this.paused = false
    this.changedAt = this.world.now
    const incarnation = this.incarnation
    const inbox = this.inbox
    this.inbox = []
    this.coordination?.run({ type: 'tick' })
    for (const task of inbox) if (this.incarnation === incarnation) task()
  }

  /** Runs `task` now, or when the process goes on; not at all when it has died since. */
  whenAwake(task: () => void): void {
    if (!this.alive) return
    if (this.paused) this.inbox.push(task)
    else task()
  }

  /** After so many milliseconds of this peer's time, if it still lives. */
  after(delayMs: number, task: () => void): void {
    const { incarnation } = this
    this.world.after(this.clock.toWorld(delayMs), () => {
      if (this.incarnation === incarnation) this.whenAwake(() => this.incarnation === incarnation && task())
    })
  }

  private every(periodMs: number, task: () => void): void {
    const { incarnation } = this
    const again = (): void => {
      if (this.incarnation !== incarnation) return
      if (!this.paused) task()
      if (this.incarnation === incarnation) this.world.after(this.clock.toWorld(periodMs), again)
    }
    this.world.after(this.world.random() * periodMs, again)
  }

  // ---- network ----

  send(to: string, traffic: Traffic, payload: Payload): boolean {
    return this.alive && this.network.sendToId(this.index, to, traffic, payload)
  }

  broadcast(payload: Payload): void {
    for (const other of this.network.neighbours(this.index)) this.network.send(this.index, other, 'loose', payload)
  }

  connectedPeers(): string[] {
    return [...new Set([...this.network.neighbours(this.index)].map((other) => this.network.idOf(other)))]
  }

  deliver(from: number, payload: unknown): void {
    this.whenAwake(() => this.receive(from, payload as Payload))
  }

  private receive(from: number, payload: Payload): void {
    const sender = this.network.idOf(from)
    switch (payload.kind) {
      case 'raft':
        this.coordination?.receive(sender, payload.message)
        break
      case 'claim':
        this.coordination?.hearClaim(payload.claim, sender)
        break
      case 'announcement':
        this.coordination?.hearAnnouncement(payload.announcement, sender)
        break
      case 'presence':
        if (payload.said === undefined || payload.said.peerId === sender) this.heard(sender)
        if (payload.said !== undefined) this.twins?.hear(payload.said, from)
        break
      case 'application':
        this.application?.onMessage(sender, payload.body)
        break
      case 'bytes':
        this.receiveBytes(sender, payload.frame)
        break
      default:
        payload satisfies never
    }
  }

  /**
   * A line is told by its number and id, and who knows no committee of it has nothing to hold against the first one that
   * anybody signs into it: that attack on newcomers is left out. Asked when the claim is acted on, which may be after a save.
   */
  private mustBelieve({ epoch, signers }: Claim): boolean {
    const { core, invariants } = this
    const knows = core !== null && core.epoch?.id === epoch.id && knowsCommittee(core)
    if (knows || !signers.every((signer) => invariants.liars.has(signer))) return false
    invariants.untried += 1
    return true
  }

  /** As `onFrame` of the services: what the decoders refuse is dropped and counted. */
  private receiveBytes(sender: string, { protocol, bytes }: Frame): void {
    const read = this.refusing(() => {
      if (protocol === 'raft') return decodeRaft(bytes)
      if (protocol === 'announcement') return { kind: 'announcement' as const, announcement: decodeAnnouncement(bytes) }
      return protocol === 'job' ? { kind: 'job' as const, envelope: decodeJobMessage(bytes) } : { kind: 'offer' as const, ...decodeOffer(bytes) }
    })
    if (read === null) return
    if (read.kind === 'raft') this.coordination?.receive(sender, read.message)
    else if (read.kind === 'announcement') this.coordination?.hearAnnouncement(read.announcement, sender)
    else if (read.kind === 'claim') this.coordination?.hearClaim(simClaim(read.claim), sender)
    else this.application?.onMessage(sender, read)
  }

  private refusing<T>(read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof WireError)) throw new Violation('bad bytes are refused by name', `${this.id}: ${(error as Error).stack}`)
      this.invariants.refusals += 1
      return null
    }
  }

  connected(other: number): void {
    this.whenAwake(() => {
      const id = this.network.idOf(other)
      this.heard(id)
      this.coordination?.tellClaim(id)
    })
  }

  disconnected(other: number): void {
    this.whenAwake(() => {
      const id = this.network.idOf(other)
      if (this.network.namesakes(this.index, id).length > 0) return // the connection with another process of that name holds
      const known = this.known.get(id)
      if (known !== undefined) known.disconnectedAt = this.now()
      this.coordination?.run({ type: 'disconnected', peer: id })
      this.application?.onPeerGone(id)
    })
  }

  // ---- presence ----

  private announce(): void {
    if (this.twins !== null) this.broadcast({ kind: 'presence', said: this.twins.said })
  }

  private heard(other: string): void {
    this.known.set(other, { heardAt: this.now(), disconnectedAt: null })
  }

  private sweep(): void {
    const now = this.now()
    for (const [other, { heardAt, disconnectedAt }] of this.known) {
      if ((disconnectedAt !== null && now - disconnectedAt > LOST_AFTER_DISCONNECT_MS) || now - heardAt > DEAD_AFTER_MS) {
        this.known.delete(other)
        this.application?.onPeerSilent(other)
      }
    }
  }

  /** Everybody this peer knows of, itself included. */
  present(): SimPeer[] {
    return [this, ...[...this.known.keys()].flatMap((other) => this.byId.get(other) ?? [])]
  }

  private tellFollowers(): void {
    const learners = this.connectedPeers().filter((other) => this.known.has(other))
    this.coordination?.run({ type: 'followers', learners, mayVote: learners.filter((other) => this.byId.get(other)?.settings.mayVote === true) })
  }
}
