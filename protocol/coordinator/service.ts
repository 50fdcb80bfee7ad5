/**
 * Drives the Raft core from libp2p and the store: makes what it says durable first, then sends, then acts. Signs votes;
 * what is signed about leaders is in `claims.ts`.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p, Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import { Channels } from '../mesh/channels.ts'
import { protocolId } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import type { RaftStorage } from '../store.ts'
import { MAX_CONTROL_BYTES } from '../wire/constants.ts'
import { type PeerAction, WireError } from '../wire/errors.ts'
import { Certificates } from './certificates.ts'
import { signVote } from './claim.ts'
import { Claims } from './claims.ts'
import { decodeBody, decodeRaft, encodeRaft } from './codec.ts'
import { CLAIM_EVERY_MS, CONFIRM_EVERY_MS } from './constants.ts'
import { type EntryProof, proveEntry } from './entry-proof.ts'
import { CoordinatorError } from './errors.ts'
import { fenceAccepts } from './lines.ts'
import { Proposals } from './proposals.ts'
import { RaftCore } from './raft.ts'
import { changeOf, readSnapshot } from './stored.ts'
import type { Fence, HardState, LogEntry, PersistRequest, RaftEffect, RaftInput, RaftMessage, RaftOutput, RefusalReason, StoredSnapshot } from './types.ts'

/** Handing over takes two round trips, getting out of the committee two more, an election in between a second. */
const LEAVE_TIMEOUT_MS = 2500

/** What happens to whoever says it: a peer that is only behind, or that was cut off, has done nothing wrong. */
const REFUSED_AS: Readonly<Record<RefusalReason, PeerAction>> = {
  NOT_A_VOTER: 'ignore',
  UNKNOWN_COMMITTEE: 'ignore',
  TWO_LEADERS: 'penalise',
  LYING_VOTER: 'penalise',
  FALSE_ENTRIES: 'penalise',
}

/** Who is connected is told to the core so often. */
const FOLLOWERS_EVERY_MS = 200

/** Fine enough for 20 ms of election jitter, coarse enough to cost nothing. */
const TICK_MS = 20

/** Who there is beside this peer. */
export interface Followers {
  /** Connected peers of this mesh. */
  readonly learners: readonly string[]
  /** Those of them that the leader may make voters. */
  readonly mayVote: readonly string[]
  /** Somebody has just connected and not said yet who it is. */
  readonly newcomers: boolean
}

export interface CoordinatorInit {
  readonly mesh: string
  readonly mayVote: boolean
  readonly discoveryMs: number
  readonly recoveryTimeoutMs: number
  /**
   * Checks what signatures there are in what is about to be applied, before it is; null: there are none. Nothing else runs
   * until it resolves. It rejects for a snapshot that cannot be read: a peer cannot go on from there, and ends.
   */
  readonly check?: (effects: readonly RaftEffect[]) => Promise<void> | null
  readonly onCommitted: (entry: LogEntry) => void
  readonly onLeader: (leader: string | null, fence: Fence) => void
  /**
   * The log is about to be dropped, for a line that won; these entries of it were not applied. What must outlive it has
   * to be durable when this returns.
   */
  readonly onAbandon: (unapplied: readonly LogEntry[]) => void
  /** Everything applied so far belongs to a line that lost; entries come again from the first. */
  readonly onReset: () => void
  /** What the entries applied so far came to. */
  readonly takeSnapshot: () => Uint8Array
  /** In the place of all entries up to `index`: at a start, or when this peer was away for long. */
  readonly onRestore: (index: number, data: Uint8Array) => void
  /** The store failed: this peer no longer votes or leads. */
  readonly onBroken: (error: Error) => void
  readonly followers: () => Followers
}

export interface CoordinatorComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dialProtocol' | 'getConnections' | 'addEventListener' | 'removeEventListener' | 'peerId'>
  readonly pubsub: GossipSub
  readonly privateKey: PrivateKey
  readonly storage: RaftStorage
  readonly clock: Clock
  readonly log: Logger
  readonly offences: Offences
  readonly random: () => number
}

export interface CoordinatorStatus {
  readonly peerId: string | null
  readonly epoch: number
  readonly term: number
  readonly voters: readonly string[]
}

