/**
 * What the coordinator does with jobs: offers, choice of members, rounds, losses, retries, the end. A state machine
 * without I/O: `step` takes what happened and the time, and returns what to propose, send and gossip. Effects come from
 * committed commands only (`registry`); this file holds no truth that is lost with it.
 */
import type { PeerView } from './capacity.ts'
import { awaitsHolder, onKept, stalls, tendCheckpoints } from './checkpoints.ts'
import { backOffMs, claimOf, meshOf, replan } from './claims.ts'
import * as C from './constants.ts'
import { ManagerContext, type ManagerInit, type ManagerOutput } from './manager-context.ts'
import type { JobMessage, JobMessageOf } from './messages.ts'
import { absent, askAll, end, query, stopAll } from './moves.ts'
import { isTerminal, type JobRecord } from './record.ts'
import { onGone, onLeave, onStatus, onTrouble, regroup, takeOver } from './recovery.ts'
import { dropLate, inviteJoiners, offer, onBid, onPrepared, tendOffer, tendPreparing } from './recruiting.ts'
import { assign, nextRound, onEvaluated, onRoundDone, repeat } from './rounds.ts'
import type { Run } from './run.ts'
import { whyWaiting } from './waiting.ts'

export type { ManagerInit, ManagerOutput } from './manager-context.ts'

export type ManagerInput =
  | { readonly type: 'tick'; readonly peers: readonly PeerView[] }
  /** A command was applied to the registry. */
  | { readonly type: 'applied' }
  | { readonly type: 'message'; readonly from: string; readonly jobId: string; readonly attempt: number; readonly message: JobMessage }
  /** The connection to a peer closed, or it is taken for dead. */
  | { readonly type: 'gone'; readonly peer: string }

export class JobManager {
  private readonly ctx: ManagerContext

  constructor(init: ManagerInit) {
    this.ctx = new ManagerContext(init)
  }

  step(input: ManagerInput, now: number, wall: number): ManagerOutput {
    const { ctx } = this
    ctx.now = now
    ctx.wall = wall
    ctx.out = { proposals: [], messages: [], offers: [] }
    switch (input.type) {
      case 'tick':
        ctx.peers = new Map(input.peers.map((peer) => [peer.peerId, peer]))
        this.tick()
        break
      case 'applied':
        this.sync()
        break
      case 'message':
        this.onMessage(input)
        break
      case 'gone':
        ctx.checkpoints.goneAt.set(input.peer, now)
        onGone(ctx, input.peer)
        break
      default:
        input satisfies never
    }
    return ctx.out
  }

  /** Why a job is not running, in words with numbers; null when nothing holds it up. */
  waitingReason(jobId: string): string | null {
    const { ctx } = this
    const record = ctx.registry.get(jobId)
    if (record === undefined || isTerminal(record) || ctx.peers.size === 0) return null
    const run = ctx.runs.get(jobId)
    if (run === undefined ? record.state !== 'queued' : run.phase !== 'offering') return null
    const backOff = run === undefined ? backOffMs(record, ctx.wall) : 0
    if (backOff > 0) return `attempt ${record.attempt} begins in ${Math.ceil(backOff / 1000)} s`
    const awaited = awaitsHolder(ctx, record)
    if (awaited !== null) return awaited
    const reason = whyWaiting(claimOf(ctx, record), meshOf(ctx), ctx.plan)
    if (reason !== null || run === undefined || ctx.now - run.askedAt < C.BID_WINDOW_MAX_MS) return reason
    return `${run.bids.size} of at least ${ctx.need(jobId).minPeers} peers have answered the offer`
  }

  /** Which peers each job has, members and those who prepare to be. */
  get placed(): { readonly jobId: string; readonly peers: readonly string[] }[] {
    return [...this.ctx.runs.values()].map((run) => ({ jobId: run.jobId, peers: run.involved() }))
  }

  phaseOf(jobId: string): string | null {
    return this.ctx.runs.get(jobId)?.phase ?? null
  }

  // ---- following the registry ----

  /** Brings the runs in line with what has been committed. */
  private sync(): void {
    const { ctx } = this
    for (const run of [...ctx.runs.values()]) {
      const record = ctx.registry.get(run.jobId)
      // Queued again under the same attempt number: another line's record took its place.
      const replaced = record?.state === 'queued' && run.phase !== 'offering'
      if (record !== undefined && !isTerminal(record) && record.attempt === run.attempt && !replaced) continue
      stopAll(ctx, run, record?.reason ?? record?.state ?? 'removed')
      ctx.forget(run.jobId)
    }
    for (const record of ctx.registry.list()) {
      if (isTerminal(record)) continue
      const run = ctx.runs.get(record.jobId)
      if (run !== undefined) this.onApplied(run, record)
    }
  }

  private onApplied(run: Run, record: JobRecord): void {
    const { ctx } = this
    run.count(ctx.now, record.startedAt !== null && record.state === 'running')
    if (record.state === 'paused' && (run.phase === 'training' || run.phase === 'evaluating')) {
      // Not at the end of the round, which may be long: members stop where they are, and hold what they have.
      query(ctx, run, 'paused by its owner')
    } else if (run.phase === 'forming' && record.membership === run.membership) {
      const other = isOther(run, record)
      if (other === null) assign(ctx, run, record)
      else query(ctx, run, run.failures.at(-1) ?? 'another group was committed', other)
    } else if (run.phase === 'committing' && record.round >= run.round) {
      ctx.checkpoints.stalledSince.delete(run.jobId)
      nextRound(ctx, run, record)
    } else if (run.phase === 'paused' && record.state === 'running') {
      query(ctx, run, 'resumed')
    }
  }

