/**
 * Compute of a native peer: one child process per slot. The first is started with the peer and tells what the adapter is;
 * the others when a job needs them.
 */
import { freemem, totalmem } from 'node:os'
import { estimateMemory, fittingBatch } from '../../kernels/index.ts'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { ComputeClient } from '../../protocol/compute/client.ts'
import { type JobSpec, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { type ComputeProvider, type Held, memoryForJob } from '../../protocol/training/compute-provider.ts'
import { type ComputeHost, type ComputeHostOptions, type ComputeLogger, startComputeHost } from '../compute/index.ts'

/** Memory figures are asked of the children this often; presence tells only changes worth telling. */
const MEMORY_EVERY_MS = 1000

export interface NativeComputeInit {
  /** `auto`, part of an adapter's name, or `none`. */
  readonly gpu: string
  readonly memoryLimitBytes: number | null
  readonly slots: number
  readonly logger: ComputeLogger
}

export class NativeCompute implements ComputeProvider {
  readonly device: DeviceReport | null
  readonly slots: number
  private readonly options: ComputeHostOptions
  private readonly hosts: ComputeHost[]
  private readonly taken = new Map<string, ComputeHost>()
  private readonly usedBytes = new Map<ComputeHost, number>()
  private readonly estimates = new WeakMap<JobSpec, number>()
  private last: MemoryReport
  private timer: NodeJS.Timeout | null = null
  private onChange: () => void = () => {}

  private constructor(init: NativeComputeInit, first: ComputeHost | null, memory: MemoryReport) {
    this.options = { gpu: init.gpu, memoryLimitBytes: init.memoryLimitBytes, logger: init.logger }
    this.slots = init.slots
    this.device = first?.device ?? null
    this.hosts = first === null ? [] : [first]
    this.last = memory
  }

  static async start(init: NativeComputeInit): Promise<NativeCompute> {
    if (init.gpu === 'none') return new NativeCompute(init, null, noMemory())
    const first = await startComputeHost({ gpu: init.gpu, memoryLimitBytes: init.memoryLimitBytes, logger: init.logger })
    const compute = new NativeCompute(init, first, await first.memory())
    compute.timer = setInterval(() => void compute.poll(), MEMORY_EVERY_MS)
    return compute
  }

  /** Called when memory figures have been read anew. */
  onMemory(listener: () => void): void {
    this.onChange = listener
  }

  /** `usedBytes` is the sum over all children. */
  memory(): MemoryReport {
    let usedBytes = 0
    for (const bytes of this.usedBytes.values()) usedBytes += bytes
    return { ...this.last, usedBytes }
  }

  estimateBytes(spec: JobSpec): number {
    let bytes = this.estimates.get(spec)
    if (bytes === undefined) {
      bytes = estimateMemory(trainingSpecOf(spec, spec.totalSteps), 1).gpuBytes
      this.estimates.set(spec, bytes)
    }
    return bytes
  }

  fittingRows(spec: JobSpec, rows: number, held: Held): { rows: number; bytes: number } {
    const training = trainingSpecOf(spec, spec.totalSteps)
    const fitting = fittingBatch(training, rows, memoryForJob(this.memory(), this.slots, held, this.estimateBytes(spec)))
    return { rows: fitting, bytes: estimateMemory(training, fitting).gpuBytes }
  }

  async acquire(jobId: string, signal: AbortSignal): Promise<ComputeClient> {
    let host = this.taken.get(jobId)
    if (host === undefined) {
      const busy = new Set(this.taken.values())
      host = this.hosts.find((candidate) => !busy.has(candidate))
      if (host === undefined) {
        host = await startComputeHost(this.options)
        this.hosts.push(host)
      }
      signal.throwIfAborted()
      this.taken.set(jobId, host)
    }
    return host.client({ signal })
  }

  async release(jobId: string): Promise<void> {
    const host = this.taken.get(jobId)
    if (host === undefined) return
    this.taken.delete(jobId)
    try {
      await (await host.client()).release(jobId)
    } catch (error) {
      // A host that is gone holds nothing.
      if ((error as { code?: string }).code !== 'COMPUTE_GONE') throw error
    }
    await this.poll()
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    await Promise.all(this.hosts.map((host) => host.stop()))
  }

  private async poll(): Promise<void> {
    for (const host of this.hosts) {
      try {
        const report = await host.memory({ signal: AbortSignal.timeout(MEMORY_EVERY_MS * 5) })
        this.usedBytes.set(host, report.usedBytes)
        this.last = report
      } catch {
        this.usedBytes.set(host, 0) // between two children nothing is held
      }
    }
    this.onChange()
  }
}

function noMemory(): MemoryReport {
  return { totalBytes: totalmem(), freeBytes: freemem(), source: 'host', limitBytes: 0, usedBytes: 0, maxBufferSize: 0, maxStorageBufferBindingSize: 0 }
}
