/**
 * Where a peer's training runs, as the services see it: Node gives child processes, a tab a Worker.
 */
import type { DataPart } from '../../kernels/data/types.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { ComputeClient } from '../compute/client.ts'
import type { JobSpec } from '../jobs/spec.ts'

export interface ComputeProvider {
  /** Null when this peer has no adapter (`--gpu none`): it coordinates and stores, but does not train. */
  readonly device: DeviceReport | null
  /** Jobs that may train here at the same time. */
  readonly slots: number
  memory(): MemoryReport
  /** The least GPU bytes a job takes on any peer: exact, for one row at a time (gradients are accumulated then). */
  estimateBytes(spec: JobSpec): number
  /** Rows this peer can work on at a time, at most `rows`; throws with the numbers when not even one fits. */
  fittingRows(spec: JobSpec, rows: number): number
  /** A compute host for one job. */
  acquire(jobId: string, signal: AbortSignal): Promise<ComputeClient>
  /** Frees what the job holds; the host may be kept for the next one. */
  release(jobId: string): Promise<void>
}

/** Finds bytes on this machine by their hash: installed data sets, the blob store. */
export interface DataAccess {
  /** A location that this peer's compute host can open; null where the bytes are not here. */
  locate(part: Pick<DataPart, 'sha256' | 'bytes'>): Promise<string | null>
}
