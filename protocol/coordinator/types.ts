/**
 * Words of the coordinator: epoch, term, fence, claim, log entry, and the messages between voters.
 *
 * An **epoch** is one line of Raft history with an id of its own; a **term** counts elections within it; the pair is the
 * **fence** that every command carries. A **claim** says who leads, with the voters' signatures.
 */

export interface Epoch {
  readonly number: number
  readonly id: string
  /** Id of the epoch this one branched from; null for a founding. */
  readonly parent: string | null
}

export interface Fence {
  readonly epoch: number
  readonly epochId: string
  readonly term: number
}

export type EntryBody =
  | { readonly kind: 'noop' }
  /** `epochId`: the only line in which this committee decides. A recovery carries the log of its parent on, committees and all. */
  | { readonly kind: 'config'; readonly epochId: string; readonly voters: readonly string[]; readonly consent?: Consent }
  | { readonly kind: 'command'; readonly command: Uint8Array }

/** A majority of a committee has signed that another one may take its place. Text, for it lies in logs and snapshots. */
export interface Consent {
  /** Index of the entry that made the committee which is replaced. */
  readonly replaces: number
  readonly voters: readonly string[]
  /** Signatures in hex. */
  readonly votes: readonly { readonly voter: string; readonly signature: string }[]
}

/** A committee of a line, and the consent of the one before it; null: the first one, or unknown. */
export interface ConfigStep {
  readonly index: number
  readonly voters: readonly string[]
  readonly consent: Consent | null
}

export interface LogEntry {
  readonly index: number
  readonly term: number
  readonly body: EntryBody
}

/** The newest committee that a snapshot covers. */
export interface SnapshotConfig {
  readonly index: number
  readonly epochId: string
  readonly voters: readonly string[]
  /** How it came to be. */
  readonly steps?: readonly ConfigStep[]
}

/** What all entries up to `index` came to. The core does not look into `data`. */
export interface Snapshot {
  readonly index: number
  readonly term: number
  /** Of the chain up to `index` (`chain.ts`). */
  readonly hash: string
  readonly config: SnapshotConfig | null
  readonly data: Uint8Array
}

/** A snapshot as it is kept, with where the log behind it begins: some entries that it covers are kept for slow followers. */
export interface StoredSnapshot extends Snapshot {
  readonly base: number
  readonly baseTerm: number
  readonly baseHash: string
}

/** What voters sign beside votes. */
export type Statement =
  /** A majority has committed the entries up to `index`, of which the chain has this hash. */
  | { readonly kind: 'commit'; readonly epochId: string; readonly index: number; readonly hash: string }
  /** What the entries up to `index` came to has this digest. */
  | { readonly kind: 'snapshot'; readonly epochId: string; readonly index: number; readonly hash: string }
  /** The committee at `index` may make way for the one that `hash` names. */
  | { readonly kind: 'config'; readonly epochId: string; readonly index: number; readonly hash: string }

/** A statement with the signatures of a majority of a committee. Those that reach the core have been checked. */
export interface Certificate {
  readonly statement: Statement
  /** The committee as its voters know it; a part of what they sign. */
  readonly voters: readonly string[]
  readonly votes: readonly SignedVote[]
}

export interface SignedVote {
  readonly voter: string
  readonly signature: Uint8Array
}

/** What must be on disk before any reply that depends on it (mesh.md section 9, rule 7). */
export interface HardState {
  readonly epoch: Epoch | null
  readonly term: number
  readonly votedFor: string | null
  /** Lines this peer has left, newest last: what it had promised there, should it come back. */
  readonly past?: readonly PastLine[]
}

/** What a peer had promised in an epoch when it left it. */
export interface PastLine {
  readonly epochId: string
  readonly term: number
  readonly votedFor: string | null
  /** Entries up to here may have counted as stored by this peer: it must not vote before it holds as many again. */
  readonly lastIndex: number
}

