/**
 * The replicated registry of jobs: a deterministic fold over committed commands. The same log gives the same registry on
 * every peer. Terminal states are absorbing; a command that no longer applies changes nothing and says so.
 *
 * State machine: queued → offered → running ⇄ paused → completed | failed | cancelled; a failed attempt with retries
 * left goes back to queued with the next attempt number.
 */

import type { JobResultEvent, JobRoundEvent, JobStateEvent, JobStateName } from '../events/types.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { openVerified } from '../wire/signed.ts'
import type { JobCommand } from './commands.ts'
import { tellsOf } from './ends.ts'
import {
  CHECKPOINT_COPIES,
  type Checkpoint,
  checkpointsOf,
  isTerminal,
  type JobRecord,
  MAX_FAILED_ON_KEPT,
  MAX_HISTORY_KEPT,
  MAX_ROUNDS_KEPT,
} from './record.ts'
import { type JobSpec, parseJobSpec } from './spec.ts'

export type RegistryEvent = JobStateEvent | JobRoundEvent | JobResultEvent

export interface Applied {
  /** False when the command did not apply (late, duplicate, unknown job). */
  readonly changed: boolean
  readonly events: readonly RegistryEvent[]
}

const SNAPSHOT_VERSION = 1

const NOTHING: Applied = { changed: false, events: [] }

export class Registry {
  private jobs = new Map<string, JobRecord>()
  private specs = new Map<string, JobSpec>()

  get(jobId: string): JobRecord | undefined {
    return this.jobs.get(jobId)
  }

  /** In order of submission. */
  list(): JobRecord[] {
    return [...this.jobs.values()]
  }

  spec(jobId: string): JobSpec {
    let spec = this.specs.get(jobId)
    if (spec === undefined) {
      const record = this.jobs.get(jobId)
      if (record === undefined) throw new Error(`registry: no job ${jobId}`)
      spec = specOf(record)
      this.specs.set(jobId, spec)
    }
    return spec
  }

