/**
 * Peers that were told to stop and have not said yet that they hold nothing: they are told again, so that a lost message
 * does not leave an adapter at work for a job that was cancelled. Whoever hears of it by none of them reads it in the log.
 */
import * as C from './constants.ts'

export interface Stop {
  readonly to: string
  readonly jobId: string
  readonly attempt: number
  readonly reason: string
}

export class Stops {
  private readonly open = new Map<string, { readonly stop: Stop; readonly since: number; toldAt: number }>()

  /** It is being told now. */
  add(stop: Stop, now: number): void {
    this.open.set(keyOf(stop), { stop, since: now, toldAt: now })
  }

  /** It holds nothing any more, or is to take part again. */
  drop(of: Omit<Stop, 'reason'>): void {
    this.open.delete(keyOf(of))
  }

  /** Those to be told again now. `reachable`: who is gone is not written to. */
  due(now: number, reachable: (peer: string) => boolean): Stop[] {
    const due: Stop[] = []
    for (const [key, open] of this.open) {
      if (now - open.since > C.STOP_GIVE_UP_MS || !reachable(open.stop.to)) this.open.delete(key)
      else if (now - open.toldAt >= C.STOP_EVERY_MS) {
        open.toldAt = now
        due.push(open.stop)
      }
    }
    return due
  }
}

function keyOf({ to, jobId, attempt }: Omit<Stop, 'reason'>): string {
  return `${to} ${jobId} ${attempt}`
}
