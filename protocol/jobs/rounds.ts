/**
 * Memberships and rounds while all goes well: assign, go, compare hashes, commit, evaluate, complete.
 */
import { othersCouldKeep } from './checkpoints.ts'
import * as C from './constants.ts'
import type { ManagerContext } from './manager-context.ts'
import type { Evaluated, JobMessage, JobMessageOf, RoundDone } from './messages.ts'
import { absent, form, prepare, query, roundFailed, sendMembers } from './moves.ts'
import { CHECKPOINT_COPIES, checkpointsOf, type JobRecord } from './record.ts'
import type { Run } from './run.ts'

export function assign(ctx: ManagerContext, run: Run, record: JobRecord): void {
  run.ready.clear()
  run.enter('starting', ctx.now)
  sendMembers(ctx, run, assignment(run, record))
}

function assignment(run: Run, record: JobRecord): JobMessage {
  return {
    type: 'assign',
    membership: run.membership,
    members: run.members.map((member) => ({ ...member })),
    startStep: record.step,
    holders: [...run.holders],
    ...(run.checkpoint === null ? {} : { checkpoint: { sha256: run.checkpoint.sha256, bytes: run.checkpoint.bytes } }),
  }
}

function order(ctx: ManagerContext, run: Run): JobMessage {
  const every = ctx.registry.spec(run.jobId).checkpointEveryRounds
  const checkpoint = every !== null && run.round % every === 0
  return { type: 'go', membership: run.membership, round: run.round, untilStep: run.untilStep, checkpoint }
}

/**
 * Says again what this phase asks, to those who have not answered. A command is lost when its channel breaks, and refused
 * by a peer that does not follow this coordinator yet; members take a command they know as the question it is.
 */
export function repeat(ctx: ManagerContext, run: Run, record: JobRecord): void {
  for (const [peer, candidate] of run.candidates) {
    if (candidate.state === 'preparing' && ctx.now - candidate.toldAt >= C.REPEAT_PREPARE_EVERY_MS) prepare(ctx, run, peer, candidate.share)
  }
  if (ctx.now - run.toldAt < (run.phase === 'querying' ? C.STOP_EVERY_MS : C.REPEAT_EVERY_MS)) return
  run.toldAt = ctx.now
  const again = (peers: readonly string[], message: JobMessage): void => {
    for (const peer of peers) ctx.send(peer, run, message)
  }
  if (run.phase === 'starting') again(absent(run, run.ready), assignment(run, record))
  else if (run.phase === 'training') again(absent(run, new Set(run.dones.keys())), order(ctx, run))
  else if (run.phase === 'evaluating') again(absent(run, new Set(run.evaluated.keys())), { type: 'evaluate', membership: run.membership })
  else if (run.phase === 'querying') {
    const silent = run.queried.filter((peer) => !run.statuses.has(peer))
    again(silent, { type: 'query', nonce: run.queryNonce, freeze: true })
  }
}

export function nextRound(ctx: ManagerContext, run: Run, record: JobRecord): void {
  if (record.state === 'paused') {
    run.enter('paused', ctx.now)
    return
  }
  if (record.step >= record.totalSteps) {
    run.evaluated.clear()
    run.evaluateNonce = run.queryNonce
    run.lastQueryAt = ctx.now
    run.enter('evaluating', ctx.now)
    sendMembers(ctx, run, { type: 'evaluate', membership: run.membership })
    return
  }
  if (run.phase === 'committing' && changeMembers(ctx, run, record)) return
  const spec = ctx.registry.spec(run.jobId)
  const auto = run.stepMs === null ? C.FIRST_ROUND_STEPS : Math.min(C.MAX_AUTO_ROUND_STEPS, Math.max(1, Math.round(C.ROUND_TARGET_MS / run.stepMs)))
  const steps = spec.sync.roundSteps === 'auto' ? auto : spec.sync.roundSteps
  run.round = record.round + 1
  run.untilStep = Math.min(record.totalSteps, record.step + steps)
  run.expectedMs = (run.stepMs ?? 1000) * (run.untilStep - record.step)
  run.dones.clear()
  run.enter('training', ctx.now)
  sendMembers(ctx, run, order(ctx, run))
}

