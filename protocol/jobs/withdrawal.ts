/**
 * A peer's owner takes its adapter back while jobs run on it: at once where others hold the weights too, at the end of the
 * round where somebody would miss them. The coordinator is told, so that nobody waits for this peer and nothing counts
 * against it; told again until it has acted, as it may be a new one. Without I/O: `check` is called now and then.
 */
import type { JobMessageOf } from './messages.ts'

/** Times between two calls of `check`. */
export const WITHDRAWAL_CHECK_MS = 50
/** The message is said again this often: the coordinator may have changed. */
const REPEAT_EVERY_MS = 1000
/** A round takes about a second; a peer that wants to go does not wait for a stuck one longer than this. */
const PATIENCE_MS = 20_000

/** One job's part on this peer. */
export interface Withdrawable {
  readonly core: { readonly membership: number }
  /** Nobody else holds the weights. */
  readonly alone: boolean
  /** Alone, it leaves its state behind as a checkpoint at the end of the round. */
  leaving: boolean
}

export interface WithdrawalActions<R extends Withdrawable> {
  readonly running: () => readonly R[]
  readonly tell: (one: R, message: JobMessageOf<'leave'>) => void
  readonly end: (one: R) => void
}

export class Withdrawal<R extends Withdrawable> {
  private readonly when: 'now' | 'round-end'
  private readonly startedAt: number
  private readonly actions: WithdrawalActions<R>
  private toldAt = -Infinity

  /** `now`: in the middle of a round, if others can go on without this peer. */
  constructor(when: 'now' | 'round-end', startedAt: number, actions: WithdrawalActions<R>) {
    this.when = when
    this.startedAt = startedAt
    this.actions = actions
  }

  /** Whether no job holds this peer any more. */
  check(now: number): boolean {
    const { running, tell, end } = this.actions
    const tellAgain = now - this.toldAt >= REPEAT_EVERY_MS
    if (tellAgain) this.toldAt = now
    for (const one of running()) {
      const { membership } = one.core
      one.leaving = true
      const atOnce = membership === 0 || (this.when === 'now' && !one.alone) || now - this.startedAt > PATIENCE_MS
      if (atOnce || tellAgain) tell(one, { type: 'leave', membership, now: atOnce })
      if (atOnce) end(one)
    }
    return running().length === 0
  }
}
