/**
 * The databases of a tab and their schemas. Three, because what they promise differs:
 *
 * - `peer`, one per data name: identity, votes, log, keys and values, known peers. Strict durability: a commit is on the
 *   disk before it is reported. All in one, so that a browser that clears it takes the name together with the promises.
 * - `page`, one per site: settings, recent meshes, metrics, drafts, projects, totals. Relaxed.
 * - `blobs`, one per site: content, only where the browser has no file system for it (OPFS).
 *
 * A schema is changed by adding a version, never by editing one. A tab that finds its database being upgraded by a newer
 * page closes it and says so; one that finds a newer schema refuses to write into it.
 */
import { type ChromeTransactionDurability, Dexie, type DexieOptions, type EntityTable, type Table } from 'dexie'
import { StoreError } from '../../protocol/store-errors.ts'
import type { MetricName } from '../metrics/types.ts'
import { storeErrorOf } from './errors.ts'

/** What a person should hear about the storage; `closed` and `failing` mean that nothing is saved any more. */
export interface StoreNotice {
  /**
   * `blocked`: another tab holds an older version open, close it. `closed`: this tab's storage was closed from outside.
   * `failing`: a write was refused; it is kept and tried again with the next. `recovered`: it went through.
   */
  readonly kind: 'blocked' | 'closed' | 'failing' | 'recovered'
  readonly message: string
  readonly error?: StoreError
}

export type NoticeListener = (notice: StoreNotice) => void

/** Where databases live; tests give others than the browser's own. */
export interface DatabaseSurroundings {
  readonly indexedDB: IDBFactory
  readonly IDBKeyRange: typeof globalThis.IDBKeyRange
}

function optionsOf(durability: ChromeTransactionDurability, surroundings: DatabaseSurroundings | undefined): DexieOptions {
  // autoOpen off: a write after closing must fail, not quietly open the database again.
  return { autoOpen: false, cache: 'disabled', chromeTransactionDurability: durability, ...surroundings }
}

// ---- peer ----

export interface LogRow {
  readonly index: number
  readonly term: number
  readonly epoch: number
  readonly data: Uint8Array
}

export class PeerDatabase extends Dexie {
  declare readonly identity: Table<{ readonly id: 1; readonly privateKey: Uint8Array }, 1>
  declare readonly raftState: Table<{ readonly id: 1; readonly json: string }, 1>
  declare readonly raftLog: Table<LogRow, number>
  declare readonly raftSnapshot: Table<{ readonly id: 1; readonly header: string; readonly data: Uint8Array }, 1>
  declare readonly kv: Table<{ readonly key: string; readonly value: Uint8Array }, string>
  declare readonly peers: Table<{ readonly peerId: string; readonly addresses: readonly string[]; readonly seenAtMs: number }, string>

  constructor(name: string, surroundings?: DatabaseSurroundings) {
    super(`cyxwiz:peer:${name}`, optionsOf('strict', surroundings))
    this.version(1).stores({ identity: 'id', raftState: 'id', raftLog: 'index', kv: 'key', peers: 'peerId' })
    this.version(2).stores({ raftSnapshot: 'id' })
  }
}

// ---- page ----

export interface MetricChunkRow {
  /** Ascending in the order of appending; steps are not (a new attempt begins again). */
  id: number
  readonly jobId: string
  readonly metric: MetricName
  readonly peer: string
  /** The lowest step of the chunk. */
  readonly startStep: number
  /** The highest one. */
  readonly endStep: number
  readonly step: Float64Array
  readonly samples: Float64Array
  readonly timeMs: Float64Array
  readonly value: Float64Array
}

export interface MetricMarkRow {
  id: number
  readonly jobId: string
  readonly mark: unknown
}

export interface MetricJobRow {
  readonly jobId: string
  readonly points: number
  readonly updatedAtMs: number
}

/** A row whose meaning belongs to the table's class. */
export interface ValueRow {
  readonly key: string
  readonly value: unknown
  readonly changedAtMs: number
}

