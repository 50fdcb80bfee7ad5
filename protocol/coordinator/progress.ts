/**
 * The leader's view of one follower.
 */
import { QUORUM_TIMEOUT_MS } from './constants.ts'
import type { StoredSnapshot } from './types.ts'

/** A snapshot on its way there: how much of it has come, and when the last piece was sent. */
export interface SnapshotTransfer {
  readonly of: StoredSnapshot
  offset: number
  sentAt: number
}

export class Progress {
  next: number
  match = 0
  lastAck = -Infinity
  /** Since when it has answered without a gap. */
  steadySince = Infinity
  snapshot: SnapshotTransfer | null = null

  constructor(next: number) {
    this.next = next
  }

  heard(now: number): void {
    if (now - this.lastAck > QUORUM_TIMEOUT_MS) this.steadySince = now
    this.lastAck = now
  }

  matched(index: number): void {
    if (this.snapshot !== null && index >= this.snapshot.of.index) this.snapshot = null
    this.match = Math.max(this.match, index)
    this.next = Math.max(this.next, index + 1)
  }

  /** True when the follower should be tried again from an earlier entry at once. */
  rejected(hint: number): boolean {
    // It held more once: it has been in another line meanwhile, and came back with an empty log.
    this.match = Math.min(this.match, hint)
    const next = Math.max(Math.min(hint + 1, this.next - 1), 1)
    if (next >= this.next) return false
    this.next = next
    return true
  }
}
