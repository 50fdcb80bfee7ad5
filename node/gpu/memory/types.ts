/**
 * The parts of memory truth: a probe knows one device through one source; sources are asked best first (DESIGN 6).
 */
import type { MemorySource } from '../../../kernels/report.ts'

export interface MemoryReading {
  readonly totalBytes: number
  readonly freeBytes: number
}

/** Invariant: `read` is cheap (below a millisecond) and never throws; null = the source has stopped answering. */
export interface MemoryProbe {
  readonly source: MemorySource
  read(): MemoryReading | null
  close(): void
}

/** What identifies the device among several of one machine. */
export interface DeviceIdentity {
  readonly vendor: string
  readonly description: string
  /** `discrete`, `integrated`, `cpu` or `unknown`. */
  readonly type: string
}

/** A reading is believed only if it can be true. */
export function plausible(totalBytes: number, freeBytes: number): MemoryReading | null {
  if (!Number.isFinite(totalBytes) || !Number.isFinite(freeBytes)) return null
  if (totalBytes <= 0 || freeBytes < 0 || freeBytes > totalBytes) return null
  return { totalBytes: Math.round(totalBytes), freeBytes: Math.round(freeBytes) }
}

/**
 * Which of several devices is ours: the one whose name is the adapter's description or part of it (Dawn says
 * "NVIDIA H100 80GB HBM3", so does NVML). Equal cards cannot be told apart by name: the first is taken, which is the one
 * that drivers list first too.
 */
export function indexByName(names: readonly string[], description: string): number {
  const wanted = normalised(description)
  const exact = names.findIndex((name) => normalised(name) === wanted)
  if (exact !== -1) return exact
  const part = names.findIndex((name) => {
    const candidate = normalised(name)
    return candidate !== '' && (wanted.includes(candidate) || candidate.includes(wanted)) && wanted !== ''
  })
  if (part !== -1) return part
  return names.length === 1 ? 0 : -1
}

function normalised(name: string): string {
  return name
    .toLowerCase()
    .replace(/^nvidia\s+/, '')
    .replace(/\s+/g, ' ')
    .trim()
}
