/**
 * Turns what SQLite and the operating system say into a `StoreError` that names the file. Codes are matched, never
 * texts, except for libsql's "unable to open", which carries SQLite's number only in its text.
 */
import { StoreError, type StoreErrorCode } from '../../protocol/store-errors.ts'

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  SQLITE_FULL: 'DISK_FULL',
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  SQLITE_BUSY: 'LOCKED',
  SQLITE_LOCKED: 'LOCKED',
  SQLITE_READONLY: 'UNWRITABLE',
  SQLITE_CANTOPEN: 'UNWRITABLE',
  SQLITE_PERM: 'UNWRITABLE',
  EACCES: 'UNWRITABLE',
  EPERM: 'UNWRITABLE',
  EROFS: 'UNWRITABLE',
  ENOTDIR: 'UNWRITABLE',
  ENOENT: 'UNWRITABLE',
  EEXIST: 'UNWRITABLE',
  EISDIR: 'UNWRITABLE',
  SQLITE_CORRUPT: 'CORRUPT',
  SQLITE_NOTADB: 'CORRUPT',
}

/** What can be done about damage. An older copy would let a voter vote a second time. */
const REMEDY =
  'Move the data directory away and start with a new one: this peer then joins under a new name. Never put an older copy in its place, it could vote twice.'

const WORDS: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  DISK_FULL: 'the disk is full: make room and start again',
  LOCKED: 'it is locked by another process',
  UNWRITABLE: 'it cannot be written',
  CORRUPT: `it is not a database of this program, or damaged. ${REMEDY}`,
}

/** What was read back is not what was saved. */
export function damaged(path: string, what: string): StoreError {
  return new StoreError('CORRUPT', `${path} is damaged: ${what}. ${REMEDY}`, { path })
}

/** `what` names the file or directory: it opens the message. */
export function storeErrorOf(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error
  const raw = codeOf(error)
  // SQLITE_READONLY_DIRECTORY and its kin carry their family in front.
  const family = raw.startsWith('SQLITE_') ? raw.split('_').slice(0, 2).join('_') : raw
  const code = CODES[raw] ?? CODES[family] ?? 'IO'
  const words = WORDS[code] ?? (error instanceof Error ? error.message : String(error))
  return new StoreError(code, `${what}: ${words}${raw === '' ? '' : ` (${raw})`}`, { systemCode: raw }, { cause: error })
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  const text = error instanceof Error ? error.message : ''
  return /unable to open connection/i.test(text) ? 'SQLITE_CANTOPEN' : ''
}
