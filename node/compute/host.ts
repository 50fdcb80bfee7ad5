/**
 * Keeps a compute child alive for a peer: starts it, opens its device, starts it again after a crash (with growing
 * pauses, for a driver that crashes at once would do so for ever), and ends it for certain. What a crash interrupted
 * rejects with COMPUTE_GONE; jobs must be prepared anew on the client of the new child.
 */
import type { ChildProcess } from 'node:child_process'
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import { ComputeClient, ComputeError } from '../../protocol/compute/index.ts'
import { spawnComputeChild } from './spawn.ts'

export interface ComputeLogger {
  debug(detail: object, message: string): void
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
}

export interface ComputeHostOptions {
  /** `auto` or part of an adapter's name. */
  readonly gpu: string
  readonly memoryLimitBytes: number | null
  readonly logger?: ComputeLogger
  /** Threads of a software adapter: 1 where several peers share a machine. */
  readonly softwareThreads?: number
}

export interface ComputeHost {
  readonly device: DeviceReport
  /** Of the child that lives now; undefined between two. */
  readonly pid: number | undefined
  /** The client of the living child; waits for one while it is being restarted. */
  client(options?: { signal?: AbortSignal }): Promise<ComputeClient>
  memory(options?: { signal?: AbortSignal }): Promise<MemoryReport>
  /** Returns a function that takes the listener off again. */
  onCrash(listener: (error: ComputeError) => void): () => void
  stop(): Promise<void>
}

/** Loading Dawn and a driver takes a second; a cold disk and a busy machine take longer. */
const START_TIMEOUT_MS = 60_000
/** It holds nothing worth saving: a driver in the middle of a compilation is not waited for. */
const STOP_TIMEOUT_MS = 1_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** A child that lived so long did not crash because of how it was started. */
const STABLE_AFTER_MS = 60_000

const silent: ComputeLogger = { debug() {}, info() {}, warn() {} }

/** Fails with NO_ADAPTER and the like when the first child cannot open its device. */
export async function startComputeHost(options: ComputeHostOptions): Promise<ComputeHost> {
  const host = new ChildHost(options)
  await host.start()
  return host
}

interface Living {
  readonly child: ChildProcess
  readonly client: ComputeClient
  readonly exited: Promise<void>
}

class ChildHost implements ComputeHost {
  readonly #options: ComputeHostOptions
  readonly #logger: ComputeLogger
  readonly #crashListeners = new Set<(error: ComputeError) => void>()
  #device: DeviceReport | null = null
  #living: Living | null = null
  /** Wakes those who wait for a client. */
  #waiters = new Set<{ resolve: (client: ComputeClient) => void; reject: (error: unknown) => void }>()
  #restartTimer: NodeJS.Timeout | null = null
  #pauseMs = FIRST_PAUSE_MS
  #stopped = false
  #starting: Promise<void> | null = null

  constructor(options: ComputeHostOptions) {
    this.#options = options
    this.#logger = options.logger ?? silent
  }

  get device(): DeviceReport {
    if (this.#device === null) throw new ComputeError('NOT_INITIALISED', 'the compute host has not started')
    return this.#device
  }

  get pid(): number | undefined {
    return this.#living?.child.pid
  }

  start(): Promise<void> {
    this.#starting = this.#startChild()
    return this.#starting
  }

  client({ signal }: { signal?: AbortSignal } = {}): Promise<ComputeClient> {
    if (this.#stopped) return Promise.reject(stoppedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#living !== null) return Promise.resolve(this.#living.client)
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
      const abort = (): void => waiter.reject(signal?.reason)
      const waiter = {
        resolve: (client: ComputeClient) => {
          done()
          resolve(client)
        },
        reject: (error: unknown) => {
          done()
          reject(error)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async memory(options: { signal?: AbortSignal } = {}): Promise<MemoryReport> {
    return (await this.client(options)).memory(options)
  }

  onCrash(listener: (error: ComputeError) => void): () => void {
    this.#crashListeners.add(listener)
    return () => this.#crashListeners.delete(listener)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#restartTimer !== null) clearTimeout(this.#restartTimer)
    this.#restartTimer = null
    for (const waiter of [...this.#waiters]) waiter.reject(stoppedError())
    await this.#starting?.catch(() => {})
    const living = this.#living
    this.#living = null
    if (living !== null) await endChild(living)
  }

  async #startChild(): Promise<void> {
    const startedMs = performance.now()
    const spawned = spawnComputeChild({
      softwareThreads: this.#options.softwareThreads,
      onOutput: (line) => this.#logger.debug({ line }, 'compute host wrote to stderr'),
    })
    const child = spawned.process
    const client = new ComputeClient(spawned.port)
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
    const living: Living = { child, client, exited }
    client.onNotice((notice) => this.#logger.warn({ ...notice.error, kind: notice.kind }, 'compute host reports trouble'))
    try {
      const { gpu, memoryLimitBytes } = this.#options
      const { device } = await client.init({ gpu, memoryLimitBytes }, { signal: AbortSignal.timeout(START_TIMEOUT_MS) })
      this.#device = device
      if (this.#stopped) throw stoppedError()
    } catch (error) {
      await endChild(living)
      throw error
    }
    this.#living = living
    this.#logger.info({ pid: child.pid, device: this.#device?.description, seconds: (performance.now() - startedMs) / 1000 }, 'compute host started')
    for (const waiter of [...this.#waiters]) waiter.resolve(client)
    void exited.then(() => this.#ended(living, startedMs))
  }

  #ended(living: Living, startedMs: number): void {
    if (this.#living !== living) return
    this.#living = null
    if (this.#stopped) return
    const error = living.client.gone ?? new ComputeError('COMPUTE_GONE', 'the compute host is gone')
    if (performance.now() - startedMs > STABLE_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#logger.warn({ reason: error.message, againInMs: this.#pauseMs }, 'compute host ended')
    for (const listener of this.#crashListeners) listener(error)
    this.#restartLater()
  }

  #restartLater(): void {
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = null
      this.start().catch((error: unknown) => {
        if (this.#stopped) return
        this.#logger.warn({ reason: String(error), againInMs: this.#pauseMs }, 'compute host did not start')
        this.#restartLater()
      })
    }, this.#pauseMs)
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }
}

/** Asks politely, then kills. Resolves when the process is gone. */
async function endChild({ child, client, exited }: Living): Promise<void> {
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  void client.shutdown().catch(() => {})
  await exited
  clearTimeout(timer)
  client.close()
}

function stoppedError(): ComputeError {
  return new ComputeError('COMPUTE_GONE', 'the compute host was stopped')
}
