/**
 * The election and replication core: Raft (Ongaro and Ousterhout, 2014; pre-vote, check-quorum, single-server config
 * changes and leadership transfer after Ongaro's thesis, 2014) on a committee of 1, 3 or 5 voters, everybody else a
 * learner, inside epochs that survive the loss of the majority (DESIGN section 5).
 *
 * Sans-I/O: `step(input, now)` returns what to persist, send and do, and touches nothing else. The driver must make
 * `persist` durable before it sends or acts. Times are monotonic milliseconds; randomness is injected. Signatures are
 * the driver's business: votes and claims that reach this file have been checked.
 */

import { Progress, planCommittee } from './committee.ts'
import * as C from './constants.ts'
import { compareLines, lineOf, majority } from './lines.ts'
import type { Claim, EntryBody, Epoch, Fence, HardState, LogEntry, PastLine, PersistRequest, RaftEffect, RaftInput, RaftMessage, RaftOutput } from './types.ts'

export type Role = 'learner' | 'follower' | 'preCandidate' | 'candidate' | 'leader'

export interface RaftInit {
  readonly self: string
  /** `--no-vote` and tabs: never founds a committee with others, never votes; still works alone. */
  readonly mayVote: boolean
  readonly hard: HardState | null
  readonly log: readonly LogEntry[]
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly now: number
  /** Time to look for a mesh before founding one; 0 when there is nobody to look for. */
  readonly discoveryMs: number
  readonly recoveryTimeoutMs: number
}

export class RaftCore {
  readonly self: string
  role: Role = 'learner'
  epoch: Epoch | null
  term: number
  votedFor: string | null
  leader: string | null = null
  log: LogEntry[]
  commitIndex = 0
  /** Voters whose grants made this peer leader; the driver collects their signatures for the claim. */
  voteSigners = new Map<string, Uint8Array | undefined>()

  private readonly mayVote: boolean
  private readonly random: () => number
  private readonly recoveryTimeoutMs: number
  private readonly foundAt: number
  private appliedIndex = 0
  private lastHeard: number
  /** When this peer, as a follower, last had everything that its leader said was committed. */
  syncedAt = -Infinity
  /** When the leader itself was last heard, not somebody who was told of it. */
  private confirmedAt = -Infinity
  private lastTick: number
  private awakeWithoutLeader = 0
  private electionAt: number
  private heartbeatAt = 0
  private leaderGone = false
  private preVotes = new Set<string>()
  private progress = new Map<string, Progress>()
  private learners: readonly string[] = []
  private candidates: readonly string[] = []
  private quorumSince = 0
  /** How many voters signed the claim of the present leader: decides when lines meet. */
  private lineSigners = 0
  /** Leadership is being handed over: no proposals until then. */
  private transferUntil = -Infinity
  /** Index of the newest config entry; 0 = none. */
  private configIndex = 0
  private past: readonly PastLine[]
  /** Back in a line it had left, this peer neither votes nor stands before it holds as many entries as it once did. */
  private owedIndex: number

  private out: Output = empty()

  constructor(init: RaftInit) {
    this.self = init.self
    this.mayVote = init.mayVote
    this.random = init.random
    this.recoveryTimeoutMs = init.recoveryTimeoutMs
    this.epoch = init.hard?.epoch ?? null
    this.term = init.hard?.term ?? 0
    this.votedFor = init.hard?.votedFor ?? null
    this.log = [...init.log]
    this.configIndex = this.findConfig()
    this.past = init.hard?.past ?? []
    this.owedIndex = this.past.find((line) => line.epochId === this.epoch?.id)?.lastIndex ?? 0
    this.lastHeard = init.now
    this.lastTick = init.now
    this.foundAt = init.now + init.discoveryMs
    this.electionAt = init.now + this.electionDelay()
    this.role = this.isVoter() ? 'follower' : 'learner'
    if (this.isVoter() && this.voters.length === 1) this.electionAt = init.now // alone: nobody to wait for
  }

