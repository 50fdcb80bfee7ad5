/**
 * Identity, votes, log, keys and values and known peers of a tab behind the ports of `protocol/store.ts`. IndexedDB is not
 * synchronous and the ports are: everything is read into a mirror when the store opens, reads come from there, writes
 * change it and go to the disk in order. Only `raft.save` has somebody waiting for the disk, and says when it is done.
 */
import { MemoryStore } from '../../protocol/memory-store.ts'
import type { CachedPeer, HardState, KeyValueStore, PeerCache, RaftChange, RaftSnapshot, RaftStorage, StoredRaft } from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import type { PeerDatabase } from './database.ts'
import { storeErrorOf } from './errors.ts'
import type { WriteQueue } from './write-queue.ts'

const PRIVATE_KEY_BYTES = 32

/** What was on the disk, in memory. Makes the identity on first use. */
export async function loadMirror(database: PeerDatabase): Promise<MemoryStore> {
  const { identity, raftState, raftLog, raftSnapshot, kv, peers } = database
  const read = database.transaction('rw', [identity, raftState, raftLog, raftSnapshot, kv, peers], async () => {
    let key = (await identity.get(1))?.privateKey
    if (key === undefined) {
      key = crypto.getRandomValues(new Uint8Array(PRIVATE_KEY_BYTES))
      // Votes without a name are somebody else's: a new name starts with an empty vote.
      for (const table of [raftState, raftLog, raftSnapshot, kv, peers]) await table.clear()
      await identity.add({ id: 1, privateKey: key })
    }
    const state = await raftState.get(1)
    const snapshot = await raftSnapshot.get(1)
    return { key, state, snapshot, log: await raftLog.orderBy('index').toArray(), values: await kv.toArray(), known: await peers.toArray() }
  })
  const { key, state, snapshot, log, values, known } = await read.catch((error: unknown) => {
    throw storeErrorOf(error, "this peer's identity and votes")
  })
  if (!(key instanceof Uint8Array) || key.byteLength !== PRIVATE_KEY_BYTES) {
    throw new StoreError('CORRUPT', `the stored key of this peer is not ${PRIVATE_KEY_BYTES} bytes long. Clear the data of this site in the browser`)
  }
  const mirror = new MemoryStore({ privateKey: key })
  const hardState = state === undefined ? {} : { hardState: JSON.parse(state.json) as HardState }
  const covered = snapshot === undefined ? {} : { snapshot: { header: JSON.parse(snapshot.header) as RaftSnapshot['header'], data: snapshot.data } }
  mirror.raft.save({ ...hardState, ...covered, append: log })
  for (const { key: name, value } of values) mirror.kv.set(name, value)
  for (const peer of known) mirror.peers.put(peer)
  return mirror
}

interface Parts {
  readonly mirror: MemoryStore
  readonly database: PeerDatabase
  readonly queue: WriteQueue
}

export class TabRaft implements RaftStorage {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Refuses while something could not be written: a peer that started from here would confirm what is not stored. */
  load(): StoredRaft {
    const { failure } = this.#parts.queue
    if (failure !== null) throw failure
    return this.#parts.mirror.raft.load()
  }

  save(change: RaftChange): Promise<void> {
    const { mirror, database, queue } = this.#parts
    const closed = queue.failure?.code === 'CLOSED' ? queue.failure : null
    if (closed !== null) return Promise.reject(closed)
    mirror.raft.save(change)
    const { truncateFrom, compactBelow, hardState, snapshot } = change
    const covered = snapshot == null ? null : { id: 1 as const, header: JSON.stringify(snapshot.header), data: snapshot.data.slice() }
    const rows = change.append?.map(({ index, term, epoch, data }) => ({ index, term, epoch, data: data.slice() })) ?? []
    const json = hardState === undefined ? undefined : JSON.stringify(hardState)
    return queue.addDurable({
      what: "this peer's votes and log",
      apply: async () => {
        if (truncateFrom !== undefined) await database.raftLog.where('index').aboveOrEqual(truncateFrom).delete()
        if (compactBelow !== undefined) await database.raftLog.where('index').below(compactBelow).delete()
        if (rows.length > 0) await database.raftLog.bulkPut(rows)
        if (json !== undefined) await database.raftState.put({ id: 1, json })
        if (covered !== null) await database.raftSnapshot.put(covered)
        else if (snapshot === null) await database.raftSnapshot.clear()
      },
    })
  }
}

export class TabKeyValue implements KeyValueStore {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  get(key: string): Uint8Array | null {
    return this.#parts.mirror.kv.get(key)
  }

  keys(prefix: string): string[] {
    return this.#parts.mirror.kv.keys(prefix)
  }

  set(key: string, value: Uint8Array): void {
    const { mirror, database, queue } = this.#parts
    const copy = value.slice()
    queue.add({ what: `"${key}"`, apply: () => database.kv.put({ key, value: copy }) })
    mirror.kv.set(key, copy)
  }

  delete(key: string): void {
    const { mirror, database, queue } = this.#parts
    queue.add({ what: `"${key}"`, apply: () => database.kv.delete(key) })
    mirror.kv.delete(key)
  }
}

export class TabPeerCache implements PeerCache {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  list(): CachedPeer[] {
    return this.#parts.mirror.peers.list()
  }

  put(peer: CachedPeer): void {
    const { mirror, database, queue } = this.#parts
    const before = mirror.peers.list()
    mirror.peers.put(peer)
    const kept = new Set(mirror.peers.list().map(({ peerId }) => peerId))
    const dropped = [...before, peer].filter(({ peerId }) => !kept.has(peerId)).map(({ peerId }) => peerId)
    const row = { peerId: peer.peerId, addresses: [...peer.addresses], seenAtMs: peer.seenAtMs }
    queue.add({
      what: 'the peers met',
      apply: async () => {
        await database.peers.put(row)
        await database.peers.bulkDelete(dropped)
      },
    })
  }

  delete(peerId: string): void {
    const { mirror, database, queue } = this.#parts
    mirror.peers.delete(peerId)
    queue.add({ what: 'the peers met', apply: () => database.peers.delete(peerId) })
  }
}
