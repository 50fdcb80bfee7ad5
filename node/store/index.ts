/**
 * A peer's data directory: identity, votes, log, keys and values and known peers in one libSQL file, blobs beside it,
 * and a lock that keeps a second peer out.
 *
 * @packageDocumentation
 * @example
 * const store = await openStore(defaultDataDir())
 * const key = await generateKeyPairFromSeed('Ed25519', store.identity.privateKey)
 * store.raft.save({ hardState: { term: 4, votedFor: id } })   // durable on return
 * await store.close()
 */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { PeerStore } from '../../protocol/store.ts'
import { BlobFolder } from './blobs.ts'
import type { SqlFile } from './database.ts'
import { storeErrorOf } from './errors.ts'
import { type DirectoryLock, lockDirectory } from './lock.ts'
import { blobsPath, databasePath } from './paths.ts'
import { openDatabase } from './schema.ts'
import { loadIdentity, SqlKeyValue, SqlPeerCache, SqlRaft } from './tables.ts'

export { isDirectoryLocked } from './lock.ts'
export { defaultDataDir } from './paths.ts'

export interface NodeStore extends PeerStore {
  /** Absolute. */
  readonly dataDir: string
  readonly blobs: BlobFolder
}

export interface OpenStoreOptions {
  /** Sum of all blobs this peer may keep. */
  readonly diskLimitBytes?: number
}

/** Makes the directory and everything in it when it is not there. Fails with a `StoreError` that names the culprit. */
export async function openStore(dataDir: string, options: OpenStoreOptions = {}): Promise<NodeStore> {
  const directory = resolve(dataDir)
  try {
    makeFolder(directory)
  } catch (error) {
    throw storeErrorOf(error, `data directory ${directory}`)
  }
  const lock: DirectoryLock = lockDirectory(directory)
  let file: SqlFile | undefined
  try {
    file = openDatabase(databasePath(directory))
    const blobs = new BlobFolder(blobsPath(directory), options.diskLimitBytes === undefined ? {} : { limitBytes: options.diskLimitBytes })
    await blobs.open()
    const database = file
    let closed = false
    return {
      dataDir: directory,
      identity: loadIdentity(database),
      raft: new SqlRaft(database),
      kv: new SqlKeyValue(database),
      peers: new SqlPeerCache(database),
      blobs,
      async close() {
        if (closed) return
        closed = true
        try {
          database.pragma('wal_checkpoint(TRUNCATE)')
        } catch {
          // Tidiness only: what is in the -wal file is as safe as in the database (a full disk ends here).
        }
        database.close()
        lock.release()
      },
    }
  } catch (error) {
    file?.close()
    lock.release()
    throw error
  }
}

/** Folder by folder: Node's own `recursive` never returns where the file system refuses with ENOENT (/proc). */
export function makeFolder(path: string): void {
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return
  } else if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Made by somebody else between the two.
    if (!(existsSync(path) && statSync(path).isDirectory())) throw error
  }
}
