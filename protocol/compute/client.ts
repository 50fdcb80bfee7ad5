/**
 * The network host's side: calls as promises. When the compute host goes away everything pending rejects with
 * COMPUTE_GONE, at once and for good; who starts a new host also makes a new client.
 */
import { ComputeError, errorOfData } from './errors.ts'
import type {
  ApplyParams,
  ComputeCall,
  ComputeCalls,
  ComputeMethod,
  ComputeNotice,
  ComputeUsage,
  EvaluateParams,
  FromCompute,
  GradientParams,
  InitParams,
  LocalParams,
  LocalProgress,
  PrepareParams,
  ThrottleParams,
} from './messages.ts'
import type { ClientPort } from './port.ts'

export interface CallOptions {
  /** Gives up waiting at once and tells the compute host, which stops at the next step. */
  readonly signal?: AbortSignal
}

type Result<M extends ComputeMethod> = Promise<ComputeCalls[M]['result']>

interface Pending {
  readonly method: ComputeMethod
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: ((progress: LocalProgress) => void) | undefined
}

export class ComputeClient {
  readonly #port: ClientPort
  readonly #pending = new Map<number, Pending>()
  readonly #noticeListeners = new Set<(notice: ComputeNotice) => void>()
  readonly #usageListeners = new Set<(usage: ComputeUsage) => void>()
  #nextId = 1
  #gone: ComputeError | null = null
  #fatal: string | null = null

  constructor(port: ClientPort) {
    this.#port = port
    port.onMessage((message) => this.#receive(message))
    port.onClose((reason) => this.#close(reason))
  }

  /** Why this client is of no more use; null while it is. */
  get gone(): ComputeError | null {
    return this.#gone
  }

  /** Returns a function that takes the listener off again. */
  onNotice(listener: (notice: ComputeNotice) => void): () => void {
    this.#noticeListeners.add(listener)
    return () => this.#noticeListeners.delete(listener)
  }

  /** What `init` was asked to tell now and then. Returns a function that takes the listener off again. */
  onUsage(listener: (usage: ComputeUsage) => void): () => void {
    this.#usageListeners.add(listener)
    return () => this.#usageListeners.delete(listener)
  }

  init(params: InitParams, options?: CallOptions): Result<'init'> {
    return this.#call('init', params, options)
  }

  prepare(params: PrepareParams, options?: CallOptions): Result<'prepare'> {
    return this.#call('prepare', params, options)
  }

  gradient(params: GradientParams, options?: CallOptions): Result<'gradient'> {
    return this.#call('gradient', params, options)
  }

  /** `params.vector` is copied to the compute host; the caller keeps it. */
  apply(params: ApplyParams, options?: CallOptions): Result<'apply'> {
    return this.#call('apply', params, options)
  }

  rollback(jobKey: string, step: number, options?: CallOptions): Result<'rollback'> {
    return this.#call('rollback', { jobKey, step }, options)
  }

  local(params: LocalParams, options: CallOptions & { onProgress?: (progress: LocalProgress) => void } = {}): Result<'local'> {
    return this.#call('local', params, options, options.onProgress)
  }

  resize(jobKey: string, batch: number, options?: CallOptions): Result<'resize'> {
    return this.#call('resize', { jobKey, batch }, options)
  }

  hash(jobKey: string, options?: CallOptions): Result<'hash'> {
    return this.#call('hash', { jobKey }, options)
  }

  evaluate(params: EvaluateParams, options?: CallOptions): Result<'evaluate'> {
    return this.#call('evaluate', params, options)
  }

  exportWeights(jobKey: string, options?: CallOptions): Result<'exportWeights'> {
    return this.#call('exportWeights', { jobKey }, options)
  }

  exportState(jobKey: string, options?: CallOptions): Result<'exportState'> {
    return this.#call('exportState', { jobKey }, options)
  }

  importState(jobKey: string, step: number, bytes: Uint8Array, options?: CallOptions): Result<'importState'> {
    return this.#call('importState', { jobKey, step, bytes }, options)
  }

  memory(options?: CallOptions): Result<'memory'> {
    return this.#call('memory', {}, options)
  }

  /** Changes what the GPU may do, at once. */
  throttle(params: ThrottleParams, options?: CallOptions): Result<'throttle'> {
    return this.#call('throttle', params, options)
  }

  /** Frees the job's GPU buffers; a call of the job that is under way is cancelled. Unknown jobs are no error. */
  release(jobKey: string, options?: CallOptions): Result<'release'> {
    return this.#call('release', { jobKey }, options)
  }

  /** Asks the compute host to free everything and end. */
  shutdown(options?: CallOptions): Result<'shutdown'> {
    return this.#call('shutdown', {}, options)
  }

  close(): void {
    this.#port.close()
  }

  #call<M extends ComputeMethod>(
    method: M,
    params: ComputeCalls[M]['params'],
    options: CallOptions = {},
    onProgress?: (progress: LocalProgress) => void,
  ): Result<M> {
    const { signal } = options
    if (this.#gone !== null) return Promise.reject(this.#gone)
    if (signal?.aborted) return Promise.reject(signal.reason)
    const id = this.#nextId
    this.#nextId += 1
    return new Promise<ComputeCalls[M]['result']>((resolve, reject) => {
      const abort = (): void => {
        this.#pending.delete(id)
        this.#port.post({ type: 'cancel', id })
        reject(signal?.reason)
      }
      const settled =
        <A extends unknown[]>(then: (...args: A) => void) =>
        (...args: A): void => {
          signal?.removeEventListener('abort', abort)
          then(...args)
        }
      signal?.addEventListener('abort', abort, { once: true })
      this.#pending.set(id, { method, resolve: settled(resolve as (result: never) => void), reject: settled(reject), onProgress })
      try {
        this.#port.post({ type: 'call', id, method, params } as ComputeCall)
      } catch (cause) {
        this.#pending.delete(id)
        settled(reject)(new ComputeError('COMPUTE_GONE', `${method}: the compute host could not be reached`, { method }, { cause }))
      }
    })
  }

  #receive(message: FromCompute): void {
    switch (message.type) {
      case 'result': {
        this.#take(message.id)?.resolve(message.result as never)
        break
      }
      case 'failed': {
        this.#take(message.id)?.reject(errorOfData(message.error))
        break
      }
      case 'progress': {
        this.#pending.get(message.id)?.onProgress?.(message.progress)
        break
      }
      case 'notice': {
        if (message.notice.kind === 'fatal') this.#fatal = message.notice.error.message
        for (const listener of this.#noticeListeners) listener(message.notice)
        break
      }
      case 'usage': {
        for (const listener of this.#usageListeners) listener(message.usage)
        break
      }
    }
  }

  /** Null for an answer to a call that was given up. */
  #take(id: number): Pending | null {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    return pending ?? null
  }

  #close(reason: string): void {
    const why = this.#fatal === null ? reason : `${reason}: ${this.#fatal}`
    this.#gone = new ComputeError('COMPUTE_GONE', `the compute host is gone (${why})`, { reason: why })
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { method, reject } of pending) {
      reject(new ComputeError('COMPUTE_GONE', `${method}: the compute host is gone (${why})`, { method, reason: why }))
    }
  }
}
