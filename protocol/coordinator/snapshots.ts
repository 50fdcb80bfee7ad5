/**
 * Snapshots on this peer: when the next one is due, and the pieces of one that is coming in from the leader.
 */
import { MAX_SNAPSHOT_BYTES, SNAPSHOT_MIN_BYTES } from './constants.ts'
import type { RaftMessage, Snapshot } from './types.ts'

/**
 * A snapshot is due when the entries behind the last one weigh as much as it does: what is written for snapshots is then
 * at most as much again as what is written for the log, however large the state.
 */
export function snapshotDue(logBytes: number, snapshot: Snapshot | null, minBytes = SNAPSHOT_MIN_BYTES): boolean {
  return logBytes >= Math.max(minBytes, snapshot?.data.byteLength ?? 0)
}

export class IncomingSnapshot {
  private buffer = new Uint8Array()
  private from = ''
  private index = -1
  private logTerm = -1
  private received = 0

  /** Forgets what has come: the line or the leader is another one. */
  clear(): void {
    this.buffer = new Uint8Array()
    this.index = -1
  }

  /** Takes a piece in; gives the snapshot when it is complete, else how many bytes of it are here. */
  take(from: string, message: RaftMessage & { type: 'snapshot' | 'feedSnapshot' }): Snapshot | number {
    const { index, logTerm, hash, totalBytes, offset, data, config } = message
    if (totalBytes > MAX_SNAPSHOT_BYTES) return 0
    // Pieces of two leaders make no whole: the same state need not be the same bytes.
    if (from !== this.from || index !== this.index || logTerm !== this.logTerm || totalBytes !== this.buffer.byteLength) {
      this.buffer = new Uint8Array(totalBytes)
      this.from = from
      this.index = index
      this.logTerm = logTerm
      this.received = 0
    }
    if (offset === this.received && offset + data.byteLength <= totalBytes) {
      this.buffer.set(data, offset)
      this.received += data.byteLength
    }
    if (this.received < totalBytes) return this.received
    const complete: Snapshot = { index, term: logTerm, hash, config, data: this.buffer }
    this.clear()
    return complete
  }
}
