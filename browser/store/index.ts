/**
 * The storage of a tab: the peer's part (identity, votes, log, keys and values, known peers: IndexedDB, strict), blobs
 * (the browser's private file system) and the page's part (settings, metrics and so on: IndexedDB, relaxed).
 *
 * @packageDocumentation
 * @example
 * const lock = await takeTabLock({ name: mesh, onMayTakeOver: () => … })
 * const page = await openPageStore({ onNotice })
 * const store = await openTabStore({ name: mesh, role: lock.role.value, page, onNotice })
 * await store.raft.save({ hardState: { term: 4, votedFor: id } })   // durable when it resolves
 * addEventListener('pagehide', () => void store.flush())
 */
import { Dexie } from 'dexie'
import { MemoryStore } from '../../protocol/memory-store.ts'
import type { Identity, KeyValueStore, PeerCache, PeerStore, RaftStorage } from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import type { BlobFiles } from './blob-files.ts'
import { TabBlobs } from './blobs.ts'
import { BlobDatabase, type DatabaseSurroundings, type NoticeListener, openDatabase, PeerDatabase } from './database.ts'
import { storeErrorOf } from './errors.ts'
import { deleteOpfs, hasOpfs, OpfsFiles } from './opfs-files.ts'
import { openPageStore, type PageStore } from './page-store.ts'
import { loadMirror, TabKeyValue, TabPeerCache, TabRaft } from './peer-tables.ts'
import type { TabRole } from './tab-lock.ts'
import { TableFiles } from './table-files.ts'
import { ViewerFiles } from './viewer-files.ts'
import { closedError, WriteQueue } from './write-queue.ts'

export { TabBlobs } from './blobs.ts'
export type { NoticeListener, StoreNotice } from './database.ts'
export { openPageStore, type PageStore } from './page-store.ts'
export { dayOf } from './page-tables.ts'
export { persistStorage, storageEstimate } from './quota.ts'
export { openTabChannel, type TabChannel, type TabMessage } from './tab-channel.ts'
export { type TabLock, type TabRole, takeTabLock } from './tab-lock.ts'

export interface TabStore extends PeerStore {
  readonly name: string
  readonly role: TabRole
  readonly blobs: TabBlobs
  readonly page: PageStore
  /** Resolves when everything written so far is durable; rejects with the reason when something is not. */
  flush(): Promise<void>
}

export interface OpenTabStoreOptions {
  /** One identity, one vote and one log per name: put the mesh's name into it. Blobs and the page's part are shared. */
  readonly name: string
  /**
   * `contributor` (default): the stored identity; only while holding the tab lock of this name. `viewer`: an identity,
   * votes and log in memory, forgotten with the tab; blobs are those of this browser.
   */
  readonly role?: TabRole
  /** Stays the caller's to close; opened (and closed) here when left out. */
  readonly page?: PageStore
  /** Sum of all blobs this tab may keep. */
  readonly diskLimitBytes?: number
  readonly onNotice?: NoticeListener
  readonly signal?: AbortSignal
  /** Tests: other databases than the browser's own. Blobs lie in them too. */
  readonly surroundings?: DatabaseSurroundings
}

/** Makes what is not there. Fails with a `StoreError` that names the culprit, and leaves nothing open then. */
export async function openTabStore(options: OpenTabStoreOptions): Promise<TabStore> {
  const { name, role = 'contributor', onNotice = () => {}, signal, surroundings } = options
  if (name === '') throw new StoreError('UNWRITABLE', 'the storage of a tab needs a name')
  const closers: (() => void)[] = []
  try {
    const page = options.page ?? (await openPageStore({ onNotice, signal, surroundings }))
    if (options.page === undefined) closers.push(() => page.close())
    const files = await openFiles(onNotice, signal, surroundings)
    closers.push(() => files.close())
    const blobs = new TabBlobs(role === 'viewer' ? new ViewerFiles(files) : files, { limitBytes: options.diskLimitBytes })
    const parts = role === 'viewer' ? viewerParts() : await contributorParts(options, onNotice, closers)
    signal?.throwIfAborted()
    let closing: Promise<void> | null = null
    return {
      name,
      role,
      page,
      identity: parts.identity,
      raft: parts.raft,
      kv: parts.kv,
      peers: parts.peers,
      blobs,
      flush: parts.flush,
      close() {
        closing ??= parts.flush().finally(() => {
          for (const close of closers.splice(0).reverse()) close()
        })
        return closing
      },
    }
  } catch (error) {
    for (const close of closers.reverse()) close()
    throw error
  }
}

/**
 * Deletes everything this site has stored for `name` and, with `everything`, all names, blobs and the page's part. Close the
 * store first; other tabs are made to close theirs (`closed`). What was contributed under the old identity stays its own.
 */
export async function deleteTabStore(
  name: string,
  options: { readonly everything?: boolean; readonly surroundings?: DatabaseSurroundings } = {},
): Promise<void> {
  const { surroundings, everything = false } = options
  const own = new PeerDatabase(name, surroundings).name
  try {
    const known = everything ? (await (surroundings?.indexedDB ?? indexedDB).databases()).map((database) => database.name ?? '') : []
    for (const database of new Set([own, ...known.filter((other) => other.startsWith('cyxwiz:'))])) {
      await new Dexie(database, { ...surroundings }).delete()
    }
  } catch (error) {
    throw storeErrorOf(error, 'deleting what this site has stored')
  }
  if (everything && surroundings === undefined && (await hasOpfs())) await deleteOpfs()
}

interface PeerParts {
  readonly identity: Identity
  readonly raft: RaftStorage
  readonly kv: KeyValueStore
  readonly peers: PeerCache
  readonly flush: () => Promise<void>
}

function viewerParts(): PeerParts {
  const { identity, raft, kv, peers } = new MemoryStore()
  return { identity, raft, kv, peers, flush: () => Promise.resolve() }
}

async function contributorParts(options: OpenTabStoreOptions, onNotice: NoticeListener, closers: (() => void)[]): Promise<PeerParts> {
  const { name, signal, surroundings } = options
  const what = 'the storage of this peer'
  const database = new PeerDatabase(name, surroundings)
  const queue = new WriteQueue((apply) => inOneTransaction(database, apply), onNotice)
  closers.push(() => {
    queue.close(closedError(what))
    database.close()
  })
  const closed = (notice: Parameters<NoticeListener>[0]): void => {
    // Closed from outside: no promise may be kept waiting for a disk that is not there any more.
    if (notice.kind === 'closed') queue.close(closedError(what))
    onNotice(notice)
  }
  await openDatabase(database, { what, onNotice: closed, signal })
  const mirror = await loadMirror(database)
  const parts = { mirror, database, queue }
  return {
    identity: mirror.identity,
    raft: new TabRaft(parts),
    kv: new TabKeyValue(parts),
    peers: new TabPeerCache(parts),
    flush: () => queue.flush(),
  }
}

function inOneTransaction(database: PeerDatabase, apply: () => Promise<void>): Promise<void> {
  const { raftState, raftLog, raftSnapshot, kv, peers } = database
  return Promise.resolve(database.transaction('rw', [raftState, raftLog, raftSnapshot, kv, peers], apply))
}

async function openFiles(onNotice: NoticeListener, signal?: AbortSignal, surroundings?: DatabaseSurroundings): Promise<BlobFiles> {
  if (surroundings === undefined && (await hasOpfs())) return OpfsFiles.open()
  const database = new BlobDatabase(surroundings)
  await openDatabase(database, { what: 'the storage for weights and data', onNotice, signal })
  return new TableFiles(database)
}
