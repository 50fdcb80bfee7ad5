/**
 * A peer's owner takes its adapter back while jobs run on it: at once where others hold the weights too, at the end of the
 * round where somebody would miss them. The coordinator is told, so that nobody waits for this peer and nothing counts
 * against it; told again until it has acted, as it may be a new one.
 */
import type { Clock } from '../clock.ts'
import type { MemberRuntime } from '../training/runtime.ts'
import type { JobMessageOf } from './messages.ts'

/** The message is said again this often: the coordinator may have changed. */
const REPEAT_EVERY_MS = 1000
const CHECK_EVERY_MS = 50
/** A round takes about a second; a peer that wants to go does not wait for a stuck one longer than this. */
const PATIENCE_MS = 20_000

export interface WithdrawalComponents {
  readonly clock: Clock
  readonly runtimes: () => readonly MemberRuntime[]
  readonly tell: (runtime: MemberRuntime, message: JobMessageOf<'leave'>) => void
  readonly end: (runtime: MemberRuntime) => void
}

/** Resolves when no job holds this peer any more. `now`: in the middle of a round, if others can go on without it. */
export async function withdraw(when: 'now' | 'round-end', { clock, runtimes, tell, end }: WithdrawalComponents): Promise<void> {
  const startedAt = clock.now()
  let toldAt = -Infinity
  for (;;) {
    const running = runtimes()
    if (running.length === 0) return
    const now = clock.now()
    const tellAgain = now - toldAt >= REPEAT_EVERY_MS
    if (tellAgain) toldAt = now
    for (const runtime of running) {
      const { membership } = runtime.core
      runtime.leaving = true
      const atOnce = membership === 0 || (when === 'now' && !runtime.alone) || now - startedAt > PATIENCE_MS
      if (atOnce || tellAgain) tell(runtime, { type: 'leave', membership, now: atOnce })
      if (atOnce) end(runtime)
    }
    await new Promise<void>((resolve) => clock.after(CHECK_EVERY_MS, resolve))
  }
}
