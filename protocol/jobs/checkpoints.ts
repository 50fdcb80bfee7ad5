/**
 * Where the work of a job is kept, as the coordinator sees to it: each checkpoint on two peers, one of them asked for it
 * where a member trains alone; and an attempt begins with the newest one that somebody present holds. Where nobody
 * present holds any, the job waits for one who does, and no retry is used up by that.
 */
import type { PeerView } from './capacity.ts'
import * as C from './constants.ts'
import type { ManagerContext } from './manager-context.ts'
import type { JobMessageOf } from './messages.ts'
import { CHECKPOINT_COPIES, type Checkpoint, checkpointsOf, type JobRecord } from './record.ts'

export function isReachable(ctx: ManagerContext, peer: string): boolean {
  const goneAt = ctx.checkpoints.goneAt.get(peer) ?? -Infinity
  return ctx.peers.has(peer) && ctx.now - goneAt > C.GONE_DOUBT_MS
}

function reachableHolders(ctx: ManagerContext, { holders }: Checkpoint): string[] {
  return (holders ?? []).filter((peer) => isReachable(ctx, peer))
}

/** A record of an older version does not say who holds it: then somebody may. */
function canBeHad(ctx: ManagerContext, checkpoint: Checkpoint): boolean {
  return checkpoint.holders === undefined || reachableHolders(ctx, checkpoint).length > 0
}

function stalledMs(ctx: ManagerContext, { jobId }: JobRecord): number {
  return ctx.now - (ctx.checkpoints.stalledSince.get(jobId) ?? ctx.now)
}

/** From now on the job has nothing to go on with. */
export function stalls(ctx: ManagerContext, { jobId }: Pick<JobRecord, 'jobId'>): void {
  const { stalledSince } = ctx.checkpoints
  if (!stalledSince.has(jobId)) stalledSince.set(jobId, ctx.now)
}

export type Start =
  /** null: from the beginning. */
  { readonly from: Checkpoint | null } | { readonly waits: string }

/** What a new attempt begins with. */
export function startOf(ctx: ManagerContext, record: JobRecord): Start {
  const checkpoints = checkpointsOf(record)
  const { waitForCheckpointSeconds } = ctx.registry.spec(record.jobId).limits
  if (waitForCheckpointSeconds !== null && stalledMs(ctx, record) > waitForCheckpointSeconds * 1000) return { from: null }
  const from = checkpoints.find((checkpoint) => canBeHad(ctx, checkpoint))
  if (from !== undefined || checkpoints.length === 0) return { from: from ?? null }
  return { waits: waitingWords(ctx, checkpoints[0] as Checkpoint) }
}

function waitingWords(ctx: ManagerContext, { sha256, step, holders }: Checkpoint): string {
  const seen = (peer: string): string => {
    const at = ctx.checkpoints.lastSeen.get(peer)
    return at === undefined ? `${peer}, not seen since this coordinator was elected` : `${peer}, last seen ${Math.round((ctx.now - at) / 1000)} s ago`
  }
  return `waits for a peer that holds checkpoint ${sha256.slice(0, 8)} of step ${step}: ${(holders ?? []).map(seen).join('; ')}`
}

/** Why the job cannot begin an attempt now; null when it can, or is in the middle of one. */
export function awaitsHolder(ctx: ManagerContext, record: JobRecord): string | null {
  if (record.membership > 0) return null
  const start = startOf(ctx, record)
  return 'waits' in start ? start.waits : null
}

/** A job that has waited for its checkpoint for as long as it may run, and does not say that it would start without, fails. */
function giveUp(ctx: ManagerContext, record: JobRecord): void {
  const waits = awaitsHolder(ctx, record)
  if (waits !== null) stalls(ctx, record)
  const { waitForCheckpointSeconds, timeoutSeconds } = ctx.registry.spec(record.jobId).limits
  if (record.state !== 'queued' || waitForCheckpointSeconds !== null || stalledMs(ctx, record) <= timeoutSeconds * 1000) return
  const { gaveUpAt } = ctx.checkpoints
  if (ctx.now - (gaveUpAt.get(record.jobId) ?? -Infinity) <= C.PROPOSAL_TIMEOUT_MS) return
  gaveUpAt.set(record.jobId, ctx.now)
  const { jobId, attempt } = record
  const reason = `nobody gave its checkpoint within ${timeoutSeconds} s${waits === null ? '' : `: it ${waits}`}`
  ctx.propose({ type: 'fail', jobId, attempt, reason, retry: false, retryAt: 0, at: ctx.wall })
}

