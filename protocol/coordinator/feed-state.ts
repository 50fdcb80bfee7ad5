/**
 * What a peer that follows the log from its neighbours (`feed.ts`) keeps in mind: certificates, the search that is on, whom
 * it does not ask, and who has had how much of it.
 */
import * as C from './constants.ts'
import { followsFrom } from './lines.ts'
import type { RaftLog } from './log.ts'
import { IncomingSnapshot } from './snapshots.ts'
import type { Certificate, LogEntry } from './types.ts'

/** What the feed sees of its peer. */
export interface Feeding {
  readonly epochId: string
  readonly role: string
  readonly leader: string | null
  readonly log: RaftLog
  commitIndex: number
  readonly voters: readonly string[]
  /** The committee that elected the leader, as its claim names it. */
  readonly claimed: readonly string[]
  /** The newest committee that steps have proved. */
  readonly proved: readonly string[]
  /** Connected peers of the mesh. */
  readonly learners: readonly string[]
  readonly appendedAt: number
  readonly random: () => number
}

/** One search for what is missing: neighbour after neighbour. */
export interface Round {
  readonly tried: Set<string>
  peer: string
  askedAt: number
  /** What this peer had committed when the present neighbour was asked first. */
  start: number
  gathered: LogEntry[]
  bytes: number
  /** Of the chain over all that is gathered. */
  hash: string
}

export class Feed {
  /** The newest that is known, and the newest of which this peer has all entries: it can serve up to there. */
  newest: Certificate | null = null
  held: Certificate | null = null
  snapshotProof: Certificate | null = null
  readonly incoming = new IncomingSnapshot()
  round: Round | null = null
  newestAt = -Infinity
  /** When somebody last said how far the mesh is. */
  heardAt = -Infinity
  nextAt = -Infinity
  /** Somebody speaks for a committee that this peer does not know: it needs the steps to it. */
  lost = false
  /** What it said. */
  unproved: Certificate | null = null
  stepsAskedAt = -Infinity
  /** What the leader said last of what was committed, and when that was all there was. */
  leaderSaid: { readonly index: number; readonly at: number } | null = null
  private readonly avoided = new Map<string, number>()
  private readonly served = new Map<string, { since: number; bytes: number }>()

  /** The line is another one. */
  clear(): void {
    this.lost = false
    this.unproved = null
    this.newest = null
    this.held = null
    this.snapshotProof = null
    this.leaderSaid = null
    this.incoming.clear()
    this.round = null
    this.newestAt = -Infinity
    this.nextAt = -Infinity
  }

  /** False for one of a committee that this peer does not know. */
  hear(core: Feeding, certificate: Certificate, now: number): boolean {
    const { statement, voters } = certificate
    if (statement.kind !== 'commit' || statement.epochId !== core.epochId || statement.index <= 0) return false
    if (!isKnown(core, voters)) {
      if (statement.index > core.commitIndex) {
        this.lost = true
        this.unproved = certificate
      }
      return false
    }
    if (statement.index > core.commitIndex) this.lost = false
    this.heardAt = now
    if (this.newest === null || statement.index > this.newest.statement.index) {
      this.newest = certificate
      this.newestAt = now
    }
    // The very entries are here already: a follower that learns of the commit in this way.
    if (statement.index > core.commitIndex && core.log.hashAt(statement.index) === statement.hash) core.commitIndex = statement.index
    this.hold(core)
    return true
  }

  proveSnapshot(core: Feeding, certificate: Certificate): void {
    const { statement, voters } = certificate
    if (statement.kind !== 'snapshot' || statement.epochId !== core.epochId || !isKnown(core, voters)) return
    if (statement.index >= (this.snapshotProof?.statement.index ?? 0)) this.snapshotProof = certificate
  }

  hold(core: Feeding): void {
    const { newest } = this
    if (newest === null || newest === this.held || newest.statement.index > core.commitIndex) return
    if (core.log.hashAt(newest.statement.index) === newest.statement.hash) this.held = newest
  }

  /** This peer is behind what it knows to be committed, and nobody is bringing it the rest. */
  wants(core: Feeding, now: number): boolean {
    if (core.role === 'leader' || core.epochId === '') return false
    const fed = now - core.appendedAt < C.QUORUM_TIMEOUT_MS
    if (this.newest !== null && this.newest.statement.index > core.commitIndex) return !fed || now - this.newestAt >= C.FEED_GRACE_MS
    return !fed && now - this.heardAt >= C.FEED_POLL_MS
  }

  pick(core: Feeding, tried: ReadonlySet<string>, now: number): string | undefined {
    for (const [peer, until] of this.avoided) if (until <= now) this.avoided.delete(peer)
    const free = core.learners.filter((peer) => !tried.has(peer) && !this.avoided.has(peer))
    const voters = new Set([...core.voters, ...core.claimed])
    const learners = free.filter((peer) => !voters.has(peer) && peer !== core.leader)
    const others = free.filter((peer) => voters.has(peer) && peer !== core.leader)
    const first = tried.size < C.FEED_LEARNERS_FIRST ? [learners, others] : [others, learners]
    const pool = first.find((peers) => peers.length > 0) ?? free
    return pool[Math.floor(core.random() * pool.length)]
  }

  avoid(peer: string, now: number): void {
    this.avoided.set(peer, now + C.FEED_AVOID_MS)
  }

  /** Whether a peer may have so many bytes more now; what it gets is bounded, whoever it is. */
  allows(peer: string, bytes: number, now: number): boolean {
    let window = this.served.get(peer)
    if (window === undefined || now - window.since >= 1000) {
      if (this.served.size > C.FEED_SERVED_PEERS) this.served.clear()
      window = { since: now, bytes: 0 }
      this.served.set(peer, window)
    }
    window.bytes += bytes + C.FEED_ANSWER_BYTES
    return window.bytes <= C.FEED_BYTES_PER_SECOND
  }
}

/** Whether there is a committee of this line to compare another one with. */
export function knowsCommittee({ voters, claimed, proved }: Pick<Feeding, 'voters' | 'claimed' | 'proved'>): boolean {
  return voters.length > 0 || claimed.length > 0 || proved.length > 0
}

/** A committee that can be, or has just been, the one that this peer knows from its log, from its leader's claim, or by steps. */
export function isKnown(core: Feeding, voters: readonly string[]): boolean {
  const known = [core.voters, core.claimed, core.proved].filter((committee) => committee.length > 0)
  return known.some((committee) => followsFrom(committee, voters))
}
