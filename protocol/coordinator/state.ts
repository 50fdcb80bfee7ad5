/**
 * What a peer knows while it takes part in elections and replication, and the small steps that all parts of the core make:
 * `epochs.ts` (which line), `election.ts`, `following.ts`, `leading.ts`. `raft.ts` puts them together.
 */
import { Certifier } from './certifier-state.ts'
import { type Hash, sha256Text, snapshotDigest } from './chain.ts'
import * as C from './constants.ts'
import { Feed, type Feeding } from './feed-state.ts'
import { RaftLog } from './log.ts'
import { Output } from './output.ts'
import { Promises } from './promises.ts'
import { type Leading, Replicator } from './replicator.ts'
import { IncomingSnapshot } from './snapshots.ts'
import { stepsOf } from './steps.ts'
import type { ConfigStep, EntryBody, Epoch, Fence, HardState, LogEntry, RaftMessage, RefusalReason, StoredSnapshot } from './types.ts'

export type Role = 'learner' | 'follower' | 'preCandidate' | 'candidate' | 'leader'

export interface RaftInit {
  readonly self: string
  /** `--no-vote` and tabs: never founds a committee with others, never votes; still works alone. */
  readonly mayVote: boolean
  readonly hard: HardState | null
  readonly snapshot?: StoredSnapshot | null
  /** From the entry after the snapshot's `base` on. */
  readonly log: readonly LogEntry[]
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly now: number
  /** Time to look for a mesh before founding one; 0 when there is nobody to look for. */
  readonly discoveryMs: number
  readonly recoveryTimeoutMs: number
  /** Of the log, before it is compacted for the first time; absent = what production uses. */
  readonly snapshotMinBytes?: number
  /** Entries kept though a snapshot covers them; absent = what production uses. */
  readonly keepEntries?: number
  /** Candidates for the committee that the leader keeps up to date itself; absent = what production uses. */
  readonly standbys?: number
  /** Of entries and snapshots; absent = what production uses. */
  readonly hash?: Hash
}

export class RaftState implements Leading, Feeding {
  readonly self: string
  role: Role = 'learner'
  epoch: Epoch | null
  term: number
  votedFor: string | null
  leader: string | null = null
  log: RaftLog
  snapshot: StoredSnapshot | null
  commitIndex: number
  out = new Output()
  /** Voters whose grants made this peer leader; the driver collects their signatures for the claim. */
  voteSigners = new Map<string, Uint8Array | undefined>()

  readonly mayVote: boolean
  readonly random: () => number
  readonly recoveryTimeoutMs: number
  readonly foundAt: number
  readonly snapshotMinBytes: number
  readonly keepEntries: number
  readonly hash: Hash
  readonly feed = new Feed()
  readonly certifier = new Certifier()
  private digest: { readonly of: StoredSnapshot; readonly text: string } | null = null
  appliedIndex: number
  /** Weight of the entries applied since the last snapshot, and whether one has been asked for. */
  appliedBytes = 0
  snapshotAsked = false
  lastHeard: number
  /** When this peer, as a follower, last had everything that its leader said was committed. */
  syncedAt = -Infinity
  /** When the leader itself was last heard, not somebody who was told of it. */
  confirmedAt = -Infinity
  /** When the leader last replicated to this peer itself. */
  appendedAt = -Infinity
  lastTick: number
  awakeWithoutLeader = 0
  electionAt: number
  heartbeatAt = 0
  leaderGone = false
  preVotes = new Set<string>()
  readonly replicator = new Replicator(this)
  readonly incoming = new IncomingSnapshot()
  learners: readonly string[] = []
  candidates: readonly string[] = []
  /** Candidates that the leader keeps up to date itself, and since when. */
  readonly standbys = new Map<string, number>()
  readonly maxStandbys: number
  /** Candidates that did not answer as standbys, and when they were given up. */
  readonly rested = new Map<string, number>()
  quorumSince = 0
  /** This peer is about to go; when it last said so to its leader. */
  leaving = false
  saidLeavingAt = -Infinity
  /** Voters that are about to go, and when they last said so. */
  readonly leavers = new Map<string, number>()
  /** The highest term in which somebody who does not vote now has voted once, above ours. */
  aheadTerm = 0
  caughtUpAt = -Infinity
  /** How many voters signed the claim of the present leader: decides when lines meet. */
  lineSigners = 0
  /** The committee that elected the leader, as its claim names it. */
  claimed: readonly string[] = []
  /** The newest committee that steps have proved, whatever the log here says. */
  proved: readonly string[] = []
  saidAheadAt = -Infinity
  /** Leadership is being handed over: no proposals until then. */
  transferUntil = -Infinity
  /** The committee in force, and the index of its entry; 0 = none. */
  committee: { readonly index: number; readonly voters: readonly string[] } = { index: 0, voters: [] }
  readonly promises: Promises
  /** Just became leader: `step` lets it lead at once. */
  elected = false
  /** What the driver was told last. */
  private announced: { leader: string | null; term: number; epochId: string } = { leader: null, term: -1, epochId: '' }