/** The step at which members that hold nothing can enter the attempt; null: none, now. Steps that were committed are not done again under the same attempt. */
export function entryStep(ctx: ManagerContext, record: JobRecord): number | null {
  if (record.membership === 0) {
    const start = startOf(ctx, record)
    return 'waits' in start ? null : (start.from?.step ?? 0)
  }
  if (record.step === 0) return 0
  return checkpointsOf(record).some((checkpoint) => checkpoint.step === record.step && canBeHad(ctx, checkpoint)) ? record.step : null
}

/** Whether there is somebody beside these who could hold a checkpoint. */
export function othersCouldKeep(ctx: ManagerContext, holders: readonly string[]): boolean {
  return [...ctx.peers.keys()].some((peer) => !holders.includes(peer))
}

/** Sees to it that the newest checkpoint of every job that has not ended is on two peers that are there. */
export function tendCheckpoints(ctx: ManagerContext, open: readonly JobRecord[]): void {
  const { checkpoints } = ctx
  const lastSeen = new Map<string, number>()
  for (const record of open) {
    for (const peer of checkpointsOf(record).flatMap(({ holders }) => holders ?? [])) {
      const at = isReachable(ctx, peer) ? ctx.now : checkpoints.lastSeen.get(peer)
      if (at !== undefined) lastSeen.set(peer, at)
    }
    giveUp(ctx, record)
    secure(ctx, record)
  }
  checkpoints.lastSeen = lastSeen
  for (const [peer, at] of checkpoints.goneAt) if (ctx.now - at > C.GONE_DOUBT_MS) checkpoints.goneAt.delete(peer)
  for (const peer of checkpoints.diskBytes.keys()) if (!ctx.peers.has(peer)) checkpoints.diskBytes.delete(peer)
  const known = new Set(open.map(({ jobId }) => jobId))
  for (const map of [checkpoints.asked, checkpoints.stalledSince, checkpoints.gaveUpAt]) {
    for (const jobId of map.keys()) if (!known.has(jobId)) map.delete(jobId)
  }
}

function secure(ctx: ManagerContext, record: JobRecord): void {
  const { asked } = ctx.checkpoints
  const { jobId, attempt } = record
  const newest = checkpointsOf(record)[0]
  const present = newest === undefined ? [] : reachableHolders(ctx, newest)
  if (newest === undefined || present.length === 0 || present.length >= CHECKPOINT_COPIES) {
    asked.delete(jobId)
    return
  }
  let one = asked.get(jobId)
  if (one === undefined || one.sha256 !== newest.sha256) {
    one = { sha256: newest.sha256, peer: null, since: 0, toldAt: -Infinity, refused: new Map() }
    asked.set(jobId, one)
  }
  if (one.peer !== null && (!isReachable(ctx, one.peer) || ctx.now - one.since > C.KEEP_TIMEOUT_MS)) {
    one.refused.set(one.peer, ctx.now)
    one.peer = null
  }
  if (one.peer === null) {
    const chosen = keeperFor(ctx, present, one.refused)
    if (chosen === null) return
    Object.assign(one, { peer: chosen, since: ctx.now, toldAt: -Infinity })
  }
  if (ctx.now - one.toldAt < C.REPEAT_KEEP_EVERY_MS) return
  one.toldAt = ctx.now
  ctx.send(one.peer as string, { jobId, attempt }, { type: 'keep', sha256: newest.sha256, bytes: newest.bytes, holders: present })
}

/** Natives before tabs, shown tabs before hidden ones, then who has most disk left. */
function keeperFor(ctx: ManagerContext, holders: readonly string[], refused: ReadonlyMap<string, number>): string | null {
  const disk = (peer: PeerView): number => ctx.checkpoints.diskBytes.get(peer.peerId) ?? 0
  const able = [...ctx.peers.values()].filter(({ peerId }) => {
    const refusedAt = refused.get(peerId) ?? -Infinity
    return !holders.includes(peerId) && isReachable(ctx, peerId) && ctx.now - refusedAt > C.KEEP_AGAIN_MS
  })
  able.sort(
    (a, b) =>
      Number(b.native === true) - Number(a.native === true) || Number(b.visible) - Number(a.visible) || disk(b) - disk(a) || (a.peerId < b.peerId ? -1 : 1),
  )
  return able[0]?.peerId ?? null
}

/** A peer's answer: it holds the checkpoint now, or says why it does not. */
export function onKept(ctx: ManagerContext, record: JobRecord, from: string, { sha256, error }: JobMessageOf<'kept'>): void {
  const one = ctx.checkpoints.asked.get(record.jobId)
  if (one === undefined || one.peer !== from || one.sha256 !== sha256) return
  if (error === '') ctx.propose({ type: 'kept', jobId: record.jobId, sha256, peers: [from], at: ctx.wall })
  else {
    one.refused.set(from, ctx.now)
    one.peer = null
  }
}
