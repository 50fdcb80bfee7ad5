/**
 * This peer's own record: which revision it is at, and when a change is worth telling the whole mesh. What drifts waits
 * the longer the more peers there are, so that all of them together stay within what everybody can take.
 */
import * as C from './constants.ts'
import type { Announcement, Beat, Incarnation, PresenceRecord } from './types.ts'

export class OwnRecord {
  announcement: Announcement
  private readonly describe: () => PresenceRecord
  private changedAt: number | null = null
  private toldAt = -Infinity
  /** Tell all again at these times, changed or not. */
  private introductions: number[] = []

  constructor(describe: () => PresenceRecord, incarnation: Incarnation) {
    this.describe = describe
    const record = describe()
    this.announcement = { peerId: record.peerId, incarnation, revision: 1, record, leaving: false, contests: '', bytes: null }
  }

  /** A heartbeat: this peer as it is at this moment. */
  beat(): Beat {
    const { peerId, incarnation, revision } = this.announcement
    const { activeJobs, visible, memory } = this.describe()
    const load = { activeJobs, usedBytes: memory.usedBytes, freeBytes: memory.freeBytes }
    return { peerId, incarnationId: incarnation.id, revision, visible, ageMs: 0, hops: 0, load }
  }

  changed(now: number): void {
    this.changedAt ??= now
  }

  /** Somebody is there who cannot know this peer: told soon, and once more when gossip has found its links. */
  introduce(now: number): void {
    if (this.introductions.length === 0) this.introductions = [now + C.ANNOUNCE_DELAY_MS, now + C.INTRODUCE_AGAIN_MS]
  }

  /** What is to be gossiped now, if anything. */
  due(now: number, peers: number): Announcement | null {
    const introduced = this.introductions[0] !== undefined && this.introductions[0] <= now
    if (introduced) this.introductions.shift()
    if (this.changedAt !== null && now - this.changedAt >= C.ANNOUNCE_DELAY_MS) {
      const record = this.describe()
      const kind = difference(this.announcement.record, record)
      const wait = kind === 'drift' ? Math.max(C.DRIFT_MIN_MS, peers * C.DRIFT_PER_PEER_MS) : Math.max(C.CHANGE_MIN_MS, peers * C.CHANGE_PER_PEER_MS)
      if (kind === 'none') this.changedAt = null
      else if (kind === 'plain' || now - this.toldAt >= wait) return this.next(now, record)
    }
    // Alone for a while, it was taken for dead: a new revision says otherwise. The second time is for those who missed it.
    if (introduced) return this.introductions.length > 0 && this.toldAt > -Infinity ? this.next(now, this.describe()) : this.again(now)
    return null
  }

  /** Says that this peer lives, whatever was told of it: `contests` names a twin. */
  refute(now: number, atLeast: number, contests = ''): Announcement {
    this.announcement = { ...this.announcement, revision: Math.max(this.announcement.revision, atLeast) }
    return this.next(now, this.describe(), contests)
  }

  leave(now: number): Announcement {
    this.next(now, this.describe())
    this.announcement = { ...this.announcement, leaving: true }
    return this.announcement
  }

  private again(now: number): Announcement {
    this.toldAt = now
    return this.announcement
  }

  private next(now: number, record: PresenceRecord, contests = ''): Announcement {
    this.changedAt = null
    this.toldAt = now
    const { announcement } = this
    this.announcement = { ...announcement, record, revision: announcement.revision + 1, contests }
    return this.announcement
  }
}

/**
 * `plain`: others act on it at once; `load`: jobs that came or went; `drift`: figures that move all the time, and the
 * epoch, which all peers change in the same moment.
 */
function difference(before: PresenceRecord, after: PresenceRecord): 'none' | 'drift' | 'load' | 'plain' {
  const moved = (a: number | null, b: number | null): boolean => Math.abs((a ?? 0) - (b ?? 0)) > C.NOTEWORTHY_CHANGE * Math.max(1, a ?? 0)
  if (
    (before.device === null) !== (after.device === null) ||
    before.slots !== after.slots ||
    before.visible !== after.visible ||
    before.memory.limitBytes !== after.memory.limitBytes ||
    before.addresses.join() !== after.addresses.join()
  )
    return 'plain'
  if (before.activeJobs !== after.activeJobs) return 'load'
  const drifted =
    before.epochId !== after.epochId ||
    moved(before.memory.freeBytes, after.memory.freeBytes) ||
    moved(before.memory.usedBytes, after.memory.usedBytes) ||
    moved(before.speed, after.speed)
  return drifted ? 'drift' : 'none'
}
