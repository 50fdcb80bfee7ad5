/**
 * What a peer tells others about its adapter and memory (DESIGN 8.4: `device` and `memory`). Plain data: it crosses
 * processes, workers and the wire.
 */

export interface DeviceReport {
  readonly vendor: string
  readonly architecture: string
  readonly description: string
  /** `vulkan`, `metal`, `d3d12`, `webgpu` (a browser does not say). */
  readonly backend: string
  /** `discrete`, `integrated`, `cpu` or `unknown`. */
  readonly type: string
  readonly features: readonly string[]
  readonly limits: Readonly<Record<string, number>>
}

/** Where the byte counts come from, best first. */
export type MemorySource = 'nvml' | 'nvidia-smi' | 'sysfs' | 'heaps' | 'probe' | 'host' | 'limits'

export interface MemoryReport {
  readonly totalBytes: number | null
  readonly freeBytes: number | null
  readonly source: MemorySource
  /** What this peer may take in all: the smaller of `--memory-limit` and what the machine has. */
  readonly limitBytes: number
  /** What our buffers hold now. */
  readonly usedBytes: number
  readonly maxBufferSize: number
  readonly maxStorageBufferBindingSize: number
}
