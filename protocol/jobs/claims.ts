/**
 * From the registry and the runs to what the schedule is made of: who waits, for what, since when; who uses how much; and
 * when busy peers are expected to be free.
 */
import { awaitsHolder } from './checkpoints.ts'
import * as C from './constants.ts'
import { avoidedBy, type ManagerContext, type Seen } from './manager-context.ts'
import { isTerminal, type JobRecord } from './record.ts'
import type { Run } from './run.ts'
import { type Claim, type Mesh, plan } from './schedule.ts'

/** Whether the job looks for members and finds some: not in the middle of a back-off, nor without a checkpoint to begin with. */
function waits(ctx: ManagerContext, record: JobRecord): boolean {
  if (isTerminal(record) || awaitsHolder(ctx, record) !== null) return false
  const run = ctx.runs.get(record.jobId)
  if (run !== undefined) return run.phase === 'offering'
  return record.state === 'queued' && backOffMs(record, ctx.wall) === 0
}

/** Until the next attempt may begin. */
export function backOffMs({ retryAt }: Pick<JobRecord, 'retryAt'>, wall: number): number {
  const leftMs = retryAt - wall
  // Longer than any back-off: the clock by which it was counted has been set since, or was another's.
  return leftMs > C.RETRY_MAX_MS ? 0 : Math.max(0, leftMs)
}

export function claimOf(ctx: ManagerContext, record: JobRecord): Claim {
  const { jobId, submitter, submittedAt, retryAt } = record
  const run = ctx.runs.get(jobId)
  const { knownAt, waitsAt } = ctx.seen.get(jobId) ?? { knownAt: ctx.now, waitsAt: null }
  return {
    jobId,
    submitter,
    priority: ctx.registry.spec(jobId).priority,
    // The registry knows of times before this coordinator's; its own clock is right where the others' were not.
    ageMs: Math.max(ctx.now - knownAt, ctx.wall - submittedAt),
    waitedMs: Math.max(ctx.now - (waitsAt ?? ctx.now), ctx.wall - Math.max(submittedAt, retryAt)),
    need: ctx.need(jobId),
    bids: run?.bids ?? new Map(),
    whyNot: (peer) => run?.whyNot(peer, ctx.now) ?? null,
    avoided: avoidedBy(record),
  }
}

export function meshOf(ctx: ManagerContext): Mesh {
  const uses = new Map<string, number>()
  const freeAt = new Map<string, number>()
  for (const run of ctx.runs.values()) {
    const record = ctx.registry.get(run.jobId)
    if (record === undefined) continue
    const involved = run.involved()
    uses.set(record.submitter, (uses.get(record.submitter) ?? 0) + involved.length)
    const leftMs = remainingMs(run, record)
    for (const peer of involved) freeAt.set(peer, Math.max(freeAt.get(peer) ?? 0, leftMs))
  }
  const freeInMs = (peer: string): number => freeAt.get(peer) ?? 0
  return { peers: [...ctx.peers.values()], load: ctx.load(), uses, freeInMs, kept: ctx.plan.kept }
}

/** By the speed of its last rounds. */
function remainingMs(run: Run, record: JobRecord): number {
  return run.stepMs === null ? Number.POSITIVE_INFINITY : run.stepMs * (record.totalSteps - record.step)
}

/** A mesh of thousands is planned for less often: what is placed between two plans is counted anyway. */
function planIsFresh(ctx: ManagerContext): boolean {
  return ctx.peers.size > C.LARGE_MESH_PEERS && ctx.now - ctx.plannedAt < C.PLAN_LARGE_EVERY_MS
}

export function replan(ctx: ManagerContext): void {
  if (planIsFresh(ctx)) return
  ctx.plannedAt = ctx.now
  const open = ctx.registry.list().filter((record) => !isTerminal(record))
  const waiting = open.filter((record) => waits(ctx, record))
  const waitingIds = new Set(waiting.map(({ jobId }) => jobId))
  ctx.seen = new Map(open.map(({ jobId }) => [jobId, seenNow(ctx, jobId, waitingIds.has(jobId))]))
  const claims = waiting.map((record) => claimOf(ctx, record))
  ctx.plan = plan(claims, meshOf(ctx))
}

function seenNow(ctx: ManagerContext, jobId: string, waiting: boolean): Seen {
  const before = ctx.seen.get(jobId)
  return { knownAt: before?.knownAt ?? ctx.now, waitsAt: waiting ? (before?.waitsAt ?? ctx.now) : null }
}
