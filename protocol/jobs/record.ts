/**
 * What the mesh knows of one job: the value of the replicated registry under the job's id. Plain JSON.
 */
import type { EntryProof } from '../coordinator/entry-proof.ts'
import type { JobStateName } from '../events/types.ts'
import type { BlobRef, Member } from './commands.ts'

export interface JobResult {
  readonly steps: number
  readonly samples: number
  readonly seconds: number
  readonly trainLoss: number
  readonly testLoss: number | null
  readonly testAccuracy: number | null
  readonly weights: BlobRef
  /** Absent where the job stops at the first step that is not finite, and in records of former versions. */
  readonly skippedSteps?: number
}

export interface RoundRecord {
  readonly round: number
  readonly step: number
  readonly samples: number
  readonly members: readonly string[]
  readonly thetaHash: string
  /** Null: no step of the round had a finite one. */
  readonly loss: number | null
  readonly seconds: number
}

export interface HistoryEntry {
  readonly at: number
  readonly state: JobStateName
  readonly attempt: number
  readonly reason: string | null
}

export interface Checkpoint extends BlobRef {
  readonly step: number
  readonly round: number
  readonly receipts: Readonly<Record<string, number>>
  /** Peers that have said that they hold it. Absent in records of an older version. */
  readonly holders?: readonly string[]
}

export interface EndProof extends EntryProof {
  /** The command that ended the job, as it stands in the log. */
  readonly command: string
}

export interface JobRecord {
  readonly jobId: string
  /** The signed spec, base64. */
  readonly signed: string
  readonly submitter: string
  readonly name: string
  readonly state: JobStateName
  /** Counts from 1. */
  readonly attempt: number
  readonly reason: string | null
  readonly submittedAt: number
  /** Start of the current attempt's training; null before. */
  readonly startedAt: number | null
  /** What the current attempt has taken as of its last round, without pauses, by the clocks of its coordinators. Absent in former versions. */
  readonly elapsedMs?: number
  /** Not before this time is a new attempt made. */
  readonly retryAt: number
  /**
   * Peers that former attempts failed on, the latest last: the next one avoids them where the others are enough. Absent
   * where none has failed.
   */
  readonly failedOn?: readonly string[]
  /** Counts all memberships of the attempt, from 1. */
  readonly membership: number
  readonly members: readonly Member[]
  /** Committed steps, rounds and samples of this attempt. */
  readonly step: number
  readonly round: number
  readonly samples: number
  /** Step from which the present members' work has not been accounted for yet. */
  readonly accountedStep: number
  readonly totalSteps: number
  readonly batchSize: number
  readonly lastLoss: number | null
  /** As of the last round. Absent as in `JobResult`. */
  readonly skippedSteps?: number
  readonly lastAccuracy: number | null
  readonly rounds: readonly RoundRecord[]
  readonly history: readonly HistoryEntry[]
  /** Samples per member, merged and committed in this attempt. */
  readonly receipts: Readonly<Record<string, number>>
  /** Newest one; with the accounts at that point, for an attempt that starts from it. */
  readonly checkpoint: Checkpoint | null
  /** A newer one that one peer holds as yet, though another could: it counts when that one does, and may be started from while the first is there. */
  readonly unsecured?: Checkpoint | null
  /** Attempts that found nobody to give them their checkpoint: they use up no retry. */
  readonly spared?: number
  readonly result: JobResult | null
  /** The action that cancelled it, as its submitter signed it (base64): proves the end to another line. */
  readonly cancelled?: string
  /** That the committee decided how it completed or failed: proves the end to another line (`ends.ts`). */
  readonly proof?: EndProof
  /** It came from another line as completed or failed, and nobody known here has signed for that. */
  readonly unproved?: true
}

/** Newest first. */
export function checkpointsOf({ unsecured, checkpoint }: Pick<JobRecord, 'unsecured' | 'checkpoint'>): Checkpoint[] {
  return [unsecured ?? null, checkpoint].filter((one) => one !== null)
}

/** Peers that hold a checkpoint before it counts, where the mesh has so many. */
export const CHECKPOINT_COPIES = 2

/** Rounds kept in a record; older ones have been told and summed. */
export const MAX_ROUNDS_KEPT = 20
export const MAX_HISTORY_KEPT = 50
/** As many as a group may have members. */
export const MAX_FAILED_ON_KEPT = 64

export const TERMINAL: ReadonlySet<JobStateName> = new Set(['completed', 'failed', 'cancelled'])

export function isTerminal(record: Pick<JobRecord, 'state'>): boolean {
  return TERMINAL.has(record.state)
}
