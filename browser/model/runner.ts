/**
 * The page's end of the model's Worker: load, ask, close. Questions asked while one is under way replace each other, so
 * that a moving pen always gets the answer to its last stroke and never a queue of old ones.
 */
import type { ModelSpec } from '../../kernels/spec.ts'
import type { Loaded } from './host.ts'
import type { FromModel, ToModel } from './messages.ts'

/** What a Worker is to the runner; tests give another. */
export interface ModelPort {
  postMessage(message: ToModel, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<FromModel>) => void): void
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void
  terminate(): void
}

export interface Output {
  readonly output: Float32Array
  readonly milliseconds: number
}

interface Pending {
  resolve(message: FromModel): void
  reject(error: Error): void
}

/** The Worker answers at once, unless its driver hangs. */
const CLOSE_WAIT_MS = 2000

export function startModelWorker(): ModelPort {
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'cyxwiz-model' })
}

export class ModelRunner {
  readonly #port: ModelPort
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #closed = false
  #busy = false
  #next: { x: Float32Array; resolve(answer: Output | null): void; reject(error: Error): void } | null = null

  constructor(port: ModelPort) {
    this.#port = port
    port.addEventListener('message', ({ data }) => {
      const pending = this.#pending.get(data.id)
      this.#pending.delete(data.id)
      if (data.type === 'error') pending?.reject(Object.assign(new Error(data.message), { code: data.code }))
      else pending?.resolve(data)
    })
    port.addEventListener('error', (event) => this.#failAll(new Error(`the model's worker failed: ${event.message || 'it could not be started'}`)))
  }

  /** `weights` are copied. `label` is how errors call the file. */
  async load(model: ModelSpec, weights: Uint8Array, label: string): Promise<Loaded> {
    const copy = weights.slice()
    const answer = await this.#ask((id) => ({ type: 'load', id, model, weights: copy, label }), [copy.buffer])
    if (answer.type !== 'loaded') throw new RangeError(`unexpected answer ${answer.type}`)
    return answer.loaded
  }

  /** Null when a later question took this one's place. */
  predict(x: Float32Array): Promise<Output | null> {
    return new Promise((resolve, reject) => {
      this.#next?.resolve(null)
      this.#next = { x, resolve, reject }
      if (!this.#busy) void this.#drain()
    })
  }

  /** Frees the GPU, then ends the Worker. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    const freed = this.#ask((id) => ({ type: 'dispose', id }), []).catch(() => undefined)
    this.#closed = true
    await Promise.race([freed, new Promise((resolve) => setTimeout(resolve, CLOSE_WAIT_MS))])
    this.#port.terminate()
    this.#failAll(new Error('the model was closed'))
  }

  async #drain(): Promise<void> {
    this.#busy = true
    for (let question = this.#next; question !== null; question = this.#next) {
      this.#next = null
      try {
        const x = question.x.slice()
        const answer = await this.#ask((id) => ({ type: 'predict', id, x }), [x.buffer])
        if (answer.type !== 'answer') throw new RangeError(`unexpected answer ${answer.type}`)
        question.resolve({ output: answer.output, milliseconds: answer.milliseconds })
      } catch (cause) {
        question.reject(cause instanceof Error ? cause : new Error(String(cause)))
      }
    }
    this.#busy = false
  }

  #ask(message: (id: number) => ToModel, transfer: Transferable[]): Promise<FromModel> {
    if (this.#closed) return Promise.reject(new Error('the model was closed'))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#port.postMessage(message(id), transfer)
    })
  }

  #failAll(error: Error): void {
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(error)
    this.#next?.reject(error)
    this.#next = null
  }
}
