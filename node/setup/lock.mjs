/**
 * One set-up at a time for a checkout: two `npm ci` at once would delete each other's files. The lock is a folder
 * outside the checkout holding the owner's process id; one whose owner is gone is taken over.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './paths.mjs'
import { say } from './report.mjs'

const WAIT_LIMIT_MS = 1_200_000
const POLL_MS = 500
/** Between making the folder and writing the process id. */
const UNSIGNED_MS = 10_000

/** @param {string} folder */
function ownerGone(folder) {
  try {
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    process.kill(pid, 0)
    return false
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code
    if (code === 'EPERM') return false
    if (code === 'ESRCH') return true
    try {
      return Date.now() - statSync(folder).mtimeMs > UNSIGNED_MS
    } catch {
      return true
    }
  }
}

/**
 * Runs `work` while holding the lock.
 * @template T
 * @param {() => Promise<T>} work
 * @param {string} [folder]
 * @returns {Promise<T>}
 */
export async function exclusively(work, folder = join(tmpdir(), `cyxwiz-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}`)) {
  const startedMs = Date.now()
  for (let told = false; ; ) {
    try {
      mkdirSync(folder)
      break
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    if (ownerGone(folder) || Date.now() - startedMs > WAIT_LIMIT_MS) {
      rmSync(folder, { recursive: true, force: true })
      continue
    }
    if (!told) say('another set-up of this folder is running; waiting for it')
    told = true
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  const release = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', release)
  try {
    writeFileSync(join(folder, 'pid'), String(process.pid))
    return await work()
  } finally {
    release()
    process.off('exit', release)
  }
}
