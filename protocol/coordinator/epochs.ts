/**
 * Lines of history: founding a mesh, recovering one that has lost its majority, and what becomes of two lines that meet
 * (DESIGN section 5). Claims say who leads a line; their signatures have been checked before they come here.
 */
import * as C from './constants.ts'
import { becomeLeader } from './election.ts'
import { isKnown, knowsCommittee } from './feed-state.ts'
import { compareLines, lineOf } from './lines.ts'
import type { RaftState } from './state.ts'
import type { Claim } from './types.ts'

/** Founds a mesh, or recovers one that lost its majority: a new epoch with this peer as its only voter. */
export function openEpoch(core: RaftState, now: number): void {
  const parent = core.epoch
  leaveLine(core)
  core.incoming.clear()
  const id = Array.from({ length: 16 }, () => Math.floor(core.random() * 16).toString(16)).join('')
  core.epoch = { number: (parent?.number ?? 0) + 1, id, parent: parent?.id ?? null }
  core.term += 1
  core.votedFor = core.self
  core.saveHard()
  core.voteSigners = new Map([[core.self, undefined]])
  core.append({ kind: 'config', epochId: id, voters: [core.self] })
  becomeLeader(core, now)
}

/** Voters first, in the order of the config; learners later, spread: the first claim stops the others. */
export function recoveryDelay(core: RaftState): number {
  const place = core.voters.indexOf(core.self)
  if (place >= 0) return place * 1000
  return 6000 + (hash(core.self) % 50) * 100
}

export function hearClaim(core: RaftState, claim: Claim, fromLeader: boolean, now: number): void {
  if (claim.leader === core.self) return // if it still led, it would know
  // Voters may give a vote to somebody they do not know: it may have been taken in since. It has not, if they knew all.
  if (!claim.voters.includes(claim.leader)) {
    core.refuse(claim.leader, 'NOT_A_VOTER', `claims term ${claim.term} with the votes of [${claim.voters}]`)
    return
  }
  if (core.epoch?.id === claim.epoch.id) {
    if (claim.term < core.term) return
    if (!isCommittee(core, claim)) {
      core.feed.lost = true
      const names = `[${claim.voters}] does not follow from [${core.voters}]`
      core.refuse(claim.leader, 'UNKNOWN_COMMITTEE', `claims term ${claim.term} with a committee that ${names}`)
      return
    }
    if (claim.term > core.term) {
      core.raiseTerm(claim.term)
      core.follow(claim.leader, now)
    } else if (core.role === 'leader' || (core.leader !== null && core.leader !== claim.leader)) {
      core.refuse(claim.leader, 'TWO_LEADERS', `claims term ${claim.term}, which ${core.leader} leads`)
      return
    } else if (core.leader === null && !core.isVoter()) {
      core.follow(claim.leader, now)
    }
    core.lineSigners = new Set(claim.signers).size
    core.claimed = claim.voters
    if (fromLeader && core.leader === claim.leader) {
      core.confirmedAt = now
      core.awakeWithoutLeader = 0
      // Voters have the leader's own heartbeats to go by: what is passed on comes late.
      if (!core.isVoter()) core.lastHeard = now
    }
    return
  }
  if (core.epoch !== null) {
    // Hearsay is for those who hear no leader: a live line gives way only to the word of a leader.
    if (!fromLeader && core.vouches(now)) return
    const own = { epoch: core.epoch, signers: core.vouches(now) ? core.lineSigners : 0 }
    if (compareLines(own, lineOf(claim)) <= 0) return
  }
  adopt(core, claim, now)
  if (fromLeader) core.confirmedAt = now
}

/**
 * Whether a claim's voters are, or can have become, the committee known here, from the log or from the claim that is
 * followed; nothing known yet is no objection. A peer that was away for several changes asks for the steps that they were.
 */
function isCommittee(core: RaftState, claim: Claim): boolean {
  return !knowsCommittee(core) || isKnown(core, claim.voters)
}

/** Goes over to another line. What was promised in a line that was left before still binds. */
function adopt(core: RaftState, claim: Claim, now: number): void {
  leaveLine(core)
  const hadLog = core.lastIndex > 0
  const abandoned = core.log.after(core.appliedIndex)
  const promised = core.promises.returnTo(claim.epoch.id)
  core.confirmedAt = -Infinity
  core.epoch = claim.epoch
  core.term = Math.max(claim.term, promised?.term ?? 0)
  core.votedFor = core.term === promised?.term ? promised.votedFor : null
  if (hadLog) core.out.save({ truncateFrom: 1, ...(core.snapshot === null ? {} : { snapshot: null }) })
  core.dropLog()
  core.incoming.clear()
  core.findCommittee()
  core.commitIndex = 0
  core.appliedIndex = 0
  core.appliedBytes = 0
  core.syncedAt = -Infinity
  core.saveHard()
  if (hadLog) core.out.effects.push({ type: 'reset', abandoned })
  core.lineSigners = new Set(claim.signers).size
  core.claimed = claim.voters
  if (core.term === claim.term) core.follow(claim.leader, now)
  else core.stepDown(now)
}

function leaveLine(core: RaftState): void {
  const { epoch } = core
  core.aheadTerm = 0
  core.claimed = []
  core.proved = []
  core.feed.clear()
  core.certifier.clear()
  core.standbys.clear()
  core.rested.clear()
  if (epoch !== null) core.promises.leave({ epochId: epoch.id, term: core.term, votedFor: core.votedFor, lastIndex: core.lastIndex })
}

/**
 * A leader claims a term that is over here, and nobody leads the newer one: this peer has voted in it, or has followed
 * somebody who had. It says so, for the leader must come to a higher one.
 */
export function sayAhead(core: RaftState, leader: string, now: number): void {
  if (core.leader !== null || now - core.saidAheadAt < C.SAY_AHEAD_EVERY_MS) return
  core.saidAheadAt = now
  core.send(leader, { type: 'appendReply', epochId: core.epochId, term: core.term, success: false, matchIndex: 0 })
}

/** FNV-1a, only to spread timers. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