  /** The committee in force: the newest config entry of the log, committed or not. */
  get voters(): readonly string[] {
    const body = this.log[this.configIndex - 1]?.body
    return body?.kind === 'config' ? body.voters : []
  }

  get fence(): Fence {
    return { epoch: this.epoch?.number ?? 0, epochId: this.epoch?.id ?? '', term: this.term }
  }

  get lastIndex(): number {
    return this.log.length
  }

  get lastTerm(): number {
    return this.log.at(-1)?.term ?? 0
  }

  /** The leader has committed an entry of its own term: what it reads is current. */
  get settled(): boolean {
    return this.role === 'leader' && this.commitIndex > 0 && this.log[this.commitIndex - 1]?.term === this.term
  }

  step(input: RaftInput, now: number): RaftOutput {
    this.out = empty()
    switch (input.type) {
      case 'tick':
        this.tick(now)
        break
      case 'message':
        this.receive(input.from, input.message, now)
        break
      case 'claim':
        this.hearClaim(input.claim, input.fromLeader === true, now)
        break
      case 'followers':
        this.learners = input.learners.filter((peer) => peer !== this.self)
        this.candidates = input.mayVote.filter((peer) => peer !== this.self)
        break
      case 'disconnected':
        this.onDisconnected(input.peer, now)
        break
      case 'propose':
        this.propose(input.id, input.command)
        break
      case 'unproved':
        if (this.role === 'leader' && input.term === this.term) this.lineSigners = 0
        break
      case 'leave':
        this.startTransfer(now)
        break
      default:
        input satisfies never
    }
    this.applyCommitted()
    return this.out
  }

  // ---- time ----

  private tick(now: number): void {
    const elapsed = Math.min(Math.max(0, now - this.lastTick), C.AWAKE_TICK_MAX_MS)
    this.lastTick = now
    if (this.epoch === null) {
      if (now >= this.foundAt) this.openEpoch(now)
      return
    }
    if (this.role === 'leader') {
      this.lead(now)
      return
    }
    this.awakeWithoutLeader += elapsed
    if (this.mayElect() && now >= this.electionAt) this.startPreVote(now)
    if (this.recoveryTimeoutMs > 0 && this.awakeWithoutLeader >= this.recoveryTimeoutMs + this.recoveryDelay()) this.openEpoch(now)
  }

  /** Voters first, in the order of the config; learners later, spread: the first claim stops the others. */
  private recoveryDelay(): number {
    const place = this.voters.indexOf(this.self)
    if (place >= 0) return place * 1000
    return 6000 + (hash(this.self) % 50) * 100
  }

  private electionDelay(): number {
    return C.ELECTION_MIN_MS + this.random() * (C.ELECTION_MAX_MS - C.ELECTION_MIN_MS)
  }

  private onDisconnected(peer: string, now: number): void {
    this.progress.delete(peer)
    if (peer !== this.leader || this.role === 'leader') return
    this.leaderGone = true
    const delay = C.DISCONNECT_MIN_MS + this.random() * (C.DISCONNECT_MAX_MS - C.DISCONNECT_MIN_MS)
    this.electionAt = Math.min(this.electionAt, now + delay)
  }

  // ---- epochs and claims ----

  /** Founds a mesh, or recovers one that lost its majority: a new epoch with this peer as its only voter. */
  private openEpoch(now: number): void {
    const parent = this.epoch
    this.leaveLine()
    const id = Array.from({ length: 16 }, () => Math.floor(this.random() * 16).toString(16)).join('')
    this.epoch = { number: (parent?.number ?? 0) + 1, id, parent: parent?.id ?? null }
    this.owedIndex = 0
    this.term += 1
    this.votedFor = this.self
    this.saveHard()
    this.voteSigners = new Map([[this.self, undefined]])
    this.append({ kind: 'config', epochId: id, voters: [this.self] })
    this.becomeLeader(now)
  }

