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
  /** Exact GPU bytes a job takes here with the whole batch. */
  estimateBytes(spec: JobSpec): number
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
