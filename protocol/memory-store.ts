/**
 * `PeerStore` in memory, for tests and the simulator. It keeps what it was given by copy, so that a caller that goes on
 * writing into a buffer cannot change history; after a simulated crash the peer is given the same store again.
 */
import { sha256 as sha256Of } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type LogRange, rangeAfter } from './raft-log.ts'
import {
  type BlobStore,
  type BlobWriter,
  type CachedPeer,
  type HardState,
  type Identity,
  type KeyValueStore,
  type LogEntry,
  MAX_CACHED_PEERS,
  type PeerCache,
  type PeerStore,
  type RaftChange,
  type RaftSnapshot,
  type RaftStorage,
  type StoredRaft,
} from './store.ts'
import { StoreError } from './store-errors.ts'

export interface MemoryStoreInit {
  /** 32 bytes; random when left out. */
  readonly privateKey?: Uint8Array
}

class MemoryRaft implements RaftStorage {
  /** JSON text, as the durable stores keep it: what does not survive JSON must not seem to survive here. */
  #hardState: string | null = null
  #snapshot: { readonly header: string; readonly data: Uint8Array } | null = null
  #entries: LogEntry[] = []

  load(): StoredRaft {
    return {
      snapshot: this.#snapshot === null ? null : { header: JSON.parse(this.#snapshot.header) as RaftSnapshot['header'], data: this.#snapshot.data.slice() },
      hardState: this.#hardState === null ? null : (JSON.parse(this.#hardState) as HardState),
      entries: this.#entries.map((entry) => ({ ...entry, data: entry.data.slice() })),
    }
  }

  save(change: RaftChange): void {
    const first = this.#entries[0]
    const range: LogRange | null = first ? { first: first.index, last: first.index + this.#entries.length - 1 } : null
    rangeAfter(range, change)
    let entries = this.#entries
    if (change.truncateFrom !== undefined) entries = entries.filter((entry) => entry.index < (change.truncateFrom as number))
    if (change.compactBelow !== undefined) entries = entries.filter((entry) => entry.index >= (change.compactBelow as number))
    if (change.append?.length) {
      // In place where nothing was dropped: the simulator appends millions of entries.
      if (entries === this.#entries) entries.push(...change.append.map(copyOf))
      else entries = [...entries, ...change.append.map(copyOf)]
    }
    this.#entries = entries
    if (change.hardState !== undefined) this.#hardState = JSON.stringify(change.hardState)
    if (change.snapshot !== undefined) {
      const { snapshot } = change
      this.#snapshot = snapshot === null ? null : { header: JSON.stringify(snapshot.header), data: snapshot.data.slice() }
    }
  }
}

class MemoryKeyValue implements KeyValueStore {
  readonly #values = new Map<string, Uint8Array>()

  get(key: string): Uint8Array | null {
    return this.#values.get(key)?.slice() ?? null
  }

  set(key: string, value: Uint8Array): void {
    this.#values.set(key, value.slice())
  }

  delete(key: string): void {
    this.#values.delete(key)
  }

  keys(prefix: string): string[] {
    return [...this.#values.keys()].filter((key) => key.startsWith(prefix)).sort()
  }
}

class MemoryPeerCache implements PeerCache {
  readonly #peers = new Map<string, CachedPeer>()

  list(): CachedPeer[] {
    return [...this.#peers.values()].sort((a, b) => b.seenAtMs - a.seenAtMs || (a.peerId < b.peerId ? -1 : 1))
  }

  put(peer: CachedPeer): void {
    this.#peers.set(peer.peerId, { ...peer, addresses: [...peer.addresses] })
    for (const old of this.list().slice(MAX_CACHED_PEERS)) this.#peers.delete(old.peerId)
  }

  delete(peerId: string): void {
    this.#peers.delete(peerId)
  }
}

/** A figure for tests: nothing holds it to that. */
const MEMORY_ROOM_BYTES = 2 ** 30

class MemoryBlobs implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #partial = new Map<string, Uint8Array>()

  async put(bytes: Uint8Array): Promise<string> {
    const hash = bytesToHex(sha256Of(bytes))
    if (!this.#blobs.has(hash)) this.#blobs.set(hash, bytes.slice())
    return hash
  }

  async get(sha256: string): Promise<Uint8Array> {
    return this.#mustHave(sha256).slice()
  }

  async has(sha256: string): Promise<boolean> {
    return this.#blobs.has(sha256)
  }

  async sizeBytes(sha256: string): Promise<number | null> {
    return this.#blobs.get(sha256)?.byteLength ?? null
  }

  async read(sha256: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#mustHave(sha256).slice(offset, offset + length)
  }

  async openWriter(sha256: string, sizeBytes: number): Promise<BlobWriter> {
    const partial = this.#partial
    const blobs = this.#blobs
    let received = partial.get(sha256) ?? new Uint8Array()
    return {
      get receivedBytes() {
        return received.byteLength
      },
      async append(chunk) {
        if (received.byteLength + chunk.byteLength > sizeBytes) throw tooLong(sha256, sizeBytes)
        const joined = new Uint8Array(received.byteLength + chunk.byteLength)
        joined.set(received)
        joined.set(chunk, received.byteLength)
        received = joined
      },
      async finish() {
        const bytes = received
        partial.delete(sha256)
        received = new Uint8Array()
        if (bytes.byteLength !== sizeBytes || bytesToHex(sha256Of(bytes)) !== sha256) throw wrongContent(sha256)
        blobs.set(sha256, bytes)
      },
      async close(options) {
        if (options?.discard || blobs.has(sha256)) partial.delete(sha256)
        else partial.set(sha256, received)
      },
    }
  }

  async delete(sha256: string): Promise<void> {
    this.#blobs.delete(sha256)
  }

  async list(): Promise<{ sha256: string; sizeBytes: number }[]> {
    return [...this.#blobs].map(([sha256, bytes]) => ({ sha256, sizeBytes: bytes.byteLength })).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  }

  async totalBytes(): Promise<number> {
    let total = 0
    for (const bytes of this.#blobs.values()) total += bytes.byteLength
    return total
  }

  async roomBytes(): Promise<number> {
    return MEMORY_ROOM_BYTES - (await this.totalBytes())
  }

  #mustHave(sha256: string): Uint8Array {
    const bytes = this.#blobs.get(sha256)
    if (bytes === undefined) throw new StoreError('BLOB_MISSING', `no blob ${sha256} here`, { sha256 })
    return bytes
  }
}

export class MemoryStore implements PeerStore {
  readonly identity: Identity
  readonly raft = new MemoryRaft()
  readonly kv = new MemoryKeyValue()
  readonly peers = new MemoryPeerCache()
  readonly blobs = new MemoryBlobs()

  constructor(init: MemoryStoreInit = {}) {
    this.identity = { privateKey: init.privateKey ?? crypto.getRandomValues(new Uint8Array(32)) }
  }

  async close(): Promise<void> {}
}

export function wrongContent(sha256: string): StoreError {
  return new StoreError('CORRUPT', `blob ${sha256}: the bytes received have another hash or length`, { sha256 })
}

export function tooLong(sha256: string, sizeBytes: number): StoreError {
  return new StoreError('CORRUPT', `blob ${sha256}: more bytes were received than its ${sizeBytes}`, { sha256, sizeBytes })
}

function copyOf(entry: LogEntry): LogEntry {
  return { ...entry, data: entry.data.slice() }
}
