/**
 * Compute of a tab: one Worker, started when its owner presses Contribute and ended when the owner takes the GPU back.
 * Until then the peer has no device, as one started with `--gpu none`: it follows, stores and submits, but does not train.
 *
 * A Worker that ends rejects what it was doing with COMPUTE_GONE and is started again; a lost device is opened again. In
 * between there is no slot, so that the coordinator gives the tab no job.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { Clock } from '../../protocol/clock.ts'
import { type ComputeClient, ComputeError, ComputeKeeper, type ComputeLogger, type InitParams, type SpawnedHost } from '../../protocol/compute/index.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { ComputeProvider, Held } from '../../protocol/training/compute-provider.ts'
import { spawnComputeWorker } from './spawn.ts'

/** Shares and bytes are told this often while they change: as often as a person can read them. */
const USAGE_EVERY_MS = 500
const FIRST_REOPEN_MS = 250
/** A browser whose GPU process crashed refuses adapters for a while. */
const LONGEST_REOPEN_MS = 15_000

const NO_MEMORY: MemoryReport = {
  totalBytes: null,
  freeBytes: null,
  source: 'limits',
  limitBytes: 0,
  usedBytes: 0,
  maxBufferSize: 0,
  maxStorageBufferBindingSize: 0,
}

/** What the owner allows. */
export interface TabComputeLimits {
  /** 1 to 100. */
  readonly dutyPercent: number
  /** Null = what the probe finds. */
  readonly memoryLimitBytes: number | null
}

export interface TabComputeInit {
  readonly clock: Clock
  readonly logger?: ComputeLogger
  readonly limits?: TabComputeLimits
  /** Tests put another Worker, or none, in its place. */
  readonly spawn?: () => SpawnedHost
}

/** What a pre-flight card shows. */
export interface ProbedDevice {
  readonly device: DeviceReport
  readonly memory: MemoryReport
}

/** The job that has the GPU. */
interface Holder {
  readonly jobId: string
  client: ComputeClient | null
  readonly freed: Promise<void>
  readonly free: () => void
}

type Estimates = typeof import('./estimates.ts')

export class TabCompute implements ComputeProvider {
  readonly #clock: Clock
  readonly #logger: ComputeLogger | undefined
  readonly #spawn: () => SpawnedHost
  readonly #leastBytes = new WeakMap<JobSpec, number>()
  readonly #listeners = new Set<() => void>()
  #estimates: Estimates | null = null
  #limits: TabComputeLimits
  /** Those that the Worker knows. */
  #toldLimits: TabComputeLimits | null = null
  #keeper: ComputeKeeper | null = null
  #device: DeviceReport | null = null
  #memory: MemoryReport = NO_MEMORY
  #open = true
  #trouble: Error | null = null
  #cancelReopen: (() => void) | null = null
  #holder: Holder | null = null
  #measuredPercent = 0
  /** Of the Workers before this one, and of this one. */
  #earlierGpuSeconds = 0
  #gpuSeconds = 0
  /** Switching on and off, one after the other. */
  #switching: Promise<unknown> = Promise.resolve()

  constructor(init: TabComputeInit) {
    this.#clock = init.clock
    this.#logger = init.logger
    this.#spawn = init.spawn ?? spawnComputeWorker
    this.#limits = init.limits ?? { dutyPercent: 100, memoryLimitBytes: null }
  }

  /** Null before `enable` and after `disable`. Stays while a lost device is being opened again. */
  get device(): DeviceReport | null {
    return this.#device
  }

  /** 0 while paused, while switched off, and while the device or the Worker is being replaced. */
  get slots(): number {
    return this.#open && this.#device !== null && this.#trouble === null ? 1 : 0
  }

  /** Why the device cannot be used at the moment though it is enabled; null = it can. */
  get trouble(): Error | null {
    return this.#trouble
  }

  /** The job that has the GPU now. */
  get jobId(): string | null {
    return this.#holder?.jobId ?? null
  }

  /** Share of the last ten seconds in which the GPU worked, 0 to 100. */
  get measuredDutyPercent(): number {
    return this.#measuredPercent
  }

  /** Since this page was opened. */
  get gpuSeconds(): number {
    return this.#earlierGpuSeconds + this.#gpuSeconds
  }

  get limits(): TabComputeLimits {
    return this.#limits
  }

  memory(): MemoryReport {
    return this.#memory
  }