  /** All of it as bytes, for `restore` on this peer or another. */
  snapshot(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ version: SNAPSHOT_VERSION, jobs: this.list() }))
  }

  /** Takes over a snapshot in the place of everything but the jobs that are to be left out; tells of each job as it stands there. */
  restore(bytes: Uint8Array, isLeftOut: (jobId: string) => boolean = () => false): readonly RegistryEvent[] {
    const { version, jobs: all } = JSON.parse(new TextDecoder().decode(bytes)) as { version: number; jobs: JobRecord[] }
    if (version !== SNAPSHOT_VERSION) throw new Error(`registry: a snapshot of version ${version}, this one reads version ${SNAPSHOT_VERSION}`)
    this.clear()
    // Asked once for each: a job that stands there twice is left out twice.
    const leftOut = new Set([...new Set(all.map(({ jobId }) => jobId))].filter(isLeftOut))
    const jobs = all.filter(({ jobId }) => !leftOut.has(jobId))
    for (const record of jobs) this.jobs.set(record.jobId, record)
    return jobs.flatMap((record) => (record.result === null ? [stateEvent(record)] : [stateEvent(record), resultEvent(record)]))
  }

  clear(): void {
    this.jobs = new Map()
    this.specs = new Map()
  }

  apply(command: JobCommand): Applied {
    if (command.type === 'submit') return this.submit(command)
    if (command.type === 'import') return this.import(command)
    const record = this.jobs.get(command.jobId)
    if (record === undefined) return NOTHING
    if ('signed' in command && command.signed !== undefined && !isWord(command.signed, command, record)) return NOTHING
    if (command.type === 'proved')
      return isTerminal(record) && record.proof === undefined && tellsOf(command.proof, record) ? this.put({ ...record, proof: command.proof }) : NOTHING
    if (command.type === 'remove') {
      if (!isTerminal(record)) return NOTHING
      this.jobs.delete(record.jobId)
      this.specs.delete(record.jobId)
      return { changed: true, events: [] }
    }
    if (isTerminal(record)) return NOTHING
    if ('attempt' in command && command.attempt !== record.attempt) return NOTHING
    switch (command.type) {
      case 'offer':
        return record.state === 'queued' ? this.move(record, 'offered', command.at, null) : NOTHING
      case 'member':
        return this.member(record, command)
      case 'round':
        return this.round(record, command)
      case 'roundFailed':
        return { changed: true, events: [roundEvent(record, { ...command, thetaHash: '', seconds: 0, bytes: 0 }, false, record.samples, command.reason)] }
      case 'kept':
        return this.kept(record, command)
      case 'complete':
        return this.complete(record, command)
      case 'fail':
        return this.fail(record, command)
      case 'cancel':
        return this.move(record, 'cancelled', command.at, command.reason, {
          members: [],
          ...(command.signed === undefined ? {} : { cancelled: command.signed }),
        })
      case 'pause':
        return record.state === 'running' ? this.move(record, 'paused', command.at, 'paused by its owner') : NOTHING
      case 'resume':
        return record.state === 'paused' ? this.move(record, record.members.length > 0 ? 'running' : 'queued', command.at, null) : NOTHING
      default:
        return command satisfies never
    }
  }

  private submit(command: JobCommand & { type: 'submit' }): Applied {
    if (this.jobs.has(command.jobId)) return NOTHING
    const { signer, payload } = openVerified(base64ToBytes(command.signed))
    const spec = parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
    const record: JobRecord = {
      jobId: command.jobId,
      signed: command.signed,
      submitter: signer,
      name: spec.name,
      state: 'queued',
      attempt: 1,
      reason: null,
      submittedAt: command.at,
      retryAt: 0,
      totalSteps: spec.totalSteps,
      batchSize: spec.batchSize,
      lastLoss: null,
      lastAccuracy: null,
      history: [{ at: command.at, state: 'queued', attempt: 1, reason: null }],
      checkpoint: null,
      result: null,
      ...freshAttempt,
    }
    this.jobs.set(command.jobId, record)
    this.specs.set(command.jobId, spec)
    return { changed: true, events: [stateEvent(record)] }
  }

  private member(record: JobRecord, command: JobCommand & { type: 'member' }): Applied {
    if (command.membership !== record.membership + 1 || record.state === 'queued') return NOTHING
    // Steps since the last account were done by the former members; steps that are taken back were nobody's.
    const settled = record.membership === 0 ? opening(record, command.startStep) : account(record, command.startStep)
    const next: JobRecord = {
      ...settled,
      membership: command.membership,
      members: command.members,
      step: command.startStep,
      startedAt: record.startedAt ?? command.at,
      elapsedMs: command.elapsedMs ?? record.elapsedMs ?? 0,
    }
    if (record.state === 'running' || record.state === 'paused') return this.put(next)
    return this.move(next, 'running', command.at, null)
  }

  private round(record: JobRecord, command: JobCommand & { type: 'round' }): Applied {
    if (command.membership !== record.membership || command.step <= record.step || command.round !== record.round + 1) return NOTHING
    const settled = account(record, command.step)
    const members = record.members.map((member) => member.peerId)
    const round = {
      round: command.round,
      step: command.step,
      samples: settled.samples,
      members,
      thetaHash: command.thetaHash,
      loss: command.loss,
      seconds: command.seconds,
    }
    this.put({
      ...settled,
      step: command.step,
      round: command.round,
      elapsedMs: command.elapsedMs ?? record.elapsedMs ?? 0,
      lastLoss: command.loss ?? record.lastLoss,
      ...(command.skippedSteps === undefined ? {} : { skippedSteps: command.skippedSteps }),
      lastAccuracy: command.accuracy,
      rounds: [...record.rounds, round].slice(-MAX_ROUNDS_KEPT),
      ...stored(settled, command, members),
    })
    return { changed: true, events: [roundEvent(record, { ...command, members }, true, settled.samples)] }
  }

  private kept(record: JobRecord, command: JobCommand & { type: 'kept' }): Applied {
    const held = checkpointsOf(record).find(({ sha256 }) => sha256 === command.sha256)
    const fresh = command.peers.filter((peer) => !held?.holders?.includes(peer))
    if (held === undefined || fresh.length === 0) return NOTHING
    const checkpoint = { ...held, holders: [...(held.holders ?? []), ...fresh] }
    const secured = held === record.checkpoint || checkpoint.holders.length >= CHECKPOINT_COPIES
    return this.put({
      ...record,
      ...(secured ? { checkpoint } : { unsecured: checkpoint }),
      ...(secured && held === record.unsecured ? { unsecured: null } : {}),
    })
  }

  private complete(record: JobRecord, command: JobCommand & { type: 'complete' }): Applied {
    const moved = this.move(record, 'completed', command.at, null, { result: command.result })
    const done = this.jobs.get(record.jobId) as JobRecord
    return { changed: true, events: [...moved.events, resultEvent(done)] }
  }

  private fail(record: JobRecord, command: JobCommand & { type: 'fail' }): Applied {
    if (!command.retry) return this.move(record, 'failed', command.at, command.reason, { members: [] })
    const latest = command.failedOn ?? []
    const failedOn = [...(record.failedOn ?? []).filter((peer) => !latest.includes(peer)), ...latest].slice(-MAX_FAILED_ON_KEPT)
    const blame = failedOn.length === 0 ? {} : { failedOn }
    const spared = (record.spared ?? 0) + (command.spared === true ? 1 : 0)
    const next: JobRecord = { ...record, ...freshAttempt, ...blame, attempt: record.attempt + 1, retryAt: command.retryAt, spared }
    return this.move(next, 'queued', command.at, command.reason)
  }

  /** Takes over what another line knew, job by job, as `compareRecords` says. */
  private import(command: JobCommand & { type: 'import' }): Applied {
    const events: RegistryEvent[] = []
    for (const theirs of command.records) {
      const ours = this.jobs.get(theirs.jobId)
      if (ours !== undefined && compareRecords(ours, theirs) <= 0) continue
      // Its members belong to the line that lost: a job that was under way is queued again, as a new attempt.
      const next = ({ state, attempt }: JobRecord): number => attempt + (state === 'queued' ? 0 : 1)
      const attempt = Math.max(next(theirs), ours === undefined ? 0 : next(ours))
      const record: JobRecord = isTerminal(theirs) ? theirs : { ...theirs, ...freshAttempt, state: 'queued', attempt }
      this.jobs.set(record.jobId, record)
      this.specs.delete(record.jobId)
      if (ours?.state !== record.state || ours.attempt !== record.attempt) {
        events.push(stateEvent(record))
        if (record.state === 'completed') events.push(resultEvent(record))
      }
    }
    return { changed: events.length > 0, events }
  }

  private put(record: JobRecord): Applied {
    this.jobs.set(record.jobId, record)
    return { changed: true, events: [] }
  }

  private move(record: JobRecord, state: JobStateName, at: number, reason: string | null, more: Partial<JobRecord> = {}): Applied {
    const history = [...record.history, { at, state, attempt: record.attempt, reason }].slice(-MAX_HISTORY_KEPT)
    const next: JobRecord = { ...record, ...more, state, reason, history }
    this.jobs.set(next.jobId, next)
    return { changed: true, events: [stateEvent(next)] }
  }
}

