/**
 * How a peer that the leader does not replicate to follows the log: it hears how far the mesh is (`certifier.ts`), and pulls
 * what it lacks from one of its neighbours, another learner by choice, so that the leader's work does not grow with the
 * mesh. What comes is gathered until the chain over it is the one that a majority of voters has signed; only then is it
 * taken. A neighbour whose entries do not come to that is named and left alone.
 */
import { sameVoters } from './certifier.ts'
import { nextLink, snapshotDigest } from './chain.ts'
import * as C from './constants.ts'
import { isKnown } from './feed-state.ts'
import { installSnapshot, takeEntries } from './following.ts'
import { entryBytes } from './log.ts'
import type { RaftState } from './state.ts'
import { stepsOf, walk } from './steps.ts'
import type { Announcement, LogEntry, RaftMessage } from './types.ts'

export function onAnnouncement(core: RaftState, from: string, announcement: Announcement, now: number): void {
  const { commit, snapshot, ageMs } = announcement
  if (core.role === 'leader' || !core.feed.hear(core, commit, now)) return
  if (snapshot !== null) core.feed.proveSnapshot(core, snapshot)
  if (from === core.leader) core.feed.leaderSaid = { index: commit.statement.index, at: now - ageMs }
}

/** After each step of a peer that does not lead. */
export function tendFeed(core: RaftState, now: number): void {
  const { feed } = core
  feed.hold(core)
  if (feed.leaderSaid !== null && core.commitIndex >= feed.leaderSaid.index) {
    core.syncedAt = Math.max(core.syncedAt, feed.leaderSaid.at)
    feed.leaderSaid = null
  }
  if (feed.lost && now - feed.stepsAskedAt >= C.STEPS_EVERY_MS) askSteps(core, now)
  const { round } = feed
  if (round === null) {
    if (now >= feed.nextAt && feed.wants(core, now)) ask(core, new Set(), now)
  } else if (!core.learners.includes(round.peer) || now - round.askedAt >= C.FEED_TIMEOUT_MS) {
    ask(core, round.tried, now)
  }
}

/** The next neighbour, from the beginning; after the last one, a pause. */
function ask(core: RaftState, tried: Set<string>, now: number): void {
  const { feed } = core
  feed.incoming.clear()
  feed.round = null
  const peer = feed.wants(core, now) ? feed.pick(core, tried, now) : undefined
  if (peer === undefined) {
    feed.nextAt = now + C.FEED_RETRY_MS
    return
  }
  tried.add(peer)
  const start = core.commitIndex
  feed.round = { tried, peer, askedAt: now, start, gathered: [], bytes: 0, hash: core.log.hashAt(start) ?? '' }
  pull(core, peer, start, -1, 0)
}

/** Of anybody: the signatures prove them. */
function askSteps(core: RaftState, now: number): void {
  const { feed, learners } = core
  const peer = learners[Math.floor(core.random() * learners.length)]
  if (peer === undefined) return
  feed.stepsAskedAt = now
  core.send(peer, { type: 'askSteps', epochId: core.epochId, term: core.term })
}

export function onAskSteps(core: RaftState, from: string, now: number): void {
  const steps = stepsOf(core.log, core.snapshot, core.epochId, core.commitIndex)
  if (core.feed.allows(from, steps.length * C.STEP_BYTES, now)) core.send(from, { type: 'steps', epochId: core.epochId, term: core.term, steps })
}

/** They lead on from a committee that this peer knows, or change nothing. */
export function onSteps(core: RaftState, message: RaftMessage & { type: 'steps' }, now: number): void {
  const { feed } = core
  if (!feed.lost) return
  const committee = walk(message.steps, core.steps, core.claimed)
  if (committee === null || sameVoters(committee, core.voters) || sameVoters(committee, core.proved)) return // the next one may know more
  core.proved = committee
  const { unproved } = feed
  feed.lost = false // whoever still speaks for another one says so again
  feed.unproved = null
  if (unproved !== null) feed.hear(core, unproved, now)
}

function pull(core: RaftState, peer: string, after: number, snapshotIndex: number, offset: number): void {
  core.send(peer, { type: 'pull', epochId: core.epochId, term: core.term, after, snapshotIndex, offset })
}

