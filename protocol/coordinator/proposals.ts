/**
 * Proposals on their way: the core gives each an index, a majority commits that index. It counts as committed only where the
 * entry there is still the one of its term; in all other cases nobody knows what became of it, and its caller hears so.
 */
import { CoordinatorError } from './errors.ts'
import type { LogEntry } from './types.ts'

interface Waiting {
  readonly resolve: (index: number) => void
  readonly reject: (error: Error) => void
}

export class Proposals {
  /** By the number that the core was given. */
  private readonly asked = new Map<number, Waiting>()
  /** By the index that it gave. */
  private readonly pending = new Map<number, Waiting & { readonly term: number }>()
  private nextId = 1

  /** Resolves with the entry's index once a majority has it; rejects when that is not known to have happened. */
  make(propose: (id: number) => void): Promise<number> {
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject })
      propose(id)
    })
  }

  proposed(id: number, index: number, term: number): void {
    const waiting = this.take(id)
    if (waiting !== undefined) this.pending.set(index, { ...waiting, term })
  }

  refused(id: number, leader: string | null): void {
    this.take(id)?.reject(new CoordinatorError('NOT_LEADER', 'this peer does not coordinate', leader))
  }

  /** `apply` runs before the caller hears of it: what it asks next finds the entry applied. */
  committed({ index, term }: LogEntry, apply: () => void): void {
    const pending = this.pending.get(index)
    this.pending.delete(index)
    apply()
    if (pending?.term === term) pending.resolve(index)
    else pending?.reject(new CoordinatorError('LOST_LEADERSHIP', 'another coordinator took over before this was committed'))
  }

  fail(error: Error): void {
    for (const waiting of [...this.pending.values(), ...this.asked.values()]) waiting.reject(error)
    this.pending.clear()
    this.asked.clear()
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.asked.get(id)
    this.asked.delete(id)
    return waiting
  }
}