  private tick(): void {
    const { ctx } = this
    this.sync()
    const open = ctx.registry.list().filter((record) => !isTerminal(record))
    for (const record of open) {
      if (record.state !== 'queued' && !ctx.runs.has(record.jobId)) takeOver(ctx, record)
    }
    tendCheckpoints(ctx, open)
    for (const { to, jobId, attempt, reason } of ctx.stops.due(ctx.now, (peer) => ctx.peers.has(peer))) {
      ctx.send(to, { jobId, attempt }, { type: 'stop', reason })
    }
    replan(ctx)
    for (const record of open) {
      const run = ctx.runs.get(record.jobId)
      if (run !== undefined) this.tend(run, record)
      else if (ctx.plan.allotted.has(record.jobId)) offer(ctx, record)
    }
  }

  /** What time alone brings about. */
  private tend(run: Run, record: JobRecord): void {
    const { ctx } = this
    const spec = ctx.registry.spec(run.jobId)
    if (record.state === 'running' && run.elapsedMs(ctx.now) > spec.limits.timeoutSeconds * 1000 && run.phase !== 'ending') {
      end(ctx, run, record, `timed out after ${spec.limits.timeoutSeconds} s`, true)
      return
    }
    const inPhase = ctx.now - run.phaseSince
    dropLate(ctx, run)
    repeat(ctx, run, record)
    switch (run.phase) {
      case 'offering':
        tendOffer(ctx, run, record)
        break
      case 'preparing':
        tendPreparing(ctx, run, record)
        break
      case 'forming':
      case 'committing':
      case 'ending':
        // A proposal that was not committed: ask the members again, or try to end again.
        if (inPhase > C.PROPOSAL_TIMEOUT_MS) query(ctx, run, 'a decision was not committed in time')
        break
      case 'starting':
        if (inPhase > C.READY_TIMEOUT_MS) query(ctx, run, 'members were not ready in time', absent(run, run.ready))
        break
      case 'training':
        inviteJoiners(ctx, run, record)
        if (inPhase > Math.max(C.ROUND_LATE_MIN_MS, C.ROUND_LATE_FACTOR * run.expectedMs)) query(ctx, run, `round ${run.round} is late`)
        break
      case 'evaluating':
        if (ctx.now - run.lastQueryAt > C.EVALUATE_CHECK_MS) {
          const silent = absent(run, new Set(run.statuses.keys()))
          if (run.queryNonce > run.evaluateNonce && silent.length > 0) query(ctx, run, `${silent.join(', ')} did not answer`, silent)
          else askAll(ctx, run)
        }
        break
      case 'querying':
        if (inPhase > C.QUERY_TIMEOUT_MS) regroup(ctx, run, record)
        break
      case 'paused':
        break
      default:
        run.phase satisfies never
    }
  }

  // ---- messages ----

  private onMessage(input: ManagerInput & { type: 'message' }): void {
    const { ctx } = this
    const { from, message, jobId, attempt } = input
    if (message.type === 'status' && !message.prepared) ctx.stops.drop({ to: from, jobId, attempt })
    const run = ctx.runs.get(input.jobId)
    const record = ctx.registry.get(input.jobId)
    if (message.type === 'kept' && record !== undefined && !isTerminal(record)) onKept(ctx, record, from, message)
    if (run === undefined || record === undefined || run.attempt !== input.attempt || isTerminal(record)) return
    switch (message.type) {
      case 'bid':
        onBid(ctx, run, record, from, message)
        break
      case 'prepared':
        onPrepared(ctx, run, record, from, message)
        break
      case 'ready':
        this.onReady(run, record, from, message)
        break
      case 'roundDone':
        onRoundDone(ctx, run, record, from, message)
        break
      case 'trouble':
        onTrouble(ctx, run, record, from, message)
        break
      case 'status':
        onStatus(ctx, run, record, from, message)
        break
      case 'leave':
        onLeave(ctx, run, from, message)
        break
      case 'evaluated':
        onEvaluated(ctx, run, record, from, message)
        break
      default:
        break // commands come from coordinators, not to them
    }
  }

  private onReady(run: Run, record: JobRecord, from: string, message: JobMessageOf<'ready'>): void {
    const { ctx } = this
    if (run.phase !== 'starting' || message.membership !== run.membership || !run.isMember(from)) return
    if (message.error !== '') {
      if (message.lacksCheckpoint) {
        run.lacksCheckpoint = true
        stalls(ctx, record)
      }
      query(ctx, run, `${from}: ${message.error}`, [from])
      return
    }
    run.ready.add(from)
    if (run.ready.size === run.members.length) nextRound(ctx, run, record)
  }
}

/**
 * A group that was proposed, and given up for another one before it was committed, may be committed all the same: then that
 * is the group, under this number, and whom it should be without is left out of the next. Null when it is as proposed.
 */
function isOther(run: Run, record: JobRecord): string[] | null {
  const wanted = run.members
  if (JSON.stringify([wanted, run.startStep]) === JSON.stringify([record.members, record.step])) return null
  run.members = record.members
  return record.members.map(({ peerId }) => peerId).filter((peer) => !wanted.some(({ peerId }) => peerId === peer))
}
