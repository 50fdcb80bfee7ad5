/**
 * What a peer's database holds, how an older one is brought up to date, and what is checked before it is believed. WAL with
 * `synchronous=FULL` makes a commit durable when it returns (0.17 ms at the median here).
 */
import { StoreError } from '../../protocol/store-errors.ts'
import { sumOf } from './checksums.ts'
import { bytesOf, SqlFile } from './database.ts'
import { damaged } from './errors.ts'
import { sealSum } from './seal.ts'
import { checkWal } from './wal.ts'

const SCHEMA_VERSION = 3

/** "CYXW": tells a foreign SQLite file from ours. */
const APPLICATION_ID = 0x43595857

const FIRST_SCHEMA = `
  CREATE TABLE identity (id INTEGER PRIMARY KEY CHECK (id = 1), private_key BLOB NOT NULL);
  CREATE TABLE kv (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE raft_state (id INTEGER PRIMARY KEY CHECK (id = 1), hard_state TEXT NOT NULL);
  CREATE TABLE raft_log (position INTEGER PRIMARY KEY, term INTEGER NOT NULL, epoch INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE peers (peer_id TEXT PRIMARY KEY, addresses TEXT NOT NULL, seen_at_ms INTEGER NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID};
`

/** From version 1 to 2, and so on: a new database takes all of these steps. */
const STEPS: readonly ((file: SqlFile) => void)[] = [
  (file) => file.exec('CREATE TABLE raft_snapshot (id INTEGER PRIMARY KEY CHECK (id = 1), header TEXT NOT NULL, data BLOB NOT NULL)'),
  addChecksums,
]

function addChecksums(file: SqlFile): void {
  for (const table of ['identity', 'kv', 'raft_state', 'raft_log', 'raft_snapshot']) file.exec(`ALTER TABLE ${table} ADD COLUMN sum TEXT NOT NULL DEFAULT ''`)
  for (const row of file.all('SELECT private_key FROM identity')) file.run('UPDATE identity SET sum = ?', [sumOf(bytesOf(row.private_key))])
  for (const { key, value } of file.all('SELECT key, value FROM kv')) {
    file.run('UPDATE kv SET sum = ? WHERE key = ?', [sumOf(String(key), bytesOf(value)), String(key)])
  }
  let state: string | null = null
  for (const row of file.all('SELECT hard_state FROM raft_state')) {
    state = sumOf(String(row.hard_state))
    file.run('UPDATE raft_state SET sum = ?', [state])
  }
  for (const { position, term, epoch, data } of file.all('SELECT position, term, epoch, data FROM raft_log')) {
    file.run('UPDATE raft_log SET sum = ? WHERE position = ?', [sumOf(Number(position), Number(term), Number(epoch), bytesOf(data)), Number(position)])
  }
  let snapshot: string | null = null
  for (const row of file.all('SELECT header, data FROM raft_snapshot')) {
    snapshot = sumOf(String(row.header), bytesOf(row.data))
    file.run('UPDATE raft_snapshot SET sum = ?', [snapshot])
  }
  // Says which rows the others must be: a row that is gone has no checksum to be wrong.
  file.exec('CREATE TABLE raft_seal (id INTEGER PRIMARY KEY CHECK (id = 1), first INTEGER, last INTEGER, state TEXT, snapshot TEXT, sum TEXT NOT NULL)')
  const row = file.first('SELECT min(position) AS first, max(position) AS last FROM raft_log')
  const range = row === null || row.first === null ? null : { first: Number(row.first), last: Number(row.last) }
  file.run('INSERT INTO raft_seal VALUES (1, ?, ?, ?, ?, ?)', [range?.first ?? null, range?.last ?? null, state, snapshot, sealSum({ range, state, snapshot })])
}

/** Opens the peer's database, making it when it is not there. Refuses foreign files, newer schemas and damage. */
export function openDatabase(path: string): SqlFile {
  checkWal(path)
  const file = new SqlFile(path, { busyTimeoutMs: 2_000 })
  try {
    file.pragma('journal_mode = WAL')
    file.pragma('synchronous = FULL')
    const application = pragmaNumber(file, 'application_id')
    let version = pragmaNumber(file, 'user_version')
    const empty = version === 0 && application === 0 && file.all('SELECT name FROM sqlite_master').length === 0
    if (!empty && application !== APPLICATION_ID) throw new StoreError('CORRUPT', `${path}: a database, but not one of this program`)
    if (version > SCHEMA_VERSION) {
      throw new StoreError('NEWER_SCHEMA', `${path}: written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION})`, {
        found: version,
        known: SCHEMA_VERSION,
      })
    }
    // What a crash left in the file's tail goes: `checkWal` takes the file to be of one life of this peer.
    file.pragma('wal_checkpoint(TRUNCATE)')
    const [problem] = file.all('PRAGMA quick_check(1)').map((row) => String(Object.values(row)[0]))
    if (problem !== 'ok') throw damaged(path, String(problem))
    if (version < SCHEMA_VERSION) {
      file.transaction(() => {
        if (empty) file.exec(FIRST_SCHEMA)
        for (version = Math.max(1, version); version < SCHEMA_VERSION; version += 1) STEPS[version - 1]?.(file)
        file.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
      })
    }
  } catch (error) {
    file.close()
    throw error
  }
  return file
}

function pragmaNumber(file: SqlFile, name: string): number {
  const rows = file.pragma(name) as { [key: string]: number }[]
  return rows[0]?.[name] ?? 0
}
