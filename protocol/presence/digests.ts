/**
 * The coordinator's digest: what changed since the last one, and a sum over everybody, by which each peer knows whether it
 * knows all. The coordinator writes it, everybody else reads it.
 */
import * as C from './constants.ts'
import type { Heartbeats } from './heartbeats.ts'
import { markOf } from './members.ts'
import type { Roster } from './roster.ts'
import { compareIncarnations, compareMarks, type Digest, type DigestEntry, type DigestState, type Mark } from './types.ts'
import type { View } from './view.ts'

export class DigestWriter {
  private readonly view: View
  private readonly changes = new Map<string, DigestEntry>()
  private changedAt = Infinity
  private last = { sequence: 0, at: -Infinity }

  constructor(view: View) {
    this.view = view
  }

  /** This peer has just become the coordinator. */
  begin(): void {
    this.changes.clear()
    this.changedAt = Infinity
    this.last = { sequence: 0, at: -Infinity }
  }

  /** For the next digest; only the coordinator's counts. */
  note(mark: Mark, state: DigestState): void {
    if (!this.view.leads) return
    this.changes.delete(mark.peerId)
    this.changes.set(mark.peerId, { mark: markOf(mark), state })
    this.changedAt = Math.min(this.changedAt, this.view.now)
  }

  tick(): void {
    const { now, routes, fence, size } = this.view
    if (!this.view.leads || routes.neighbours.size === 0) return
    if (now - this.last.at < C.DIGEST_EVERY_MS && now - this.changedAt < C.DIGEST_DELAY_MS) return
    const entries = [...this.changes.values()].slice(0, C.MAX_DIGEST_ENTRIES)
    for (const { mark } of entries) this.changes.delete(mark.peerId)
    this.changedAt = this.changes.size > 0 ? now : Infinity
    this.last = { sequence: this.last.sequence + 1, at: now }
    this.view.out.digests.push({ fence, sequence: this.last.sequence, entries, count: size, sum: this.view.sum() })
  }
}

export class DigestReader {
  private readonly view: View
  private readonly roster: Roster
  private readonly heartbeats: Pick<Heartbeats, 'unheard'>
  private sequence = 0
  private heardAt = -Infinity
  private misfits = 0

  constructor(view: View, roster: Roster, heartbeats: Pick<Heartbeats, 'unheard'>) {
    this.view = view
    this.roster = roster
    this.heartbeats = heartbeats
  }

  /** Another coordinator, which gets its time to speak. */
  begin(): void {
    this.sequence = 0
    this.heardAt = this.view.now
    this.misfits = 0
  }

  /** While digests come, they say who lives; without them this peer has to judge by itself. */
  tick(): void {
    const { view } = this
    const missing = view.leader === null || (!view.leads && view.now - this.heardAt > C.DIGEST_MISSING_MS)
    if (!missing) view.directSince = null
    else view.directSince ??= view.now
  }

  /** Two digests in a row that do not fit: something was missed. */
  get misfit(): boolean {
    return this.misfits >= 2
  }

  /** How long ago the coordinator last said who lives; null: it does not. */
  get ageMs(): number | null {
    return this.sequence === 0 || this.view.direct ? null : this.view.now - this.heardAt
  }

  onDigest(from: string, digest: Digest): void {
    const { fence, leader, members, now } = this.view
    if (from !== leader || this.view.leads || digest.fence.epochId !== fence.epochId || digest.fence.term !== fence.term) return
    const sender = members.get(from)
    if (sender !== undefined) this.roster.heard(from, sender, now)
    if (digest.sequence <= this.sequence) return
    this.sequence = digest.sequence
    this.heardAt = now
    for (const entry of digest.entries) this.onEntry(entry)
    const fits = digest.sum === this.view.sum() || members.full
    this.misfits = fits ? 0 : this.misfits + 1
  }

  private onEntry({ mark, state }: DigestEntry): void {
    const { members, sync, now, random } = this.view
    const { peerId } = mark
    if (peerId === this.view.self) {
      if (mark.incarnation.id === this.view.incarnation.id && state !== 'alive') this.refute(mark)
      return
    }
    const member = members.get(peerId)
    if (state === 'left') {
      if (member !== undefined && compareMarks(member.announcement, mark) <= 0) this.roster.remove(peerId, 'the coordinator hears it no more', true)
      else if (member === undefined) members.confirm(peerId)
      return
    }
    if (member === undefined) {
      const last = members.tombstone(peerId)
      if (last !== undefined && !last.leaving && compareMarks(last, mark) === 0) {
        this.roster.admit(last, peerId, true)
        return
      }
    }
    if (member !== undefined && compareIncarnations(member.announcement.incarnation, mark.incarnation) === 0) {
      member.suspect = state === 'suspect'
      if (state === 'alive') this.roster.reopened(peerId, member)
    }
    if (members.lacks(mark)) sync.want(mark, null, now + C.PULL_AFTER_MS * (1 + random()))
  }

  /** Taken for silent or dead, wrongly: says so, and looks for another way to the coordinator. */
  private refute(mark: Mark): void {
    this.heartbeats.unheard()
    this.view.out.announcements.push(this.view.own.refute(this.view.now, mark.revision))
  }
}
