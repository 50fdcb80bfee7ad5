/**
 * What pages see and do. A page never touches libp2p, Dexie or the Worker: it reads these stores and calls these methods.
 * `live.ts` is the real thing, `fake.ts` runs every screen on generated data (`npm run dev:fake`).
 *
 * Methods reject with an `Error` whose message can be shown as it is; a `code` names the kind.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { CoordinatorInfo, JobDetail, JobSummary, PeerInfo } from '../../protocol/control/types.ts'
import type { JobAction } from '../../protocol/jobs/actions.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { JobMetrics } from '../metrics/types.ts'
import type { Readable } from '../state/store.ts'
import type { Settings } from './settings.ts'

// ---- the mesh ----

export type ConnectionPhase = 'idle' | 'connecting' | 'connected' | 'lost' | 'failed'

export interface ConnectionState {
  readonly phase: ConnectionPhase
  /** Null before a mesh was chosen. */
  readonly mesh: string | null
  readonly peerId: string | null
  /** Where this tab was told to join. */
  readonly bootstrap: readonly string[]
  /** Addresses at which others reach this tab. */
  readonly addresses: readonly string[]
  /** Why it failed or what is being waited for; for people. */
  readonly detail: string | null
}

/** Where to join: pasted address, link, or what the page's own server told. */
export interface JoinTarget {
  readonly mesh: string
  readonly addresses: readonly string[]
}

export interface RecentMesh extends JoinTarget {
  readonly lastUsedMs: number
}

export type LinkPath = 'self' | 'direct' | 'relayed' | 'none'

export interface PeerView extends PeerInfo {
  readonly path: LinkPath
  /** `ws`, `wss`, `webrtc`, `webrtc-direct`, `tcp`; null where there is no connection. */
  readonly transport: string | null
  /** Null = not measured. */
  readonly rttMs: number | null
  /** What gossip thinks of it, as seen from this tab: 0 is neutral, below that it misbehaved. Null where there is no link. */
  readonly score: number | null
}

export interface CoordinatorView extends CoordinatorInfo {
  /** Milliseconds since 1970 at which this tab began to follow it. */
  readonly sinceMs: number | null
}

// ---- contributing ----

export type ContributionPhase = 'off' | 'connecting' | 'waiting' | 'computing' | 'finishing' | 'paused'

/** Why this tab does not compute; the status line says it in words. */
export type ContributionReason =
  | 'user'
  | 'schedule'
  | 'battery'
  | 'in-use'
  | 'hidden'
  | 'memory'
  | 'no-peers'
  | 'no-job'
  | 'no-webgpu'
  | 'device-lost'
  | 'quota'
  | 'other-tab'
  | 'phone'
  | 'offline'

export interface ContributionState {
  readonly phase: ContributionPhase
  readonly reason: ContributionReason | null
  /** One sentence: what this tab does now and why. */
  readonly status: string
  /** Paused until then; null = until somebody resumes. */
  readonly pausedUntilMs: number | null
  /** Jobs that hold the GPU of this tab. */
  readonly jobs: readonly { readonly jobId: string; readonly name: string; readonly submitter: string; readonly step: number; readonly totalSteps: number }[]
  /** Null until Contribute was pressed. */
  readonly device: DeviceReport | null
  readonly memory: MemoryReport | null
  /** Share of the time in which the GPU worked, over the last seconds, 0 to 100. */
  readonly measuredDutyPercent: number
  /** Since midnight, on this browser. */
  readonly today: ContributionTotals
}

export interface ContributionTotals {
  readonly samples: number
  readonly rounds: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly gpuSeconds: number
}

/** What the pre-flight card shows before anything runs. */
export interface Preflight {
  readonly webgpu: boolean
  /** What to switch on, where something is missing; null when all is well. */
  readonly problem: string | null
  readonly device: DeviceReport | null
  readonly memory: MemoryReport | null
  readonly f16: boolean
  readonly phone: boolean
  readonly storageQuotaBytes: number | null
  readonly storageUsedBytes: number | null
}

