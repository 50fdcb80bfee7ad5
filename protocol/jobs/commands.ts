/**
 * What the coordinator commits about jobs: one JSON object per log entry. `at` is the coordinator's wall clock, for
 * people; nothing is decided by it.
 */
import type { EndProof, JobRecord, JobResult } from './record.ts'

export interface Member {
  readonly peerId: string
  /** Rows of every step's batch. */
  readonly share: number
}

export interface BlobRef {
  readonly sha256: string
  readonly bytes: number
}

export type JobCommand = { readonly at: number } & (
  | { readonly type: 'submit'; readonly jobId: string; readonly signed: string }
  | { readonly type: 'offer'; readonly jobId: string; readonly attempt: number }
  | {
      readonly type: 'member'
      readonly jobId: string
      readonly attempt: number
      readonly membership: number
      readonly members: readonly Member[]
      readonly startStep: number
      readonly reason: string
      /** What the attempt has taken so far, without pauses; absent in logs of former versions. */
      readonly elapsedMs?: number
    }
  | {
      readonly type: 'round'
      readonly jobId: string
      readonly attempt: number
      readonly membership: number
      readonly round: number
      readonly step: number
      readonly thetaHash: string
      readonly loss: number | null
      readonly skippedSteps?: number
      readonly accuracy: number | null
      readonly seconds: number
      readonly bytes: number
      /** `alone`: one member stored it, and another peer could hold it too. It counts when that one does (`kept`). */
      readonly checkpoint: (BlobRef & { readonly alone?: boolean }) | null
      readonly elapsedMs?: number
    }
  /** These peers hold a checkpoint of the job, too. */
  | { readonly type: 'kept'; readonly jobId: string; readonly sha256: string; readonly peers: readonly string[] }
  | {
      readonly type: 'roundFailed'
      readonly jobId: string
      readonly attempt: number
      readonly round: number
      readonly members: readonly string[]
      readonly reason: string
    }
  | { readonly type: 'complete'; readonly jobId: string; readonly attempt: number; readonly result: JobResult }
  | {
      readonly type: 'fail'
      readonly jobId: string
      readonly attempt: number
      readonly reason: string
      readonly retry: boolean
      readonly retryAt: number
      /** Peers that the next attempt avoids; absent in logs of former versions. */
      readonly failedOn?: readonly string[]
      /** The attempt could not get its checkpoint from anybody: it uses up no retry. */
      readonly spared?: boolean
    }
  /** The voters' signatures under the end of a job that has completed or failed. */
  | { readonly type: 'proved'; readonly jobId: string; readonly proof: EndProof }
  /** `signed`: the submitter's action, base64. No peer takes these without it (`vetting.ts`); tests of the registry do. */
  | { readonly type: 'cancel'; readonly jobId: string; readonly reason: string; readonly signed?: string }
  | { readonly type: 'pause'; readonly jobId: string; readonly signed?: string }
  | { readonly type: 'resume'; readonly jobId: string; readonly signed?: string }
  | { readonly type: 'remove'; readonly jobId: string; readonly signed?: string }
  /** Jobs of a line that lost, brought along by its peers. */
  | { readonly type: 'import'; readonly records: readonly JobRecord[] }
)

export function encodeCommand(command: JobCommand): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(command))
}

/** Throws for what is no command at all; its fields are whatever the leader wrote. */
export function decodeCommand(bytes: Uint8Array): JobCommand {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (typeof (value as { type?: unknown } | null)?.type !== 'string') throw new TypeError('not a command')
  return value as JobCommand
}
