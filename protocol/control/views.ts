/**
 * Registry and presence as people see them (DESIGN 8.2 and 8.4).
 */
import type { CoordinatorStatus } from '../coordinator/service.ts'
import { isTerminal, type JobRecord } from '../jobs/record.ts'
import type { PresenceInfo } from '../presence/service.ts'
import type { JobDetail, JobReceiptInfo, JobSummary, PeerInfo } from './types.ts'

const UNPROVED = 'its end was brought along from another line, and nobody known here has signed for it'

export function jobSummary(record: JobRecord, waiting: string | null): JobSummary {
  const { jobId, name, state, attempt, step, totalSteps, submitter } = record
  const unproved = record.unproved === true ? UNPROVED : null
  const reason = [record.reason ?? (isTerminal(record) ? null : waiting), unproved].filter((words) => words !== null).join('; ') || null
  const submittedAt = new Date(record.submittedAt).toISOString()
  return {
    jobId,
    name,
    state,
    attempt,
    progress: state === 'completed' ? 1 : step / totalSteps,
    ...(reason === null ? {} : { reason }),
    submitter,
    submittedAt,
    ...(unproved === null ? {} : { unproved: true }),
  }
}

export function jobDetail(record: JobRecord, waiting: string | null, phase: string | null): JobDetail {
  const { checkpoint } = record
  return {
    ...jobSummary(record, waiting),
    step: record.step,
    totalSteps: record.totalSteps,
    samples: record.samples,
    loss: record.lastLoss,
    accuracy: record.lastAccuracy,
    members: record.members,
    rounds: record.rounds,
    history: record.history.map(({ at, ...entry }) => ({ at: new Date(at).toISOString(), ...entry })),
    receipts: Object.entries(record.receipts).map(([peerId, samples]) => ({ peerId, samples })),
    result: record.result,
    ...(record.proof === undefined ? {} : { endSignedBy: record.proof.votes.map(({ voter }) => voter) }),
    checkpoint: checkpoint === null ? null : { step: checkpoint.step, round: checkpoint.round, bytes: checkpoint.bytes, holders: checkpoint.holders ?? [] },
    waiting,
    phase,
  }
}

export function peerList(records: readonly PresenceInfo[], status: CoordinatorStatus): PeerInfo[] {
  return records.map((record, i) => ({ ...record, voter: status.voters.includes(record.peerId), coordinator: record.peerId === status.peerId, self: i === 0 }))
}

export function receiptList(records: readonly JobRecord[]): JobReceiptInfo[] {
  return records.flatMap(({ jobId, receipts }) => Object.entries(receipts).map(([peerId, samples]) => ({ jobId, peerId, samples })))
}