  constructor(init: RaftInit) {
    this.self = init.self
    this.mayVote = init.mayVote
    this.random = init.random
    this.recoveryTimeoutMs = init.recoveryTimeoutMs
    this.epoch = init.hard?.epoch ?? null
    this.term = init.hard?.term ?? 0
    this.votedFor = init.hard?.votedFor ?? null
    this.snapshot = init.snapshot ?? null
    this.hash = init.hash ?? sha256Text
    this.maxStandbys = init.standbys ?? C.STANDBYS
    this.log = this.emptyLog(init.log)
    this.commitIndex = this.snapshot?.index ?? 0
    this.appliedIndex = this.commitIndex
    this.snapshotMinBytes = init.snapshotMinBytes ?? C.SNAPSHOT_MIN_BYTES
    this.keepEntries = init.keepEntries ?? C.KEEP_ENTRIES
    this.findCommittee()
    this.promises = new Promises(init.hard?.past ?? [], this.epoch?.id)
    this.lastHeard = init.now
    this.lastTick = init.now
    this.foundAt = init.now + init.discoveryMs
    this.electionAt = init.now + this.electionDelay()
    this.role = this.isVoter() ? 'follower' : 'learner'
    if (this.isVoter() && this.voters.length === 1) this.electionAt = init.now // alone: nobody to wait for
  }

  private emptyLog(entries: readonly LogEntry[]): RaftLog {
    const { snapshot } = this
    return snapshot === null
      ? new RaftLog(entries, 0, 0, undefined, this.hash)
      : new RaftLog(entries, snapshot.base, snapshot.baseTerm, snapshot.baseHash, this.hash)
  }

  /** Nothing is held any more. */
  dropLog(): void {
    this.snapshot = null
    this.log = this.emptyLog([])
  }

  /** Of the snapshot held; empty where there is none. */
  get snapshotDigest(): string {
    const { snapshot } = this
    if (snapshot === null) return ''
    if (this.digest?.of !== snapshot) this.digest = { of: snapshot, text: snapshotDigest(this.hash, snapshot) }
    return this.digest.text
  }

  /** Named as a voter of this line, some time. */
  hasVoted(peer: string): boolean {
    return this.steps.some(({ voters }) => voters.includes(peer))
  }

  /** A voter now or in the past, of this line or of one that it carries on, as far back as is known here. */
  knowsVoter(peer: string): boolean {
    return this.hasVoted(peer) || this.log.namesVoter(peer)
  }

  /** Of the committee of this line, as far as they are in the log here, committed or not. */
  get steps(): readonly ConfigStep[] {
    return stepsOf(this.log, this.snapshot, this.epochId)
  }

  /** The committee in force: the newest config entry of the log, committed or not. */
  get voters(): readonly string[] {
    return this.committee.voters
  }

  get fence(): Fence {
    return { epoch: this.epoch?.number ?? 0, epochId: this.epoch?.id ?? '', term: this.term }
  }

  get lastIndex(): number {
    return this.log.lastIndex
  }

  get lastTerm(): number {
    return this.log.lastTerm
  }

  get epochId(): string {
    return this.epoch?.id ?? ''
  }

  /** A peer that leaves may go: the committee does without it, or there is nobody to leave it to. */
  get mayGo(): boolean {
    if (!this.isVoter()) return this.committee.index <= this.commitIndex
    const others = this.voters.filter((voter) => voter !== this.self)
    if (others.length > 0) return others.every((voter) => this.leavers.has(voter))
    return this.candidates.every((peer) => this.leavers.has(peer))
  }

  /** The leader has committed an entry of its own term: what it reads is current. */
  get settled(): boolean {
    return this.role === 'leader' && this.commitIndex > 0 && this.log.termAt(this.commitIndex) === this.term
  }