export type RaftMessage =
  | { readonly type: 'preVote'; readonly epochId: string; readonly term: number; readonly lastIndex: number; readonly lastTerm: number }
  | { readonly type: 'preVoteReply'; readonly epochId: string; readonly term: number; readonly granted: boolean }
  | {
      readonly type: 'vote'
      readonly epochId: string
      readonly term: number
      readonly lastIndex: number
      readonly lastTerm: number
      readonly transfer: boolean
    }
  | { readonly type: 'voteReply'; readonly epochId: string; readonly term: number; readonly granted: boolean; readonly signature?: Uint8Array }
  | {
      readonly type: 'append'
      readonly epochId: string
      readonly term: number
      readonly prevIndex: number
      readonly prevTerm: number
      readonly entries: readonly LogEntry[]
      readonly commit: number
    }
  | { readonly type: 'appendReply'; readonly epochId: string; readonly term: number; readonly success: boolean; readonly matchIndex: number }
  | { readonly type: 'electNow'; readonly epochId: string; readonly term: number }
  /** A voter goes and asks to be taken out of the committee; said until it is out. */
  | { readonly type: 'leaving'; readonly epochId: string; readonly term: number }
  /**
   * A piece of the leader's snapshot, for a follower that needs entries which are compacted away. An empty piece asks how
   * much has come so far; it is the heartbeat while a piece is under way.
   */
  | {
      readonly type: 'snapshot'
      readonly epochId: string
      readonly term: number
      readonly index: number
      readonly logTerm: number
      readonly hash: string
      readonly config: SnapshotConfig | null
      readonly totalBytes: number
      readonly offset: number
      readonly data: Uint8Array
    }
  /** How many bytes of it are here. When all are, an `appendReply` comes instead. */
  | { readonly type: 'snapshotReply'; readonly epochId: string; readonly term: number; readonly index: number; readonly offset: number }
  /** The leader asks its voters to sign a statement. */
  | {
      readonly type: 'certify'
      readonly epochId: string
      readonly term: number
      readonly statement: Statement
      readonly voters: readonly string[]
    }
  /** Signed by the sender, on its way out; the signature has been checked where this comes in. */
  | {
      readonly type: 'certified'
      readonly epochId: string
      readonly term: number
      readonly statement: Statement
      readonly voters: readonly string[]
      readonly signature?: Uint8Array
    }
  /** Asks any peer how the committee came to be what it is. */
  | { readonly type: 'askSteps'; readonly epochId: string; readonly term: number }
  /** Their signatures have been checked where this comes in. */
  | { readonly type: 'steps'; readonly epochId: string; readonly term: number; readonly steps: readonly ConfigStep[] }
  /** Asks any peer for what was committed after an entry; `offset` bytes of the snapshot at `snapshotIndex` are there. */
  | {
      readonly type: 'pull'
      readonly epochId: string
      readonly term: number
      readonly after: number
      readonly snapshotIndex: number
      readonly offset: number
    }
  /** Entries after `after`, on the way to the index of the certificate; null: the sender has none, and so no entries. */
  | {
      readonly type: 'feed'
      readonly epochId: string
      readonly term: number
      readonly after: number
      readonly entries: readonly LogEntry[]
      readonly certificate: Certificate | null
    }
  /** A piece of a snapshot, where the entries that were asked for are compacted away. */
  | {
      readonly type: 'feedSnapshot'
      readonly epochId: string
      readonly term: number
      readonly index: number
      readonly logTerm: number
      readonly hash: string
      readonly config: SnapshotConfig | null
      readonly totalBytes: number
      readonly offset: number
      readonly data: Uint8Array
      readonly certificate: Certificate
    }

/** A claim whose signatures have been checked by whoever hands it to the core. */
export interface Claim {
  readonly epoch: Epoch
  readonly term: number
  readonly leader: string
  readonly voters: readonly string[]
  /** Voters whose signed votes the claim carries; at least a majority of `voters`. */
  readonly signers: readonly string[]
}

