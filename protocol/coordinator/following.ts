/**
 * Whom a peer takes messages from, and what a follower does with entries and snapshots (Raft sections 5.3 and 7).
 */
import * as C from './constants.ts'
import type { RaftState } from './state.ts'
import { stepsOf } from './steps.ts'
import type { LogEntry, RaftMessage, Snapshot } from './types.ts'

/**
 * Whether an answer is of the present term. A voter that is ahead takes us along; somebody who was one once is caught up
 * with later, in an election: else a number would unseat a leader. Nobody else can have come to another term.
 */
export function hasTerm(core: RaftState, from: string, term: number, now: number): boolean {
  if (term > core.term && core.voters.includes(from)) {
    core.riseTo(term)
    core.stepDown(now)
  } else if (term > core.term && core.hasVoted(from)) {
    core.aheadTerm = Math.max(core.aheadTerm, Math.min(term, core.term + C.MAX_TERM_LEAP))
  }
  return term === core.term
}

/**
 * Whether `from` leads this peer in the term of its message: a voter of the committee, which has asked for votes, or
 * whom a claim has proved. Anybody else only says so.
 */
export function isLed(core: RaftState, from: string, message: RaftMessage, now: number): boolean {
  if (message.term < core.term) {
    core.send(from, { type: 'appendReply', epochId: core.epochId, term: core.term, success: false, matchIndex: 0 })
    return false
  }
  const proved = message.term === core.term && from === core.leader
  if (!proved && !core.voters.includes(from)) {
    core.refuse(from, 'NOT_A_VOTER', `sends entries as leader of term ${message.term}`)
    return false
  }
  if (message.term > core.term) {
    core.riseTo(message.term)
    if (message.term > core.term) {
      core.stepDown(now)
      return false
    }
  } else if (core.role === 'leader' || (core.leader !== null && core.leader !== from)) {
    core.refuse(from, 'TWO_LEADERS', `sends entries as leader of term ${message.term}, which ${core.leader} leads`)
    return false
  }
  core.follow(from, now)
  core.confirmedAt = now
  core.appendedAt = now
  return true
}

export function onAppend(core: RaftState, from: string, message: RaftMessage & { type: 'append' }, now: number): void {
  const reply = (success: boolean, matchIndex: number): void =>
    core.send(from, { type: 'appendReply', epochId: core.epochId, term: core.term, success, matchIndex })
  // What has been compacted here is committed, so the leader holds the same.
  const { base } = core.log
  const covered = message.prevIndex < base
  const prevIndex = covered ? base : message.prevIndex
  const entries = covered ? message.entries.filter((entry) => entry.index > base) : message.entries
  const previous = core.log.termAt(prevIndex)
  const other = entries.find((entry) => entry.index <= core.commitIndex && core.log.termAt(entry.index) !== entry.term)
  if (other !== undefined || (!covered && prevIndex <= core.commitIndex && previous !== message.prevTerm)) {
    const { index, term } = other ?? { index: prevIndex, term: message.prevTerm }
    core.refuse(from, 'LYING_VOTER', `append with an entry ${index} of term ${term}: a majority has committed one of term ${core.log.termAt(index)}`)
    return
  }
  if (previous === undefined || (!covered && previous !== message.prevTerm)) {
    reply(false, Math.min(core.lastIndex, prevIndex - 1))
    return
  }
  takeEntries(core, entries)
  const match = Math.max(base, message.prevIndex + message.entries.length)
  core.commitIndex = Math.max(core.commitIndex, Math.min(message.commit, match))
  if (core.commitIndex >= message.commit) core.syncedAt = now
  reply(true, match)
}

/** Entries that follow on something held here; those that are here already stay, others in their place give way. */
export function takeEntries(core: RaftState, entries: readonly LogEntry[]): void {
  const fresh = entries.findIndex((entry) => core.log.termAt(entry.index) !== entry.term)
  if (fresh < 0) return
  const added = entries.slice(fresh)
  const at = (added[0] as LogEntry).index
  const conflict = at <= core.lastIndex
  core.log.truncateFrom(at)
  core.log.append(added)
  core.findCommittee()
  core.out.save(conflict ? { truncateFrom: at, append: added } : { append: added })
  core.promises.holds(core.lastIndex)
  core.refreshRole()
}

/** A piece of a snapshot; the last one takes the place of the entries that it covers. */
export function onSnapshot(core: RaftState, from: string, message: RaftMessage & { type: 'snapshot' }, now: number): void {
  const { epochId, term } = core
  const done = (matchIndex: number): void => core.send(from, { type: 'appendReply', epochId, term, success: true, matchIndex })
  if (message.index <= core.commitIndex) {
    core.incoming.clear()
    done(core.commitIndex)
    return
  }
  const taken = core.incoming.take(from, message)
  if (typeof taken === 'number') {
    core.send(from, { type: 'snapshotReply', epochId, term, index: message.index, offset: taken })
    return
  }
  installSnapshot(core, taken)
  core.electionAt = now + core.electionDelay()
  done(taken.index)
}

export function installSnapshot(core: RaftState, snapshot: Snapshot): void {
  const { index, term, hash } = snapshot
  const goesOn = core.log.termAt(index) === term && core.log.hashAt(index) === hash
  if (goesOn) core.log.compact(index)
  else core.log.restart(index, term, hash)
  core.snapshot = { ...snapshot, base: index, baseTerm: term, baseHash: hash }
  core.commitIndex = index
  core.appliedIndex = index
  core.appliedBytes = 0
  core.snapshotAsked = false
  core.out.save({ ...(goesOn ? {} : { truncateFrom: 1 }), snapshot: core.snapshot })
  core.out.effects.push({ type: 'restore', index, data: snapshot.data })
  core.findCommittee()
  core.promises.holds(core.lastIndex)
  core.refreshRole()
}

/**
 * Entries that are applied give way to what they came to. Where saves take time, other inputs may have come between the
 * question and the answer: what another line came to must not pass for this one.
 */
export function takeSnapshot(core: RaftState, epochId: string, index: number, data: Uint8Array): void {
  core.snapshotAsked = false
  if (epochId !== core.epochId) return
  const term = core.log.termAt(index)
  const hash = core.log.hashAt(index)
  if (index > core.appliedIndex || index <= (core.snapshot?.index ?? 0) || term === undefined || hash === undefined) return // late: one of the leader's has come
  const steps = stepsOf(core.log, core.snapshot, core.epochId, index)
  const newest = steps.at(-1)
  const former = core.snapshot?.config ?? null
  const config = newest === undefined ? former : { index: newest.index, epochId: core.epochId, voters: newest.voters, steps }
  const base = Math.max(core.log.base, index - core.keepEntries)
  core.log.compact(base)
  core.snapshot = { index, term, hash, config, data, base, baseTerm: core.log.baseTerm, baseHash: core.log.hashAt(base) ?? '' }
  core.appliedBytes = 0
  core.out.save({ snapshot: core.snapshot })
}
