/**
 * Peers that prepared for a job under a coordinator that is gone: its successor may have chosen others, or have no use for so
 * many, and does not know whom to tell. What such a peer holds for the job it gives back after a while in which no
 * coordinator of the present has wanted it; a bid alone keeps nothing. Without I/O: `due` is asked now and then.
 */
import type { Fence } from '../coordinator/types.ts'

/**
 * A coordinator offers its jobs again at once and asks every 5 s who holds memory for those that find no room
 * (`HOLDERS_ASKED_EVERY_MS`): whom it wants it has asked some times by then. Fetching and compiling again costs seconds.
 */
export const FORSAKEN_AFTER_MS = 20_000

/** One job's part on this peer. */
export interface Preparing {
  readonly core: { readonly membership: number }
}

export class Forsaken<R extends Preparing> {
  /** Under which fence a coordinator wanted it last, and since when there has been another. */
  private readonly held = new Map<R, { readonly fence: string; readonly since: number | null }>()

  /** The coordinator of this fence has told this peer to prepare, or anything else about it. */
  wanted(one: R, fence: Fence): void {
    this.held.set(one, { fence: keyOf(fence), since: null })
  }

  /** Whom to give up now, of those that run here. Members are missed by their group, and not given up. */
  due(running: readonly R[], fence: Fence, now: number): R[] {
    const key = keyOf(fence)
    for (const one of this.held.keys()) if (!running.includes(one)) this.held.delete(one)
    return running.filter((one) => {
      const held = this.held.get(one)
      if (held === undefined || one.core.membership > 0 || held.fence === key) return false
      if (held.since === null) this.held.set(one, { ...held, since: now })
      return now - (held.since ?? now) >= FORSAKEN_AFTER_MS
    })
  }
}

function keyOf({ epochId, term }: Fence): string {
  return `${epochId} ${term}`
}