  /** Called after any of the above has changed. Returns a function that takes the listener off again. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // ---- what the peer asks ----

  /** A chunk of its own: it brings the graph compiler along, which a page that only watches need not wait for. */
  loadSizes(): Promise<void> | null {
    if (this.#estimates !== null) return null
    return import('./estimates.ts').then((estimates) => {
      this.#estimates = estimates
    })
  }

  estimateBytes(spec: JobSpec): number {
    let bytes = this.#leastBytes.get(spec)
    if (bytes === undefined) {
      bytes = this.#sizes().leastBytes(spec)
      this.#leastBytes.set(spec, bytes)
    }
    return bytes
  }

  fittingRows(spec: JobSpec, rows: number, held: Held): { rows: number; bytes: number } {
    return this.#sizes().fittingRows(spec, rows, this.#memory, held)
  }

  /** Elements of a job's flat parameter vector. */
  vectorLength(spec: JobSpec): number {
    return this.#sizes().vectorLength(spec)
  }

  #sizes(): Estimates {
    if (this.#estimates === null) throw new ComputeError('COMPUTE_GONE', 'this tab has not loaded yet what sizes of jobs are reckoned with')
    return this.#estimates
  }

  /** Waits for the job before to let go, and for a Worker that is being restarted. */
  async acquire(jobId: string, signal: AbortSignal): Promise<ComputeClient> {
    while (this.#holder !== null && this.#holder.jobId !== jobId) await unlessAborted(this.#holder.freed, signal)
    signal.throwIfAborted()
    if (this.#keeper === null) throw new ComputeError('COMPUTE_GONE', 'this tab does not contribute its GPU now')
    if (this.#holder === null) {
      let free = (): void => {}
      const freed = new Promise<void>((resolve) => {
        free = resolve
      })
      this.#holder = { jobId, client: null, freed, free }
    }
    const holder = this.#holder
    try {
      holder.client = await this.#keeper.client({ signal })
    } catch (error) {
      if (holder.client === null) this.#letGo(holder)
      throw error
    }
    this.#changed()
    return holder.client
  }

  async release(jobId: string): Promise<void> {
    const holder = this.#holder
    if (holder === null || holder.jobId !== jobId) return
    try {
      const { client } = holder
      await client?.release(jobId)
      if (client !== null) this.#memory = await client.memory()
    } catch (error) {
      // A Worker that is gone holds nothing, nor does a lost device.
      if (!isGone(error)) throw error
    } finally {
      this.#letGo(holder)
      this.#changed()
    }
  }

  // ---- what the owner does ----

  /** Opens the device. Rejects with a message for people (NO_ADAPTER and the like), and is off then. */
  enable(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#keeper !== null) return
      await this.loadSizes()
      const keeper = this.#createKeeper()
      try {
        await keeper.start()
        this.#keeper = keeper
      } catch (error) {
        this.#device = null
        this.#memory = NO_MEMORY
        await keeper.stop()
        throw error
      } finally {
        this.#changed()
      }
    })
  }

  /** Ends the Worker at once; what it was doing rejects with COMPUTE_GONE. Take the tab out of its jobs first. */
  disable(): Promise<void> {
    return this.#inTurn(async () => {
      const keeper = this.#keeper
      this.#keeper = null
      this.#cancelReopen?.()
      this.#cancelReopen = null
      await keeper?.stop()
      this.#device = null
      this.#memory = NO_MEMORY
      this.#trouble = null
      this.#measuredPercent = 0
      if (this.#holder !== null) this.#letGo(this.#holder)
      this.#changed()
    })
  }

