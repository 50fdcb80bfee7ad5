/**
 * What a peer tells people and programs (DESIGN 8.4): one object per event, `time` and `event` added by whoever prints.
 * Spelling, units and shapes are a contract; `step`, `round`, `epoch` and `attempt` count from 1.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'

export type JobStateName = 'queued' | 'offered' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled'

export interface PeerReadyEvent {
  event: 'peer.ready'
  peerId: string
  addresses: string[]
  mesh: string
  device: DeviceReport | null
  memory: MemoryReport
  /** Where the dashboard is. */
  http?: string
  https?: string
  /** sha256 of the https certificate, `AB:CD:…`: what a browser shows when it asks whether to trust a self-signed one. */
  httpsFingerprint?: string
}

export interface CoordinatorElectedEvent {
  event: 'coordinator.elected'
  peerId: string
  epoch: number
  term: number
}

export interface PeerJoinedEvent {
  event: 'peer.joined' | 'peer.left'
  peerId: string
}

export interface JobStateEvent {
  event: 'job.state'
  jobId: string
  name: string
  state: JobStateName
  attempt: number
  reason?: string
}

export interface JobProgressEvent {
  event: 'job.progress'
  jobId: string
  step: number
  round: number
  epoch: number
  /** Over all members so far. */
  samples: number
  /** Of this step's whole batch, before the update. Of a step that was left out and had none: that of the step before. */
  loss: number
  accuracy?: number
  samplesPerSecond: number
  /** Members of the group. */
  peers: number
  /** This peer's merge traffic for this job so far. */
  bytesSent: number
  bytesReceived: number
  memoryBytes: number
  /** Length of the run in steps: an addition to the contract, for progress bars. */
  totalSteps?: number
  /** Another addition: part of the last steps that this peer spent waiting for others, 0 to 1. */
  waitShare?: number
  /** Another: steps left out so far, because their loss or gradient was not finite; absent where a job stops at the first. */
  skippedSteps?: number
}

export interface JobRoundEvent {
  event: 'job.round'
  jobId: string
  round: number
  committed: boolean
  members: string[]
  samples: number
  thetaHash: string
  seconds: number
  bytes: number
  reason?: string
}

export interface JobReceipt {
  peerId: string
  samples: number
}

export interface JobResultEvent {
  event: 'job.result'
  jobId: string
  steps: number
  samples: number
  seconds: number
  trainLoss: number
  testLoss?: number
  testAccuracy?: number
  weights: { path?: string; sha256: string }
  /** As in `job.progress`. */
  skippedSteps?: number
  receipts: JobReceipt[]
}

export interface ErrorEvent {
  event: 'error'
  code: string
  message: string
  jobId?: string
}

export type CyxEvent =
  | PeerReadyEvent
  | CoordinatorElectedEvent
  | PeerJoinedEvent
  | JobStateEvent
  | JobProgressEvent
  | JobRoundEvent
  | JobResultEvent
  | ErrorEvent

export type JobEvent = JobStateEvent | JobProgressEvent | JobRoundEvent | JobResultEvent
