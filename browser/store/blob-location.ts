/**
 * Where a blob lies, as a string that the page can hand to its compute Worker, and how the Worker opens it: by itself,
 * without a copy through the page. Imports neither Dexie nor anything of the page: the Worker takes this file alone.
 *
 *   opfs:cyxwiz-blobs/<sha256>     a file of the origin private file system
 *   idb:cyxwiz:blobs/<sha256>      a row of the fallback database
 */
import { isSha256 } from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import { nameOf, storeErrorOf } from './errors.ts'
import { hashOfBytes } from './hash.ts'

export const OPFS_SCHEME = 'opfs:'
export const TABLE_SCHEME = 'idb:'

/** Reads and verifies the whole blob. The bytes are the caller's. Works in a Worker and on the page. */
export async function readBlobInWorker(location: string): Promise<Uint8Array> {
  const { scheme, place, sha256 } = parseLocation(location)
  const bytes = await (scheme === OPFS_SCHEME ? readFile(place, sha256) : readRow(place, sha256)).catch((error: unknown) => {
    if (nameOf(error) === 'NotFoundError') throw missing(sha256, error)
    throw storeErrorOf(error, `blob ${sha256}`)
  })
  if ((await hashOfBytes(bytes)) !== sha256) throw new StoreError('CORRUPT', `blob ${sha256} is damaged: its bytes have another hash`, { sha256 })
  return bytes
}

function parseLocation(location: string): { scheme: string; place: string; sha256: string } {
  const scheme = [OPFS_SCHEME, TABLE_SCHEME].find((known) => location.startsWith(known))
  const slash = location.lastIndexOf('/')
  const sha256 = location.slice(slash + 1)
  if (scheme === undefined || slash < scheme.length || !isSha256(sha256)) {
    throw new StoreError('BLOB_MISSING', `${JSON.stringify(location.slice(0, 120))} is not a place of a blob in this browser`)
  }
  return { scheme, place: location.slice(scheme.length, slash), sha256 }
}

async function readFile(folder: string, sha256: string): Promise<Uint8Array> {
  const root = await navigator.storage.getDirectory()
  const file = await (await (await root.getDirectoryHandle(folder)).getFileHandle(sha256)).getFile()
  return new Uint8Array(await file.arrayBuffer())
}

function readRow(databaseName: string, sha256: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(databaseName)
    // It was not there: do not leave an empty one behind.
    opening.onupgradeneeded = () => opening.transaction?.abort()
    opening.onerror = () => reject(opening.error?.name === 'AbortError' ? missing(sha256, opening.error) : opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      database.onversionchange = () => database.close()
      const reading = database.transaction('content', 'readonly').objectStore('content').get(sha256)
      reading.onerror = () => {
        database.close()
        reject(reading.error)
      }
      reading.onsuccess = () => {
        database.close()
        const row = reading.result as { readonly bytes: Uint8Array } | undefined
        if (row === undefined) reject(missing(sha256))
        else resolve(row.bytes)
      }
    }
  })
}

function missing(sha256: string, cause?: unknown): StoreError {
  return new StoreError('BLOB_MISSING', `no blob ${sha256} here`, { sha256 }, { cause })
}
