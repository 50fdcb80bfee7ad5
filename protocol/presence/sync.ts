/**
 * Bringing two views together: sums over buckets are compared, what differs is listed, what lacks is asked for by id, all
 * in bounded pieces and with one partner at a time. The records are signed, so anybody may hand them on.
 */
import * as C from './constants.ts'
import { bucketOf, type Members, markOf } from './members.ts'
import type { Announcement, Frame, Mark } from './types.ts'

type Send = (to: string, frame: Frame) => void

interface Wanted {
  readonly mark: Mark
  /** Who is known to have it; null: any neighbour. */
  source: string | null
  dueAt: number
  tries: number
}

export class Sync {
  private readonly wanted = new Map<string, Wanted>()
  private pullAt = 0

  /** Anything still missing? Then sums that differ are no news. */
  get complete(): boolean {
    return this.wanted.size === 0
  }

  want(mark: Mark, source: string | null, dueAt: number): void {
    const before = this.wanted.get(mark.peerId)
    if (before !== undefined) {
      if (source !== null && before.dueAt > dueAt) Object.assign(before, { source, dueAt })
      return
    }
    if (this.wanted.size < C.MAX_WANTED) this.wanted.set(mark.peerId, { mark, source, dueAt, tries: 0 })
  }

  arrived(peer: string): void {
    this.wanted.delete(peer)
  }

  /** Asks for what is due: one question at a time, as many records as one answer may hold. */
  pull(now: number, members: Members, neighbour: () => string | null, isNeighbour: (peer: string) => boolean, send: Send): void {
    if (this.wanted.size === 0 || now < this.pullAt) return
    const asked = new Map<string, string[]>()
    let count = 0
    for (const [peer, wanted] of this.wanted) {
      if (wanted.dueAt > now) continue
      if (!members.lacks(wanted.mark, now) || wanted.tries >= C.MAX_PULL_TRIES) {
        this.wanted.delete(peer)
        continue
      }
      const source = wanted.source !== null && isNeighbour(wanted.source) ? wanted.source : neighbour()
      if (source === null) continue
      asked.set(source, [...(asked.get(source) ?? []), peer])
      wanted.source = null // another one next time
      wanted.dueAt = now + C.PULL_RETRY_MS
      wanted.tries += 1
      count += 1
      if (count >= C.MAX_PULL) break
    }
    if (count > 0) this.pullAt = now + C.PULL_EVERY_MS
    for (const [source, peers] of asked) send(source, { kind: 'pull', peers })
  }

  /** Answers sums with all marks of the buckets that differ. */
  static answerSums(sums: readonly number[], own: Announcement, members: Members, out: (frame: Frame) => void): void {
    const mine = members.bucketSums(own)
    const differ = mine.flatMap((sum, bucket) => (sum === sums[bucket] ? [] : [bucket]))
    if (differ.length === 0) return
    const marks = new Map<number, Mark[]>(differ.map((bucket) => [bucket, []]))
    const add = (mark: Mark): void => void marks.get(bucketOf(mark.peerId))?.push(markOf(mark))
    add(own)
    for (const [, { announcement }] of members.entries()) add(announcement)
    let chunk: { buckets: number[]; marks: Mark[] } = { buckets: [], marks: [] }
    for (const [bucket, list] of marks) {
      if (chunk.buckets.length > 0 && (chunk.marks.length + list.length) * C.MARK_BYTES > C.MAX_CHUNK_BYTES) {
        out({ kind: 'marks', ...chunk })
        chunk = { buckets: [], marks: [] }
      }
      chunk.buckets.push(bucket)
      chunk.marks.push(...list.slice(0, Math.floor(C.MAX_CHUNK_BYTES / C.MARK_BYTES)))
    }
    out({ kind: 'marks', ...chunk })
  }
}

/** What the sum of records in one frame may weigh. */
export function recordFrames(announcements: readonly Announcement[]): Frame[] {
  const frames: Frame[] = []
  let chunk: Announcement[] = []
  let bytes = 0
  for (const announcement of announcements) {
    const size = announcement.bytes?.byteLength ?? OWN_BYTES
    if (chunk.length > 0 && bytes + size > C.MAX_CHUNK_BYTES) {
      frames.push({ kind: 'records', announcements: chunk })
      chunk = []
      bytes = 0
    }
    chunk.push(announcement)
    bytes += size
  }
  if (chunk.length > 0) frames.push({ kind: 'records', announcements: chunk })
  return frames
}

/** This peer's own record is signed by the driver; it has this many bytes at most (codec.ts). */
const OWN_BYTES = 8 * 1024
