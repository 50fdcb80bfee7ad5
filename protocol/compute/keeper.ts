/**
 * Keeps a compute host alive for a peer: starts it, opens its device, starts it again after a crash (with growing pauses,
 * for a driver that crashes at once would do so for ever), and ends it for certain. What a crash interrupted rejects with
 * COMPUTE_GONE; jobs must be prepared anew on the client of the next host. What a host is (a child process, a Worker) is
 * the surroundings' affair.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { Clock } from '../clock.ts'
import { ComputeClient } from './client.ts'
import { ComputeError } from './errors.ts'
import type { ComputeNotice, ComputeUsage, InitParams, InitResult } from './messages.ts'
import type { ClientPort } from './port.ts'

/** A host that was just started. */
export interface SpawnedHost {
  readonly port: ClientPort
  /** Resolves, never rejects, when it is gone, by whatever cause. */
  readonly exited: Promise<void>
  /** Ends it without asking. */
  kill(): void
  /** For the log: which one it is. */
  readonly label: string
}

export interface ComputeLogger {
  debug(detail: object, message: string): void
  info(detail: object, message: string): void
  warn(detail: object, message: string): void
}

export interface ComputeKeeperInit {
  readonly spawn: () => SpawnedHost
  /** Asked at every start: what the owner allows may have changed since. */
  readonly initParams: () => InitParams
  readonly clock: Clock
  readonly logger?: ComputeLogger
}

/** Loading a driver takes a second; a cold disk and a busy machine take longer. */
const START_TIMEOUT_MS = 60_000
/** It holds nothing worth saving: a driver in the middle of a compilation is not waited for. */
const STOP_TIMEOUT_MS = 1_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** A host that lived so long did not crash because of how it was started. */
const STABLE_AFTER_MS = 60_000

const silent: ComputeLogger = { debug() {}, info() {}, warn() {} }

interface Living {
  readonly host: SpawnedHost
  readonly client: ComputeClient
}

interface Waiter {
  readonly resolve: (client: ComputeClient) => void
  readonly reject: (error: unknown) => void
}

type Listener<T> = (value: T) => void

export class ComputeKeeper {
  readonly #init: ComputeKeeperInit
  readonly #logger: ComputeLogger
  readonly #crashListeners = new Set<Listener<ComputeError>>()
  readonly #noticeListeners = new Set<Listener<ComputeNotice>>()
  readonly #usageListeners = new Set<Listener<ComputeUsage>>()
  readonly #startListeners = new Set<Listener<InitResult>>()
  /** Those who wait for a client. */
  readonly #waiters = new Set<Waiter>()
  #device: DeviceReport | null = null
  #living: Living | null = null
  #cancelRestart: (() => void) | null = null
  #pauseMs = FIRST_PAUSE_MS
  #stopped = false
  #starting: Promise<InitResult> | null = null

  constructor(init: ComputeKeeperInit) {
    this.#init = init
    this.#logger = init.logger ?? silent
  }

  get device(): DeviceReport {
    if (this.#device === null) throw new ComputeError('NOT_INITIALISED', 'the compute host has not started')
    return this.#device
  }

  /** Of the host that lives now; undefined between two. */
  get label(): string | undefined {
    return this.#living?.host.label
  }

  /** Fails with NO_ADAPTER and the like when the first host cannot open its device; nothing is left running then. */
  start(): Promise<InitResult> {
    this.#starting = this.#startHost()
    return this.#starting
  }

  /** The client of the living host; waits for one while it is being restarted. */
  client({ signal }: { signal?: AbortSignal } = {}): Promise<ComputeClient> {
    if (this.#stopped) return Promise.reject(stoppedError())
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#living !== null) return Promise.resolve(this.#living.client)
    return new Promise((resolve, reject) => {
      const settled =
        <A>(then: (value: A) => void) =>
        (value: A): void => {
          this.#waiters.delete(waiter)
          signal?.removeEventListener('abort', abort)
          then(value)
        }
      const waiter: Waiter = { resolve: settled(resolve), reject: settled(reject) }
      const abort = (): void => waiter.reject(signal?.reason)
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  async memory(options: { signal?: AbortSignal } = {}): Promise<MemoryReport> {
    return (await this.client(options)).memory(options)
  }

  // Each returns a function that takes the listener off again.

  onCrash(listener: Listener<ComputeError>): () => void {
    return added(this.#crashListeners, listener)
  }

  onNotice(listener: Listener<ComputeNotice>): () => void {
    return added(this.#noticeListeners, listener)
  }

  onUsage(listener: Listener<ComputeUsage>): () => void {
    return added(this.#usageListeners, listener)
  }

  /** Every host that has opened its device, the first one too. */
  onStart(listener: Listener<InitResult>): () => void {
    return added(this.#startListeners, listener)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancelRestart?.()
    this.#cancelRestart = null
    for (const waiter of [...this.#waiters]) waiter.reject(stoppedError())
    await this.#starting?.catch(() => {})
    const living = this.#living
    this.#living = null
    if (living !== null) await this.#end(living)
  }

  async #startHost(): Promise<InitResult> {
    const { clock } = this.#init
    const startedMs = clock.now()
    const host = this.#init.spawn()
    const living: Living = { host, client: new ComputeClient(host.port) }
    const { client } = living
    client.onNotice((notice) => {
      this.#logger.warn({ ...notice.error, kind: notice.kind }, 'compute host reports trouble')
      for (const listener of this.#noticeListeners) listener(notice)
    })
    client.onUsage((usage) => {
      for (const listener of this.#usageListeners) listener(usage)
    })
    let opened: InitResult
    try {
      opened = await client.init(this.#init.initParams(), { signal: AbortSignal.timeout(START_TIMEOUT_MS) })
      if (this.#stopped) throw stoppedError()
    } catch (error) {
      await this.#end(living)
      throw error
    }
    this.#device = opened.device
    this.#living = living
    this.#logger.info({ host: host.label, device: opened.device.description, seconds: (clock.now() - startedMs) / 1000 }, 'compute host started')
    for (const listener of this.#startListeners) listener(opened)
    for (const waiter of [...this.#waiters]) waiter.resolve(client)
    void host.exited.then(() => this.#ended(living, startedMs))
    return opened
  }

  #ended(living: Living, startedMs: number): void {
    if (this.#living !== living) return
    this.#living = null
    if (this.#stopped) return
    const error = living.client.gone ?? new ComputeError('COMPUTE_GONE', 'the compute host is gone')
    if (this.#init.clock.now() - startedMs > STABLE_AFTER_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#logger.warn({ reason: error.message, againInMs: this.#pauseMs }, 'compute host ended')
    for (const listener of this.#crashListeners) listener(error)
    this.#restartLater()
  }

  #restartLater(): void {
    this.#cancelRestart = this.#init.clock.after(this.#pauseMs, () => {
      this.#cancelRestart = null
      this.start().catch((error: unknown) => {
        if (this.#stopped) return
        this.#logger.warn({ reason: String(error), againInMs: this.#pauseMs }, 'compute host did not start')
        this.#restartLater()
      })
    })
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
  }

  /** Asks politely, then kills. Resolves when the host is gone. */
  async #end({ host, client }: Living): Promise<void> {
    const cancel = this.#init.clock.after(STOP_TIMEOUT_MS, () => host.kill())
    void client.shutdown().catch(() => {})
    await host.exited
    cancel()
    client.close()
  }
}

function added<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function stoppedError(): ComputeError {
  return new ComputeError('COMPUTE_GONE', 'the compute host was stopped')
}