/** Between two rounds, with everything committed: who is ready comes in, whose owner wants it back goes. */
function changeMembers(ctx: ManagerContext, run: Run, record: JobRecord): boolean {
  const joining = [...run.candidates].filter(([, candidate]) => candidate.state === 'prepared').map(([peer]) => peer)
  const members = run.members.map((member) => member.peerId)
  const staying = members.filter((peer) => !run.leaving.has(peer))
  const leaving = members.filter((peer) => run.leaving.has(peer))
  // The last one goes only when what it holds is kept: its next round ends with a checkpoint.
  const kept = staying.length > 0 || checkpointsOf(record).some(({ step }) => step === record.step)
  if (joining.length === 0 && (leaving.length === 0 || !kept)) return false
  const holders = kept ? staying : members
  if (kept) {
    for (const peer of leaving) ctx.stop(peer, run, 'taken back by its owner')
    run.leaving.clear()
  }
  if (holders.length + joining.length === 0) {
    // Nobody is left, and nothing is lost: the same attempt goes on with those who are being prepared, or looks for others,
    // from the checkpoint.
    run.members = []
    run.offeredAt = -Infinity
    run.enter(run.candidates.size > 0 ? 'preparing' : 'offering', ctx.now)
    return true
  }
  const words = [joining.length > 0 ? `${joining.length} joined` : '', kept && leaving.length > 0 ? `${leaving.length} left` : '']
  form(ctx, run, record, { step: record.step, holders, joiners: [...holders, ...joining], reason: words.filter((word) => word !== '').join(', ') })
  return true
}

export function onRoundDone(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'roundDone'>): void {
  if (run.phase !== 'training' || message.membership !== run.membership || message.round !== run.round || message.step !== run.untilStep) return
  if (!run.isMember(from)) return
  run.dones.set(from, message)
  if (run.dones.size < run.members.length) return
  const dones = [...run.dones.values()]
  const hashes = new Map<string, string[]>()
  for (const [peer, done] of run.dones) hashes.set(done.thetaHash, [...(hashes.get(done.thetaHash) ?? []), peer])
  if (hashes.size > 1) {
    // Must not happen: all apply the same bytes. Keep what most have; the others fetch it.
    const [, right] = [...hashes].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))[0] as [string, string[]]
    const reason = `weights differ: ${run.members.length - right.length} of ${run.members.length} members hold others`
    roundFailed(ctx, run, reason)
    form(ctx, run, record, { step: run.untilStep, holders: right, joiners: run.members.map((member) => member.peerId), reason })
    return
  }
  const first = dones[0] as RoundDone
  const seconds = Math.max(...dones.map((done) => done.seconds))
  const steps = run.untilStep - record.step
  const stepMs = (seconds * 1000) / steps
  run.stepMs = run.stepMs === null ? stepMs : 0.5 * run.stepMs + 0.5 * stepMs
  const stored = dones.every((done) => done.checkpoint !== undefined && done.checkpoint.sha256 === first.checkpoint?.sha256)
  const members = run.members.map((member) => member.peerId)
  const alone = members.length < CHECKPOINT_COPIES && othersCouldKeep(ctx, members)
  run.enter('committing', ctx.now)
  ctx.propose({
    type: 'round',
    jobId: run.jobId,
    attempt: run.attempt,
    membership: run.membership,
    round: run.round,
    step: run.untilStep,
    thetaHash: first.thetaHash,
    loss: first.loss ?? null,
    ...(first.skippedSteps === undefined ? {} : { skippedSteps: first.skippedSteps }),
    accuracy: first.accuracy ?? null,
    seconds,
    bytes: dones.reduce((sum, done) => sum + done.bytesSent, 0),
    elapsedMs: run.elapsedMs(ctx.now),
    checkpoint: stored && first.checkpoint !== undefined ? { sha256: first.checkpoint.sha256, bytes: first.checkpoint.bytes, alone } : null,
    at: ctx.wall,
  })
}

export function onEvaluated(ctx: ManagerContext, run: Run, record: JobRecord, from: string, message: JobMessageOf<'evaluated'>): void {
  if (run.phase !== 'evaluating' || message.membership !== run.membership || !run.isMember(from)) return
  if (message.error !== '') {
    query(ctx, run, `${from} could not evaluate: ${message.error}`, [from])
    return
  }
  run.evaluated.set(from, message)
  if (run.evaluated.size < run.members.length) return
  const all = [...run.evaluated.values()]
  const sum = (read: (one: Evaluated) => number): number => all.reduce((total, one) => total + read(one), 0)
  const weight = sum((one) => one.weight)
  const weights = all[0]?.weights
  if (weights === undefined || all.some((one) => one.weights?.sha256 !== weights.sha256)) {
    query(ctx, run, 'members stored different weights')
    return
  }
  const known = weight > 0 && all.every((one) => one.correct !== undefined || one.weight === 0)
  run.enter('ending', ctx.now)
  ctx.propose({
    type: 'complete',
    jobId: run.jobId,
    attempt: run.attempt,
    at: ctx.wall,
    result: {
      steps: record.step,
      samples: record.samples,
      seconds: run.elapsedMs(ctx.now) / 1000,
      trainLoss: record.lastLoss ?? 0,
      testLoss: weight > 0 ? sum((one) => one.lossSum) / weight : null,
      testAccuracy: known ? sum((one) => one.correct ?? 0) / weight : null,
      weights: { sha256: weights.sha256, bytes: weights.bytes },
      ...(record.skippedSteps === undefined ? {} : { skippedSteps: record.skippedSteps }),
    },
  })
}