/** An input waiting for its turn, and what to do right after its step (given the epoch's id just before it). */
interface Queued {
  readonly input: RaftInput
  readonly then?: (epochBefore: string | undefined) => void
}

export class Coordinator {
  private readonly init: CoordinatorInit
  private readonly components: CoordinatorComponents
  private readonly core: RaftCore
  private readonly channels: Channels
  private readonly claims: Claims
  private readonly certificates: Certificates
  private readonly proposals = new Proposals()
  /** Read at the start, until it has been handed on. */
  private restored: StoredSnapshot | null
  private cancelTimers: (() => void)[] = []
  private broken = false
  /** A round of `confirm` that has not begun yet. */
  private confirming: Promise<number> | null = null
  private confirmedAt = -Infinity
  private readonly queue: Queued[] = []
  private running = false
  private stopped = false

  constructor(init: CoordinatorInit, components: CoordinatorComponents) {
    this.init = init
    this.components = components
    const stored = components.storage.load()
    this.restored = readSnapshot(stored.snapshot)
    this.core = new RaftCore({
      self: components.libp2p.peerId.toString(),
      mayVote: init.mayVote,
      hard: stored.hardState as unknown as HardState | null,
      snapshot: this.restored,
      log: stored.entries.map(({ index, term, data }) => ({ index, term, body: decodeBody(data) })),
      random: components.random,
      now: components.clock.now(),
      discoveryMs: init.discoveryMs,
      recoveryTimeoutMs: init.recoveryTimeoutMs,
    })
    this.channels = new Channels(
      { protocol: protocolId(init.mesh, 'raft'), maxFrameBytes: MAX_CONTROL_BYTES, onFrame: (from, frame) => this.onFrame(from, frame) },
      components,
    )
    this.claims = new Claims(
      { mesh: init.mesh, run: (input, then) => this.run(input, then), sendTo: (to, frame) => this.channels.send(to, frame), isBroken: () => this.broken },
      {
        core: this.core,
        pubsub: components.pubsub,
        privateKey: components.privateKey,
        clock: components.clock,
        log: components.log,
        offences: components.offences,
      },
    )
    this.certificates = new Certificates({ mesh: init.mesh, run: (input) => this.run(input) }, components)
  }

  async start(): Promise<void> {
    const { libp2p, clock } = this.components
    this.stopped = false
    if (this.restored !== null) this.init.onRestore(this.restored.index, this.restored.data)
    this.restored = null
    await this.channels.start()
    this.claims.start()
    this.certificates.start()
    libp2p.addEventListener('peer:identify', this.onIdentify)
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    this.cancelTimers = [
      clock.every(TICK_MS, () => this.run({ type: 'tick' })),
      clock.every(CLAIM_EVERY_MS, () => this.claims.publish()),
      clock.every(FOLLOWERS_EVERY_MS, () => this.tellFollowers()),
    ]
    this.run({ type: 'tick' })
  }

  async stop(): Promise<void> {
    const { libp2p } = this.components
    this.stopped = true
    for (const cancel of this.cancelTimers) cancel()
    this.cancelTimers = []
    libp2p.removeEventListener('peer:identify', this.onIdentify)
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    this.proposals.fail(new CoordinatorError('STOPPED', 'this peer is stopping'))
    this.claims.stop()
    this.certificates.stop()
    await this.channels.stop()
  }

  get self(): string {
    return this.core.self
  }

  /** Leads, and has committed an entry of its own term: may decide. */
  get leads(): boolean {
    return this.core.settled && !this.broken
  }

  /** Up to when this peer's copy of what was committed is known to be complete, on its own clock; -Infinity = never yet. */
  get currentAt(): number {
    return this.leads ? this.components.clock.now() : this.core.syncedAt
  }

  get leader(): string | null {
    return this.core.leader
  }

  get fence(): Fence {
    return this.core.fence
  }

  /** That an entry was committed, for others; null: not signed for yet, or compacted. */
  proofOf(index: number): EntryProof | null {
    const { feed, log } = this.core
    return feed.held === null ? null : proveEntry(log, feed.held, index)
  }

  /** Votes in this mesh, or has voted in it, as far as is known here. */
  knowsVoter(peer: string): boolean {
    return this.core.knowsVoter(peer)
  }

