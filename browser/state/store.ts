/**
 * One observable value: what elements read and controllers subscribe to. Small on purpose; a page that needs several
 * subscribes to several.
 */
export interface Readable<T> {
  readonly value: T
  /** Calls `listener` after each change until the returned function is called. */
  subscribe(listener: () => void): () => void
}

export class Store<T> implements Readable<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(value: T) {
    this.#value = value
  }

  get value(): T {
    return this.#value
  }

  /** Listeners are told unless it is the very same value. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value))
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
