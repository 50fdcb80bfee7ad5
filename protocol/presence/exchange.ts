/**
 * Records from hand to hand: views are compared with the keeper or a neighbour now and then, and when digests do not fit;
 * what lacks is asked for, what is asked for is given, and who is told of the dead is put right.
 */
import * as C from './constants.ts'
import type { DigestReader } from './digests.ts'
import { markOf } from './members.ts'
import type { Roster } from './roster.ts'
import { recordFrames, Sync } from './sync.ts'
import type { Twins } from './twins.ts'
import { type Announcement, compareMarks, type Mark } from './types.ts'
import type { View } from './view.ts'

export class Exchange {
  private readonly view: View
  private readonly roster: Roster
  private readonly twins: Twins
  private readonly digests: Pick<DigestReader, 'misfit'>
  private dueAt: number
  private lastAt = -Infinity

  constructor(view: View, parts: { readonly roster: Roster; readonly twins: Twins; readonly digests: Pick<DigestReader, 'misfit'> }) {
    this.view = view
    this.roster = parts.roster
    this.twins = parts.twins
    this.digests = parts.digests
    this.dueAt = C.SYNC_EVERY_MS * view.random()
  }

  tick(): void {
    const { sync, routes, members, now } = this.view
    this.compare()
    sync.pull(
      now,
      members,
      () => routes.pick(1)[0] ?? null,
      (peer) => routes.neighbours.has(peer),
      (to, frame) => this.view.send(to, frame),
    )
  }

  private compare(): void {
    const { sync, routes, now, direct, random } = this.view
    const misfit = this.digests.misfit && sync.complete && now - this.lastAt > C.SYNC_MIN_MS
    if (now < this.dueAt && !misfit) return
    this.dueAt = now + (direct ? C.SYNC_DIRECT_MS : C.SYNC_EVERY_MS) * (0.5 + random())
    this.lastAt = now
    const partner = direct ? null : routes.keeper
    const to = partner ?? routes.pick(1)[0]
    if (to !== undefined) this.sendSums(to)
  }

  /** What a new neighbour needs to know of this peer, and the beginning of a comparison. */
  introduce(peer: string): void {
    this.view.send(peer, ...recordFrames([this.view.own.announcement]))
    this.sendSums(peer)
  }

  private sendSums(to: string): void {
    const { members, own } = this.view
    this.view.send(to, { kind: 'sums', sums: members.bucketSums(own.announcement) })
  }

  onSums(from: string, sums: readonly number[]): void {
    const { members, own } = this.view
    Sync.answerSums(sums, own.announcement, members, (answer) => this.view.send(from, answer))
  }

  onMarks(from: string, buckets: readonly number[], marks: readonly Mark[]): void {
    const { members, own, routes, sync, now, self } = this.view
    const vouchedAt = from === routes.keeper ? now : null
    const theirs = new Map(marks.map((mark) => [mark.peerId, mark]))
    for (const mark of marks) if (mark.peerId !== self && members.lacks(mark, vouchedAt)) sync.want(mark, from, now)
    const unknown = members
      .inBuckets(buckets, own.announcement)
      .filter((announcement) => {
        const mark = theirs.get(announcement.peerId)
        return mark === undefined || compareMarks(announcement, mark) > 0
      })
      .slice(0, C.MAX_PULL)
    this.view.send(from, ...recordFrames(unknown))
  }

  onPull(from: string, peers: readonly string[]): void {
    const { members, own, self } = this.view
    const found = peers.slice(0, C.MAX_PULL).flatMap((peer) => {
      if (peer === self) return [own.announcement]
      const announcement = members.get(peer)?.announcement
      return announcement === undefined ? [] : [announcement]
    })
    this.view.send(from, ...recordFrames(found))
  }

  onRecords(from: string, announcements: readonly Announcement[]): void {
    const gone: Mark[] = []
    for (const announcement of announcements) {
      const refused = this.hear(announcement, from, 'frame')
      const last = this.view.members.tombstone(announcement.peerId)
      if (refused && last !== undefined) gone.push(markOf(last))
    }
    if (gone.length > 0) this.view.send(from, { kind: 'gone', marks: gone })
  }

  /** Returns true when the announcement was refused as out of date. */
  hear(announcement: Announcement, from: string, by: 'gossip' | 'frame'): boolean {
    const { peerId } = announcement
    if (peerId === this.view.self) {
      this.twins.hear(announcement, from)
      return false
    }
    this.view.sync.arrived(peerId)
    // What comes by gossip may have been said long ago, and be repeated by somebody else.
    return this.roster.admit(announcement, from, by === 'frame' && from === peerId, by)
  }

  onGone(from: string, marks: readonly Mark[]): void {
    const { members, own, routes, now, self, incarnation, leaving } = this.view
    for (const mark of marks) {
      const { peerId } = mark
      if (peerId === self) {
        if (mark.incarnation.id === incarnation.id && mark.revision >= own.announcement.revision && !leaving)
          this.view.out.announcements.push(own.refute(now, mark.revision))
        continue
      }
      const member = members.get(peerId)
      // Only the one that reports for this peer is believed, and not about somebody whom this peer hears itself.
      if (member === undefined || from !== routes.keeper || routes.neighbours.has(peerId)) continue
      if (compareMarks(member.announcement, mark) <= 0) this.roster.remove(peerId, 'the coordinator hears it no more', false)
    }
  }
}
