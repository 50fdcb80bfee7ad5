/**
 * Finding members: offers, bids, preparation; joiners while a job runs. Which peers a job may have is the schedule's to say.
 */
import { fits, type Load, mostPeers } from './capacity.ts'
import { entryStep } from './checkpoints.ts'
import { claimOf } from './claims.ts'
import * as C from './constants.ts'
import { avoidedBy, type ManagerContext } from './manager-context.ts'
import type { JobMessageOf } from './messages.ts'
import { end, form, prepare } from './moves.ts'
import { choose } from './placement.ts'
import type { JobRecord } from './record.ts'
import { Run } from './run.ts'
import { ableFor, applicant } from './schedule.ts'

export function offer(ctx: ManagerContext, record: JobRecord): void {
  const run = new Run(record.jobId, record.attempt, ctx.now)
  ctx.runs.set(record.jobId, run)
  ctx.propose({ type: 'offer', jobId: record.jobId, attempt: record.attempt, at: ctx.wall })
}

export function tendOffer(ctx: ManagerContext, run: Run, record: JobRecord): void {
  if (record.state === 'queued') {
    if (ctx.now - run.phaseSince > C.PROPOSAL_TIMEOUT_MS) ctx.runs.delete(run.jobId)
    return
  }
  forgetOldBids(run, ctx.now)
  const allotted = ctx.plan.allotted.get(run.jobId)
  if (allotted === undefined) {
    askHolders(ctx, run)
    return
  }
  if (ctx.now - run.offeredAt >= C.OFFER_EVERY_MS) {
    if (ctx.now - run.offeredAt >= 2 * C.OFFER_EVERY_MS) run.askedAt = ctx.now
    run.offeredAt = ctx.now
    ctx.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
  }
  const waited = ctx.now - run.askedAt
  if (waited < C.BID_WINDOW_MIN_MS) return
  const bidders = allotted.filter((peer) => run.bids.has(peer))
  if (bidders.length < allotted.length && waited < C.BID_WINDOW_MAX_MS) return
  const chosen = chooseBidders(ctx, run, record, allotted)
  if (chosen !== null) {
    run.bids.clear()
    run.enter('preparing', ctx.now)
    for (const peer of chosen) prepare(ctx, run, peer, Math.ceil(record.batchSize / chosen.length))
  } else if (waited >= C.SILENT_AFTER_MS) {
    const until = ctx.now + C.SILENT_AFTER_MS
    for (const peer of allotted) if (!run.bids.has(peer)) run.away.set(peer, { until, why: 'does not answer' })
  }
}

/**
 * Peers that prepared the job for the coordinator before this one hold memory for it, and their reports do not say for
 * what: it looks as if there were no room. Only their bids tell.
 */
function askHolders(ctx: ManagerContext, run: Run): void {
  if (ctx.now - run.offeredAt < C.HOLDERS_ASKED_EVERY_MS) return
  run.offeredAt = ctx.now
  ctx.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
}

/** Those it was allotted; where they do not do, others that bid and that nobody before it was promised. */
function chooseBidders(ctx: ManagerContext, run: Run, record: JobRecord, allotted: readonly string[]): string[] | null {
  const claim = claimOf(ctx, record)
  const load = ctx.promised(run)
  const bidders = [...ctx.peers.values()].filter(({ peerId }) => run.bids.has(peerId))
  const able = ableFor(claim, bidders, load)
  if (able.length < claim.need.minPeers) return null
  const wanted = Math.max(allotted.length, claim.need.minPeers)
  const mine = able.filter(({ peerId }) => allotted.includes(peerId))
  const of = (peers: typeof able, count: number): string[] =>
    choose(
      peers.map((peer) => applicant(peer, claim, load)),
      count,
    )
  if (mine.length >= claim.need.minPeers) return of(mine, wanted)
  const others = able.filter(({ peerId }) => !allotted.includes(peerId))
  return [...mine.map(({ peerId }) => peerId), ...of(others, claim.need.minPeers - mine.length)]
}

function forgetOldBids(run: Run, now: number): void {
  for (const [peer, { at }] of run.bids) if (now - at > C.BID_GOOD_MS) run.bids.delete(peer)
}

/** Whatever the run does: who takes too long to prepare is let go, and blocks no place. */
export function dropLate(ctx: ManagerContext, run: Run): void {
  for (const [peer, candidate] of run.candidates) {
    if (candidate.state === 'preparing' && ctx.now - candidate.since > C.PREPARE_TIMEOUT_MS) dropCandidate(ctx, run, peer, 'was not ready in time')
  }
}

