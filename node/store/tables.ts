/**
 * The tables of a peer's database behind the ports of `protocol/store.ts`. Every call that writes is one transaction.
 */
import { randomBytes } from 'node:crypto'
import { type LogRange, rangeAfter } from '../../protocol/raft-log.ts'
import {
  type CachedPeer,
  type HardState,
  type Identity,
  type KeyValueStore,
  MAX_CACHED_PEERS,
  type PeerCache,
  type RaftChange,
  type RaftSnapshot,
  type RaftStorage,
  type StoredRaft,
} from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import { bytesOf, type SqlFile } from './database.ts'

const PRIVATE_KEY_BYTES = 32

/** Makes the key on first use. Invariant: called only while the directory lock is held. */
export function loadIdentity(file: SqlFile): Identity {
  const row = file.first('SELECT private_key FROM identity WHERE id = 1')
  if (row === null) {
    const privateKey = new Uint8Array(randomBytes(PRIVATE_KEY_BYTES))
    file.run('INSERT INTO identity VALUES (1, ?)', [privateKey])
    return { privateKey }
  }
  const privateKey = bytesOf(row.private_key)
  if (privateKey.byteLength !== PRIVATE_KEY_BYTES) {
    throw new StoreError('CORRUPT', `${file.path}: the stored key has ${privateKey.byteLength} bytes, expected ${PRIVATE_KEY_BYTES}`)
  }
  return { privateKey }
}

export class SqlRaft implements RaftStorage {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  load(): StoredRaft {
    const snapshot = this.#file.first('SELECT header, data FROM raft_snapshot WHERE id = 1')
    const row = this.#file.first('SELECT hard_state FROM raft_state WHERE id = 1')
    const entries = this.#file.all('SELECT position, term, epoch, data FROM raft_log ORDER BY position').map((entry) => ({
      index: Number(entry.position),
      term: Number(entry.term),
      epoch: Number(entry.epoch),
      data: bytesOf(entry.data),
    }))
    return {
      hardState: row === null ? null : (JSON.parse(String(row.hard_state)) as HardState),
      snapshot: snapshot === null ? null : { header: JSON.parse(String(snapshot.header)) as RaftSnapshot['header'], data: bytesOf(snapshot.data) },
      entries,
    }
  }

  save(change: RaftChange): void {
    rangeAfter(this.#range(), change)
    this.#file.transaction(() => {
      if (change.truncateFrom !== undefined) this.#file.run('DELETE FROM raft_log WHERE position >= ?', [change.truncateFrom])
      if (change.compactBelow !== undefined) this.#file.run('DELETE FROM raft_log WHERE position < ?', [change.compactBelow])
      for (const entry of change.append ?? []) {
        this.#file.run('INSERT INTO raft_log VALUES (?, ?, ?, ?)', [entry.index, entry.term, entry.epoch, entry.data])
      }
      if (change.snapshot === null) this.#file.run('DELETE FROM raft_snapshot')
      else if (change.snapshot !== undefined) {
        this.#file.run('INSERT OR REPLACE INTO raft_snapshot VALUES (1, ?, ?)', [JSON.stringify(change.snapshot.header), change.snapshot.data])
      }
      if (change.hardState !== undefined) {
        this.#file.run('INSERT OR REPLACE INTO raft_state VALUES (1, ?)', [JSON.stringify(change.hardState)])
      }
    })
  }

  #range(): LogRange | null {
    const row = this.#file.first('SELECT min(position) AS first, max(position) AS last FROM raft_log')
    if (row === null || row.first === null) return null
    return { first: Number(row.first), last: Number(row.last) }
  }
}

export class SqlKeyValue implements KeyValueStore {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  get(key: string): Uint8Array | null {
    const row = this.#file.first('SELECT value FROM kv WHERE key = ?', [key])
    return row === null ? null : bytesOf(row.value)
  }

  set(key: string, value: Uint8Array): void {
    this.#file.run('INSERT OR REPLACE INTO kv VALUES (?, ?)', [key, value])
  }

  delete(key: string): void {
    this.#file.run('DELETE FROM kv WHERE key = ?', [key])
  }

  keys(prefix: string): string[] {
    return this.#file.all('SELECT key FROM kv WHERE substr(key, 1, length(?1)) = ?1 ORDER BY key', [prefix]).map((row) => String(row.key))
  }
}

export class SqlPeerCache implements PeerCache {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  list(): CachedPeer[] {
    return this.#file.all('SELECT peer_id, addresses, seen_at_ms FROM peers ORDER BY seen_at_ms DESC, peer_id').map((row) => ({
      peerId: String(row.peer_id),
      addresses: JSON.parse(String(row.addresses)) as string[],
      seenAtMs: Number(row.seen_at_ms),
    }))
  }

  put(peer: CachedPeer): void {
    this.#file.transaction(() => {
      this.#file.run('INSERT OR REPLACE INTO peers VALUES (?, ?, ?)', [peer.peerId, JSON.stringify(peer.addresses), peer.seenAtMs])
      this.#file.run(`DELETE FROM peers WHERE peer_id IN (SELECT peer_id FROM peers ORDER BY seen_at_ms DESC, peer_id LIMIT -1 OFFSET ${MAX_CACHED_PEERS})`)
    })
  }

  delete(peerId: string): void {
    this.#file.run('DELETE FROM peers WHERE peer_id = ?', [peerId])
  }
}
