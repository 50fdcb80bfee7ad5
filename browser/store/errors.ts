/**
 * Turns what IndexedDB, Dexie and the file system of the browser say into a `StoreError` that names what was being
 * stored and what to do. Names of errors are matched, never texts: texts differ between browsers and languages.
 */
import { StoreError, type StoreErrorCode } from '../../protocol/store-errors.ts'

const CODES: Readonly<Record<string, StoreErrorCode>> = {
  QuotaExceededError: 'QUOTA',
  DatabaseClosedError: 'CLOSED',
  VersionError: 'NEWER_SCHEMA',
  MissingAPIError: 'UNWRITABLE',
  SecurityError: 'UNWRITABLE',
  NotAllowedError: 'UNWRITABLE',
  NoModificationAllowedError: 'LOCKED',
  DataError: 'CORRUPT',
}

const WORDS: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  QUOTA: 'the browser gives this site no more room. Free some on the Settings page (weights and data, metrics) or on the disk, then try again',
  CLOSED: 'the storage of this tab is closed. Reload the page',
  NEWER_SCHEMA: 'it was written by a newer version of this page. Reload the page; if that does not help, empty the cache of the browser',
  UNWRITABLE: 'the browser does not let this site store anything. Leave private mode, or allow site data',
  LOCKED: 'it is being used at this moment. Try again',
  CORRUPT: 'it does not hold what it must. Clear the data of this site in the browser',
}

/** `what` opens the message: the thing that was being stored or read. */
export function storeErrorOf(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error
  for (let cause: unknown = error, depth = 0; cause !== undefined && cause !== null && depth < 8; cause = innerOf(cause), depth += 1) {
    const code = CODES[nameOf(cause)]
    if (code !== undefined) return new StoreError(code, `${what}: ${WORDS[code]} (${nameOf(cause)})`, { what, systemCode: nameOf(cause) }, { cause: error })
  }
  const text = error instanceof Error ? error.message : String(error)
  return new StoreError('IO', `${what}: ${text} (${nameOf(error)})`, { what, systemCode: nameOf(error) }, { cause: error })
}

export function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error && typeof error.name === 'string' ? error.name : ''
}

/** Dexie wraps: an aborted transaction carries the reason as `inner`. */
function innerOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined
  if ('inner' in error && error.inner !== undefined && error.inner !== null) return error.inner
  return 'cause' in error ? error.cause : undefined
}
