/**
 * Finding members: offers, bids, preparation; joiners while a job runs.
 */
import * as C from './constants.ts'
import type { ManagerContext } from './manager-context.ts'
import type { JobMessageOf } from './messages.ts'
import { end, form, prepare } from './moves.ts'
import { choose, fits, type Need, whyWaiting } from './placement.ts'
import type { JobRecord } from './record.ts'
import { Run } from './run.ts'

export function offerIfPossible(ctx: ManagerContext, record: JobRecord): void {
  const waitMs = record.retryAt - ctx.wall
  // Longer than any back-off: the clock by which it was counted has been set since, or was another's.
  if (waitMs > 0 && waitMs <= C.RETRY_MAX_MS) {
    ctx.waitingFor.set(record.jobId, `next attempt in ${Math.ceil(waitMs / 1000)} s`)
    return
  }
  const reason = whyWaiting([...ctx.peers.values()], ctx.need(record), ctx.busySlots())
  if (reason !== null) {
    ctx.waitingFor.set(record.jobId, reason)
    return
  }
  ctx.waitingFor.delete(record.jobId)
  const run = new Run(record.jobId, record.attempt, ctx.now, ctx.now)
  ctx.runs.set(record.jobId, run)
  ctx.propose({ type: 'offer', jobId: record.jobId, attempt: record.attempt, at: ctx.wall })
}

export function tendOffer(ctx: ManagerContext, run: Run, record: JobRecord): void {
  if (record.state === 'queued') {
    if (ctx.now - run.phaseSince > C.PROPOSAL_TIMEOUT_MS) ctx.runs.delete(run.jobId)
    return
  }
  const need = ctx.need(record)
  const busy = ctx.busySlots(run)
  if (ctx.now - run.offeredAt >= C.OFFER_EVERY_MS) {
    if (run.offeredAt === -Infinity) run.phaseSince = ctx.now
    run.offeredAt = ctx.now
    ctx.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
  }
  const waited = ctx.now - run.phaseSince
  const able = [...ctx.peers.values()].filter((peer) => fits(peer, need, busy.get(peer.peerId) ?? 0).fits && !run.isBarred(peer.peerId, ctx.now))
  const allAnswered = able.every((peer) => run.bids.has(peer.peerId) || run.refusals.has(peer.peerId))
  // A bid is as old as its offer: another job may have taken the slot since.
  const bidders = able.filter((peer) => run.bids.has(peer.peerId))
  const enough = bidders.length >= need.minPeers
  if (!enough || waited < C.BID_WINDOW_MIN_MS || !(allAnswered || waited >= C.BID_WINDOW_MAX_MS)) {
    if (waited > C.BID_WINDOW_MAX_MS) ctx.waitingFor.set(run.jobId, whyFewBids(ctx, run, need, busy))
    return
  }
  ctx.waitingFor.delete(run.jobId)
  const chosen = choose(
    bidders.map(({ peerId }) => ({ peerId, speed: run.bids.get(peerId)?.speed ?? 0 })),
    need,
  )
  run.bids.clear()
  run.enter('preparing', ctx.now)
  for (const peer of chosen) prepare(ctx, run, peer, Math.ceil(need.batchSize / chosen.length))
}

function whyFewBids(ctx: ManagerContext, run: Run, need: Need, busy: ReadonlyMap<string, number>): string {
  const reason = whyWaiting([...ctx.peers.values()], need, busy)
  if (reason !== null) return reason
  const refusal = [...run.refusals][0]
  const said = refusal === undefined ? '' : `; ${refusal[0]} says: ${refusal[1]}`
  return `${run.bids.size} of at least ${need.minPeers} peers answered the offer${said}`
}

/** Whatever the run does: who takes too long to prepare is let go, and blocks no place. */
export function dropLate(ctx: ManagerContext, run: Run): void {
  for (const [peer, candidate] of run.candidates) {
    if (candidate.state === 'preparing' && ctx.now - candidate.since > C.PREPARE_TIMEOUT_MS) dropCandidate(ctx, run, peer, 'was not ready in time')
  }
}

export function tendPreparing(ctx: ManagerContext, run: Run, record: JobRecord): void {
  const prepared = [...run.candidates].filter(([, candidate]) => candidate.state === 'prepared')
  const { minPeers } = ctx.need(record)
  const allDone = prepared.length === run.candidates.size
  const waited = ctx.now - run.phaseSince
  if (prepared.length >= minPeers && prepared.length > 0 && (allDone || waited > C.PREPARE_GRACE_MS)) {
    form(ctx, run, record, { step: record.checkpoint?.step ?? 0, holders: [], joiners: prepared.map(([peer]) => peer), reason: 'start' })
  } else if (run.candidates.size < minPeers) {
    const why = run.failures.at(-1) ?? 'no peer could prepare the job'
    if (run.candidates.size === 0) end(ctx, run, record, why, true)
    else startOver(ctx, run, why)
  }
}

/** Too few are left: those who are ready are let go, so that two jobs that need many peers cannot hold on to half of them each. */
function startOver(ctx: ManagerContext, run: Run, reason: string): void {
  for (const peer of run.candidates.keys()) ctx.send(peer, run, { type: 'stop', reason: `too few peers are left (${reason})` })
  run.candidates.clear()
  run.enter('offering', ctx.now)
}

export function inviteJoiners(ctx: ManagerContext, run: Run, record: JobRecord): void {
  const need = ctx.need(record)
  const room = Math.min(need.maxPeers, need.batchSize) - run.involved().length
  if (room <= 0 || ctx.now - run.offeredAt < C.JOINER_OFFER_EVERY_MS) return
  const busy = ctx.busySlots(run)
  const somebody = [...ctx.peers.values()].some((peer) => !run.involved().includes(peer.peerId) && fits(peer, need, busy.get(peer.peerId) ?? 0).fits)
  if (!somebody) return
  run.offeredAt = ctx.now
  ctx.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
}

function dropCandidate(ctx: ManagerContext, run: Run, peer: string, reason: string): void {
  run.candidates.delete(peer)
  run.failures.push(`${peer}: ${reason}`)
  run.bar(peer, ctx.now, C.DROPPED_BACKOFF_MS)
  ctx.send(peer, run, { type: 'stop', reason })
}

export function onBid(ctx: ManagerContext, run: Run, record: JobRecord, from: string, bid: JobMessageOf<'bid'>): void {
  if (run.isBarred(from, ctx.now) || run.involved().includes(from)) return
  if (bid.refusal !== '') {
    run.refusals.set(from, bid.refusal)
    return
  }
  run.refusals.delete(from)
  if (run.phase === 'offering') {
    run.bids.set(from, { speed: bid.speed })
    tendOffer(ctx, run, record)
    return
  }
  const need = ctx.need(record)
  const busy = ctx.busySlots(run).get(from) ?? 0
  const view = ctx.peers.get(from)
  if (view === undefined || !fits(view, need, busy).fits) return
  if (run.involved().length >= Math.min(need.maxPeers, need.batchSize)) return
  prepare(ctx, run, from, Math.ceil(need.batchSize / (run.involved().length + 1)))
}

export function onPrepared(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'prepared'>): void {
  const candidate = run.candidates.get(from)
  if (candidate === undefined) return
  if (message.error !== '') dropCandidate(ctx, run, from, message.error)
  else {
    candidate.state = 'prepared'
    candidate.speed = message.samplesPerSecond
  }
  if (run.phase === 'preparing') tendPreparing(ctx, run, record)
}
