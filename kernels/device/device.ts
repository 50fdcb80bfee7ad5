/**
 * An opened GPU: error scopes around every allocation and every pipeline, memory accounting, a pipeline cache keyed by
 * WGSL text, and loss as an event.
 *
 * WebGPU reports errors late and elsewhere: an allocation that fails still returns a buffer object whose later use
 * yields garbage. So nothing here hands out an object before its scope has been read, and every promise that depends on
 * the device goes through `guard`, which rejects it when the device is lost.
 *
 * It refuses allocations above the adapter's limits or the memory limit before asking the driver. It compiles only WGSL
 * that our own code generated: nothing from the wire reaches `pipeline`.
 */
import { KernelError } from '../errors.ts'
import type { DeviceReport } from '../report.ts'
import type { TuningTable } from '../tuning/table.ts'
import { adapterKind, deviceDescriptor, deviceReport } from './adapter.ts'
import { capsOf, type DeviceCaps } from './caps.ts'
import { type BufferRequest, type LedgerEntry, MemoryLedger } from './ledger.ts'
import { PipelineCache } from './pipelines.ts'

export interface OpenDeviceOptions {
  /** Refuse allocations beyond this many bytes in all. Default: no limit. */
  readonly memoryLimitBytes?: number
  readonly powerPreference?: GPUPowerPreference
  /** What the surroundings know and WebGPU does not say: `vulkan`, `metal`, `d3d12`. */
  readonly backend?: string
  /** `discrete`, `integrated`, `cpu`. */
  readonly type?: string
  /** Overrides the detection of software adapters; for tests of kernel variants. */
  readonly kind?: 'gpu' | 'cpu'
  /** What is known of this adapter's fastest kernels. Absent: guesses. */
  readonly tuning?: (report: DeviceReport, kind: 'gpu' | 'cpu') => DeviceTuning
}

/** Where a device's choices between kernel variants come from. */
export interface DeviceTuning {
  readonly table: TuningTable
  /** Whether an unknown shape class is measured before its first use, or the best guess taken. */
  readonly missing: 'measure' | 'guess'
  /** How long measuring may hold up one plan. */
  readonly holdUpMs: number
  /** Kernels over more elements, inputs and outputs together, are guessed: one run of the plainest could outlast a driver's patience. */
  readonly mostElements: number
  /** Milliseconds, monotonic. */
  now(): number
  /** The table has grown: keep it. */
  changed(table: TuningTable): void
}

export interface DeviceBuffer extends LedgerEntry {
  readonly raw: GPUBuffer
}

interface DeviceParts {
  readonly raw: GPUDevice
  readonly report: DeviceReport
  readonly caps: DeviceCaps
  readonly memoryLimitBytes: number
  readonly tuning: DeviceTuning | null
}

/** Asks for a new adapter each time (an adapter gives one device only), so it may be called again after a loss. */
export async function openDevice(gpu: GPU, options: OpenDeviceOptions = {}): Promise<KernelDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: options.powerPreference ?? 'high-performance' })
  if (adapter === null) {
    throw new KernelError('NO_ADAPTER', 'open device: no WebGPU adapter found; `cyxwiz doctor` says which driver to install')
  }
  let raw: GPUDevice
  try {
    raw = await adapter.requestDevice(deviceDescriptor(adapter))
  } catch (cause) {
    throw new KernelError('NO_ADAPTER', `open device: the adapter "${adapter.info.description}" refused a device: ${messageOf(cause)}`, {}, { cause })
  }
  const kind = options.kind ?? adapterKind(adapter.info)
  const report = deviceReport(adapter, raw, options)
  return new KernelDevice({
    raw,
    report,
    caps: capsOf(raw, adapter.info, kind),
    memoryLimitBytes: options.memoryLimitBytes ?? Number.POSITIVE_INFINITY,
    tuning: options.tuning?.(report, kind) ?? null,
  })
}

export class KernelDevice {
  readonly raw: GPUDevice
  readonly report: DeviceReport
  readonly caps: DeviceCaps
  readonly ledger: MemoryLedger
  readonly pipelines: PipelineCache
  /** Null: best guesses only. */
  readonly tuning: DeviceTuning | null
  /** Resolves, never rejects, when the device is gone, by whatever cause. */
  readonly lost: Promise<KernelError>
  #fault: KernelError | null = null
  #pending = new Set<(error: KernelError) => void>()
  #buffers = new Set<DeviceBuffer>()
  #disposed = false

  constructor(parts: DeviceParts) {
    this.raw = parts.raw
    this.report = parts.report
    this.caps = parts.caps
    this.tuning = parts.tuning
    this.ledger = new MemoryLedger(parts.memoryLimitBytes)
    this.pipelines = new PipelineCache(this)
    this.lost = parts.raw.lost.then((info) => {
      const why = this.#disposed ? 'it was disposed' : info.message || info.reason
      const error = new KernelError('DEVICE_LOST', `GPU device lost: ${why}`, { reason: info.reason })
      this.#fail(error)
      return error
    })
    // Anything outside our scopes is our bug or the driver's; work that depends on it must not resolve with garbage.
    this.raw.addEventListener('uncapturederror', (event) => {
      const error = (event as GPUUncapturedErrorEvent).error
      this.#fail(new KernelError('GPU_VALIDATION', `uncaptured GPU error: ${error.message}`))
    })
  }

