/**
 * Writes behind a mirror: callers change memory at once and hand the write to this queue, which commits in the order of
 * the calls. Everything that waits when a commit begins goes into one transaction, so that a burst costs one flush of
 * the disk.
 *
 * Invariant: a write is durable only after all earlier ones are. What a commit refuses (a full quota) therefore stays at
 * the head of the queue and is tried again with the next write; its promise rejects all the same, since whoever waited
 * for it must not go on.
 */
import { StoreError } from '../../protocol/store-errors.ts'
import type { NoticeListener } from './database.ts'
import { storeErrorOf } from './errors.ts'

export interface Write {
  /** What is being stored, for messages. */
  readonly what: string
  /** Called inside the transaction; may be called again after a failure. */
  readonly apply: () => PromiseLike<unknown>
}

interface Waiting extends Write {
  readonly resolve?: () => void
  readonly reject?: (error: StoreError) => void
}

export class WriteQueue {
  readonly #commit: (apply: () => Promise<void>) => Promise<void>
  readonly #onNotice: NoticeListener
  #waiting: Waiting[] = []
  #running = false
  #failure: StoreError | null = null
  #closed: StoreError | null = null

  /** `commit` runs its argument inside one transaction and resolves when that is durable. */
  constructor(commit: (apply: () => Promise<void>) => Promise<void>, onNotice: NoticeListener) {
    this.#commit = commit
    this.#onNotice = onNotice
  }

  /** Why what was written is not all on the disk; null when the last commit went through. */
  get failure(): StoreError | null {
    return this.#closed ?? this.#failure
  }

  /** Write-behind: nobody waits for it. Throws only when the queue is closed. */
  add(write: Write): void {
    if (this.#closed !== null) throw this.#closed
    this.#enqueue(write)
  }

  /** Resolves when this write and all before it are durable. */
  addDurable(write: Write): Promise<void> {
    if (this.#closed !== null) return Promise.reject(this.#closed)
    return new Promise((resolve, reject) => this.#enqueue({ ...write, resolve, reject }))
  }

  /** Resolves when everything added so far is durable. */
  async flush(): Promise<void> {
    if (this.#closed !== null) {
      if (this.#failure !== null) throw this.#failure
      return
    }
    if (!this.#running && this.#waiting.length === 0) return
    await this.addDurable({ what: 'what was written before', apply: () => Promise.resolve() })
  }

  /** Nothing more is taken; what waits is refused. */
  close(error: StoreError): void {
    if (this.#closed !== null) return
    this.#closed = error
    for (const { reject } of this.#waiting.splice(0)) reject?.(error)
  }

  #enqueue(write: Waiting): void {
    this.#waiting.push(write)
    if (this.#running) return
    this.#running = true
    // After the caller's own turn: what it writes in one go is committed in one go.
    queueMicrotask(() => void this.#run())
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && this.#closed === null) {
      const batch = this.#waiting.splice(0)
      try {
        // One after the other: deleting a range takes several requests, and the next write may refill it.
        await this.#commit(async () => {
          for (const { apply } of batch) await apply()
        })
      } catch (cause) {
        const names = [...new Set(batch.map(({ what }) => what))]
        const error = storeErrorOf(cause, names.length > 3 ? `${names.slice(0, 3).join(', ')} and more` : names.join(', '))
        this.#refused(batch, error)
        break
      }
      if (this.#failure !== null) {
        this.#failure = null
        this.#onNotice({ kind: 'recovered', message: 'What could not be stored before is stored now' })
      }
      for (const { resolve } of batch) resolve?.()
    }
    this.#running = false
  }

  #refused(batch: readonly Waiting[], error: StoreError): void {
    if (error.code === 'CLOSED') this.close(error)
    const first = this.#failure === null
    this.#failure = error
    // Later writes of callers that came meanwhile fail too: they would rest on what is not there.
    const all = [...batch, ...this.#waiting]
    this.#waiting = this.#closed === null ? all.map(({ what, apply }) => ({ what, apply })) : []
    if (first) this.#onNotice({ kind: 'failing', message: error.message, error })
    for (const { reject } of all) reject?.(error)
  }
}

export function closedError(what: string): StoreError {
  return new StoreError('CLOSED', `${what}: the store was closed`)
}
