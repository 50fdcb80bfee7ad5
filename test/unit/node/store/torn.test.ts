/**
 * What lies on the disk when a write was cut off at any byte, and when the disk gave back something else than it was given.
 * The first must be the state before or after that write, the second an error, unless nothing that was saved is concerned.
 * Bytes are taken in steps that hit every field sooner or later; CYXWIZ_EVERY_BYTE=1 takes each one.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../../../../node/store/schema.ts'
import { loadIdentity, SqlKeyValue, SqlRaft } from '../../../../node/store/tables.ts'
import { MemoryStore } from '../../../../protocol/memory-store.ts'
import type { RaftChange, StoredRaft } from '../../../../protocol/store.ts'
import { StoreError } from '../../../../protocol/store-errors.ts'
import { testRandom } from '../../../random.ts'

const everyByte = process.env.CYXWIZ_EVERY_BYTE === '1'
const root = mkdtempSync(join(tmpdir(), 'cyxwiz-torn-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const newFolder = (): string => mkdtempSync(join(root, `${folders++}-`))

/** Votes, entries, conflicts, snapshots: what a voter saves in its life, small. */
function changes(count: number): RaftChange[] {
  const random = testRandom(7)
  const list: RaftChange[] = []
  let first = 1
  let last = 0
  for (let i = 1; i <= count; i += 1) {
    const data = (): Uint8Array => new Uint8Array(random.integer(1, 300)).map(() => random.integer(0, 256))
    const entries = (from: number, many: number): RaftChange['append'] =>
      Array.from({ length: many }, (_, k) => ({ index: from + k, term: i, epoch: 1, data: data() }))
    const kind = i % 8 === 0 ? 'snapshot' : i % 5 === 0 && last > first ? 'conflict' : i % 3 === 0 ? 'vote' : 'append'
    if (kind === 'vote') list.push({ hardState: { term: i, votedFor: `peer-${i}` } })
    else if (kind === 'snapshot') {
      list.push({ snapshot: { header: { index: last, term: i }, data: data() }, compactBelow: last })
      first = Math.max(first, last)
    } else {
      const from = kind === 'conflict' ? last : last + 1
      const many = random.integer(1, 4)
      list.push({ ...(kind === 'conflict' ? { truncateFrom: from } : {}), append: entries(from, many), ...(i % 2 === 0 ? { hardState: { term: i } } : {}) })
      last = from + many - 1
    }
  }
  return list
}

interface Told {
  /** What the store must say after so many saves. */
  readonly states: StoredRaft[]
  /** How long the write-ahead file was then. */
  readonly walBytes: number[]
  readonly key: Uint8Array
}

const at = (folder: string): string => join(folder, 'cyxwiz.db')
const walOf = (folder: string): Buffer => readFileSync(`${at(folder)}-wal`)
const plain = (stored: StoredRaft): StoredRaft => structuredClone(stored)

/** A database with all of `list` saved, still open. */
function written(folder: string, list: readonly RaftChange[]): Told & { file: ReturnType<typeof openDatabase>; raft: SqlRaft; model: MemoryStore } {
  const file = openDatabase(at(folder))
  const key = loadIdentity(file).privateKey
  const raft = new SqlRaft(file)
  const model = new MemoryStore()
  const told: Told = { states: [plain(model.raft.load())], walBytes: [0], key }
  for (const change of list) {
    raft.save(change)
    void model.raft.save(change)
    told.states.push(plain(model.raft.load()))
    told.walBytes.push(statSync(`${at(folder)}-wal`).size)
  }
  return { ...told, file, raft, model }
}

interface Found {
  readonly stored: StoredRaft
  readonly key: Uint8Array
}