export function onPull(core: RaftState, from: string, message: RaftMessage & { type: 'pull' }, now: number): void {
  const { feed, log, snapshot, epochId, term } = core
  const { held, snapshotProof } = feed
  const { after } = message
  if (after < log.base && snapshot !== null && snapshotProof?.statement.index === snapshot.index && snapshotProof.statement.hash === core.snapshotDigest) {
    const { index, hash, config, data } = snapshot
    const offset = message.snapshotIndex === index ? message.offset : 0
    const piece = data.subarray(offset, offset + C.SNAPSHOT_CHUNK_BYTES)
    if (!feed.allows(from, piece.byteLength, now)) return
    const about = { index, logTerm: snapshot.term, hash, config, totalBytes: data.byteLength, certificate: snapshotProof }
    core.send(from, { type: 'feedSnapshot', epochId, term, ...about, offset, data: piece })
    return
  }
  const entries: LogEntry[] = []
  let bytes = 0
  if (held !== null && after >= log.base) {
    for (const entry of log.after(after)) {
      if (entry.index > held.statement.index || entries.length >= C.MAX_APPEND_ENTRIES || bytes >= C.MAX_APPEND_BYTES) break
      entries.push(entry)
      bytes += entryBytes(entry)
    }
  }
  if (feed.allows(from, bytes, now)) core.send(from, { type: 'feed', epochId, term, after, entries, certificate: held })
}

export function onFeed(core: RaftState, from: string, message: RaftMessage & { type: 'feed' }, now: number): void {
  const { feed } = core
  const { round } = feed
  const { certificate, entries, after } = message
  const known = certificate !== null && feed.hear(core, certificate, now)
  if (round === null || from !== round.peer || after !== round.start + round.gathered.length) return
  if (!known || entries.length === 0 || core.commitIndex !== round.start) {
    ask(core, round.tried, now) // has nothing more, or somebody else was faster
    return
  }
  for (const entry of entries) {
    round.gathered.push(entry)
    round.bytes += entryBytes(entry)
    round.hash = nextLink(core.hash, round.hash, entry)
  }
  const end = round.start + round.gathered.length
  const { index, hash } = certificate.statement
  if (end < index && round.bytes <= C.MAX_FEED_BYTES) {
    round.askedAt = now
    pull(core, from, end, -1, 0)
    return
  }
  if (end !== index || round.hash !== hash) {
    refuse(core, from, `entries ${round.start + 1} to ${end}, which are not those that the voters have signed up to ${index}`, now)
    return
  }
  comeTo(core, round.gathered.at(-1)?.term ?? 0, now)
  takeEntries(core, round.gathered)
  core.commitIndex = Math.max(core.commitIndex, index)
  feed.round = null
  feed.hold(core)
}

export function onFeedSnapshot(core: RaftState, from: string, message: RaftMessage & { type: 'feedSnapshot' }, now: number): void {
  const { feed } = core
  const { round } = feed
  const { certificate, index } = message
  if (round === null || from !== round.peer || round.gathered.length > 0) return
  const { statement } = certificate
  const proved = statement.kind === 'snapshot' && statement.epochId === core.epochId && statement.index === index && isKnown(core, certificate.voters)
  if (!proved || index <= core.commitIndex) {
    ask(core, round.tried, now)
    return
  }
  feed.heardAt = now
  const taken = feed.incoming.take(from, message)
  if (typeof taken === 'number') {
    round.askedAt = now
    pull(core, from, round.start, index, taken)
    return
  }
  if (snapshotDigest(core.hash, taken) !== statement.hash) {
    refuse(core, from, `a snapshot up to ${index} that is not the one which the voters have signed`, now)
    return
  }
  comeTo(core, taken.term, now)
  installSnapshot(core, taken)
  feed.proveSnapshot(core, certificate)
  feed.round = null
}

/** Somebody has led in the term of an entry that is committed: the terms before it are over. */
function comeTo(core: RaftState, term: number, now: number): void {
  if (term <= core.term) return
  core.raiseTerm(term)
  core.stepDown(now)
}

function refuse(core: RaftState, from: string, what: string, now: number): void {
  core.refuse(from, 'FALSE_ENTRIES', `passes on ${what}`)
  const { feed } = core
  feed.avoid(from, now)
  ask(core, feed.round?.tried ?? new Set(), now)
}
