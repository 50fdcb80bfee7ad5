/**
 * The election and replication core: Raft (Ongaro and Ousterhout, 2014; pre-vote, check-quorum, single-server config
 * changes and leadership transfer after Ongaro's thesis, 2014) on a committee of 1, 3 or 5 voters, everybody else a
 * learner, inside epochs that survive the loss of the majority (DESIGN section 5).
 *
 * Sans-I/O: `step(input, now)` returns what to persist, send and do, and touches nothing else. The driver must make
 * `persist` durable before it sends or acts. Times are monotonic milliseconds; randomness is injected. Signatures are
 * the driver's business: votes and claims that reach this file have been checked.
 */

import { answerAsked, onCertify, onSignature, tendCertificates } from './certifier.ts'
import * as C from './constants.ts'
import { onPreVote, onPreVoteReply, onVote, onVoteReply, startElection, startPreVote } from './election.ts'
import { hearClaim, openEpoch, recoveryDelay, sayAhead } from './epochs.ts'
import { onAnnouncement, onAskSteps, onFeed, onFeedSnapshot, onPull, onSteps, tendFeed } from './feed.ts'
import { hasTerm, isLed, onAppend, onSnapshot, takeSnapshot } from './following.ts'
import { lead, onAppendReply, propose, tendLeaving } from './leading.ts'
import { entryBytes } from './log.ts'
import { Output } from './output.ts'
import { snapshotDue } from './snapshots.ts'
import { RaftState } from './state.ts'
import type { RaftInput, RaftMessage, RaftOutput } from './types.ts'

export type { RaftInit } from './state.ts'

export class RaftCore extends RaftState {
  step(input: RaftInput, now: number): RaftOutput {
    this.out = new Output()
    switch (input.type) {
      case 'tick':
        this.tick(now)
        break
      case 'message':
        this.receive(input.from, input.message, now)
        break
      case 'claim':
        hearClaim(this, input.claim, input.fromLeader === true, now)
        break
      case 'followers':
        this.learners = input.learners.filter((peer) => peer !== this.self)
        this.candidates = input.mayVote.filter((peer) => peer !== this.self)
        break
      case 'disconnected':
        this.onDisconnected(input.peer, now)
        break
      case 'propose':
        propose(this, input.id, input.command, now)
        break
      case 'unproved':
        if (this.role === 'leader' && input.term === this.term) this.lineSigners = 0
        break
      case 'stale':
        sayAhead(this, input.leader, now)
        break
      case 'signed':
        onSignature(this, input.statement, input.voters, { voter: this.self, signature: input.signature }, now)
        break
      case 'announcement':
        onAnnouncement(this, input.from, input.announcement, now)
        break
      case 'leave':
        this.leaving = true
        tendLeaving(this, now)
        break
      case 'snapshotTaken':
        takeSnapshot(this, input.epochId, input.index, input.data)
        break
      default:
        input satisfies never
    }
    if (this.elected) {
      this.elected = false
      lead(this, now)
    }
    this.applyCommitted()
    if (this.role === 'leader') {
      tendCertificates(this, now)
    } else {
      answerAsked(this)
      tendFeed(this, now)
    }
    return this.out
  }

  private tick(now: number): void {
    const elapsed = Math.min(Math.max(0, now - this.lastTick), C.AWAKE_TICK_MAX_MS)
    this.lastTick = now
    if (this.epoch === null) {
      if (now >= this.foundAt) openEpoch(this, now)
      return
    }
    if (this.leaving) tendLeaving(this, now)
    if (this.role === 'leader') {
      lead(this, now)
      return
    }
    this.awakeWithoutLeader += elapsed
    if (this.mayElect() && now >= this.electionAt) startPreVote(this, now)
    if (this.recoveryTimeoutMs > 0 && this.awakeWithoutLeader >= this.recoveryTimeoutMs + recoveryDelay(this)) openEpoch(this, now)
  }

  private onDisconnected(peer: string, now: number): void {
    this.replicator.forget(peer)
    if (peer !== this.leader || this.role === 'leader') return
    this.leaderGone = true
    const delay = C.DISCONNECT_MIN_MS + this.random() * (C.DISCONNECT_MAX_MS - C.DISCONNECT_MIN_MS)
    this.electionAt = Math.min(this.electionAt, now + delay)
  }

  private receive(from: string, message: RaftMessage, now: number): void {
    if (this.epoch === null || message.epochId !== this.epoch.id) {
      if (this.epoch !== null && this.vouches(now)) this.out.effects.push({ type: 'tellClaim', to: from })
      return
    }
    switch (message.type) {
      case 'preVote':
        onPreVote(this, from, message, now)
        break
      case 'preVoteReply':
        onPreVoteReply(this, from, message, now)
        break
      case 'vote':
        onVote(this, from, message, now)
        break
      case 'voteReply':
        if (hasTerm(this, from, message.term, now)) onVoteReply(this, from, message, now)
        break
      case 'append':
        if (isLed(this, from, message, now)) onAppend(this, from, message, now)
        break
      case 'snapshot':
        if (isLed(this, from, message, now)) onSnapshot(this, from, message, now)
        break
      case 'appendReply':
        if (hasTerm(this, from, message.term, now)) onAppendReply(this, from, message, now)
        break
      case 'snapshotReply':
        if (hasTerm(this, from, message.term, now) && this.role === 'leader') this.replicator.onSnapshotReply(from, message, now)
        break
      case 'leaving':
        if (this.role === 'leader') this.leavers.set(from, now)
        break
      case 'certify':
        onCertify(this, from, message)
        break
      case 'certified': {
        const { statement, voters, signature } = message
        if (signature !== undefined) onSignature(this, statement, voters, { voter: from, signature }, now)
        break
      }
      case 'askSteps':
        onAskSteps(this, from, now)
        break
      case 'steps':
        onSteps(this, message, now)
        break
      case 'pull':
        onPull(this, from, message, now)
        break
      case 'feed':
        onFeed(this, from, message, now)
        break
      case 'feedSnapshot':
        onFeedSnapshot(this, from, message, now)
        break
      case 'electNow':
        if (message.term === this.term && from === this.leader && this.mayElect() && !this.leaving) startElection(this, now, true)
        break
      default:
        message satisfies never
    }
  }

  private applyCommitted(): void {
    // A snapshot is of an index that the log alone decides, so that all peers take the same ones.
    while (this.appliedIndex < this.commitIndex && !this.snapshotAsked) {
      const entry = this.log.entry(this.appliedIndex + 1)
      if (entry === undefined) return
      this.appliedIndex += 1
      this.appliedBytes += entryBytes(entry)
      this.out.effects.push({ type: 'committed', entry })
      if (snapshotDue(this.appliedBytes, this.snapshot, this.snapshotMinBytes)) {
        this.snapshotAsked = true
        this.out.effects.push({ type: 'snapshotDue', epochId: this.epochId, index: this.appliedIndex })
      }
    }
    // A leader that removed itself from the committee leads until that is committed, then makes way.
    if (this.role === 'leader' && !this.isVoter() && this.committee.index <= this.commitIndex) this.stepDown(this.lastTick)
  }
}
