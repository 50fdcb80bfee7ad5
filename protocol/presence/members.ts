/**
 * The table of who is in the mesh, as one peer knows it: newest announcement of each, when it was last heard, who left
 * and must not be brought back by an old record, who comes and goes too often.
 *
 * Times are of the observer's awake clock (`core.ts`).
 */
import * as C from './constants.ts'
import { type Announcement, compareMarks, type Load, type Mark, type MemberState, type PresenceInfo, type PresenceRecord } from './types.ts'

export interface Member {
  announcement: Announcement
  /** Newest sign of life. */
  heardAt: number
  suspect: boolean
  visible: boolean
  load: Load | null
  /** Its connection to this peer closed at this time, and it was not heard since; null: nothing of the kind. */
  closedAt: number | null
  askedAgain: boolean
  /** Told to the world only from this time on. */
  heldUntil: number
  told: boolean
  /** Made when somebody asks, and made again when what it was made of has changed. */
  info: { readonly of: Announcement; readonly load: Load | null; readonly visible: boolean; readonly made: PresenceInfo } | null
}

interface Tombstone {
  readonly announcement: Announcement
  readonly at: number
  /** It said so itself, or the coordinator did; else this peer concluded it alone. */
  readonly certain: boolean
}

/** `new`: was not known or had left; `newer`: replaces what was known; `known`: nothing new; `refused`: left, or void. */
export type Admission = 'new' | 'newer' | 'known' | 'refused'

