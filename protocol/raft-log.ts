/**
 * The one rule about a stored log, shared by every store: entries continue without a gap. A hole would be discovered
 * only after a restart, so the store refuses it when it is written.
 */

import type { RaftChange } from './store.ts'
import { StoreError } from './store-errors.ts'

/** Index range `[first, last]` of a log; `first > last` when it is empty. */
export interface LogRange {
  readonly first: number
  readonly last: number
}

/** The range after `change`, or BAD_LOG. `range` null = nothing stored. */
export function rangeAfter(range: LogRange | null, change: RaftChange): LogRange | null {
  let first = range?.first ?? 0
  let last = range?.last ?? -1
  let empty = range === null
  if (change.truncateFrom !== undefined && !empty) {
    last = Math.min(last, change.truncateFrom - 1)
    empty = last < first
  }
  if (change.compactBelow !== undefined && !empty) {
    first = Math.max(first, change.compactBelow)
    empty = last < first
  }
  for (const entry of change.append ?? []) {
    if (!Number.isSafeInteger(entry.index) || entry.index < 0) throw new StoreError('BAD_LOG', `log entry index ${entry.index} is not an index`)
    if (empty) {
      first = entry.index
      empty = false
    } else if (entry.index !== last + 1) {
      throw new StoreError('BAD_LOG', `log entry ${entry.index} does not follow ${last}`, { index: entry.index, last })
    }
    last = entry.index
  }
  return empty ? null : { first, last }
}
