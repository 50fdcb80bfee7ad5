/**
 * A libSQL file: statements and transactions. `schema.ts` says what a peer's own holds, and opens it.
 *
 * Rules that libsql 0.5.29 imposes, each learnt from a loss (reference/traps.md): parameters always as one array (a bare
 * Buffer aborts the process); writes only through `run` (through `get` a full disk reports success); BEGIN and COMMIT by
 * hand (its `transaction()` hides SQLITE_FULL behind a failed rollback).
 */
import { closeSync, existsSync, openSync } from 'node:fs'
import SqliteDatabase, { type Database } from 'libsql'
import { StoreError } from '../../protocol/store-errors.ts'
import { storeErrorOf } from './errors.ts'

export type SqlValue = number | string | Uint8Array | null
export type SqlRow = Readonly<Record<string, unknown>>

export class SqlFile {
  readonly path: string
  readonly #database: Database
  readonly #statements = new Map<string, ReturnType<Database['prepare']>>()
  #open = true

  /** `busyTimeoutMs`: how long to wait for another process's lock before LOCKED. */
  constructor(path: string, options: { busyTimeoutMs: number }) {
    this.path = path
    this.#database = this.#guarded(() => {
      // SQLite would create the file readable by all; its -wal and -shm copies inherit this mode. Only ever opened when
      // it is new: closing any descriptor of a file drops this process's POSIX locks on it, SQLite's among them.
      if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600))
      return new SqliteDatabase(path, { timeout: options.busyTimeoutMs })
    })
  }

  /** One statement that changes something. */
  run(sql: string, values: readonly SqlValue[] = []): void {
    this.#guarded(() => this.#statement(sql).run([...values]))
  }

  all(sql: string, values: readonly SqlValue[] = []): SqlRow[] {
    return this.#guarded(() => this.#statement(sql).all([...values]) as SqlRow[])
  }

  first(sql: string, values: readonly SqlValue[] = []): SqlRow | null {
    return this.all(sql, values)[0] ?? null
  }

  exec(sql: string): void {
    this.#guarded(() => this.#database.exec(sql))
  }

  pragma(text: string): unknown {
    return this.#guarded(() => this.#database.pragma(text))
  }

  /** All of `work` or nothing; the first error is the one that is thrown. */
  transaction(work: () => void): void {
    this.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.exec('COMMIT')
    } catch (error) {
      // SQLite rolls back by itself on a full disk or an I/O error; a second ROLLBACK would fail.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#statements.clear()
    this.#database.close()
  }

  #statement(sql: string): ReturnType<Database['prepare']> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guarded<T>(work: () => T): T {
    if (!this.#open) throw new StoreError('CLOSED', `${this.path}: the store is closed`)
    try {
      return work()
    } catch (error) {
      throw storeErrorOf(error, this.path)
    }
  }
}

/** Blob columns come as ArrayBuffer or Buffer, depending on the call: one plain copy for the caller. */
export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  throw new StoreError('CORRUPT', `expected bytes in the database, found ${typeof value}`)
}