  private hearClaim(claim: Claim, fromLeader: boolean, now: number): void {
    if (claim.leader === this.self) return // if it still led, it would know
    if (this.epoch?.id === claim.epoch.id) {
      if (claim.term < this.term || this.role === 'leader') return
      if (claim.term > this.term) {
        this.term = claim.term
        this.votedFor = null
        this.saveHard()
        this.follow(claim.leader, now)
      } else if (this.leader !== claim.leader && !this.isVoter()) {
        this.follow(claim.leader, now)
      }
      this.lineSigners = new Set(claim.signers).size
      if (fromLeader && this.leader === claim.leader) this.confirmedAt = now
      return
    }
    if (this.epoch !== null) {
      // Hearsay is for those who hear no leader: a live line gives way only to the word of a leader.
      if (!fromLeader && this.vouches(now)) return
      const own = { epoch: this.epoch, signers: this.vouches(now) ? this.lineSigners : 0 }
      if (compareLines(own, lineOf(claim)) <= 0) return
    }
    this.adopt(claim, now)
    if (fromLeader) this.confirmedAt = now
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

  private liveVoters(now: number): number {
    return this.voters.filter((voter) => voter === this.self || now - (this.progress.get(voter)?.lastAck ?? -Infinity) < C.QUORUM_TIMEOUT_MS).length
  }

  /** Goes over to another line. What was promised in a line that was left before still binds. */
  private adopt(claim: Claim, now: number): void {
    this.leaveLine()
    const hadLog = this.log.length > 0
    const promised = this.past.find((line) => line.epochId === claim.epoch.id)
    this.confirmedAt = -Infinity
    this.epoch = claim.epoch
    this.term = Math.max(claim.term, promised?.term ?? 0)
    this.votedFor = this.term === promised?.term ? promised.votedFor : null
    this.owedIndex = promised?.lastIndex ?? 0
    const abandoned = this.log.slice(this.appliedIndex)
    if (hadLog) this.persist({ truncateFrom: 1 })
    this.log = []
    this.configIndex = 0
    this.commitIndex = 0
    this.appliedIndex = 0
    this.syncedAt = -Infinity
    this.saveHard()
    if (hadLog) this.out.effects.push({ type: 'reset', abandoned })
    this.lineSigners = new Set(claim.signers).size
    if (this.term === claim.term) this.follow(claim.leader, now)
    else this.stepDown(now)
  }

  private leaveLine(): void {
    const { epoch } = this
    if (epoch === null) return
    const line = { epochId: epoch.id, term: this.term, votedFor: this.votedFor, lastIndex: Math.max(this.lastIndex, this.owedIndex) }
    this.past = [...this.past.filter(({ epochId }) => epochId !== epoch.id), line].slice(-C.MAX_PAST_LINES)
  }

  // ---- messages ----

  private receive(from: string, message: RaftMessage, now: number): void {
    if (this.epoch === null || message.epochId !== this.epoch.id) {
      if (this.epoch !== null && this.vouches(now)) this.out.effects.push({ type: 'tellClaim', to: from })
      return
    }
    if (message.type === 'preVote') {
      this.onPreVote(from, message, now)
      return
    }
    if (message.type === 'preVoteReply') {
      this.onPreVoteReply(from, message, now)
      return
    }
    if (message.type === 'vote' && !message.transfer && this.hearsLeader(now)) return // a live leader needs no election
    if (message.term > this.term) {
      this.term = message.term
      this.votedFor = null
      this.saveHard()
      this.stepDown(now)
    }
    switch (message.type) {
      case 'vote':
        this.onVote(from, message, now)
        break
      case 'voteReply':
        this.onVoteReply(from, message, now)
        break
      case 'append':
        this.onAppend(from, message, now)
        break
      case 'appendReply':
        this.onAppendReply(from, message, now)
        break
      case 'electNow':
        if (message.term === this.term && this.mayElect() && this.role !== 'leader') this.startElection(now, true)
        break
      default:
        message satisfies never
    }
  }

  private hearsLeader(now: number): boolean {
    if (this.role === 'leader') return true
    return this.leader !== null && !this.leaderGone && now - this.lastHeard < C.ELECTION_MIN_MS
  }

  private upToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)
  }

  private startPreVote(now: number): void {
    this.role = 'preCandidate'
    this.setLeader(null)
    this.preVotes = new Set([this.self])
    // While the leader is known to be gone, ask again soon: others may learn of it a moment later than we did.
    this.electionAt = now + (this.leaderGone ? C.DISCONNECT_MAX_MS + this.random() * C.DISCONNECT_MAX_MS : this.electionDelay())
    if (this.preVotes.size >= majority(this.voters)) {
      this.startElection(now, false)
      return
    }
    this.toVoters({ type: 'preVote', epochId: this.epochId(), term: this.term + 1, lastIndex: this.lastIndex, lastTerm: this.lastTerm })
  }

  private onPreVote(from: string, message: RaftMessage & { type: 'preVote' }, now: number): void {
    if (this.liesAboutTerm(from, message)) return
    const granted = this.mayElect() && message.term > this.term && !this.hearsLeader(now) && this.upToDate(message.lastIndex, message.lastTerm)
    this.send(from, { type: 'preVoteReply', epochId: this.epochId(), term: granted ? message.term : this.term, granted })
  }

  private onPreVoteReply(from: string, message: RaftMessage & { type: 'preVoteReply' }, now: number): void {
    if (this.role !== 'preCandidate') return
    if (!message.granted) {
      if (message.term > this.term) {
        this.term = message.term
        this.votedFor = null
        this.saveHard()
        this.stepDown(now)
      }
      return
    }
    if (message.term !== this.term + 1 || !this.voters.includes(from)) return
    this.preVotes.add(from)
    if (this.preVotes.size >= majority(this.voters)) this.startElection(now, false)
  }

  private startElection(now: number, transfer: boolean): void {
    this.role = 'candidate'
    this.term += 1
    this.votedFor = this.self
    this.saveHard()
    this.setLeader(null)
    this.voteSigners = new Map([[this.self, undefined]])
    this.electionAt = now + this.electionDelay()
    if (this.voteSigners.size >= majority(this.voters)) {
      this.becomeLeader(now)
      return
    }
    this.toVoters({ type: 'vote', epochId: this.epochId(), term: this.term, lastIndex: this.lastIndex, lastTerm: this.lastTerm, transfer })
  }

  private onVote(from: string, message: RaftMessage & { type: 'vote' }, now: number): void {
    if (this.liesAboutTerm(from, message)) return
    const granted =
      message.term === this.term && this.mayElect() && (this.votedFor === null || this.votedFor === from) && this.upToDate(message.lastIndex, message.lastTerm)
    if (granted && this.votedFor === null) {
      this.votedFor = from
      this.saveHard()
    }
    if (granted) this.electionAt = now + this.electionDelay()
    this.send(from, { type: 'voteReply', epochId: this.epochId(), term: this.term, granted })
  }

  /** Entries are of terms before the one that is being asked for. */
  private liesAboutTerm(from: string, { type, term, lastTerm }: RaftMessage & { type: 'preVote' | 'vote' }): boolean {
    if (lastTerm < term) return false
    this.lie(from, `${type} for term ${term} with a last entry of term ${lastTerm}`)
    return true
  }

  private lie(peer: string, what: string): void {
    this.out.effects.push({ type: 'lie', peer, what })
  }

  private onVoteReply(from: string, message: RaftMessage & { type: 'voteReply' }, now: number): void {
    if (this.role !== 'candidate' || message.term !== this.term || !message.granted || !this.voters.includes(from)) return
    this.voteSigners.set(from, message.signature)
    if (this.voteSigners.size >= majority(this.voters)) this.becomeLeader(now)
  }

  private onAppend(from: string, message: RaftMessage & { type: 'append' }, now: number): void {
    if (message.term < this.term || this.role === 'leader') {
      this.send(from, { type: 'appendReply', epochId: this.epochId(), term: this.term, success: false, matchIndex: 0 })
      return
    }
    this.follow(from, now)
    this.confirmedAt = now
    const reply = (success: boolean, matchIndex: number): void =>
      this.send(from, { type: 'appendReply', epochId: this.epochId(), term: this.term, success, matchIndex })
    const previous = message.prevIndex === 0 ? 0 : this.log[message.prevIndex - 1]?.term
    const other = message.entries.find((entry) => entry.index <= this.commitIndex && this.log[entry.index - 1]?.term !== entry.term)
    if (other !== undefined || (message.prevIndex <= this.commitIndex && previous !== message.prevTerm)) {
      const { index, term } = other ?? { index: message.prevIndex, term: message.prevTerm }
      this.lie(from, `append with an entry ${index} of term ${term}: a majority has committed one of term ${this.log[index - 1]?.term}`)
      return
    }
    if (previous === undefined || previous !== message.prevTerm) {
      reply(false, Math.min(this.lastIndex, message.prevIndex - 1))
      return
    }
    const fresh = message.entries.findIndex((entry) => this.log[entry.index - 1]?.term !== entry.term)
    if (fresh >= 0) {
      const entries = message.entries.slice(fresh)
      const from = (entries[0] as LogEntry).index
      const conflict = from <= this.lastIndex
      this.log.length = from - 1
      this.log.push(...entries)
      this.configIndex = this.findConfig()
      this.persist(conflict ? { truncateFrom: from, append: entries } : { append: entries })
      if (this.lastIndex >= this.owedIndex) this.owedIndex = 0
      this.refreshRole()
    }
    const match = message.prevIndex + message.entries.length
    this.commitIndex = Math.max(this.commitIndex, Math.min(message.commit, match))
    if (this.commitIndex >= message.commit) this.syncedAt = now
    reply(true, match)
  }

  // ---- leading ----

  private becomeLeader(now: number): void {
    this.role = 'leader'
    this.awakeWithoutLeader = 0
    this.leaderGone = false
    this.transferUntil = -Infinity
    this.progress = new Map()
    this.quorumSince = now
    this.heartbeatAt = now
    this.lineSigners = this.voteSigners.size
    this.append({ kind: 'noop' })
    this.setLeader(this.self, true)
    this.lead(now)
  }

  private lead(now: number): void {
    if (this.liveVoters(now) >= majority(this.voters)) this.quorumSince = now
    else if (now - this.quorumSince >= C.QUORUM_TIMEOUT_MS) {
      this.stepDown(now)
      return
    }
    if (now >= this.heartbeatAt) {
      this.heartbeatAt = now + C.HEARTBEAT_MS
      for (const peer of this.followers()) this.replicate(peer)
    }
    if (now >= this.transferUntil && this.settled) {
      const voters = planCommittee({
        self: this.self,
        voters: this.voters,
        candidates: this.candidates,
        progress: this.progress,
        commitIndex: this.commitIndex,
        now,
        pending: this.configIndex > this.commitIndex,
        mayVote: this.mayVote,
      })
      if (voters !== null) {
        this.append({ kind: 'config', epochId: this.epochId(), voters })
        for (const peer of this.followers()) this.replicate(peer)
      }
    }
    this.advanceCommit()
    if (this.lacksSignatures(now)) this.startElection(now, true)
  }

  /**
   * A line that was founded by one voter and has grown is worth more than its claim says; and where voters knew another
   * committee than their candidate, their votes prove nothing to others. The leader has itself elected again, by the
   * committee that there is now: one round trip, in which nobody else stands.
   */
  private lacksSignatures(now: number): boolean {
    const proved = this.lineSigners > 1 || (this.lineSigners === 1 && this.voters.length < 3)
    if (proved || !this.isVoter() || now < this.transferUntil) return false
    return this.settled && this.configIndex <= this.commitIndex && this.liveVoters(now) >= majority(this.voters)
  }

  private followers(): string[] {
    return [...new Set([...this.voters, ...this.learners])].filter((peer) => peer !== this.self)
  }

  private replicate(peer: string): void {
    let progress = this.progress.get(peer)
    if (progress === undefined) {
      progress = new Progress(this.lastIndex + 1)
      this.progress.set(peer, progress)
    }
    const next = progress.next
    const entries: LogEntry[] = []
    let bytes = 0
    for (let index = next; index <= this.lastIndex && entries.length < C.MAX_APPEND_ENTRIES && bytes < C.MAX_APPEND_BYTES; index++) {
      const entry = this.log[index - 1] as LogEntry
      entries.push(entry)
      bytes += entry.body.kind === 'command' ? entry.body.command.byteLength : 64
    }
    progress.next = next + entries.length // optimistic: a rejection brings it back
    this.send(peer, {
      type: 'append',
      epochId: this.epochId(),
      term: this.term,
      prevIndex: next - 1,
      prevTerm: this.log[next - 2]?.term ?? 0,
      entries,
      commit: this.commitIndex,
    })
  }

  private onAppendReply(from: string, message: RaftMessage & { type: 'appendReply' }, now: number): void {
    const progress = this.progress.get(from)
    if (this.role !== 'leader' || message.term !== this.term || progress === undefined) return
    if (message.matchIndex > this.lastIndex) {
      this.lie(from, `appendReply for entry ${message.matchIndex}: the log ends with ${this.lastIndex}`)
      return
    }
    progress.heard(now)
    if (message.success) {
      progress.matched(message.matchIndex)
      this.advanceCommit()
      if (progress.next <= this.lastIndex) this.replicate(from)
    } else if (progress.rejected(message.matchIndex)) {
      this.replicate(from)
    }
  }

  private advanceCommit(): void {
    const voters = this.voters
    const matches = voters.map((voter) => (voter === this.self ? this.lastIndex : (this.progress.get(voter)?.match ?? 0))).sort((a, b) => b - a)
    const index = matches[majority(voters) - 1] ?? 0
    if (index > this.commitIndex && this.log[index - 1]?.term === this.term) {
      this.commitIndex = index
      for (const peer of this.followers()) if ((this.progress.get(peer)?.match ?? 0) >= index) this.tellCommit(peer)
    }
  }

  /** Followers should learn of a commit at once: a submitter waits for it on another peer. */
  private tellCommit(peer: string): void {
    const match = this.progress.get(peer)?.match ?? 0
    this.send(peer, {
      type: 'append',
      epochId: this.epochId(),
      term: this.term,
      prevIndex: match,
      prevTerm: this.log[match - 1]?.term ?? 0,
      entries: [],
      commit: this.commitIndex,
    })
  }

  private propose(id: number, command: Uint8Array | null): void {
    if (this.role !== 'leader' || this.lastTick < this.transferUntil) {
      this.out.effects.push({ type: 'refused', id, leader: this.role === 'leader' ? null : this.leader })
      return
    }
    const entry = this.append(command === null ? { kind: 'noop' } : { kind: 'command', command })
    this.out.effects.push({ type: 'proposed', id, index: entry.index, term: entry.term })
    for (const peer of this.followers()) {
      const progress = this.progress.get(peer)
      if (progress === undefined || progress.next === entry.index) this.replicate(peer)
    }
    this.advanceCommit()
  }

  /** Abandoned after one election timeout: the voter that was asked may have died. */
  private startTransfer(now: number): void {
    if (this.role !== 'leader') return
    const best = this.voters
      .filter((voter) => voter !== this.self)
      .map((voter) => ({ voter, match: this.progress.get(voter)?.match ?? 0 }))
      .sort((a, b) => b.match - a.match)[0]
    if (best === undefined || best.match < this.commitIndex) return
    this.transferUntil = now + C.ELECTION_MAX_MS
    this.send(best.voter, { type: 'electNow', epochId: this.epochId(), term: this.term })
  }

  // ---- small steps ----

  private append(body: EntryBody): LogEntry {
    const entry: LogEntry = { index: this.lastIndex + 1, term: this.term, body }
    this.log.push(entry)
    if (body.kind === 'config') this.configIndex = entry.index
    this.persist({ append: [entry] })
    return entry
  }

  private applyCommitted(): void {
    while (this.appliedIndex < this.commitIndex) {
      const entry = this.log[this.appliedIndex]
      if (entry === undefined) return
      this.appliedIndex += 1
      this.out.effects.push({ type: 'committed', entry })
    }
    // A leader that removed itself from the committee leads until that is committed, then makes way.
    if (this.role === 'leader' && !this.isVoter() && this.configIndex <= this.commitIndex) this.stepDown(this.lastTick)
  }

  private follow(leader: string, now: number): void {
    this.lastHeard = now
    this.awakeWithoutLeader = 0
    this.leaderGone = false
    this.electionAt = now + this.electionDelay()
    this.role = this.isVoter() ? 'follower' : 'learner'
    this.setLeader(leader)
  }

  private stepDown(now: number): void {
    this.role = this.isVoter() ? 'follower' : 'learner'
    this.electionAt = now + this.electionDelay()
    this.setLeader(null)
  }

  private refreshRole(): void {
    if (this.role === 'learner' && this.isVoter()) this.role = 'follower'
    else if (this.role === 'follower' && !this.isVoter()) this.role = 'learner'
  }

  private announced: { leader: string | null; term: number; epochId: string } = { leader: null, term: -1, epochId: '' }

  private setLeader(leader: string | null, force = false): void {
    this.leader = leader
    const { announced } = this
    if (leader === null && announced.leader === null) return
    if (!force && announced.leader === leader && announced.term === this.term && announced.epochId === this.epochId()) return
    this.announced = { leader, term: this.term, epochId: this.epochId() }
    this.out.effects.push({ type: 'leader', leader, fence: this.fence })
  }

  private isVoter(): boolean {
    return this.voters.includes(this.self)
  }

  /** May take part in elections: a voter that has caught up with what it once held. */
  private mayElect(): boolean {
    return this.isVoter() && this.lastIndex >= this.owedIndex
  }

  private findConfig(): number {
    let index = this.log.length
    while (index > 0 && !this.isCommittee(this.log[index - 1]?.body)) index -= 1
    return index
  }

  /** One of this epoch: a peer that is being sent a recovered line must not act on a committee of the line before. */
  private isCommittee(body: EntryBody | undefined): boolean {
    return body?.kind === 'config' && body.epochId === this.epoch?.id
  }

  private epochId(): string {
    return this.epoch?.id ?? ''
  }

  private saveHard(): void {
    const past = this.owedIndex > 0 ? this.past : this.past.filter((line) => line.epochId !== this.epoch?.id)
    this.persist({ hard: { epoch: this.epoch, term: this.term, votedFor: this.votedFor, ...(past.length > 0 ? { past } : {}) } })
  }

  /** One request for the whole step, so that a crash leaves all of it or nothing. */
  private persist(request: PersistRequest): void {
    const before = this.out.persist[0]
    if (before === undefined) {
      this.out.persist.push(request)
      return
    }
    const { truncateFrom = Infinity } = request
    const cut = Math.min(before.truncateFrom ?? Infinity, truncateFrom)
    const append = [...(before.append ?? []).filter((entry) => entry.index < truncateFrom), ...(request.append ?? [])]
    const hard = request.hard ?? before.hard
    this.out.persist[0] = {
      ...(hard === undefined ? {} : { hard }),
      ...(cut === Infinity ? {} : { truncateFrom: cut }),
      ...(append.length === 0 ? {} : { append }),
    }
  }

  private toVoters(message: RaftMessage): void {
    for (const voter of this.voters) if (voter !== this.self) this.send(voter, message)
  }

  private send(to: string, message: RaftMessage): void {
    this.out.messages.push({ to, message })
  }
}

interface Output {
  readonly persist: PersistRequest[]
  readonly messages: { to: string; message: RaftMessage }[]
  readonly effects: RaftEffect[]
}

function empty(): Output {
  return { persist: [], messages: [], effects: [] }
}

/** FNV-1a, only to spread timers. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
