/**
 * One recorder per job, for as long as somebody holds it: pages that plot it, and this tab while it trains it. Opening
 * starts the watching, the last release ends it and writes what is left.
 */
import type { MetricRecorder } from './recorder.ts'

export interface MetricRegistryInit {
  /** Makes the recorder and feeds it; `stop` ends the feeding. */
  readonly open: (jobId: string) => { readonly recorder: MetricRecorder; stop(): void }
  /** A page that is left and entered again finds the same recorder; then it closes. */
  readonly lingerMs?: number
  readonly onError?: (error: Error) => void
}

interface Held {
  readonly recorder: MetricRecorder
  readonly stop: () => void
  holders: number
  timer: ReturnType<typeof setTimeout> | null
}

const LINGER_MS = 10_000

export class MetricRegistry {
  readonly #init: MetricRegistryInit
  readonly #held = new Map<string, Held>()

  constructor(init: MetricRegistryInit) {
    this.#init = init
  }

  /** Jobs that are recorded now. */
  get jobIds(): readonly string[] {
    return [...this.#held.keys()]
  }

  /** The recorder of a job without holding it; null when nobody holds it. */
  peek(jobId: string): MetricRecorder | null {
    return this.#held.get(jobId)?.recorder ?? null
  }

  /** `release` may be called more than once; the first call counts. */
  hold(jobId: string): { readonly metrics: MetricRecorder; release(): void } {
    let held = this.#held.get(jobId)
    if (!held) {
      const { recorder, stop } = this.#init.open(jobId)
      held = { recorder, stop, holders: 0, timer: null }
      this.#held.set(jobId, held)
    }
    const kept = held
    if (kept.timer !== null) clearTimeout(kept.timer)
    kept.timer = null
    kept.holders++
    let released = false
    return {
      metrics: kept.recorder,
      release: () => {
        if (released) return
        released = true
        kept.holders--
        if (kept.holders === 0) kept.timer = setTimeout(() => this.#close(jobId, kept), this.#init.lingerMs ?? LINGER_MS)
      },
    }
  }

  /** Closes all recorders, held or not: the session ends. */
  async stop(): Promise<void> {
    await Promise.all([...this.#held].map(([jobId, held]) => this.#close(jobId, held)))
  }

  /** Writes of all recorders now: the page is being hidden or left. */
  async flush(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ recorder }) => recorder.flush()))
  }

  async #close(jobId: string, held: Held): Promise<void> {
    if (held.timer !== null) clearTimeout(held.timer)
    held.timer = null
    if (this.#held.get(jobId) === held) this.#held.delete(jobId)
    held.stop()
    await held.recorder.close()
  }
}
