/**
 * The tables of a peer's database behind the ports of `protocol/store.ts`. Every call that writes is one transaction; what
 * is read back is checked, and damage ends in CORRUPT that says what is bad.
 */
import { randomBytes } from 'node:crypto'
import { rangeAfter } from '../../protocol/raft-log.ts'
import {
  type CachedPeer,
  type HardState,
  type Identity,
  type KeyValueStore,
  type LogEntry,
  MAX_CACHED_PEERS,
  type PeerCache,
  type RaftChange,
  type RaftSnapshot,
  type RaftStorage,
  type StoredRaft,
} from '../../protocol/store.ts'
import { sumOf } from './checksums.ts'
import { bytesOf, type SqlFile } from './database.ts'
import { damaged } from './errors.ts'
import { readSeal, type Seal, writeSeal } from './seal.ts'

const PRIVATE_KEY_BYTES = 32

/** Makes the key on first use. Invariant: called only while the directory lock is held. */
export function loadIdentity(file: SqlFile): Identity {
  const row = file.first('SELECT private_key, sum FROM identity WHERE id = 1')
  if (row === null) {
    const privateKey = new Uint8Array(randomBytes(PRIVATE_KEY_BYTES))
    file.run('INSERT INTO identity VALUES (1, ?, ?)', [privateKey, sumOf(privateKey)])
    return { privateKey }
  }
  const privateKey = bytesOf(row.private_key)
  if (privateKey.byteLength !== PRIVATE_KEY_BYTES || sumOf(privateKey) !== row.sum) throw damaged(file.path, 'the key of this peer is bad')
  return { privateKey }
}

export class SqlRaft implements RaftStorage {
  readonly #file: SqlFile
  /** As it stands in the database; null: not read yet, or not known after a failure. */
  #seal: Seal | null = null

  constructor(file: SqlFile) {
    this.#file = file
  }

  load(): StoredRaft {
    const seal = readSeal(this.#file)
    const hardState = this.#hardState(seal)
    const snapshot = this.#snapshot(seal)
    const entries = this.#file.all('SELECT position, term, epoch, data, sum FROM raft_log ORDER BY position').map(({ position, term, epoch, data, sum }) => {
      const entry = { index: Number(position), term: Number(term), epoch: Number(epoch), data: bytesOf(data) }
      if (entrySum(entry) !== sum) throw damaged(this.#file.path, `entry ${entry.index} of its log is bad`)
      return entry
    })
    const { range } = seal
    const whole = range === null ? entries.length === 0 : entries.length === range.last - range.first + 1
    if (!whole || entries.some(({ index }, i) => index !== (range?.first ?? 0) + i)) {
      throw damaged(this.#file.path, `${entries.length} entries are in its log, there should be ${range === null ? 'none' : `${range.first} to ${range.last}`}`)
    }
    this.#seal = seal
    return { hardState, snapshot, entries }
  }

  save(change: RaftChange): void {
    const before = this.#seal ?? readSeal(this.#file)
    const hardState = change.hardState === undefined ? undefined : JSON.stringify(change.hardState)
    const header = change.snapshot == null ? undefined : JSON.stringify(change.snapshot.header)
    const seal: Seal = {
      range: rangeAfter(before.range, change),
      state: hardState === undefined ? before.state : sumOf(hardState),
      snapshot: change.snapshot === undefined ? before.snapshot : change.snapshot === null ? null : sumOf(header as string, change.snapshot.data),
    }
    this.#seal = null
    this.#file.transaction(() => {
      if (change.truncateFrom !== undefined) this.#file.run('DELETE FROM raft_log WHERE position >= ?', [change.truncateFrom])
      if (change.compactBelow !== undefined) this.#file.run('DELETE FROM raft_log WHERE position < ?', [change.compactBelow])
      for (const entry of change.append ?? []) {
        this.#file.run('INSERT INTO raft_log VALUES (?, ?, ?, ?, ?)', [entry.index, entry.term, entry.epoch, entry.data, entrySum(entry)])
      }
      if (change.snapshot === null) this.#file.run('DELETE FROM raft_snapshot')
      else if (change.snapshot !== undefined) {
        this.#file.run('INSERT OR REPLACE INTO raft_snapshot VALUES (1, ?, ?, ?)', [header as string, change.snapshot.data, seal.snapshot])
      }
      if (hardState !== undefined) this.#file.run('INSERT OR REPLACE INTO raft_state VALUES (1, ?, ?)', [hardState, seal.state])
      writeSeal(this.#file, seal)
    })
    this.#seal = seal
  }

  #hardState({ state }: Seal): HardState | null {
    const row = this.#file.first('SELECT hard_state, sum FROM raft_state WHERE id = 1')
    const text = row === null ? null : String(row.hard_state)
    if ((row?.sum ?? null) !== state || (text !== null && sumOf(text) !== state)) throw damaged(this.#file.path, 'the vote of this peer is bad')
    return text === null ? null : (JSON.parse(text) as HardState)
  }

  #snapshot({ snapshot }: Seal): RaftSnapshot | null {
    const row = this.#file.first('SELECT header, data, sum FROM raft_snapshot WHERE id = 1')
    if ((row?.sum ?? null) !== snapshot) throw damaged(this.#file.path, 'its snapshot is not the one that was saved')
    if (row === null) return null
    const header = String(row.header)
    const data = bytesOf(row.data)
    if (sumOf(header, data) !== snapshot) throw damaged(this.#file.path, 'its snapshot is bad')
    return { header: JSON.parse(header) as RaftSnapshot['header'], data }
  }
}

function entrySum({ index, term, epoch, data }: LogEntry): string {
  return sumOf(index, term, epoch, data)
}

export class SqlKeyValue implements KeyValueStore {
  readonly #file: SqlFile

  constructor(file: SqlFile) {
    this.#file = file
  }

  get(key: string): Uint8Array | null {
    const row = this.#file.first('SELECT value, sum FROM kv WHERE key = ?', [key])
    if (row === null) return null
    const value = bytesOf(row.value)
    if (sumOf(key, value) !== row.sum) throw damaged(this.#file.path, `what is stored under ${JSON.stringify(key)} is bad`)
    return value
  }

  set(key: string, value: Uint8Array): void {
    this.#file.run('INSERT OR REPLACE INTO kv VALUES (?, ?, ?)', [key, value, sumOf(key, value)])
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
