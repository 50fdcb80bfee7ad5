/**
 * After a loss, of a member or of the coordinator before this one: ask who holds what, and go on with those who answer.
 */
import { entryStep } from './checkpoints.ts'
import * as C from './constants.ts'
import type { ManagerContext } from './manager-context.ts'
import type { JobMessageOf } from './messages.ts'
import { end, form, query } from './moves.ts'
import type { JobRecord } from './record.ts'
import { agree } from './regroup.ts'
import { Run } from './run.ts'

/** This peer has just become coordinator of a job that was under way. */
export function takeOver(ctx: ManagerContext, record: JobRecord): void {
  const run = new Run(record.jobId, record.attempt, ctx.now, record.elapsedMs)
  run.membership = record.membership
  run.members = record.members
  run.round = record.round
  run.checkpoint = record.checkpoint
  ctx.runs.set(record.jobId, run)
  if (record.members.length > 0) query(ctx, run, 'a new coordinator took over')
}

export function onGone(ctx: ManagerContext, peer: string): void {
  for (const run of ctx.runs.values()) {
    run.bids.delete(peer)
    if (run.candidates.delete(peer)) run.failures.push(`${peer}: left`)
    lose(ctx, run, peer)
  }
}

function lose(ctx: ManagerContext, run: Run, peer: string): void {
  if (!run.isMember(peer) || run.phase === 'ending' || run.phase === 'paused') return
  if (run.phase === 'querying') {
    run.queried = run.queried.filter((other) => other !== peer)
    // What it answered before it went counts no more: a group with it in it would wait for nobody.
    run.statuses.delete(peer)
  } else query(ctx, run, `${peer} left`, [peer])
}

/** A member's owner takes it back: no fault of anybody's, so nothing is counted against it. */
export function onLeave(ctx: ManagerContext, run: Run, from: string, message: JobMessageOf<'leave'>): void {
  if (run.candidates.delete(from)) ctx.stop(from, run, 'left')
  if (!run.isMember(from)) return
  // A paused job asks who is there when it goes on.
  if (run.phase === 'paused') {
    ctx.stop(from, run, 'left')
    return
  }
  run.leaving.add(from)
  if (message.now) lose(ctx, run, from)
}

export function onStatus(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'status'>): void {
  if (message.nonce !== run.queryNonce || !run.isMember(from)) return
  if (message.step > record.totalSteps || message.oldestStep > message.step) return // no such step: as good as silent
  run.statuses.set(from, message)
  run.memory.set(from, message.memoryBytes)
  if (run.phase === 'querying' && run.queried.every((peer) => run.statuses.has(peer))) regroup(ctx, run, record)
}

/** A new membership of those who answered, from the newest step they can agree on. */
export function regroup(ctx: ManagerContext, run: Run, record: JobRecord): void {
  if (record.state === 'paused') {
    run.enter('paused', ctx.now)
    return
  }
  const survivors = [...run.statuses]
    .filter(([peer, status]) => status.prepared && (run.accusations.get(peer) ?? 0) < C.MAX_ACCUSATIONS)
    .map(([peerId, { step, oldestStep, holdsState }]) => ({ peerId, step, oldestStep, holdsState }))
  const agreement = agree(survivors)
  for (const { peerId } of run.members) {
    if (survivors.some((survivor) => survivor.peerId === peerId)) continue
    if (run.leaving.delete(peerId)) run.rest(peerId, ctx.now, C.DROPPED_BACKOFF_MS)
    else run.bar(peerId, ctx.now, C.DROPPED_BACKOFF_MS)
    run.accusations.delete(peerId)
    ctx.stop(peerId, run, 'left out of the group')
  }
  // Members hold at least what was committed; whoever holds less has been elsewhere, and its step would be counted twice.
  const behind = agreement !== null && agreement.startStep < record.step
  const step = agreement?.startStep ?? entryStep(ctx, record)
  if (behind || step === null || survivors.length === 0) {
    end(ctx, run, record, `all members were lost (${run.failures.at(-1) ?? 'no answer'})`, true)
    return
  }
  const holders = agreement?.holders ?? []
  const reason = run.failures.at(-1) ?? 'regroup'
  form(ctx, run, record, { step, holders, joiners: survivors.map((survivor) => survivor.peerId), reason })
}

export function onTrouble(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'trouble'>): void {
  if (!run.isMember(from) || message.membership !== run.membership) return
  if (message.fatal) {
    end(ctx, run, record, message.reason, false)
    return
  }
  if (run.phase !== 'starting' && run.phase !== 'training' && run.phase !== 'evaluating') return
  if (message.peerId === from) {
    query(ctx, run, `${from}: ${message.reason}`, [from])
    return
  }
  run.accusations.set(message.peerId, (run.accusations.get(message.peerId) ?? 0) + 1)
  query(ctx, run, `${message.peerId}: ${message.reason}`)
}