export type RaftInput =
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly from: string; readonly message: RaftMessage }
  /** `fromLeader`: the leader itself said it just now; else somebody passed it on. */
  | { readonly type: 'claim'; readonly claim: Claim; readonly fromLeader?: boolean }
  /** This leader claims a term of our line that is over here. */
  | { readonly type: 'stale'; readonly leader: string }
  /** Connected peers of our mesh, and those of them that the leader may promote to voters. */
  | { readonly type: 'followers'; readonly learners: readonly string[]; readonly mayVote: readonly string[] }
  | { readonly type: 'disconnected'; readonly peer: string }
  /** `command: null` changes nothing: when that is committed, this peer led all the while. */
  | { readonly type: 'propose'; readonly id: number; readonly command: Uint8Array | null }
  /** The votes do not prove this leader's claim: voters knew another committee when they signed. */
  | { readonly type: 'unproved'; readonly term: number }
  /** This peer's own signature, in answer to `sign`. */
  | { readonly type: 'signed'; readonly statement: Statement; readonly voters: readonly string[]; readonly signature: Uint8Array }
  /** Gossiped: how far the mesh is. Its author, where that is the leader, knew of nothing newer `ageMs` before. */
  | { readonly type: 'announcement'; readonly from: string; readonly announcement: Announcement }
  /** Graceful leave: hand leadership over, then get out of the committee. */
  | { readonly type: 'leave' }
  /** What the entries of a line up to `index` came to, in answer to `snapshotDue`. */
  | { readonly type: 'snapshotTaken'; readonly epochId: string; readonly index: number; readonly data: Uint8Array }

export interface Announcement {
  readonly commit: Certificate
  /** Now and then. */
  readonly snapshot: Certificate | null
  readonly ageMs: number
}

export interface PersistRequest {
  readonly hard?: HardState
  /** Replaces the snapshot, and deletes the entries up to its `base`; null: there is none any more. */
  readonly snapshot?: StoredSnapshot | null
  /** Delete entries from this index on, before appending. */
  readonly truncateFrom?: number
  readonly append?: readonly LogEntry[]
}

export type RaftEffect =
  /** This peer follows another leader or fence (itself included), or none (`leader: null`). */
  | { readonly type: 'leader'; readonly leader: string | null; readonly fence: Fence }
  | { readonly type: 'proposed'; readonly id: number; readonly index: number; readonly term: number }
  | { readonly type: 'refused'; readonly id: number; readonly leader: string | null }
  | { readonly type: 'committed'; readonly entry: LogEntry }
  /** The log has grown: say what the entries applied so far, up to `index`, came to (`snapshotTaken`). */
  | { readonly type: 'snapshotDue'; readonly epochId: string; readonly index: number }
  /** In the place of the entries up to `index`, which this peer does not get: what they came to. */
  | { readonly type: 'restore'; readonly index: number; readonly data: Uint8Array }
  /** A peer said what no honest one says, or what is out of date. Counted; the message has changed nothing. */
  | { readonly type: 'refusal'; readonly from: string; readonly reason: RefusalReason; readonly detail: string }
  /**
   * The log gives way to another line's: what was applied before must be built anew, its jobs offered to the winner.
   * `abandoned` are the entries that were not applied yet. Some of them may have been acknowledged: after a restart, a peer
   * does not know which of its entries are committed. Keep what they say before `persist` drops them.
   */
  | { readonly type: 'reset'; readonly abandoned: readonly LogEntry[] }
  /** A sender follows an older line: tell it ours. */
  | { readonly type: 'tellClaim'; readonly to: string }
  /** Sign this and say so (`signed`). */
  | { readonly type: 'sign'; readonly statement: Statement; readonly voters: readonly string[] }
  /** Gossip it. */
  | { readonly type: 'announce'; readonly announcement: Announcement }

/**
 * Why a message or a claim was refused. `NOT_A_VOTER`: speaks as voter or leader and is none. `UNKNOWN_COMMITTEE`: a claim
 * whose voters do not follow from the committee known here. `TWO_LEADERS`: the same fence was claimed by another.
 * `LYING_VOTER`: says of its log what cannot be. `FALSE_ENTRIES`: passed on entries, or a snapshot, that are not what the
 * voters have signed.
 */
export type RefusalReason = 'NOT_A_VOTER' | 'UNKNOWN_COMMITTEE' | 'TWO_LEADERS' | 'LYING_VOTER' | 'FALSE_ENTRIES'

/** `persist` must be durable before `messages` are sent and `effects` are run, in this order. */
export interface RaftOutput {
  readonly persist: readonly PersistRequest[]
  readonly messages: readonly { readonly to: string; readonly message: RaftMessage }[]
  readonly effects: readonly RaftEffect[]
}
