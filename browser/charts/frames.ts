/**
 * One clock for all charts of the page: new data is drawn in animation frames, each chart at most ten times a second, and
 * no frame does more than a few milliseconds of it. In a hidden page there are no frames, so nothing is drawn.
 */

export interface Drawable {
  draw(): void
}

export const DRAW_INTERVAL_MS = 100

/** A chart takes at most this part of the time: what is slow to draw is drawn less often, and the page stays quick. */
export const MAX_SHARE = 0.1

/** Half of a frame at 60 Hz: the page's own work needs the rest. */
export const FRAME_BUDGET_MS = 8

export interface FrameHost {
  request(callback: (timeMs: number) => void): number
  cancel(handle: number): void
  now(): number
}

export class FrameScheduler {
  readonly #host: FrameHost
  /** Waiting, the longest first. */
  readonly #waiting = new Set<Drawable>()
  readonly #notBeforeMs = new WeakMap<Drawable, number>()
  #handle: number | null = null

  constructor(host: FrameHost) {
    this.#host = host
  }

  /** Draws in one of the next frames; asking again meanwhile changes nothing. */
  request(drawable: Drawable): void {
    this.#waiting.add(drawable)
    this.#handle ??= this.#host.request(() => this.#frame())
  }

  cancel(drawable: Drawable): void {
    this.#waiting.delete(drawable)
    if (this.#waiting.size > 0 || this.#handle === null) return
    this.#host.cancel(this.#handle)
    this.#handle = null
  }

  #frame(): void {
    this.#handle = null
    const startMs = this.#host.now()
    for (const drawable of [...this.#waiting]) {
      const nowMs = this.#host.now()
      if (nowMs - startMs > FRAME_BUDGET_MS) break
      if (nowMs < (this.#notBeforeMs.get(drawable) ?? Number.NEGATIVE_INFINITY)) continue
      this.#waiting.delete(drawable)
      drawable.draw()
      const costMs = this.#host.now() - nowMs
      this.#notBeforeMs.set(drawable, nowMs + Math.max(DRAW_INTERVAL_MS, costMs / MAX_SHARE))
    }
    if (this.#waiting.size > 0) this.#handle ??= this.#host.request(() => this.#frame())
  }
}

export const frames = new FrameScheduler({
  request: (callback) => requestAnimationFrame(callback),
  cancel: (handle) => cancelAnimationFrame(handle),
  now: () => performance.now(),
})