  /** No new jobs while closed; what runs goes on. */
  setOpen(open: boolean): void {
    if (this.#open === open) return
    this.#open = open
    this.#changed()
  }

  /**
   * The share holds from the next submission on. A lower memory limit refuses what comes next and takes nothing away; one
   * above what the probe found counts from the next `enable` on.
   */
  setLimits(change: Partial<TabComputeLimits>): void {
    const next = { ...this.#limits, ...change }
    if (next.dutyPercent === this.#limits.dutyPercent && next.memoryLimitBytes === this.#limits.memoryLimitBytes) return
    this.#limits = next
    // Told by `init`, or right after it, otherwise.
    if (this.#keeper !== null && this.#trouble === null) this.#tellLimits(this.#keeper)
  }

  #tellLimits(keeper: ComputeKeeper): void {
    const limits = this.#limits
    this.#toldLimits = limits
    void keeper
      .client()
      .then((client) => client.throttle(limits))
      .then(({ memory }) => {
        if (memory !== null && this.#keeper === keeper) this.#memory = memory
        this.#changed()
      })
      .catch((error: unknown) => this.#logger?.debug({ reason: String(error) }, 'limits were not told: the Worker is gone'))
  }

  /** Device and memory without contributing: a Worker is opened for a moment, and gone when this resolves. */
  probe(): Promise<ProbedDevice> {
    return this.#inTurn(async () => {
      if (this.#device !== null) return { device: this.#device, memory: this.#memory }
      const keeper = new ComputeKeeper({ spawn: this.#spawn, clock: this.#clock, initParams: () => this.#initParams() })
      try {
        return await keeper.start()
      } finally {
        await keeper.stop()
      }
    })
  }

  #createKeeper(): ComputeKeeper {
    const keeper = new ComputeKeeper({ spawn: this.#spawn, clock: this.#clock, logger: this.#logger, initParams: () => this.#initParams() })
    keeper.onStart(({ device, memory }) => this.#opened(keeper, device, memory))
    keeper.onCrash((error) => this.#inTrouble(error))
    keeper.onNotice((notice) => {
      if (notice.kind !== 'device-lost') return
      this.#inTrouble(new ComputeError(notice.error.code, notice.error.message, notice.error.detail))
      this.#reopen(keeper, FIRST_REOPEN_MS)
    })
    keeper.onUsage(({ measuredPercent, gpuSeconds, memory }) => {
      this.#measuredPercent = measuredPercent
      this.#gpuSeconds = gpuSeconds
      if (memory !== null) this.#memory = memory
      this.#changed()
    })
    return keeper
  }

  #initParams(): InitParams {
    this.#toldLimits = this.#limits
    return { gpu: 'auto', usageEveryMs: USAGE_EVERY_MS, ...this.#limits }
  }

  #opened(keeper: ComputeKeeper, device: DeviceReport, memory: MemoryReport): void {
    this.#device = device
    this.#memory = memory
    this.#trouble = null
    // The owner may have moved a slider while the device was being opened.
    if (this.#toldLimits !== this.#limits) this.#tellLimits(keeper)
    this.#earlierGpuSeconds += this.#gpuSeconds
    this.#gpuSeconds = 0
    this.#changed()
  }

  #inTrouble(error: Error): void {
    this.#trouble = error
    this.#measuredPercent = 0
    this.#memory = { ...this.#memory, usedBytes: 0 }
    this.#changed()
  }

  /** The Worker lives, its device does not. */
  #reopen(keeper: ComputeKeeper, pauseMs: number): void {
    this.#cancelReopen?.()
    this.#cancelReopen = this.#clock.after(pauseMs, () => {
      this.#cancelReopen = null
      void this.#tryReopen(keeper).then((again) => {
        if (again && this.#keeper === keeper && this.#cancelReopen === null) this.#reopen(keeper, Math.min(pauseMs * 2, LONGEST_REOPEN_MS))
      })
    })
  }

  /** Whether it has to be tried again. */
  async #tryReopen(keeper: ComputeKeeper): Promise<boolean> {
    try {
      const client = await keeper.client()
      const { device, memory } = await client.init(this.#initParams())
      if (this.#keeper !== keeper) return false
      const counted = this.#gpuSeconds
      this.#opened(keeper, device, memory)
      // The same Worker goes on counting from where it was.
      this.#earlierGpuSeconds -= counted
      this.#gpuSeconds = counted
      return false
    } catch (error) {
      // A Worker that ended meanwhile is started again by its keeper.
      if (codeOf(error) === 'COMPUTE_GONE') return false
      this.#logger?.warn({ reason: String(error) }, 'the GPU could not be opened again')
      return true
    }
  }

  #letGo(holder: Holder): void {
    if (this.#holder === holder) this.#holder = null
    holder.free()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#switching.then(work)
    this.#switching = run.catch(() => {})
    return run
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

function isGone(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'COMPUTE_GONE' || code === 'NOT_INITIALISED' || code === 'DEVICE_LOST'
}

function codeOf(error: unknown): string | undefined {
  return (error as { readonly code?: string }).code
}

async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let abort = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
