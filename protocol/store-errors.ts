/**
 * Why durable storage could not do what was asked. A store never pretends: what it reports as saved is on the disk, and
 * what it could not save ends in one of these.
 */
export type StoreErrorCode =
  /** Another process holds the data directory. */
  | 'LOCKED'
  /** The directory or file cannot be created or written. */
  | 'UNWRITABLE'
  /** The file system is out of space. */
  | 'DISK_FULL'
  /** The browser grants this site no more storage. */
  | 'QUOTA'
  /** The blob would exceed the limit this peer was given. */
  | 'DISK_LIMIT'
  /** A database or blob does not hold what it must. */
  | 'CORRUPT'
  /** Written by a newer version of this program. */
  | 'NEWER_SCHEMA'
  | 'BLOB_MISSING'
  /** The log entries given do not continue the log that is stored. */
  | 'BAD_LOG'
  /** The store was closed. */
  | 'CLOSED'
  /** Anything else the operating system said. */
  | 'IO'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  readonly detail: Readonly<Record<string, unknown>>

  constructor(code: StoreErrorCode, message: string, detail: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
    this.detail = detail
  }
}