/** What a peer finds that starts on these files; the error where it refuses to. */
function found(files: { db: Uint8Array; wal?: Uint8Array }): Found | StoreError {
  const folder = newFolder()
  writeFileSync(at(folder), files.db)
  if (files.wal !== undefined) writeFileSync(`${at(folder)}-wal`, files.wal)
  try {
    const file = openDatabase(at(folder))
    try {
      const key = loadIdentity(file).privateKey
      const stored = new SqlRaft(file).load()
      // It can be written again, too.
      new SqlRaft(file).save({ hardState: { term: 1_000_000 } })
      return { stored, key }
    } finally {
      file.close()
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    expect(error.message, 'names the file').toContain(at(folder))
    return error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Some numbers below `end`: its borders, a stride that hits every place of a page, and what is asked for. */
function places(end: number, stride: number, more: readonly number[] = []): number[] {
  const step = everyByte ? 1 : stride
  const list = new Set<number>()
  for (let place = 0; place < end; place += step) list.add(place)
  for (const place of more) for (const near of [place - 1, place, place + 1]) if (near >= 0 && near < end) list.add(near)
  return [...list].sort((a, b) => a - b)
}

const flipped = (bytes: Uint8Array, place: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[place] = (copy[place] as number) ^ 0x10
  return copy
}

describe('a write that was cut off', { timeout: 600_000 }, () => {
  it('at any byte of the write-ahead file leaves all that was saved before, and no part of it', () => {
    const folder = newFolder()
    const { states, walBytes, file } = written(folder, changes(17))
    const db = readFileSync(at(folder))
    const wal = walOf(folder)
    file.close()
    for (const cut of [...places(wal.length, 3571, walBytes), wal.length]) {
      const saved = walBytes.findLastIndex((bytes) => bytes <= cut)
      const result = found({ db, wal: wal.subarray(0, cut) })
      expect((result as Found).stored, `cut at byte ${cut} of ${wal.length}, ${saved} saves complete`).toEqual(states[saved])
    }
  })

  it('at any byte of a checkpoint leaves everything', () => {
    const folder = newFolder()
    const { states, file, key } = written(folder, changes(24))
    const before = readFileSync(at(folder))
    const wal = walOf(folder)
    file.pragma('wal_checkpoint(PASSIVE)')
    const after = readFileSync(at(folder))
    file.close()
    for (const cut of [...places(after.length, 1861), after.length]) {
      const db = Buffer.concat([after.subarray(0, cut), before.subarray(cut)])
      expect(found({ db, wal }), `cut at byte ${cut} of ${after.length}`).toEqual({ stored: states.at(-1), key })
    }
  })

  it('at any byte while the write-ahead file begins anew leaves everything, with the save under way or without', () => {
    const folder = newFolder()
    const { states, file, raft, model } = written(folder, changes(24))
    file.pragma('wal_checkpoint(PASSIVE)')
    const db = readFileSync(at(folder))
    const old = walOf(folder)
    const next: RaftChange = { hardState: { term: 99, votedFor: 'new' } }
    raft.save(next)
    void model.raft.save(next)
    const now = walOf(folder)
    expect(now.length, 'it was overwritten from its start').toBe(old.length)
    const end = now.findLastIndex((byte, i) => byte !== old[i]) + 1
    file.close()
    const both = [states.at(-1), plain(model.raft.load())]
    for (const cut of [...places(40, 1), ...places(end, 379), end]) {
      const result = found({ db, wal: Buffer.concat([now.subarray(0, cut), old.subarray(cut)]) })
      expect(both, `cut at byte ${cut} of ${end}`).toContainEqual((result as Found).stored)
      if (cut === end) expect((result as Found).stored).toEqual(both[1])
    }
  })
})

describe('a byte that went bad', { timeout: 600_000 }, () => {
  it('in the write-ahead file is an error, but for the last save, which might as well have been cut off', () => {
    const folder = newFolder()
    const { states, walBytes, file } = written(folder, changes(24))
    const db = readFileSync(at(folder))
    const wal = walOf(folder)
    file.close()
    const last = walBytes.at(-2) as number
    for (const place of places(wal.length, 1861, [0, 4, 8, 16, 24, 32, 40, 48, ...walBytes.slice(1)])) {
      const result = found({ db, wal: flipped(wal, place) })
      if (result instanceof StoreError) {
        expect(result.code, `byte ${place}`).toBe('CORRUPT')
        expect(result.message).toMatch(/start with a new one.*Never put an older copy/)
      } else {
        expect(place, 'a byte of the last save').toBeGreaterThanOrEqual(last)
        expect(result.stored).toEqual(states.at(-2))
      }
    }
  })

  it('in the database is an error, or concerns nothing that a peer goes by', () => {
    const folder = newFolder()
    const { states, file, key } = written(folder, changes(24))
    new SqlKeyValue(file).set('other', Uint8Array.of(1))
    file.pragma('wal_checkpoint(TRUNCATE)')
    const db = readFileSync(at(folder))
    file.close()
    let refused = 0
    for (const place of [...places(100, 1), ...places(db.length, 211)]) {
      const result = found({ db: flipped(db, place) })
      if (result instanceof StoreError) refused += 1
      else expect(result, `byte ${place} of ${db.length}`).toEqual({ stored: states.at(-1), key })
    }
    expect(refused).toBeGreaterThan(20)
  })

  it('in vote, log, snapshot or key is found by their checksums, whatever SQLite thinks of it', () => {
    const spoil: [string, RegExp][] = [
      [`UPDATE raft_state SET hard_state = replace(hard_state, '2', '3')`, /the vote of this peer is bad/],
      ['DELETE FROM raft_state', /the vote of this peer is bad/],
      ['UPDATE raft_log SET term = term + 1 WHERE position = (SELECT max(position) FROM raft_log)', /entry \d+ of its log is bad/],
      ['DELETE FROM raft_log WHERE position = (SELECT max(position) FROM raft_log)', /entries are in its log, there should be \d+ to \d+/],
      ['DELETE FROM raft_log', /0 entries are in its log/],
      ['UPDATE raft_snapshot SET data = zeroblob(length(data))', /its snapshot is bad/],
      ['DELETE FROM raft_snapshot', /its snapshot is not the one that was saved/],
      ['UPDATE raft_seal SET last = last - 1', /the seal of its log and vote is bad/],
      ['DELETE FROM raft_seal', /the seal of its log and vote is gone/],
      ['UPDATE identity SET private_key = zeroblob(32)', /the key of this peer is bad/],
    ]
    for (const [sql, words] of spoil) {
      const folder = newFolder()
      const { file } = written(folder, changes(23))
      file.exec(sql)
      file.pragma('wal_checkpoint(TRUNCATE)')
      file.close()
      const result = found({ db: readFileSync(at(folder)) })
      expect((result as StoreError).message, sql).toMatch(words)
      expect((result as StoreError).code).toBe('CORRUPT')
    }
  })

  it('and a database that was cut short is one, or is a new peer with a new name', () => {
    const folder = newFolder()
    const { states, file, key } = written(folder, changes(24))
    file.pragma('wal_checkpoint(TRUNCATE)')
    const db = readFileSync(at(folder))
    file.close()
    for (const cut of places(db.length, 1861, [0, 100, 512, 4096])) {
      const result = found({ db: db.subarray(0, cut) })
      if (result instanceof StoreError) continue
      expect(result.key, `cut at byte ${cut}`).not.toEqual(key)
      expect(result.stored, 'a new name has no votes').toEqual(states[0])
    }
  })
})

describe('a database of an older version', () => {
  it('is taken over with everything in it', () => {
    const folder = newFolder()
    const { states, file, key } = written(folder, changes(24))
    new SqlKeyValue(file).set('jobs/orphans', Uint8Array.of(1, 2))
    // As version 1 wrote it, but for the snapshot, which came with version 2.
    file.exec('DROP TABLE raft_seal')
    for (const table of ['identity', 'kv', 'raft_state', 'raft_log', 'raft_snapshot']) file.exec(`ALTER TABLE ${table} DROP COLUMN sum`)
    file.exec('PRAGMA user_version = 2')
    file.close()
    const again = openDatabase(at(folder))
    expect(loadIdentity(again).privateKey).toEqual(key)
    expect(new SqlRaft(again).load()).toEqual(states.at(-1))
    expect(new SqlKeyValue(again).get('jobs/orphans')).toEqual(Uint8Array.of(1, 2))
    again.close()
  })
})