  get usedBytes(): number {
    return this.ledger.usedBytes
  }

  get liveBuffers(): number {
    return this.ledger.liveBuffers
  }

  /** The first fatal error, after which the device refuses all work; null while it is sound. */
  get fault(): KernelError | null {
    return this.#fault
  }

  assertSound(): void {
    if (this.#fault !== null) throw this.#fault
  }

  /** `work`, or a rejection as soon as the device is lost: no promise may hang on a dead device. */
  guard<T>(work: Promise<T>): Promise<T> {
    if (this.#fault !== null) {
      work.catch(() => {})
      return Promise.reject(this.#fault)
    }
    return new Promise<T>((resolve, reject) => {
      const fail = (error: KernelError) => reject(error)
      this.#pending.add(fail)
      work.then(
        (value) => {
          this.#pending.delete(fail)
          resolve(value)
        },
        (cause: unknown) => {
          this.#pending.delete(fail)
          // A map that a loss aborted rejects before `lost` resolves: wait for the better explanation.
          if (isAbort(cause)) void this.#explain(cause).then(reject)
          else reject(cause instanceof Error ? cause : new Error(messageOf(cause)))
        },
      )
    })
  }

  /** All or nothing: on any failure the buffers made so far are released and the reason is thrown. */
  async allocate(requests: readonly BufferRequest[]): Promise<DeviceBuffer[]> {
    this.assertSound()
    for (const request of requests) this.#checkLimits(request)
    this.ledger.admit(requests)
    // Scopes form one stack per device: push, create and pop happen without an await between them.
    this.raw.pushErrorScope('internal')
    this.raw.pushErrorScope('validation')
    this.raw.pushErrorScope('out-of-memory')
    const buffers: DeviceBuffer[] = []
    let thrown: unknown = null
    try {
      for (const request of requests) {
        const raw = this.raw.createBuffer({ label: request.label, size: request.bytes, usage: request.usage })
        const buffer: DeviceBuffer = { raw, label: request.label, bytes: request.bytes, category: request.category }
        this.ledger.add(buffer)
        this.#buffers.add(buffer)
        buffers.push(buffer)
      }
    } catch (cause) {
      thrown = cause
    }
    const scopes = [this.raw.popErrorScope(), this.raw.popErrorScope(), this.raw.popErrorScope()]
    try {
      const [memory, validation, internal] = await this.guard(Promise.all(scopes))
      const error = memory ?? validation ?? internal ?? thrown
      if (error === null || error === undefined) return buffers
      const neededBytes = requests.reduce((sum, request) => sum + request.bytes, 0)
      const code = memory || thrown ? 'OUT_OF_MEMORY' : 'GPU_VALIDATION'
      throw new KernelError(code, `allocate: the driver refused ${neededBytes} bytes in ${requests.length} buffers: ${messageOf(error)}`, {
        neededBytes,
        usedBytes: this.usedBytes,
      })
    } catch (error) {
      for (const buffer of buffers) this.release(buffer)
      throw error
    }
  }

  release(buffer: DeviceBuffer): void {
    if (!this.#buffers.delete(buffer)) return
    this.ledger.remove(buffer)
    buffer.raw.destroy()
  }

  /** Frees every buffer and the device; pending work rejects with DEVICE_LOST. Idempotent. */
  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#fail(new KernelError('DEVICE_LOST', 'GPU device lost: it was disposed', { reason: 'destroyed' }))
    for (const buffer of [...this.#buffers]) this.release(buffer)
    this.raw.destroy()
  }

  #checkLimits(request: BufferRequest): void {
    const { maxBufferBytes } = this.caps
    if (request.bytes <= maxBufferBytes) return
    throw new KernelError('OUT_OF_MEMORY', `allocate: buffer ${request.label} needs ${request.bytes} bytes, the adapter's maxBufferSize is ${maxBufferBytes}`, {
      label: request.label,
      neededBytes: request.bytes,
      limitBytes: maxBufferBytes,
    })
  }

  #fail(error: KernelError): void {
    this.#fault ??= error
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const reject of pending) reject(this.#fault)
  }

  /** An aborted map is a loss in all but name; give `lost` a moment to say why. */
  async #explain(cause: unknown): Promise<Error> {
    const EXPLANATION_WAIT_TURNS = 5
    for (let turn = 0; turn < EXPLANATION_WAIT_TURNS && this.#fault === null; turn++) await Promise.resolve()
    return this.#fault ?? new KernelError('DEVICE_LOST', `GPU work was aborted: ${messageOf(cause)}`, {}, { cause })
  }
}

function isAbort(cause: unknown): boolean {
  const name = typeof cause === 'object' && cause !== null && 'name' in cause ? String(cause.name) : ''
  return name === 'AbortError' || name === 'OperationError'
}

function messageOf(cause: unknown): string {
  if (typeof cause === 'object' && cause !== null && 'message' in cause) return String(cause.message)
  return String(cause)
}
