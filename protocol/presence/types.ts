/**
 * Words of presence: record, announcement, heartbeat, digest, and what the core takes and gives.
 *
 * A **record** says what a peer is and can do. An **announcement** is a record as its peer signed it, with the
 * **incarnation** (one run of the process) and a **revision** that counts within it. A **beat** says that a peer lives; a
 * **digest** is what the coordinator tells all about who came, went or fell silent.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import type { Fence } from '../coordinator/types.ts'

/** One peer as the mesh knows it (DESIGN 8.4). */
export interface PresenceRecord {
  readonly peerId: string
  readonly kind: 'native' | 'browser'
  readonly version: string
  readonly device: DeviceReport | null
  readonly memory: MemoryReport
  readonly speed: number
  readonly slots: number
  readonly activeJobs: number
  readonly visible: boolean
  readonly mayVote: boolean
  readonly addresses: readonly string[]
  readonly epochId: string
}

/** `held`: it came back too often lately, and is taken for present only when it has stayed for a while. */
export type MemberState = 'alive' | 'suspect' | 'held'

/** A record, and what this peer makes of it. */
export type PresenceInfo = PresenceRecord & { readonly state?: MemberState }

/** One run of a peer's process. Of two, the one that started later is the newer; ties are broken by the random id. */
export interface Incarnation {
  readonly id: string
  readonly startedAtMs: number
}

/** Which version of whose record. */
export interface Mark {
  readonly peerId: string
  readonly incarnation: Incarnation
  readonly revision: number
}

export interface Announcement extends Mark {
  readonly record: PresenceRecord
  /** Said by a peer that leaves on purpose: the last of this incarnation. */
  readonly leaving: boolean
  /**
   * Another incarnation of the same peer id that this one has met: only a process that lives can name it, as its id was
   * drawn at random. Empty for none.
   */
  readonly contests: string
  /** As signed; null for this peer's own, which the driver signs. */
  readonly bytes: Uint8Array | null
}

/** Figures that change too often for a record. */
export interface Load {
  readonly activeJobs: number
  readonly usedBytes: number
  readonly freeBytes: number | null
}

export interface Beat {
  readonly peerId: string
  readonly incarnationId: string
  readonly revision: number
  readonly visible: boolean
  /** Since the peer itself spoke. */
  readonly ageMs: number
  /** 0: by the peer itself. */
  readonly hops: number
  readonly load: Load
}

export type DigestState = 'alive' | 'suspect' | 'left'

export interface DigestEntry {
  readonly mark: Mark
  readonly state: DigestState
}

export interface Digest {
  readonly fence: Fence
  readonly sequence: number
  readonly entries: readonly DigestEntry[]
  /** Peers of the mesh, the coordinator included, and a sum over their incarnations. */
  readonly count: number
  readonly sum: number
}

/** On the direct channel between two connected peers. */
export type Frame =
  | { readonly kind: 'beats'; readonly beats: readonly Beat[] }
  /** Steps from the sender to the coordinator it follows. */
  | { readonly kind: 'route'; readonly leader: string; readonly distance: number }
  /** The connection ends to make room, not because the sender does. */
  | { readonly kind: 'closing' }
  /** Do you hear this peer? If it is you: say so. */
  | { readonly kind: 'poll'; readonly target: string }
  /** What I know, one sum per bucket: tell me where we differ. */
  | { readonly kind: 'sums'; readonly sums: readonly number[] }
  /** All that the sender knows in these buckets. */
  | { readonly kind: 'marks'; readonly buckets: readonly number[]; readonly marks: readonly Mark[] }
  /** Peers that left, as far as the sender knows. */
  | { readonly kind: 'gone'; readonly marks: readonly Mark[] }
  | { readonly kind: 'pull'; readonly peers: readonly string[] }
  | { readonly kind: 'records'; readonly announcements: readonly Announcement[] }

export type PresenceInput =
  | { readonly type: 'tick' }
  | { readonly type: 'frame'; readonly from: string; readonly frame: Frame }
  /** By gossip; `from` signed the message. */
  | { readonly type: 'announcement'; readonly announcement: Announcement; readonly from: string }
  | { readonly type: 'digest'; readonly from: string; readonly digest: Digest }
  | { readonly type: 'connected'; readonly peer: string }
  | { readonly type: 'disconnected'; readonly peer: string }
  /** This peer is about to close its connection. */
  | { readonly type: 'closing'; readonly peer: string }
  /** Whom this peer follows, and the committee as it knows it. */
  | { readonly type: 'leader'; readonly leader: string | null; readonly fence: Fence; readonly voters: readonly string[] }
  /** Something about this peer may have changed. */
  | { readonly type: 'changed' }
  | { readonly type: 'leave' }

export type PresenceEffect =
  | { readonly type: 'joined'; readonly record: PresenceRecord }
  | { readonly type: 'left'; readonly peer: string; readonly reason: string }
  | { readonly type: 'updated'; readonly record: PresenceRecord }
  | { readonly type: 'offence'; readonly peer: string; readonly code: 'MALFORMED' | 'FLOODING'; readonly reason: string }
  /** Another process has this peer's identity. `fatal`: it was there first, and this one must end. */
  | { readonly type: 'twin'; readonly fatal: boolean; readonly startedAtMs: number }

export interface PresenceOutput {
  /** `everywhere`: over every connection to that peer id, as there may be two processes behind it. */
  readonly frames: { readonly to: string; readonly frame: Frame; readonly everywhere?: boolean }[]
  readonly announcements: Announcement[]
  readonly digests: Digest[]
  readonly effects: PresenceEffect[]
}

export function compareIncarnations(a: Incarnation, b: Incarnation): number {
  return a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** Positive: `a` is the newer of two versions of one peer's record. */
export function compareMarks(a: Mark, b: Mark): number {
  return compareIncarnations(a.incarnation, b.incarnation) || a.revision - b.revision
}