export class PageDatabase extends Dexie {
  declare readonly settings: Table<ValueRow, string>
  declare readonly meshes: Table<ValueRow, string>
  declare readonly drafts: Table<ValueRow, string>
  declare readonly projects: Table<ValueRow, string>
  declare readonly contributions: Table<ValueRow, string>
  declare readonly metricChunks: EntityTable<MetricChunkRow, 'id'>
  declare readonly metricMarks: EntityTable<MetricMarkRow, 'id'>
  declare readonly metricJobs: Table<MetricJobRow, string>

  constructor(surroundings?: DatabaseSurroundings) {
    super('cyxwiz:page', optionsOf('relaxed', surroundings))
    this.version(1).stores({
      settings: 'key',
      meshes: 'key, changedAtMs',
      drafts: 'key, changedAtMs',
      projects: 'key, changedAtMs',
      contributions: 'key',
      metricChunks: '++id, [jobId+metric+peer+startStep]',
      metricMarks: '++id, jobId',
      metricJobs: 'jobId, updatedAtMs',
    })
  }
}

// ---- blobs ----

export class BlobDatabase extends Dexie {
  declare readonly info: Table<{ readonly sha256: string; readonly sizeBytes: number; readonly modifiedMs: number }, string>
  declare readonly content: Table<{ readonly sha256: string; readonly bytes: Uint8Array }, string>
  /** Pieces of blobs that are still arriving. */
  declare readonly pieces: Table<{ readonly sha256: string; readonly offset: number; readonly sizeBytes: number; readonly bytes: Uint8Array }, [string, number]>
  declare readonly pieceInfo: Table<
    { readonly sha256: string; readonly offset: number; readonly sizeBytes: number; readonly modifiedMs: number },
    [string, number]
  >

  constructor(surroundings?: DatabaseSurroundings) {
    super('cyxwiz:blobs', optionsOf('relaxed', surroundings))
    // Sizes lie apart from bytes: a list must not read every blob.
    this.version(1).stores({ info: 'sha256', content: 'sha256', pieces: '[sha256+offset]', pieceInfo: '[sha256+offset], sha256' })
  }
}

// ---- opening ----

export interface OpenDatabaseOptions {
  /** Opens messages: "the storage of this peer". */
  readonly what: string
  readonly onNotice: NoticeListener
  readonly signal?: AbortSignal
}

/** Opens, or fails with a `StoreError` that says why. Waits where another tab holds an older version, and says so. */
export async function openDatabase(database: Dexie, { what, onNotice, signal }: OpenDatabaseOptions): Promise<void> {
  signal?.throwIfAborted()
  const known = Math.round(database.verno * 10)
  let closing = false
  database.on('blocked', () => onNotice({ kind: 'blocked', message: `${what}: another tab runs an older version of this page. Close it to go on` }))
  database.on('versionchange', () => {
    closing = true
    database.close()
    onNotice({ kind: 'closed', message: `${what} was closed: a newer version of this page, or a request to clear the data, needs it. Reload this page` })
    return undefined
  })
  const cancel = (): void => database.close()
  signal?.addEventListener('abort', cancel)
  try {
    await database.open()
  } catch (error) {
    database.close()
    signal?.throwIfAborted()
    throw storeErrorOf(error, what)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
  const native = database.backendDB()
  // Dexie opens what is newer than it knows; writing into it could break what the newer page relies on.
  if (native.version > known) {
    const found = native.version
    closing = true
    database.close()
    throw new StoreError(
      'NEWER_SCHEMA',
      `${what}: it was written by a newer version of this page (schema ${found}, this one knows ${known}). Reload the page`,
      {
        found,
        known,
      },
    )
  }
  // Only the browser itself fires this: somebody cleared the data of the site, or the disk failed.
  native.addEventListener('close', () => {
    if (!closing) onNotice({ kind: 'closed', message: `${what} was closed by the browser: its data was cleared or the disk failed. Reload this page` })
  })
}
