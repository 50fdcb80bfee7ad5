/**
 * What people and programs may ask of a peer, over a local socket or a stream: one request, one or more JSON answers.
 */
import type { CyxEvent, JobProgressEvent, JobStateName } from '../events/types.ts'
import type { PastProgress } from '../jobs/progress-history.ts'
import type { HistoryEntry, JobResult, RoundRecord } from '../jobs/record.ts'
import type { PresenceInfo } from '../presence/service.ts'

export interface JobSummary {
  readonly jobId: string
  readonly name: string
  readonly state: JobStateName
  readonly attempt: number
  /** 0 to 1. */
  readonly progress: number
  readonly reason?: string
  /** Peer id of the key that signed it. */
  readonly submitter: string
  /** ISO-8601. */
  readonly submittedAt: string
  /** It was brought along from another line as ended, and nobody known here has signed for that. */
  readonly unproved?: true
}

export interface JobDetail extends JobSummary {
  readonly step: number
  readonly totalSteps: number
  readonly samples: number
  readonly loss: number | null
  readonly accuracy: number | null
  readonly members: readonly { readonly peerId: string; readonly share: number }[]
  readonly rounds: readonly RoundRecord[]
  /** `at`: ISO-8601. */
  readonly history: readonly (Omit<HistoryEntry, 'at'> & { readonly at: string })[]
  readonly receipts: readonly { readonly peerId: string; readonly samples: number }[]
  readonly result: JobResult | null
  /** Voters who signed for how it completed or failed; absent until they have, and where nobody did. */
  readonly endSignedBy?: readonly string[]
  /** The newest one that counts, and who holds it. */
  readonly checkpoint?: { readonly step: number; readonly round: number; readonly bytes: number; readonly holders: readonly string[] } | null
  /** Why it is not running, where something holds it up. */
  readonly waiting: string | null
  /** What its coordinator is doing with it, in the words of `jobs/run.ts`; null or absent where that is not known. */
  readonly phase?: string | null
}

export interface JobReceiptInfo {
  readonly jobId: string
  readonly peerId: string
  readonly samples: number
}

export interface CoordinatorInfo {
  readonly peerId: string | null
  readonly epoch: number
  readonly term: number
  readonly voters: readonly string[]
}

/** One peer in the list: a presence object, with two facts of this moment. */
export type PeerInfo = PresenceInfo & { readonly voter: boolean; readonly coordinator: boolean; readonly self: boolean }

/** How new an answer is. */
export interface Freshness {
  /** Up to when the copy that it comes from is known to be complete (ISO-8601); null: not known yet since the peer started. */
  readonly asOf: string | null
}

/** `current`: to be answered by the coordinator, once a majority has confirmed that it still is; fails where there is none. */
type ReadParams = { readonly current?: boolean }

/** Method → what goes in, what comes out (for `watch`: each event). */
export interface ControlMethods {
  /** `spec` (local only): this peer signs it. `signed`: base64 of a signed spec. */
  submit: { params: { spec?: unknown; signed?: string }; answer: { jobId: string } }
  /** `jobId`, action: this peer signs it (local only); or `signed`. */
  action: { params: { action?: string; jobId?: string; signed?: string }; answer: { jobId: string } }
  jobs: { params: ReadParams; answer: (JobSummary & Freshness)[] }
  job: { params: { jobId: string } & ReadParams; answer: JobDetail & Freshness }
  peers: { params: Record<string, never>; answer: (PeerInfo & { /** When it was last heard of (ISO-8601). */ readonly heardAt: string })[] }
  coordinator: { params: ReadParams; answer: CoordinatorInfo & Freshness }
  /** Of one job, or of all. */
  receipts: { params: { jobId?: string } & ReadParams; answer: JobReceiptInfo[] }
  /** Between peers: the newest progress of a job that this peer knows. */
  progress: { params: { jobId: string }; answer: JobProgressEvent | null }
  /** Between peers: how the figures of a job this peer trained came about; empty where it did not. */
  history: { params: { jobId: string }; answer: readonly PastProgress[] }
  /** Events of a job from now on, its present state first, until it ends. */
  watch: { params: { jobId: string }; answer: CyxEvent }
  /** Makes sure this peer has the trained weights of a completed job. */
  weights: { params: { jobId: string }; answer: { sha256: string; bytes: number } }
  /** Bytes of a blob this peer holds. */
  read: { params: { sha256: string; offset: number; length: number }; answer: { base64: string } }
  /** Local only: takes a file of this machine into the blob store, so that members can fetch it. */
  put: { params: { path: string; sha256: string; bytes: number }; answer: { sha256: string } }
  /** Between peers: jobs of a line that lost. */
  import: { params: { records: unknown[] }; answer: { taken: number } }
}

export type ControlMethod = keyof ControlMethods
