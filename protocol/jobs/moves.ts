/**
 * The moves that every part of the manager makes: form a membership, ask the members, end an attempt.
 */
import * as C from './constants.ts'
import type { ManagerContext } from './manager-context.ts'
import type { JobMessage } from './messages.ts'
import { splitBatch } from './placement.ts'
import { checkpointsOf, type JobRecord } from './record.ts'
import type { Run } from './run.ts'

export function form(
  ctx: ManagerContext,
  run: Run,
  record: JobRecord,
  how: { step: number; holders: readonly string[]; joiners: readonly string[]; reason: string },
): void {
  const speeds = new Map<string, number>()
  for (const peer of how.joiners) speeds.set(peer, run.candidates.get(peer)?.speed || ctx.peers.get(peer)?.speed || 0)
  const members = splitBatch(record.batchSize, speeds)
  run.membership = record.membership + 1
  run.members = members
  run.startStep = how.step
  run.holders = how.holders
  run.checkpoint = how.holders.length > 0 ? null : (checkpointsOf(record).find(({ step }) => step === how.step) ?? null)
  run.lacksCheckpoint = false
  for (const peer of how.joiners) run.candidates.delete(peer)
  run.enter('forming', ctx.now)
  const { jobId, attempt, membership } = run
  ctx.propose({ type: 'member', jobId, attempt, membership, members, startStep: how.step, reason: how.reason, elapsedMs: run.elapsedMs(ctx.now), at: ctx.wall })
}

/** `share`: rows of the batch that the peer will probably get. */
export function prepare(ctx: ManagerContext, run: Run, peer: string, share: number): void {
  const since = run.candidates.get(peer)?.since ?? ctx.now
  run.leaving.delete(peer) // it has come back since
  ctx.stops.drop({ to: peer, jobId: run.jobId, attempt: run.attempt })
  run.candidates.set(peer, { state: 'preparing', since, share, toldAt: ctx.now, speed: 0 })
  const signedSpec = new Uint8Array() // the driver puts the signed spec in: it has the bytes
  ctx.send(peer, run, { type: 'prepare', signedSpec, share })
}

export function sendMembers(ctx: ManagerContext, run: Run, message: JobMessage): void {
  for (const { peerId } of run.members) ctx.send(peerId, run, message)
}

export function stopAll(ctx: ManagerContext, run: Run, reason: string): void {
  for (const peer of run.involved()) ctx.stop(peer, run, reason)
}

export function roundFailed(ctx: ManagerContext, run: Run, reason: string): void {
  if (run.round === 0) return
  const members = run.members.map((member) => member.peerId)
  ctx.propose({ type: 'roundFailed', jobId: run.jobId, attempt: run.attempt, round: run.round, members, reason, at: ctx.wall })
}

/** Stops the clock of the round and asks all members (but `without`) what they hold. */
export function query(ctx: ManagerContext, run: Run, reason: string, without: readonly string[] = []): void {
  if (run.phase === 'training') roundFailed(ctx, run, reason)
  run.failures.push(reason)
  run.enter('querying', ctx.now)
  run.queried = run.members.map((member) => member.peerId).filter((peer) => !without.includes(peer))
  askAll(ctx, run)
}

export function askAll(ctx: ManagerContext, run: Run): void {
  run.queryNonce += 1
  run.statuses.clear()
  run.lastQueryAt = ctx.now
  for (const peer of run.phase === 'querying' ? run.queried : run.members.map((member) => member.peerId)) {
    ctx.send(peer, run, { type: 'query', nonce: run.queryNonce, freeze: run.phase === 'querying' })
  }
}

export function end(ctx: ManagerContext, run: Run, record: JobRecord, reason: string, retriable: boolean): void {
  const spec = ctx.registry.spec(run.jobId)
  const spared = run.lacksCheckpoint
  const retry = retriable && (spared || record.attempt - (record.spared ?? 0) <= spec.limits.maxRetries)
  const delay = Math.min(C.RETRY_MAX_MS, C.RETRY_MIN_MS * 2 ** (record.attempt - 1))
  run.enter('ending', ctx.now)
  // Whom it failed on: its members, and those that were dropped before. Who left of its own accord is not among them.
  const dropped = [...run.barred].filter(([, { times }]) => times > 0).map(([peer]) => peer)
  const failedOn = spared ? [] : [...new Set([...run.members.map(({ peerId }) => peerId), ...dropped])]
  ctx.propose({ type: 'fail', jobId: run.jobId, attempt: run.attempt, reason, retry, retryAt: ctx.wall + delay, failedOn, spared, at: ctx.wall })
}

export function absent(run: Run, present: ReadonlySet<string>): string[] {
  return run.members.map((member) => member.peerId).filter((peer) => !present.has(peer))
}
