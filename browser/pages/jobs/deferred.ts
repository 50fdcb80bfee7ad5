/**
 * Actions that cannot be taken back are not taken at once: for a few seconds they can be undone, which disturbs less
 * than a question before each. They go on when the person looks at another page; a closed tab takes them along undone.
 */
import type { JobAction } from '../../../protocol/jobs/actions.ts'
import { type Readable, Store } from '../../state/store.ts'

/** Long enough to read the line and reach the button. */
export const UNDO_MS = 6000

export interface DeferredAction {
  readonly jobId: string
  readonly action: JobAction
}

export class DeferredActions {
  readonly #pending = new Store<readonly DeferredAction[]>([])
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>()

  /** What waits for its time now. */
  get pending(): Readable<readonly DeferredAction[]> {
    return this.#pending
  }

  of(jobId: string): DeferredAction | null {
    return this.#pending.value.find((entry) => entry.jobId === jobId) ?? null
  }

  /** One per job: a second one takes the place of the first. */
  schedule(entry: DeferredAction, act: () => Promise<void>, failed: (error: Error) => void): void {
    this.undo(entry.jobId)
    this.#pending.update((all) => [...all, entry])
    const timer = setTimeout(() => {
      this.#timers.delete(entry.jobId)
      act()
        .catch((cause: unknown) => failed(cause instanceof Error ? cause : new Error(String(cause))))
        .finally(() => this.#forget(entry))
    }, UNDO_MS)
    this.#timers.set(entry.jobId, timer)
  }

  /** False when it was too late. */
  undo(jobId: string): boolean {
    const timer = this.#timers.get(jobId)
    if (timer === undefined) return false
    clearTimeout(timer)
    this.#timers.delete(jobId)
    this.#pending.update((all) => all.filter((entry) => entry.jobId !== jobId))
    return true
  }

  #forget(entry: DeferredAction): void {
    this.#pending.update((all) => all.filter((other) => other !== entry))
  }
}

/** Of this page; outlives the elements that show it. */
export const deferredActions = new DeferredActions()
