/**
 * Several tabs of one browser may watch the same job; only one of them may write its metrics, or every point would be
 * stored twice. The first that writes gets a Web Lock per job and keeps it while it goes on writing; when it stops or is
 * closed the next one that has something to write takes over. Where the browser has no locks every tab writes.
 */

/** A recorder writes every second or two while its job runs: after this long it has stopped. */
const IDLE_MS = 10_000

export class OneWriter {
  readonly #locks: LockManager | null
  readonly #held = new Map<string, { readonly letGo: () => void; idle: ReturnType<typeof setTimeout> }>()

  constructor(locks: LockManager | null) {
    this.#locks = locks
  }

  /** Whether this tab may write about `jobId` now. */
  async may(jobId: string): Promise<boolean> {
    if (this.#locks === null) return true
    const held = this.#held.get(jobId)
    if (held !== undefined) {
      clearTimeout(held.idle)
      held.idle = this.#idle(jobId)
      return true
    }
    const locks = this.#locks
    return new Promise((resolve, reject) => {
      locks
        .request(`cyxwiz:metrics:${jobId}`, { ifAvailable: true }, (lock) => {
          resolve(lock !== null)
          if (lock === null) return
          return new Promise<void>((letGo) => this.#held.set(jobId, { letGo, idle: this.#idle(jobId) }))
        })
        .catch(reject)
    })
  }

  close(): void {
    for (const jobId of [...this.#held.keys()]) this.#release(jobId)
  }

  #idle(jobId: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#release(jobId), IDLE_MS)
  }

  #release(jobId: string): void {
    const held = this.#held.get(jobId)
    if (held === undefined) return
    this.#held.delete(jobId)
    clearTimeout(held.idle)
    held.letGo()
  }
}
