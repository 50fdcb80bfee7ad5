/**
 * Where a peer's training runs, as the services see it: Node gives child processes, a tab a Worker.
 */
import type { DataPart } from '../../kernels/data/types.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { ComputeClient } from '../compute/client.ts'
import type { JobSpec } from '../jobs/spec.ts'

/** Memory that jobs of this peer hold or are about to. */
export interface Held {
  /** By the job in question. */
  readonly ownBytes: number
  readonly othersBytes: number
}

export interface ComputeProvider {
  /** Null when this peer has no adapter (`--gpu none`): it coordinates and stores, but does not train. */
  readonly device: DeviceReport | null
  /** Jobs that may train here at the same time. */
  readonly slots: number
  memory(): MemoryReport
  /**
   * Resolves when the sizes of jobs, below, may be asked for; null or missing: at any time. A tab has to load the graph
   * compiler for that, and coordinates only when it has it. Rejects where it cannot be had; may be called again.
   */
  loadSizes?(): Promise<void> | null
  /** The least GPU bytes a job takes on any peer: exact, for one row at a time (gradients are accumulated then). */
  estimateBytes(spec: JobSpec): number
  /**
   * Rows a job can work on at a time here, at most `rows`, and the bytes they take; throws with the numbers when not even
   * one fits.
   */
  fittingRows(spec: JobSpec, rows: number, held: Held): { readonly rows: number; readonly bytes: number }
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

/**
 * What of a peer's memory one job may take: what the others leave, and no more than a slot's part of the whole, so that the
 * first job does not take what the other slots are there for. `leastBytes`: what it needs in any case.
 */
export function memoryForJob(
  memory: MemoryReport,
  slots: number,
  { ownBytes, othersBytes }: Held,
  leastBytes: number,
): Pick<MemoryReport, 'limitBytes' | 'usedBytes' | 'freeBytes' | 'maxBufferSize' | 'maxStorageBufferBindingSize'> {
  const { limitBytes, usedBytes, freeBytes, maxBufferSize, maxStorageBufferBindingSize } = memory
  const inUseBytes = Math.max(0, usedBytes - ownBytes)
  const slotBytes = Math.max(leastBytes, Math.floor(limitBytes / Math.max(1, slots)))
  return {
    limitBytes: Math.max(0, Math.min(slotBytes, limitBytes - Math.max(othersBytes, inUseBytes))),
    usedBytes: 0,
    maxBufferSize,
    maxStorageBufferBindingSize,
    // What is promised to others but not taken yet is not there for this one.
    freeBytes: freeBytes === null ? null : Math.max(0, freeBytes + Math.min(ownBytes, usedBytes) - Math.max(0, othersBytes - inUseBytes)),
  }
}