export function tendPreparing(ctx: ManagerContext, run: Run, record: JobRecord): void {
  const prepared = [...run.candidates].filter(([, candidate]) => candidate.state === 'prepared')
  const { minPeers } = ctx.need(run.jobId)
  const allDone = prepared.length === run.candidates.size
  const waited = ctx.now - run.phaseSince
  if (prepared.length >= minPeers && prepared.length > 0 && (allDone || waited > C.PREPARE_GRACE_MS)) {
    const step = entryStep(ctx, record)
    if (step !== null) form(ctx, run, record, { step, holders: [], joiners: prepared.map(([peer]) => peer), reason: 'start' })
    else if (record.membership === 0) startOver(ctx, run, 'nobody who holds its checkpoint is there')
    else end(ctx, run, record, 'nobody who holds its checkpoint is there', true)
  } else if (run.candidates.size < minPeers) {
    const why = run.failures.at(-1) ?? 'no peer could prepare the job'
    if (run.candidates.size === 0) end(ctx, run, record, why, true)
    else startOver(ctx, run, why)
  }
}

/** Those who are ready are let go, so that two jobs that need many peers cannot hold on to half of them each. */
function startOver(ctx: ManagerContext, run: Run, reason: string): void {
  for (const peer of run.candidates.keys()) ctx.send(peer, run, { type: 'stop', reason: `others are sought (${reason})` })
  run.candidates.clear()
  run.enter('offering', ctx.now)
}

/** Jobs that wait come first: only what is promised to nobody is asked. */
export function inviteJoiners(ctx: ManagerContext, run: Run, record: JobRecord): void {
  if (ctx.now - run.offeredAt < C.JOINER_OFFER_EVERY_MS || roomFor(ctx, run) <= 0) return
  const load = ctx.promised(run)
  if (![...ctx.peers.keys()].some((peer) => mayJoin(ctx, run, record, peer, load))) return
  run.offeredAt = ctx.now
  ctx.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
}

function roomFor(ctx: ManagerContext, run: Run): number {
  return mostPeers(ctx.need(run.jobId)) - run.involved().length
}

function mayJoin(ctx: ManagerContext, run: Run, record: JobRecord, peer: string, load: Load): boolean {
  const view = ctx.peers.get(peer)
  if (view === undefined || run.isBarred(peer, ctx.now)) return false
  const involved = run.involved()
  if (involved.includes(peer) || !fits(view, ctx.need(run.jobId), load.of(peer), run.bids.get(peer)).fits) return false
  // Where an attempt had to take peers that failed before, it may as well have more of them.
  const avoided = avoidedBy(record)
  return !avoided.has(peer) || involved.some((other) => avoided.has(other))
}

function dropCandidate(ctx: ManagerContext, run: Run, peer: string, reason: string): void {
  run.candidates.delete(peer)
  run.failures.push(`${peer}: ${reason}`)
  run.bar(peer, ctx.now, C.DROPPED_BACKOFF_MS)
  ctx.stop(peer, run, reason)
}

export function onBid(ctx: ManagerContext, run: Run, record: JobRecord, from: string, bid: JobMessageOf<'bid'>): void {
  ctx.checkpoints.diskBytes.set(from, bid.diskBytes)
  if (run.isBarred(from, ctx.now) || run.involved().includes(from)) return
  if (bid.refusal !== '') {
    run.bids.delete(from)
    run.away.set(from, { until: ctx.now + C.REFUSAL_GOOD_MS, why: `says: ${bid.refusal}` })
    return
  }
  run.away.delete(from)
  const { speed, cached, freeBytes } = bid
  run.bids.set(from, { speed, cached, freeBytes, takenBytes: ctx.load(run).of(from).bytes, at: ctx.now })
  if (run.phase === 'offering' || run.phase === 'ending' || run.phase === 'paused') return
  if (roomFor(ctx, run) > 0 && mayJoin(ctx, run, record, from, ctx.promised(run))) {
    prepare(ctx, run, from, Math.ceil(record.batchSize / (run.involved().length + 1)))
  }
  run.bids.delete(from)
}

export function onPrepared(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'prepared'>): void {
  const candidate = run.candidates.get(from)
  if (candidate === undefined) return
  if (message.error !== '') dropCandidate(ctx, run, from, message.error)
  else {
    candidate.state = 'prepared'
    candidate.speed = message.samplesPerSecond
    run.memory.set(from, message.memoryBytes)
  }
  if (run.phase === 'preparing') tendPreparing(ctx, run, record)
}
