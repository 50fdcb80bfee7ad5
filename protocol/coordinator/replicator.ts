/**
 * The leader's side of replication: how far each follower is, what it is sent next (entries, or a snapshot where they are
 * compacted away), and what a majority holds.
 */

import * as C from './constants.ts'
import { majority } from './lines.ts'
import { entryBytes, type RaftLog } from './log.ts'
import type { Output } from './output.ts'
import { Progress, type SnapshotTransfer } from './progress.ts'
import type { LogEntry, RaftMessage, StoredSnapshot } from './types.ts'

/** What the leader knows of itself. */
export interface Leading {
  readonly self: string
  readonly epochId: string
  readonly term: number
  readonly log: RaftLog
  readonly snapshot: StoredSnapshot | null
  readonly commitIndex: number
  readonly voters: readonly string[]
  readonly out: Output
}

export class Replicator {
  readonly progress = new Map<string, Progress>()
  private readonly core: Leading

  constructor(core: Leading) {
    this.core = core
  }

  clear(): void {
    this.progress.clear()
  }

  forget(peer: string): void {
    this.progress.delete(peer)
  }

  /** When `peer` last answered; -Infinity where it never did. */
  lastHeard(peer: string): number {
    return this.progress.get(peer)?.lastAck ?? -Infinity
  }

  matchOf(peer: string): number {
    return this.progress.get(peer)?.match ?? 0
  }

  /** The newest entry that a majority of the committee holds. */
  majorityMatch(): number {
    const { voters, self, log } = this.core
    const matches = voters.map((voter) => (voter === self ? log.lastIndex : this.matchOf(voter))).sort((a, b) => b - a)
    return matches[majority(voters) - 1] ?? 0
  }

  /** Sends what comes next, or a heartbeat where nothing does. */
  replicate(peer: string, now: number): void {
    const { log } = this.core
    let progress = this.progress.get(peer)
    if (progress === undefined) {
      progress = new Progress(log.lastIndex + 1)
      this.progress.set(peer, progress)
    }
    const prevTerm = log.termAt(progress.next - 1)
    if (progress.snapshot !== null || prevTerm === undefined) {
      this.sendSnapshot(peer, progress, now)
      return
    }
    const prevIndex = progress.next - 1
    const entries: LogEntry[] = []
    let bytes = 0
    for (const entry of log.after(prevIndex)) {
      if (entries.length >= C.MAX_APPEND_ENTRIES || bytes >= C.MAX_APPEND_BYTES) break
      entries.push(entry)
      bytes += entryBytes(entry)
    }
    progress.next += entries.length // optimistic: a rejection brings it back
    this.append(peer, prevIndex, prevTerm, entries)
  }

  /** A new entry, for those who have all before it. */
  replicateNew(peer: string, entry: LogEntry, now: number): void {
    const progress = this.progress.get(peer)
    if (progress === undefined || (progress.next === entry.index && progress.snapshot === null)) this.replicate(peer, now)
  }

  /** Followers should learn of a commit at once: a submitter waits for it on another peer. */
  tellCommit(peer: string): void {
    const match = this.matchOf(peer)
    const term = this.core.log.termAt(match)
    if (match >= this.core.commitIndex && term !== undefined) this.append(peer, match, term, [])
  }

  /** True when the follower's answer may have moved what a majority holds. */
  answered(from: string, message: RaftMessage & { type: 'appendReply' }, now: number): boolean {
    const progress = this.progress.get(from)
    if (progress === undefined) return false
    progress.heard(now)
    if (message.success) {
      progress.matched(message.matchIndex)
      return true
    }
    if (progress.rejected(message.matchIndex)) this.replicate(from, now)
    return false
  }

  /** More of the log for somebody who has answered. */
  continueWith(peer: string, now: number): void {
    const progress = this.progress.get(peer)
    if (progress !== undefined && progress.snapshot === null && progress.next <= this.core.log.lastIndex) this.replicate(peer, now)
  }

  onSnapshotReply(from: string, message: RaftMessage & { type: 'snapshotReply' }, now: number): void {
    const progress = this.progress.get(from)
    if (progress === undefined) return
    progress.heard(now)
    const { snapshot } = progress
    if (snapshot === null || snapshot.of.index !== message.index || message.offset > snapshot.of.data.byteLength) return
    if (message.offset === snapshot.offset && now - snapshot.sentAt < C.SNAPSHOT_RESEND_MS) return // under way
    snapshot.offset = message.offset
    this.sendPiece(from, snapshot, now)
  }

  private sendSnapshot(peer: string, progress: Progress, now: number): void {
    const { snapshot } = this.core
    if (snapshot === null) throw new Error('replicator: the log begins after its first entry, and there is no snapshot')
    if (progress.snapshot !== null) {
      this.snapshotMessage(peer, progress.snapshot, 0)
      return
    }
    // Whatever newer snapshot is taken meanwhile: this one goes to its end.
    progress.snapshot = { of: snapshot, offset: 0, sentAt: now }
    progress.next = snapshot.index + 1
    this.sendPiece(peer, progress.snapshot, now)
  }

  private sendPiece(peer: string, transfer: SnapshotTransfer, now: number): void {
    transfer.sentAt = now
    this.snapshotMessage(peer, transfer, C.SNAPSHOT_CHUNK_BYTES)
  }

  private snapshotMessage(peer: string, { of: snapshot, offset }: SnapshotTransfer, maxBytes: number): void {
    const { epochId, term, out } = this.core
    const { index, hash, config, data } = snapshot
    const piece = data.subarray(offset, offset + maxBytes)
    out.send(peer, { type: 'snapshot', epochId, term, index, logTerm: snapshot.term, hash, config, totalBytes: data.byteLength, offset, data: piece })
  }

  private append(peer: string, prevIndex: number, prevTerm: number, entries: readonly LogEntry[]): void {
    const { epochId, term, commitIndex, out } = this.core
    out.send(peer, { type: 'append', epochId, term, prevIndex, prevTerm, entries, commit: commitIndex })
  }
}