  electionDelay(): number {
    return C.ELECTION_MIN_MS + this.random() * (C.ELECTION_MAX_MS - C.ELECTION_MIN_MS)
  }

  /**
   * Leads, or has heard of its leader from the leader itself a moment ago. Nobody else may speak for a line: claims that
   * were passed on by those who had only been told would keep a dead leader's line alive for ever.
   *
   * A line without a live leader has nobody behind it, however many once signed. With one, both sides of a meeting count
   * the signatures of the claims, and nothing else: two leaders that judged themselves by what only they can see would
   * both stay, or each go over to the other.
   */
  vouches(now: number): boolean {
    return this.role === 'leader' || (this.leader !== null && now - this.confirmedAt < C.QUORUM_TIMEOUT_MS * 2)
  }

  liveVoters(now: number): number {
    return this.voters.filter((voter) => voter === this.self || now - this.replicator.lastHeard(voter) < C.QUORUM_TIMEOUT_MS).length
  }

  hearsLeader(now: number): boolean {
    if (this.role === 'leader') return true
    return this.leader !== null && !this.leaderGone && now - this.lastHeard < C.ELECTION_MIN_MS
  }

  append(body: EntryBody): LogEntry {
    const entry: LogEntry = { index: this.lastIndex + 1, term: this.term, body }
    this.log.append([entry])
    if (body.kind === 'config') this.findCommittee()
    this.out.save({ append: [entry] })
    return entry
  }

  follow(leader: string, now: number): void {
    this.lastHeard = now
    this.awakeWithoutLeader = 0
    this.leaderGone = false
    this.electionAt = now + this.electionDelay()
    this.role = this.isVoter() ? 'follower' : 'learner'
    this.setLeader(leader)
  }

  stepDown(now: number): void {
    this.role = this.isVoter() ? 'follower' : 'learner'
    this.electionAt = now + this.electionDelay()
    this.setLeader(null)
  }

  refreshRole(): void {
    if (this.role === 'learner' && this.isVoter()) this.role = 'follower'
    else if (this.role !== 'leader' && !this.isVoter()) this.role = 'learner'
  }

  setLeader(leader: string | null, force = false): void {
    this.leader = leader
    const { announced } = this
    if (leader === null && announced.leader === null) return
    if (!force && announced.leader === leader && announced.term === this.term && announced.epochId === this.epochId) return
    this.announced = { leader, term: this.term, epochId: this.epochId }
    this.out.effects.push({ type: 'leader', leader, fence: this.fence })
  }

  isVoter(): boolean {
    return this.voters.includes(this.self)
  }

  /** May take part in elections: a voter that has caught up with what it once held. */
  mayElect(): boolean {
    return this.isVoter() && this.lastIndex >= this.promises.owedIndex
  }

  /**
   * The newest config of this epoch: a peer that is being sent a recovered line must not act on a committee of the line
   * before.
   */
  findCommittee(): void {
    const index = this.log.newestConfig(this.epoch?.id)
    const body = this.log.entry(index)?.body
    const covered = this.snapshot?.config
    if (body?.kind === 'config') this.committee = { index, voters: body.voters }
    else if (covered != null && covered.epochId === this.epoch?.id) this.committee = { index: covered.index, voters: covered.voters }
    else this.committee = { index: 0, voters: [] }
  }

  raiseTerm(term: number): void {
    this.term = term
    this.votedFor = null
    this.saveHard()
  }

  /** Towards the term of a voter which proves nothing but that it votes: a bounded step (`MAX_TERM_LEAP`). */
  riseTo(term: number): void {
    this.raiseTerm(Math.min(term, this.term + C.MAX_TERM_LEAP))
  }

  saveHard(): void {
    const past = this.promises.stored(this.epoch?.id)
    this.out.save({ hard: { epoch: this.epoch, term: this.term, votedFor: this.votedFor, ...(past.length > 0 ? { past } : {}) } })
  }

  toVoters(message: RaftMessage): void {
    for (const voter of this.voters) if (voter !== this.self) this.send(voter, message)
  }

  send(to: string, message: RaftMessage): void {
    this.out.send(to, message)
  }

  refuse(from: string, reason: RefusalReason, detail: string): void {
    this.out.effects.push({ type: 'refusal', from, reason, detail })
  }
}