  status(): CoordinatorStatus {
    const { leader, epoch, term, voters } = this.core
    return { peerId: leader, epoch: epoch?.number ?? 0, term, voters: [...voters] }
  }

  /** Whether a command under this fence may still have an effect here. */
  accepts(fence: Fence): boolean {
    return fenceAccepts(this.core.epoch === null ? null : this.core.fence, fence)
  }

  private tellFollowers(): Followers {
    const followers = this.init.followers()
    this.run({ type: 'followers', learners: followers.learners, mayVote: followers.mayVote })
    return followers
  }

  /** Resolves with the entry's index once a majority has it; rejects when that is not known to have happened. */
  propose(command: Uint8Array | null): Promise<number> {
    return this.proposals.make((id) => this.run({ type: 'propose', id, command }))
  }

  /**
   * Resolves when a majority has confirmed, after this call, that this peer leads: what it has applied by then is current.
   * Those who ask meanwhile share the next round, so that many readers cost the log no more than a few entries a second.
   */
  async confirm(): Promise<void> {
    if (this.confirming === null) {
      const { clock } = this.components
      const wait = this.confirmedAt + CONFIRM_EVERY_MS - clock.now()
      const pause = wait > 0 ? new Promise<void>((resolve) => clock.after(wait, resolve)) : Promise.resolve()
      this.confirming = pause.then(() => {
        this.confirming = null
        this.confirmedAt = clock.now()
        return this.propose(null)
      })
    }
    await this.confirming
  }

  /**
   * Hands leadership over, if this peer has it, and gets out of the committee, so that nobody counts on it; not for ever.
   * Somebody who has connected a moment ago may be the one to hand over to.
   */
  async leave(): Promise<void> {
    if (this.broken || this.core.epoch === null) return
    const { clock } = this.components
    const deadline = clock.now() + LEAVE_TIMEOUT_MS
    this.run({ type: 'leave' })
    while (!this.broken && clock.now() < deadline) {
      const { newcomers } = this.tellFollowers()
      const alone = this.core.voters.length === 1 && this.core.voters[0] === this.self
      if (this.core.mayGo && !(alone && newcomers)) return
      await new Promise<void>((resolve) => clock.after(TICK_MS, resolve))
    }
  }

  /**
   * One input at a time: a handler that proposes must not overtake effects that are still being run. Nor may an input
   * overtake a save that is under way: what a step said stays here until its state is durable.
   */
  private run(input: RaftInput, then?: Queued['then']): void {
    // While a save takes long one tick waits, not fifty a second.
    if (this.running && input.type === 'tick' && this.queue.at(-1)?.input.type === 'tick') return
    this.queue.push({ input, then })
    if (!this.running) this.drain()
  }

  private drain(): void {
    this.running = true
    let saving: Promise<void> | undefined
    try {
      while (saving === undefined) {
        const next = this.queue.shift()
        if (next === undefined) break
        saving = this.runOne(next)
      }
    } finally {
      if (saving === undefined) this.running = false
    }
    // A handler that throws ends where it does on the synchronous path, among the uncaught; the queue goes on.
    void saving?.finally(() => this.drain())
  }

  /** Gives a promise where the step's state is not durable yet: until it is settled nothing else may run. */
  private runOne(queued: Queued): Promise<void> | undefined {
    const { input } = queued
    // One that stopped has no store any more: what still comes in must neither be decided nor wait for ever.
    if (this.broken || this.stopped) {
      if (input.type === 'propose') this.act({ type: 'refused', id: input.id, leader: null })
      return undefined
    }
    const before = this.core.epoch?.id
    const output = this.core.step(input, this.components.clock.now())
    const saving: Promise<void>[] = []
    try {
      for (const effect of output.effects) if (effect.type === 'reset') this.init.onAbandon(effect.abandoned)
      for (const request of output.persist) {
        const saved = this.persist(request)
        if (saved !== undefined) saving.push(saved)
      }
    } catch (error) {
      if (saving.length === 0) {
        this.fail(error as Error)
        return undefined
      }
      saving.push(Promise.reject(error))
    }
    const checking = this.init.check?.(output.effects) ?? null
    if (checking !== null) saving.push(checking)
    if (saving.length === 0) {
      this.deliver(output, queued, before)
      return undefined
    }
    return Promise.all(saving).then(
      () => {
        // A peer that stopped meanwhile has told its callers.
        if (!this.stopped) this.deliver(output, queued, before)
      },
      (error: Error) => {
        if (!this.stopped) this.fail(error)
      },
    )
  }

