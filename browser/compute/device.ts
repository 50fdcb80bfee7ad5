/**
 * The tab's GPU as a compute host sees it: opened, its memory probed, its limit kept. Runs in the Worker.
 */
import { KernelError } from '../../kernels/errors.ts'
import { type KernelDevice, type OpenDeviceOptions, openDevice } from '../../kernels/index.ts'
import type { MemoryReport } from '../../kernels/report.ts'
import type { InitParams, OpenedDevice } from '../../protocol/compute/index.ts'
import { heapBytes, probeBudget, probeCap } from './probe.ts'
import { type BrowserFacts, NO_ADAPTER_TEXT, webgpuProblem } from './support.ts'

/** WebGPU's flag, by value: the global is missing where WebGPU is. */
const STORAGE = 0x0080

export interface TabGpu {
  readonly gpu: GPU | undefined
  readonly facts: BrowserFacts
  readonly phone: boolean
  readonly machineGib: number | null
  readonly tuning: OpenDeviceOptions['tuning']
}

interface Budget {
  readonly bytes: number
  readonly totalBytes: number | null
  readonly source: MemoryReport['source']
}

export async function openTabDevice(surroundings: TabGpu, { memoryLimitBytes }: InitParams): Promise<OpenedDevice<KernelDevice>> {
  const { gpu, facts } = surroundings
  if (gpu === undefined) throw new KernelError('NO_ADAPTER', webgpuProblem(facts) ?? NO_ADAPTER_TEXT)
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw new KernelError('NO_ADAPTER', NO_ADAPTER_TEXT)
  const type = deviceType(adapter.info)
  const open = (): Promise<KernelDevice> => openDevice(gpu, { backend: 'webgpu', tuning: surroundings.tuning, ...(type === null ? {} : { type }) })
  let device = await open()
  const budget = await budgetOf(device, adapter.info, surroundings, memoryLimitBytes)
  if (device.fault !== null) {
    // A driver that gives up on a probe is no reason to go without.
    device.dispose()
    device = await open()
  }
  const limited = (bytes: number | null): number => Math.min(bytes ?? budget.bytes, budget.bytes)
  device.ledger.limitBytes = limited(memoryLimitBytes)
  const opened = device
  let closed = false
  return {
    device: opened,
    report: opened.report,
    // A device that we close ourselves is not lost.
    lost: opened.lost.then((error) => (closed ? new Promise<never>(() => {}) : error)),
    memory: () => ({
      totalBytes: budget.totalBytes,
      freeBytes: Math.max(0, budget.bytes - opened.usedBytes),
      source: budget.source,
      limitBytes: opened.ledger.limitBytes,
      usedBytes: opened.usedBytes,
      maxBufferSize: opened.caps.maxBufferBytes,
      maxStorageBufferBindingSize: opened.caps.maxBindingBytes,
    }),
    limitMemory(bytes) {
      opened.ledger.limitBytes = limited(bytes)
    },
    close() {
      if (closed) return
      closed = true
      opened.dispose()
    },
  }
}

/** Heaps where the browser tells them; what a probe was granted; else one buffer of the largest size, which is all the adapter promised. */
async function budgetOf(device: KernelDevice, info: GPUAdapterInfo, surroundings: TabGpu, memoryLimitBytes: number | null): Promise<Budget> {
  const totalBytes = heapBytes(info)
  if (totalBytes !== null) return { bytes: totalBytes, totalBytes, source: 'heaps' }
  const { maxBufferBytes } = device.caps
  const cap = probeCap({ type: device.report.type, phone: surroundings.phone, machineGib: surroundings.machineGib })
  const probed = await probeDevice(device.raw, { capBytes: Math.max(cap, memoryLimitBytes ?? 0), maxBufferBytes })
  if (probed > 0) return { bytes: probed, totalBytes: null, source: 'probe' }
  return { bytes: maxBufferBytes, totalBytes: null, source: 'limits' }
}

async function probeDevice(raw: GPUDevice, limits: { readonly capBytes: number; readonly maxBufferBytes: number }): Promise<number> {
  const buffers: GPUBuffer[] = []
  const lost = raw.lost.then(() => false)
  try {
    return await probeBudget(async (bytes) => {
      // Scopes form one stack per device: push, create and pop happen without an await between them.
      raw.pushErrorScope('internal')
      raw.pushErrorScope('validation')
      raw.pushErrorScope('out-of-memory')
      let thrown = false
      try {
        buffers.push(raw.createBuffer({ label: 'memory probe', size: bytes, usage: STORAGE }))
      } catch {
        thrown = true
      }
      const scopes = Promise.all([raw.popErrorScope(), raw.popErrorScope(), raw.popErrorScope()])
      const granted = scopes.then((errors) => !thrown && errors.every((error) => error === null)).catch(() => false)
      return Promise.race([granted, lost])
    }, limits)
  } finally {
    for (const buffer of buffers) buffer.destroy()
  }
}

/** Where the adapter's memory lies, as far as its vendor tells; null = let the kernels find out (software adapters). */
export function deviceType({
  vendor,
  architecture,
  description,
  isFallbackAdapter,
}: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'description'> & { readonly isFallbackAdapter?: boolean }): string | null {
  if (isFallbackAdapter === true) return null
  if (/nvidia/i.test(vendor)) return 'discrete'
  if (/apple|qualcomm|arm|img-tec|samsung/i.test(vendor)) return 'integrated'
  // Intel's cards with memory of their own are named Arc; AMD's are not to be told from its built-in ones.
  if (/intel/i.test(vendor)) return /\barc\b|xe-.*hpg/i.test(`${description} ${architecture}`) ? 'discrete' : 'integrated'
  return null
}
