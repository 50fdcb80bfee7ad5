/**
 * Who comes, who goes, and who gave a sign of life: every way into the table of members and out of it leads through here,
 * so that what the world is told (`joined`, `left`, `updated`) and what the coordinator's digest says stay one story.
 */
import * as C from './constants.ts'
import type { Member } from './members.ts'
import { type Announcement, compareMarks, type DigestState, type Mark } from './types.ts'
import type { View } from './view.ts'

/** Takes down what changes, for those who are told by digests (`DigestWriter`). */
export interface ChangeLog {
  note(mark: Mark, state: DigestState): void
}

export class Roster {
  /** Their connection to this peer closed, and nothing was heard since. */
  readonly closed = new Set<string>()
  private readonly view: View
  private readonly changes: ChangeLog
  /** Came back too often lately: told to the world when they have stayed for a while. */
  private readonly held = new Set<string>()

  constructor(view: View, changes: ChangeLog) {
    this.view = view
    this.changes = changes
  }

  /**
   * `direct`: its peer said it just now, so it lives whatever was concluded before. Returns true when the announcement was
   * refused as out of date.
   */
  admit(announcement: Announcement, from: string, direct: boolean, by: 'gossip' | 'frame' = 'frame'): boolean {
    const { members, now, routes } = this.view
    const { peerId } = announcement
    if (announcement.leaving) {
      this.sayGoodbye(announcement)
      return false
    }
    const before = members.get(peerId)?.announcement ?? members.tombstone(peerId)
    const admission = members.admit(announcement, now, { direct, vouched: from === routes.keeper })
    const member = members.get(peerId)
    if (member === undefined) return true
    if (admission === 'new') {
      if (member.heldUntil > now) this.held.add(peerId)
      else this.announceIfStayed(peerId)
      this.note(member, 'alive')
    } else if (admission === 'newer') {
      if (member.told) this.view.tell({ type: 'updated', record: members.recordOf(member) })
      this.note(member, member.suspect ? 'suspect' : 'alive')
    }
    if (admission === 'new' || admission === 'newer') {
      // Another process under a known name: a restart, or a twin. The elder, if it lives, is told, and will object.
      const another = before !== undefined && before.incarnation.id !== announcement.incarnation.id
      if (another || announcement.contests !== '') {
        this.view.out.frames.push({ to: peerId, frame: { kind: 'records', announcements: [announcement] }, everywhere: true })
        if (by === 'frame' && announcement.contests !== '') this.view.out.announcements.push(announcement)
      }
    }
    // A record that went from hand to hand says nothing about now; one that its peer has just sent does.
    if ((direct && admission !== 'refused') || (from === peerId && admission === 'newer')) this.heard(peerId, member, now)
    return false
  }

  private sayGoodbye(announcement: Announcement): void {
    const { members } = this.view
    const { peerId } = announcement
    const member = members.get(peerId)
    // A twin that was sent away does not take the other one along.
    if (members.isVoid(announcement)) return
    if (member !== undefined && compareMarks(announcement, member.announcement) <= 0) return
    const last = members.tombstone(peerId)
    if (member === undefined && last !== undefined && compareMarks(announcement, last) <= 0) return
    this.remove(peerId, 'it said goodbye', true, announcement)
  }

  /** `certain`: it said so itself, or the coordinator did. */
  remove(peer: string, reason: string, certain: boolean, last?: Announcement): void {
    const member = this.view.members.remove(peer, this.view.now, certain, last)
    this.held.delete(peer)
    this.closed.delete(peer)
    if (member === undefined) return
    this.changes.note(last ?? member.announcement, 'left')
    if (member.told) this.view.tell({ type: 'left', peer, reason })
  }

  /** A sign of life, given at this time. */
  heard(peer: string, member: Member, at: number): void {
    if (at <= member.heardAt) return
    member.heardAt = at
    if (member.closedAt !== null && at > member.closedAt) this.reopened(peer, member)
    if (member.suspect && this.view.now - at < C.SUSPECT_AFTER_MS) {
      member.suspect = false
      this.note(member, 'alive')
    }
  }

  suspect(member: Member): void {
    if (member.suspect) return
    member.suspect = true
    this.note(member, 'suspect')
  }

  /** That its connection closed means nothing any more. */
  reopened(peer: string, member: Member): void {
    member.closedAt = null
    this.closed.delete(peer)
  }

  /** Tells of those that have stayed. */
  sweep(): void {
    for (const peer of this.held) this.announceIfStayed(peer)
  }

  private announceIfStayed(peer: string): void {
    const { members, now } = this.view
    const member = members.get(peer)
    if (member === undefined || member.told) {
      this.held.delete(peer)
    } else if (now >= member.heldUntil) {
      this.held.delete(peer)
      member.told = true
      this.view.tell({ type: 'joined', record: members.recordOf(member) })
    }
  }

  private note(member: Member, state: 'alive' | 'suspect'): void {
    this.changes.note(member.announcement, state)
  }
}
