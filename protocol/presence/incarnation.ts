/**
 * One run of a peer's process: a random id, and a start that is later than that of every run before on the same data
 * directory, whatever the clock says. So of two processes with one identity, the copy is the younger one.
 */
import type { Clock } from '../clock.ts'
import type { KeyValueStore } from '../store.ts'
import type { Incarnation } from './types.ts'

const STARTED_KEY = 'presence/started'

export function newIncarnation(kv: KeyValueStore, clock: Pick<Clock, 'wall'>, random: () => number): Incarnation {
  const before = kv.get(STARTED_KEY)
  const last = before === null ? 0 : Number(new TextDecoder().decode(before))
  const startedAtMs = Math.max(Math.floor(clock.wall()), Number.isSafeInteger(last) ? last + 1 : 0)
  kv.set(STARTED_KEY, new TextEncoder().encode(String(startedAtMs)))
  return { id: Array.from({ length: 16 }, () => Math.floor(random() * 16).toString(16)).join(''), startedAtMs }
}