// ---- jobs ----

/**
 * A job being written: the JSON of a job file (DESIGN 8.3) in which every path (`data.files.train`, `data.csv`,
 * `data.text`, `init`) is a key of `files`.
 */
export interface JobDraft {
  readonly job: unknown
  readonly files: Readonly<Record<string, Blob>>
}

/** Everything about a draft that can be said before it is submitted. */
export interface DraftReport {
  readonly parameters: number
  /** The least GPU bytes of one member. */
  readonly memoryBytes: number
  /** Merge traffic of one member in one step (sent; as much is received). */
  readonly bytesPerStep: number
  readonly totalSteps: number | null
  readonly fits: readonly { readonly peerId: string; readonly fits: boolean; readonly why: string | null }[]
}

// ---- log ----

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogEntry {
  readonly timeMs: number
  readonly level: LogLevel
  /** `mesh`, `job`, `compute`, `store`, `page` … */
  readonly source: string
  readonly text: string
  readonly jobId?: string
  readonly peerId?: string
}

export interface Session {
  readonly settings: Readable<Settings>
  changeSettings(change: Partial<Settings>): void

  readonly connection: Readable<ConnectionState>
  readonly recentMeshes: Readable<readonly RecentMesh[]>
  /** Resolves when the mesh answers; what was joined before is left first. */
  connect(target: JoinTarget): Promise<void>
  disconnect(): Promise<void>
  /** A link that opens this dashboard in this mesh (mesh and addresses in the fragment); null before a mesh is joined. */
  joinLink(): string | null
  /** Another tab of this browser holds the identity: this one only watches. */
  readonly viewer: Readable<boolean>

  readonly peers: Readable<readonly PeerView[]>
  readonly coordinator: Readable<CoordinatorView>
  readonly log: Readable<readonly LogEntry[]>

  readonly contribution: Readable<ContributionState>
  preflight(): Promise<Preflight>
  /** Only ever called from a click on the consent card. */
  contribute(): Promise<void>
  /** Stops now and leaves the running round cleanly. `forMs`: resumes by itself after so long. */
  pause(forMs?: number): Promise<void>
  resume(): Promise<void>
  /** Finishes the round under way, then pauses. */
  finishRound(): Promise<void>

  readonly jobs: Readable<readonly JobSummary[]>
  job(jobId: string, signal?: AbortSignal): Promise<JobDetail>
  /** The spec as it was signed; null when this tab does not know the job. */
  spec(jobId: string): JobSpec | null
  /** Metrics of a job, recorded while somebody holds them: call `release` when the page goes. */
  metrics(jobId: string): { readonly metrics: JobMetrics; release(): void }
  /** Checks a draft as far as possible; rejects with the first mistake (`path` names the key). */
  checkDraft(draft: JobDraft, signal?: AbortSignal): Promise<DraftReport>
  submit(draft: JobDraft, options?: { signal?: AbortSignal; onProgress?: (text: string) => void }): Promise<{ jobId: string }>
  act(jobId: string, action: JobAction): Promise<void>
  /** The trained weights as a safetensors file. */
  weights(jobId: string, options?: { signal?: AbortSignal; onProgress?: (fraction: number) => void }): Promise<Uint8Array>
  /**
   * A part of a job's data (`spec().data.parts`), from whoever holds it, checked against its hash; for showing test samples.
   * Absent where this session cannot fetch.
   */
  blob?(ref: { readonly sha256: string; readonly bytes: number }, options?: { signal?: AbortSignal }): Promise<Uint8Array>

  /** Storage of this browser: how much, and freeing it. */
  storage(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number | null; readonly persistent: boolean }>
  clearStorage(what: 'weights-and-data' | 'metrics' | 'everything'): Promise<void>
}