const freshAttempt = {
  membership: 0,
  members: [],
  step: 0,
  round: 0,
  samples: 0,
  accountedStep: 0,
  rounds: [],
  receipts: {},
  startedAt: null,
  elapsedMs: 0,
} as const satisfies Partial<JobRecord>

/** The first membership of an attempt starts from nothing, or takes over the accounts of the checkpoint it starts from. */
function opening(record: JobRecord, startStep: number): JobRecord {
  const from = checkpointsOf(record).find(({ step }) => step === startStep)
  const receipts = from?.receipts ?? {}
  const samples = Object.values(receipts).reduce((sum, count) => sum + count, 0)
  return { ...record, receipts, samples, round: from?.round ?? 0, accountedStep: startStep }
}

/** What a round's checkpoint, if it has one, changes: one that does not count yet does not push out one that does. */
function stored(record: JobRecord, { checkpoint, step, round }: JobCommand & { type: 'round' }, holders: readonly string[]): Partial<JobRecord> {
  if (checkpoint === null) return {}
  const { sha256, bytes, alone } = checkpoint
  const made: Checkpoint = { sha256, bytes, step, round, receipts: record.receipts, holders }
  return alone === true ? { unsecured: made } : { checkpoint: made, unsecured: null }
}

/** Credits the present members with the steps up to `step`: receipts always sum to the merged samples. */
function account(record: JobRecord, step: number): JobRecord {
  const steps = Math.max(0, step - record.accountedStep)
  const receipts: Record<string, number> = { ...record.receipts }
  let samples = record.samples
  for (const { peerId, share } of record.members) {
    receipts[peerId] = (receipts[peerId] ?? 0) + steps * share
    samples += steps * share
  }
  return { ...record, receipts, samples, accountedStep: step }
}

