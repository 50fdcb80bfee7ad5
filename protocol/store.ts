/**
 * What a peer needs of durable storage, as ports: Node fulfils them with libSQL and a folder, a tab with IndexedDB and
 * OPFS, tests and the simulator with memory (`memory-store.ts`). Identity, votes and log live in ONE store: a peer that
 * loses it gets a new identity and an empty vote together, never the old name with an empty vote.
 *
 * In Node everything synchronous here is durable when it returns. A tab's disk is not synchronous: there `raft.save`
 * gives a promise, and a vote may be sent once that has resolved. Writes of `raft`, `kv` and `peers` reach the disk in the
 * order in which they were made, so that a save which is durable has everything before it behind it.
 */

/** One JSON-able object: epoch, term, vote, fence. The store does not look inside. */
export type HardState = Readonly<Record<string, unknown>>

export interface LogEntry {
  readonly index: number
  readonly term: number
  readonly epoch: number
  readonly data: Uint8Array
}

/** What the entries of the log up to some index came to. The store does not look inside. */
export interface RaftSnapshot {
  /** One JSON-able object: which entries it covers, under which committee. */
  readonly header: Readonly<Record<string, unknown>>
  readonly data: Uint8Array
}

export interface RaftChange {
  readonly hardState?: HardState
  /** Takes the place of the snapshot; null: there is none any more. */
  readonly snapshot?: RaftSnapshot | null
  /** Entries with this index and above are dropped (before `append`). */
  readonly truncateFrom?: number
  /** Entries below this index are dropped: the snapshot covers them. */
  readonly compactBelow?: number
  /** Must continue the log without a gap. */
  readonly append?: readonly LogEntry[]
}

export interface StoredRaft {
  readonly hardState: HardState | null
  readonly snapshot: RaftSnapshot | null
  readonly entries: LogEntry[]
}

export interface RaftStorage {
  load(): StoredRaft
  /**
   * All of the change or none of it; durable on return, or once the promise resolves. Throws BAD_LOG at once. Saves may
   * be made one after the other without waiting: they become durable in that order.
   */
  save(change: RaftChange): void | Promise<void>
}

/** The peer's Ed25519 key, made once per store. */
export interface Identity {
  /** 32 bytes: the private key of RFC 8032 (what libp2p calls the seed). */
  readonly privateKey: Uint8Array
}

export interface KeyValueStore {
  get(key: string): Uint8Array | null
  set(key: string, value: Uint8Array): void
  delete(key: string): void
  /** Keys that start with `prefix`, in byte order. */
  keys(prefix: string): string[]
}

/** Where a peer was last reached: how a restarted peer finds its mesh without a bootstrap list. */
export interface CachedPeer {
  readonly peerId: string
  readonly addresses: readonly string[]
  /** Milliseconds since 1970. */
  readonly seenAtMs: number
}

export interface PeerCache {
  /** Most recently seen first. */
  list(): CachedPeer[]
  /** Replaces what was known of this peer. The oldest entries go when there are too many. */
  put(peer: CachedPeer): void
  delete(peerId: string): void
}

/** A blob on its way in, chunk after chunk; what was received survives a restart. */
export interface BlobWriter {
  readonly receivedBytes: number
  /** Appends at `receivedBytes`. */
  append(chunk: Uint8Array): Promise<void>
  /** Checks length and hash; a wrong blob is dropped with CORRUPT. */
  finish(): Promise<void>
  /** Keeps the bytes for a later `openWriter`, or drops them. */
  close(options?: { discard?: boolean }): Promise<void>
}

/** Content by its sha256 (lower-case hex). What is read back has been verified. */
export interface BlobStore {
  put(bytes: Uint8Array): Promise<string>
  get(sha256: string): Promise<Uint8Array>
  has(sha256: string): Promise<boolean>
  /** Byte length, or null where the blob is not here. */
  sizeBytes(sha256: string): Promise<number | null>
  read(sha256: string, offset: number, length: number): Promise<Uint8Array>
  openWriter(sha256: string, sizeBytes: number): Promise<BlobWriter>
  delete(sha256: string): Promise<void>
  list(): Promise<{ sha256: string; sizeBytes: number }[]>
  totalBytes(): Promise<number>
  /** What it may still take: an estimate, within the limit and what the disk has left. */
  roomBytes(): Promise<number>
}

export interface PeerStore {
  readonly identity: Identity
  readonly raft: RaftStorage
  readonly kv: KeyValueStore
  readonly peers: PeerCache
  readonly blobs: BlobStore
  close(): Promise<void>
}

/** Newest peers kept in the cache. A re-join needs a handful; the bound keeps a long-lived relay's file small. */
export const MAX_CACHED_PEERS = 256

const SHA256_HEX = /^[0-9a-f]{64}$/

/** Guards file names and keys made from content hashes that came over the wire. */
export function isSha256(text: string): boolean {
  return SHA256_HEX.test(text)
}
