/**
 * Reading results back without stalling: a few small mappable buffers in a ring, handed out in the order of the calls.
 * A step that finds all of them busy waits its turn, which is what bounds the number of steps in flight.
 */
export class Turnstile<T> {
  #free: T[]
  #waiting: ((item: T) => void)[] = []

  constructor(items: readonly T[]) {
    this.#free = [...items]
  }

  /** First come, first served. */
  acquire(): Promise<T> {
    const item = this.#free.shift()
    if (item !== undefined) return Promise.resolve(item)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  release(item: T): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(item)
    else next(item)
  }
}
