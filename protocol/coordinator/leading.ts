/**
 * What a leader does: heartbeats, check-quorum, changes of the committee, commits, and handing over when it goes.
 */
import { consentTo } from './certifier.ts'
import { planCommittee } from './committee.ts'
import * as C from './constants.ts'
import { startElection } from './election.ts'
import { majority } from './lines.ts'
import type { RaftState } from './state.ts'
import type { RaftMessage } from './types.ts'

export function lead(core: RaftState, now: number): void {
  if (core.liveVoters(now) >= majority(core.voters)) core.quorumSince = now
  else if (now - core.quorumSince >= C.QUORUM_TIMEOUT_MS) {
    core.stepDown(now)
    return
  }
  tendStandbys(core, now)
  if (now >= core.heartbeatAt) {
    core.heartbeatAt = now + C.HEARTBEAT_MS
    for (const peer of followers(core)) core.replicator.replicate(peer, now)
  }
  for (const [peer, saidAt] of core.leavers) if (now - saidAt > C.QUORUM_TIMEOUT_MS * 4) core.leavers.delete(peer)
  if (now >= core.transferUntil && core.settled) {
    const voters = planCommittee({
      self: core.self,
      voters: core.voters,
      candidates: core.candidates,
      progress: core.replicator.progress,
      commitIndex: core.commitIndex,
      now,
      pending: core.committee.index > core.commitIndex,
      mayVote: core.mayVote,
      leaving: core.leaving,
      leavers: new Set(core.leavers.keys()),
    })
    const consent = voters === null ? null : consentTo(core, voters, now)
    if (voters !== null && consent !== null) {
      core.append({ kind: 'config', epochId: core.epochId, voters, consent })
      for (const peer of followers(core)) core.replicator.replicate(peer, now)
    }
  }
  advanceCommit(core)
  if (lacksSignatures(core, now)) startElection(core, now, true)
  else if (core.aheadTerm > core.term && now - core.caughtUpAt >= C.CATCH_UP_EVERY_MS && stableQuorum(core, now)) {
    core.caughtUpAt = now
    core.raiseTerm(core.aheadTerm)
    startElection(core, now, true)
  }
}

/**
 * A line that was founded by one voter and has grown is worth more than its claim says; and where voters knew another
 * committee than their candidate, their votes prove nothing to others. The leader has itself elected again, by the
 * committee that there is now: one round trip, in which nobody else stands.
 */
function lacksSignatures(core: RaftState, now: number): boolean {
  const proved = core.lineSigners > 1 || (core.lineSigners === 1 && core.voters.length < 3)
  if (proved || !core.isVoter() || now < core.transferUntil) return false
  return stableQuorum(core, now)
}

/** An election now would be won at once: everything is committed that has to be, and a majority answers. */
function stableQuorum(core: RaftState, now: number): boolean {
  return core.isVoter() && core.settled && core.committee.index <= core.commitIndex && core.liveVoters(now) >= majority(core.voters)
}

/** Whom the leader replicates to: the committee, and a few that may be taken in. Everybody else pulls (`feed.ts`). */
export function followers(core: RaftState): string[] {
  return [...new Set([...core.voters, ...core.standbys.keys()])].filter((peer) => peer !== core.self)
}

/** One that does not answer makes room for another, and has its turn again later. */
function tendStandbys(core: RaftState, now: number): void {
  const { standbys, rested, replicator, voters, candidates } = core
  for (const [peer, since] of standbys) {
    const silent = now - Math.max(since, replicator.lastHeard(peer)) > C.STANDBY_PATIENCE_MS
    const free = candidates.includes(peer) && !core.leavers.has(peer)
    if (!silent && free && !voters.includes(peer)) continue
    standbys.delete(peer)
    if (silent) rested.set(peer, now)
    if (!voters.includes(peer)) replicator.forget(peer)
  }
  for (const [peer, at] of rested) if (now - at >= C.STANDBY_REST_MS) rested.delete(peer)
  for (const peer of candidates) {
    if (standbys.size >= core.maxStandbys) break
    if (!voters.includes(peer) && !core.leavers.has(peer) && !rested.has(peer) && !standbys.has(peer)) standbys.set(peer, now)
  }
}

export function onAppendReply(core: RaftState, from: string, message: RaftMessage & { type: 'appendReply' }, now: number): void {
  if (core.role !== 'leader') return
  if (message.matchIndex > core.lastIndex) {
    core.refuse(from, 'LYING_VOTER', `says it holds entry ${message.matchIndex} of ${core.lastIndex}`)
    return
  }
  if (!core.replicator.answered(from, message, now)) return
  advanceCommit(core)
  core.replicator.continueWith(from, now)
}

function advanceCommit(core: RaftState): void {
  const index = core.replicator.majorityMatch()
  if (index > core.commitIndex && core.log.termAt(index) === core.term) {
    core.commitIndex = index
    for (const peer of followers(core)) core.replicator.tellCommit(peer)
  }
}

export function propose(core: RaftState, id: number, command: Uint8Array | null, now: number): void {
  if (core.role !== 'leader' || core.lastTick < core.transferUntil) {
    core.out.effects.push({ type: 'refused', id, leader: core.role === 'leader' ? null : core.leader })
    return
  }
  const entry = core.append(command === null ? { kind: 'noop' } : { kind: 'command', command })
  core.out.effects.push({ type: 'proposed', id, index: entry.index, term: entry.term })
  for (const peer of followers(core)) core.replicator.replicateNew(peer, entry, now)
  advanceCommit(core)
}

/** A leader hands over first; whoever follows then asks to be taken out of the committee, until it is. */
export function tendLeaving(core: RaftState, now: number): void {
  if (core.role === 'leader') {
    if (now >= core.transferUntil) startTransfer(core, now)
  } else if (core.isVoter() && core.leader !== null && now - core.saidLeavingAt >= C.LEAVING_EVERY_MS) {
    core.saidLeavingAt = now
    core.send(core.leader, { type: 'leaving', epochId: core.epochId, term: core.term })
  }
}

/** Abandoned after a while: the voter that was asked may have died. */
function startTransfer(core: RaftState, now: number): void {
  const best = core.voters
    .filter((voter) => voter !== core.self && !core.leavers.has(voter))
    .map((voter) => ({ voter, match: core.replicator.matchOf(voter), heard: core.replicator.lastHeard(voter) }))
    .filter(({ match, heard }) => match >= core.commitIndex && now - heard < C.QUORUM_TIMEOUT_MS)
    .sort((a, b) => b.match - a.match || b.heard - a.heard)[0]
  if (best === undefined) return
  core.transferUntil = now + C.TRANSFER_RETRY_MS
  core.send(best.voter, { type: 'electNow', epochId: core.epochId, term: core.term })
}
