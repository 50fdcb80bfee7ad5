/**
 * One process per data directory: two peers with one identity would vote twice. The lock is SQLite's own file lock on
 * `lock.db`, taken for the life of the process; the operating system drops it when the process dies, however it dies,
 * so that there is no stale lock to clean up (a file with a process id in it lies in containers).
 */
import { existsSync, realpathSync } from 'node:fs'
import { StoreError } from '../../protocol/store-errors.ts'
import { SqlFile } from './database.ts'
import { lockPath } from './paths.ts'

/** A peer that is just going down needs a moment to let go. */
const LOCK_WAIT_MS = 500

/**
 * Directories that this process holds. POSIX locks do not keep a process out of its own files, and closing a second
 * descriptor would silently drop the first one's locks: the question never reaches the file.
 */
const held = new Set<string>()

export interface DirectoryLock {
  release(): void
}

export function lockDirectory(dataDir: string): DirectoryLock {
  const path = lockPath(dataDir)
  const real = realpathSync(dataDir)
  if (held.has(real)) throw inUse(dataDir)
  const file = new SqlFile(path, { busyTimeoutMs: LOCK_WAIT_MS })
  try {
    file.pragma('locking_mode = EXCLUSIVE')
    // In this mode the lock taken by a first write is kept after the commit.
    file.exec('BEGIN EXCLUSIVE')
    file.exec('CREATE TABLE IF NOT EXISTS holder (id INTEGER PRIMARY KEY, pid INTEGER NOT NULL)')
    file.run('INSERT OR REPLACE INTO holder VALUES (1, ?)', [process.pid])
    file.exec('COMMIT')
  } catch (error) {
    file.close()
    if (error instanceof StoreError && error.code === 'LOCKED') {
      throw inUse(dataDir, error)
    }
    if (error instanceof StoreError && error.code === 'CORRUPT') {
      throw new StoreError('CORRUPT', `${path} is damaged. It holds nothing of worth: delete it and start again.`, { path }, { cause: error })
    }
    throw error
  }
  held.add(real)
  return {
    release() {
      held.delete(real)
      // close() alone keeps the lock until libsql's statements are collected: give it back explicitly first.
      file.pragma('locking_mode = NORMAL')
      file.all('SELECT pid FROM holder')
      file.close()
    },
  }
}

/** True when a living process holds the directory. */
export function isDirectoryLocked(dataDir: string): boolean {
  if (!existsSync(lockPath(dataDir))) return false
  try {
    lockDirectory(dataDir).release()
    return false
  } catch (error) {
    if (error instanceof StoreError && error.code === 'LOCKED') return true
    throw error
  }
}

function inUse(dataDir: string, cause?: unknown): StoreError {
  return new StoreError('LOCKED', `data directory ${dataDir} is in use by another peer`, { dataDir }, { cause })
}