/**
 * Whether a signed action means just this change of this job, and comes from its submitter. The signature has been checked
 * (`vetting.ts`). A pause or its end is good for one attempt, so that nobody can bring it up again later.
 */
function isWord(signed: string, { type, jobId }: JobCommand & { readonly jobId: string }, record: JobRecord): boolean {
  const { signer, payload } = openVerified(base64ToBytes(signed))
  const said = JSON.parse(new TextDecoder().decode(payload)) as { action?: unknown; jobId?: unknown; attempt?: unknown } | null
  // People may name a job by the beginning of its id.
  const meant = typeof said?.jobId === 'string' && said.jobId !== '' && jobId.startsWith(said.jobId)
  const now = type === 'cancel' || type === 'remove' || said?.attempt === record.attempt
  return signer === record.submitter && said?.action === type && meant && now
}

/**
 * Negative or zero when `ours` stays. Terminal beats running, a job under way beats one that waits, then the further
 * checkpoint, then the higher attempt. An end that nobody known here has signed for is better than no word of the job, and
 * gives way to anything else.
 */
export function compareRecords(ours: JobRecord, theirs: JobRecord): number {
  if (theirs.unproved === true) return -1
  if (ours.unproved === true) return 1
  const terminal = (record: JobRecord): number => (isTerminal(record) ? 1 : 0)
  if (terminal(ours) !== terminal(theirs)) return terminal(theirs) - terminal(ours)
  if (terminal(ours) === 1) {
    // Two ends of one job: completed beats failed beats cancelled; then the same on every peer.
    const order: readonly JobStateName[] = ['completed', 'failed', 'cancelled']
    const by = order.indexOf(ours.state) - order.indexOf(theirs.state)
    if (by !== 0) return by
    return (ours.result?.weights.sha256 ?? '') <= (theirs.result?.weights.sha256 ?? '') ? -1 : 1
  }
  // Work of the line that lost cannot be gone on with; all that it can bring to a job that is not under way is a checkpoint.
  if (ours.members.length > 0) return -1
  const checkpoint = (record: JobRecord): number => checkpointsOf(record)[0]?.step ?? 0
  if (checkpoint(ours) !== checkpoint(theirs)) return checkpoint(theirs) - checkpoint(ours)
  return theirs.attempt - ours.attempt
}

export function specOf(record: JobRecord): JobSpec {
  const { payload } = openVerified(base64ToBytes(record.signed))
  return parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
}

function stateEvent(record: JobRecord): JobStateEvent {
  const { jobId, name, state, attempt, reason } = record
  return { event: 'job.state', jobId, name, state, attempt, ...(reason === null ? {} : { reason }) }
}

function roundEvent(
  record: JobRecord,
  round: { round: number; members: readonly string[]; thetaHash: string; seconds: number; bytes: number },
  committed: boolean,
  samples: number,
  reason?: string,
): JobRoundEvent {
  return {
    event: 'job.round',
    jobId: record.jobId,
    round: round.round,
    committed,
    members: [...round.members],
    samples,
    thetaHash: round.thetaHash,
    seconds: round.seconds,
    bytes: round.bytes,
    ...(reason === undefined ? {} : { reason }),
  }
}

export function resultEvent(record: JobRecord): JobResultEvent {
  const result = record.result
  if (result === null) throw new Error(`registry: job ${record.jobId} has no result`)
  return {
    event: 'job.result',
    jobId: record.jobId,
    steps: result.steps,
    samples: result.samples,
    seconds: result.seconds,
    trainLoss: result.trainLoss,
    ...(result.skippedSteps === undefined ? {} : { skippedSteps: result.skippedSteps }),
    ...(result.testLoss === null ? {} : { testLoss: result.testLoss }),
    ...(result.testAccuracy === null ? {} : { testAccuracy: result.testAccuracy }),
    weights: { sha256: result.weights.sha256 },
    receipts: Object.entries(record.receipts).map(([peerId, samples]) => ({ peerId, samples })),
  }
}