export class Members {
  private readonly members = new Map<string, Member>()
  private readonly tombstones = new Map<string, Tombstone>()
  private readonly deaths = new Map<string, number[]>()
  /** Incarnations that their elder has contested. */
  private readonly voided = new Set<string>()
  private readonly limit: number
  private total = 0
  private readonly sums = new Array<number>(C.BUCKETS).fill(0)

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.members.size
  }

  get full(): boolean {
    return this.members.size >= this.limit
  }

  /** Over ids and incarnations of all, whatever the order they came in. */
  get sum(): number {
    return this.total
  }

  get(peer: string): Member | undefined {
    return this.members.get(peer)
  }

  entries(): IterableIterator<[string, Member]> {
    return this.members.entries()
  }

  tombstone(peer: string): Announcement | undefined {
    return this.tombstones.get(peer)?.announcement
  }

  /**
   * Takes in an announcement. `direct`: its peer said it just now, so it lives whatever was concluded before; `vouched`:
   * the keeper counts it among the living.
   */
  admit(announcement: Announcement, now: number, how: { readonly direct: boolean; readonly vouched?: boolean }): Admission {
    const { peerId } = announcement
    if (this.voided.has(announcement.incarnation.id)) return 'refused'
    const member = this.members.get(peerId)
    if (member !== undefined) {
      const elder = announcement.contests !== '' && announcement.contests === member.announcement.incarnation.id
      if (!elder && compareMarks(announcement, member.announcement) <= 0) return 'known'
      if (announcement.contests !== '') this.voidIncarnation(announcement.contests)
      this.toggle(member.announcement)
      this.toggle(announcement)
      member.announcement = announcement
      member.visible = announcement.record.visible
      return 'newer'
    }
    const grave = this.tombstones.get(peerId)
    if (grave !== undefined && compareMarks(announcement, grave.announcement) <= 0) {
      const overdue = how.vouched === true && !grave.certain && now - grave.at > C.OWN_VERDICT_MS
      const said = how.direct && compareMarks(announcement, grave.announcement) === 0 && !grave.announcement.leaving
      if (!overdue && !said) return 'refused'
    }
    if (this.full && !how.direct) return 'refused'
    if (announcement.contests !== '') this.voidIncarnation(announcement.contests)
    this.tombstones.delete(peerId)
    const heldUntil = now + this.holdMs(peerId, now)
    this.members.set(peerId, {
      announcement,
      heardAt: now,
      suspect: false,
      visible: announcement.record.visible,
      load: null,
      closedAt: null,
      askedAgain: false,
      heldUntil,
      told: false,
      info: null,
    })
    this.toggle(announcement)
    return 'new'
  }

  /** Would this be news? */
  lacks(mark: Mark, vouchedAt: number | null = null): boolean {
    if (this.voided.has(mark.incarnation.id)) return false
    const member = this.members.get(mark.peerId)
    if (member !== undefined) return compareMarks(mark, member.announcement) > 0
    if (this.full) return false
    const grave = this.tombstones.get(mark.peerId)
    if (grave === undefined || compareMarks(mark, grave.announcement) > 0) return true
    return vouchedAt !== null && !grave.certain && vouchedAt - grave.at > C.OWN_VERDICT_MS
  }

  remove(peer: string, now: number, certain: boolean, last?: Announcement): Member | undefined {
    const member = this.members.get(peer)
    if (member === undefined && last === undefined) return undefined
    if (member !== undefined) {
      this.members.delete(peer)
      this.toggle(member.announcement)
      const deaths = (this.deaths.get(peer) ?? []).filter((at) => now - at < C.FLAP_WINDOW_MS)
      // Who says goodbye does not flap: it left.
      if (last?.leaving !== true) deaths.push(now)
      if (deaths.length > 0) this.deaths.set(peer, deaths.slice(-16))
      bound(this.deaths, C.MAX_TOMBSTONES)
    }
    const announcement = last ?? (member as Member).announcement
    this.tombstones.delete(peer) // to the end of the order
    this.tombstones.set(peer, { announcement, at: now, certain })
    bound(this.tombstones, C.MAX_TOMBSTONES)
    return member
  }

  /** The coordinator has the last word on who left. */
  confirm(peer: string): void {
    const grave = this.tombstones.get(peer)
    if (grave !== undefined && !grave.certain) this.tombstones.set(peer, { ...grave, certain: true })
  }

  /** Whether a sign of life of this time is newer than the verdict. */
  diedBefore(peer: string, at: number): boolean {
    const grave = this.tombstones.get(peer)
    return grave !== undefined && grave.at < at
  }

  inBuckets(buckets: readonly number[], self: Announcement): Announcement[] {
    const asked = new Set(buckets)
    return [self, ...[...this.members.values()].map(({ announcement }) => announcement)].filter(({ peerId }) => asked.has(bucketOf(peerId)))
  }

  stateOf(member: Member): MemberState {
    return member.suspect ? 'suspect' : member.told ? 'alive' : 'held'
  }

  infoOf(member: Member): PresenceInfo {
    const { info, announcement, load, visible } = member
    const state = this.stateOf(member)
    if (info !== null && info.of === announcement && info.load === load && info.visible === visible && info.made.state === state) return info.made
    const made = { ...this.recordOf(member), state }
    member.info = { of: announcement, load, visible, made }
    return made
  }

  recordOf(member: Member): PresenceRecord {
    const { record } = member.announcement
    const { load } = member
    if (load === null) return record
    return {
      ...record,
      visible: member.visible,
      activeJobs: load.activeJobs,
      memory: { ...record.memory, usedBytes: load.usedBytes, freeBytes: load.freeBytes },
    }
  }

  private holdMs(peer: string, now: number): number {
    const deaths = (this.deaths.get(peer) ?? []).filter((at) => now - at < C.FLAP_WINDOW_MS)
    if (deaths.length < C.FLAPS_BEFORE_HOLD) return 0
    return Math.min(C.FLAP_HOLD_MAX_MS, C.FLAP_HOLD_MS * 2 ** (deaths.length - C.FLAPS_BEFORE_HOLD))
  }

  isVoid({ incarnation }: Mark): boolean {
    return this.voided.has(incarnation.id)
  }

  private voidIncarnation(id: string): void {
    this.voided.add(id)
    if (this.voided.size > C.MAX_TOMBSTONES) this.voided.delete(this.voided.values().next().value as string)
  }

  /** One sum per bucket, over ids, incarnations and revisions. */
  bucketSums(self: Mark): number[] {
    const sums = [...this.sums]
    const bucket = bucketOf(self.peerId)
    sums[bucket] = mix(sums[bucket] as number, revisionHash(self))
    return sums
  }

  /** In or out of the sums: xor is its own inverse. */
  private toggle(mark: Mark): void {
    this.total = mix(this.total, hashOf(mark))
    const bucket = bucketOf(mark.peerId)
    this.sums[bucket] = mix(this.sums[bucket] as number, revisionHash(mark))
  }
}

export function markOf({ peerId, incarnation, revision }: Mark): Mark {
  return { peerId, incarnation, revision }
}

export function bucketOf(peer: string): number {
  return fnv(peer) % C.BUCKETS
}

/** 32 bits each: what is compared is repaired by comparing again, so a collision costs time, not truth. */
export function hashOf({ peerId, incarnation }: Mark): number {
  return fnv(`${peerId} ${incarnation.id}`)
}

function revisionHash({ peerId, incarnation, revision }: Mark): number {
  return fnv(`${peerId} ${incarnation.id} ${revision}`)
}

export function mix(sum: number, ...hashes: number[]): number {
  return hashes.reduce((total, hash) => (total ^ hash) >>> 0, sum)
}

/** FNV-1a with a last mixing (murmur3): xor of such values is a fair sum. */
function fnv(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

/** The oldest go. */
function bound<V>(map: Map<string, V>, size: number): void {
  while (map.size > size) map.delete(map.keys().next().value as string)
}
