/**
 * What memory this peer's device really has. WebGPU does not say (Dawn for Node hides its heaps), so the best source of
 * the machine is asked, named in `source`, and polled cheaply: NVML, nvidia-smi, the kernel's sysfs, the host's memory
 * for adapters that live in it, and, when nothing answers, honest nulls with the adapter's limits.
 *
 * @packageDocumentation
 * @example
 * const gauge = await openMemoryGauge(device.report, { memoryLimitBytes: 2 ** 31 })
 * gauge.report(device.usedBytes)   // MemoryReport of DESIGN 8.4
 */
import type { DeviceReport, MemoryReport } from '../../../kernels/report.ts'
import { type HostSurroundings, openHost, thisHost } from './host.ts'
import { openNvidiaSmi, type RunTool, runNvidiaSmi } from './nvidia-smi.ts'
import { nvmlLibraries, openNvml } from './nvml.ts'
import { type FileReader, openSysfs, realFiles } from './sysfs.ts'
import type { DeviceIdentity, MemoryProbe } from './types.ts'

export interface MemoryGauge {
  /** `usedBytes`: what our own buffers hold now. */
  report(usedBytes: number): MemoryReport
  close(): void
}

export interface MemoryGaugeOptions {
  /** `--memory-limit`; null = as much as the device has. */
  readonly memoryLimitBytes?: number | null
}

/** Everything that is asked of the machine, so that tests can be any machine. */
export interface MemorySurroundings {
  readonly nvmlLibraries: readonly string[]
  readonly runNvidiaSmi: RunTool
  readonly files: FileReader
  readonly host: HostSurroundings
}

export const thisMachine: MemorySurroundings = {
  nvmlLibraries: nvmlLibraries(process.platform, process.env),
  runNvidiaSmi,
  files: realFiles,
  host: thisHost,
}

export async function openMemoryGauge(device: DeviceReport, options: MemoryGaugeOptions = {}, around: MemorySurroundings = thisMachine): Promise<MemoryGauge> {
  const probe = await openProbe(device, around)
  const maxBufferSize = device.limits.maxBufferSize ?? 0
  const maxStorageBufferBindingSize = device.limits.maxStorageBufferBindingSize ?? 0
  return {
    report(usedBytes) {
      const reading = probe?.read() ?? null
      // Nothing known: one buffer of the largest size is all that the adapter has promised.
      const machineBytes = reading?.totalBytes ?? maxBufferSize
      return {
        totalBytes: reading?.totalBytes ?? null,
        freeBytes: reading?.freeBytes ?? null,
        source: reading === null || probe === null ? 'limits' : probe.source,
        limitBytes: Math.min(options.memoryLimitBytes ?? machineBytes, reading === null ? Number.MAX_SAFE_INTEGER : machineBytes),
        usedBytes,
        maxBufferSize,
        maxStorageBufferBindingSize,
      }
    },
    close: () => probe?.close(),
  }
}

/** Best source first; a source that does not know this device gives way to the next. */
async function openProbe(device: DeviceIdentity, around: MemorySurroundings): Promise<MemoryProbe | null> {
  const inHostMemory = device.type === 'cpu' || device.type === 'integrated'
  const software = device.type === 'cpu'
  if (!software && /nvidia/i.test(`${device.vendor} ${device.description}`)) {
    const probe = openNvml(device, around.nvmlLibraries) ?? (await openNvidiaSmi(device, around.runNvidiaSmi))
    if (probe !== null) return probe
  }
  if (!inHostMemory) {
    const probe = openSysfs(device, around.files)
    if (probe !== null) return probe
  }
  return inHostMemory ? openHost(around.host) : null
}
