/** Time that passes only when a test says so. Tasks run in the order of their times; promises settle between them. */
import type { Clock } from '../protocol/clock.ts'

interface Timer {
  atMs: number
  readonly everyMs: number | null
  readonly task: () => void
}

export class ManualClock implements Clock {
  #nowMs = 0
  readonly #startedWallMs: number
  readonly #timers = new Set<Timer>()

  /** `wallMs`: what the calendar says at the beginning. */
  constructor(wallMs = 1_700_000_000_000) {
    this.#startedWallMs = wallMs
  }

  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#nowMs
  }

  wall(): number {
    return this.#startedWallMs + this.#nowMs
  }

  every(ms: number, task: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + ms, everyMs: ms, task })
  }

  after(ms: number, task: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + ms, everyMs: null, task })
  }

  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      let next: Timer | null = null
      for (const timer of this.#timers) if (timer.atMs <= endMs && (next === null || timer.atMs < next.atMs)) next = timer
      if (next === null) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      if (next.everyMs === null) this.#timers.delete(next)
      else next.atMs += next.everyMs
      next.task()
      await settle()
    }
    this.#nowMs = endMs
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }
}

/** Long enough for chains of promises; no real time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}