  private deliver(output: RaftOutput, { then }: Queued, epochBefore: string | undefined): void {
    for (const { to, message } of output.messages) this.send(to, message)
    for (const effect of output.effects) this.act(effect)
    then?.(epochBefore)
  }

  private persist(request: PersistRequest): void | Promise<void> {
    return this.components.storage.save(changeOf(request, this.core.epoch?.number ?? 0))
  }

  /** A peer that cannot keep its word on disk must not give it: it stops voting and leading, and says so. */
  private fail(error: Error): void {
    this.broken = true
    for (const cancel of this.cancelTimers) cancel()
    this.proposals.fail(error)
    this.init.onBroken(error)
  }

  private send(to: string, message: RaftMessage): void {
    if (message.type === 'voteReply' && message.granted && this.core.epoch !== null) {
      const vote = { epoch: this.core.epoch, term: message.term, candidate: to, voters: this.core.voters }
      void signVote(this.components.privateKey, vote).then(
        (signature) => this.channels.send(to, encodeRaft({ ...message, signature })),
        (error: Error) => this.components.log.error('signing a vote failed: %s', error.message),
      )
      return
    }
    if (message.type === 'certified') {
      this.certificates.signed(message, (signed) => this.channels.send(to, encodeRaft(signed)))
      return
    }
    this.channels.send(to, encodeRaft(message))
  }

  private act(effect: RaftEffect): void {
    switch (effect.type) {
      case 'leader':
        this.onLeader(effect.leader, effect.fence)
        break
      case 'committed':
        this.proposals.committed(effect.entry, () => this.init.onCommitted(effect.entry))
        break
      case 'proposed':
        this.proposals.proposed(effect.id, effect.index, effect.term)
        break
      case 'refused':
        this.proposals.refused(effect.id, effect.leader)
        break
      case 'reset':
        this.proposals.fail(new CoordinatorError('LOST_LEADERSHIP', 'another line of this mesh won'))
        this.init.onReset()
        break
      case 'tellClaim':
        this.claims.tell(effect.to)
        break
      case 'sign':
        this.certificates.sign(effect.statement, effect.voters)
        break
      case 'announce':
        this.certificates.announce(effect.announcement)
        break
      case 'snapshotDue':
        // Before anything else: what comes after it is applied when it is taken.
        this.queue.unshift({ input: { type: 'snapshotTaken', epochId: effect.epochId, index: effect.index, data: this.init.takeSnapshot() } })
        break
      case 'restore':
        this.init.onRestore(effect.index, effect.data)
        break
      case 'refusal':
        this.components.offences.report(effect.from, new WireError(effect.reason, effect.detail, REFUSED_AS[effect.reason]))
        break
      default:
        effect satisfies never
    }
  }

  private onLeader(leader: string | null, fence: Fence): void {
    this.claims.onLeader(leader)
    if (leader === this.self) {
      void this.claims.make(fence)
    } else if (leader !== null) {
      this.proposals.fail(new CoordinatorError('LOST_LEADERSHIP', 'another coordinator took over before this was committed'))
    }
    this.init.onLeader(leader, fence)
  }

  private onFrame(from: string, frame: Uint8Array): void {
    this.components.offences.guard(from, () => {
      const content = decodeRaft(frame)
      if (content.kind === 'raft') {
        if (!this.certificates.receive(from, content.message)) this.run({ type: 'message', from, message: content.message })
      } else this.claims.receive(from, content.claim)
    })
  }

  private readonly onIdentify = (event: CustomEvent<{ peerId: PeerId }>): void => {
    this.claims.tell(event.detail.peerId.toString())
  }

  private readonly onDisconnect = (event: CustomEvent<PeerId>): void => {
    const peer = event.detail.toString()
    this.channels.drop(peer)
    this.run({ type: 'disconnected', peer })
  }
}
