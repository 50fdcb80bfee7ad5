/**
 * What set-up found last time, so that the next run need not ask again: kept inside `node_modules`, valid only while
 * its key is the same. A lost or broken stamp costs a few seconds, nothing else.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE } from './paths.mjs'

/** @param {string} name @param {string} key @returns {any} what was kept under this key, or null */
export function recall(name, key) {
  try {
    const stamp = JSON.parse(readFileSync(join(CACHE, `${name}.json`), 'utf8'))
    return stamp.key === key ? stamp.value : null
  } catch {
    return null
  }
}

/** @param {string} name @param {string} key @param {unknown} value */
export function remember(name, key, value) {
  try {
    mkdirSync(CACHE, { recursive: true })
    const path = join(CACHE, `${name}.json`)
    writeFileSync(`${path}.${process.pid}`, JSON.stringify({ key, value }))
    renameSync(`${path}.${process.pid}`, path)
  } catch {
    // A read-only checkout works too, only slower.
  }
}
