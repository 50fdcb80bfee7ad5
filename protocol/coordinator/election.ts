/**
 * Elections: pre-votes, votes, and becoming leader (Raft sections 5.2 and 5.4.1; pre-vote after Ongaro's thesis, 9.6).
 */
import * as C from './constants.ts'
import { majority } from './lines.ts'
import type { RaftState } from './state.ts'
import type { RaftMessage } from './types.ts'

function upToDate(core: RaftState, lastIndex: number, lastTerm: number): boolean {
  return lastTerm > core.lastTerm || (lastTerm === core.lastTerm && lastIndex >= core.lastIndex)
}

/** Entries are of terms before the one that is being asked for. */
function liesAboutTerm(core: RaftState, from: string, { type, term, lastTerm }: RaftMessage & { type: 'preVote' | 'vote' }): boolean {
  if (lastTerm < term) return false
  core.refuse(from, 'LYING_VOTER', `${type} for term ${term} with a last entry of term ${lastTerm}`)
  return true
}

export function startPreVote(core: RaftState, now: number): void {
  core.role = 'preCandidate'
  core.setLeader(null)
  core.preVotes = new Set([core.self])
  // While the leader is known to be gone, ask again soon: others may learn of it a moment later than we did.
  core.electionAt = now + (core.leaderGone ? C.DISCONNECT_MAX_MS + core.random() * C.DISCONNECT_MAX_MS : core.electionDelay())
  if (core.preVotes.size >= majority(core.voters)) {
    startElection(core, now, false)
    return
  }
  core.toVoters({ type: 'preVote', epochId: core.epochId, term: core.term + 1, lastIndex: core.lastIndex, lastTerm: core.lastTerm })
}

export function onPreVote(core: RaftState, from: string, message: RaftMessage & { type: 'preVote' }, now: number): void {
  if (liesAboutTerm(core, from, message)) return
  const sane = message.term - core.term <= C.MAX_TERM_LEAP
  const granted = sane && core.mayElect() && message.term > core.term && !core.hearsLeader(now) && upToDate(core, message.lastIndex, message.lastTerm)
  core.send(from, { type: 'preVoteReply', epochId: core.epochId, term: granted ? message.term : core.term, granted })
}

export function onPreVoteReply(core: RaftState, from: string, message: RaftMessage & { type: 'preVoteReply' }, now: number): void {
  if (core.role !== 'preCandidate' || !core.voters.includes(from)) return
  if (!message.granted) {
    if (message.term > core.term) {
      core.riseTo(message.term)
      core.stepDown(now)
    }
    return
  }
  if (message.term !== core.term + 1) return
  core.preVotes.add(from)
  if (core.preVotes.size >= majority(core.voters)) startElection(core, now, false)
}

export function startElection(core: RaftState, now: number, transfer: boolean): void {
  core.role = 'candidate'
  core.term += 1
  core.votedFor = core.self
  core.saveHard()
  core.setLeader(null)
  core.voteSigners = new Map([[core.self, undefined]])
  core.electionAt = now + core.electionDelay()
  if (core.voteSigners.size >= majority(core.voters)) {
    becomeLeader(core, now)
    return
  }
  core.toVoters({ type: 'vote', epochId: core.epochId, term: core.term, lastIndex: core.lastIndex, lastTerm: core.lastTerm, transfer })
}

/**
 * A candidate that the committee known here does not name may have been taken in since: it gets a vote like any other,
 * but raises no term unless it does, and unseats no leader.
 */
export function onVote(core: RaftState, from: string, message: RaftMessage & { type: 'vote' }, now: number): void {
  if (liesAboutTerm(core, from, message)) return
  const known = core.voters.includes(from)
  if (core.hearsLeader(now) && !(message.transfer && known)) return // a live leader needs no election
  if (message.term > core.term && known) {
    core.riseTo(message.term)
    core.stepDown(now)
  }
  const ahead = !known && message.term > core.term && message.term - core.term <= C.MAX_TERM_LEAP
  const free = ahead || (message.term === core.term && (core.votedFor === null || core.votedFor === from))
  const granted = free && core.mayElect() && upToDate(core, message.lastIndex, message.lastTerm)
  if (granted && (ahead || core.votedFor === null)) {
    if (ahead) core.stepDown(now)
    core.term = message.term
    core.votedFor = from
    core.saveHard()
  }
  if (granted) core.electionAt = now + core.electionDelay()
  core.send(from, { type: 'voteReply', epochId: core.epochId, term: core.term, granted })
}

export function onVoteReply(core: RaftState, from: string, message: RaftMessage & { type: 'voteReply' }, now: number): void {
  if (core.role !== 'candidate' || message.term !== core.term || !core.voters.includes(from)) return
  if (!message.granted) {
    // Somebody else stands in this term: without a leader in a moment, the votes were split and it is time for the next.
    const delay = C.SPLIT_VOTE_MIN_MS + core.random() * (C.SPLIT_VOTE_MAX_MS - C.SPLIT_VOTE_MIN_MS)
    core.electionAt = Math.min(core.electionAt, now + delay)
    return
  }
  core.voteSigners.set(from, message.signature)
  if (core.voteSigners.size >= majority(core.voters)) becomeLeader(core, now)
}

export function becomeLeader(core: RaftState, now: number): void {
  core.role = 'leader'
  core.awakeWithoutLeader = 0
  core.leaderGone = false
  core.transferUntil = -Infinity
  core.replicator.clear()
  core.leavers.clear()
  core.standbys.clear()
  core.rested.clear()
  core.certifier.clear()
  core.claimed = core.voters
  core.feed.round = null
  core.aheadTerm = 0 // who is ahead of this term says so again
  core.quorumSince = now
  core.heartbeatAt = now
  core.lineSigners = core.voteSigners.size
  core.append({ kind: 'noop' })
  core.setLeader(core.self, true)
  core.elected = true
}
