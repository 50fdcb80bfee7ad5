/**
 * Fails when a process started from this checkout is still running (Linux). The processes above this one do not count.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const root = process.argv[2] ?? process.cwd()
/** @param {string} path */
const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
/** @param {number} pid */
const parentOf = (pid) => Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)

const ancestors = new Set()
for (let pid = process.pid; pid > 0; pid = parentOf(pid)) ancestors.add(pid)

const left = []
for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
  const pid = Number(name)
  if (!Number.isInteger(pid) || ancestors.has(pid)) continue
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()
  let folder = ''
  try {
    folder = readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    // gone, or not ours
  }
  // Tabs of the tests: their profile is named by Playwright.
  const tab = command.includes('playwright_chromiumdev_profile')
  const ours = tab || command.includes(`${root}/node/`) || (folder === root && /\bnode\b.*\b(node\/|vitest|tsx)/.test(command))
  if (ours) left.push(`${pid}: ${command.slice(0, 200)}`)
}
for (const line of left) console.error(line)
process.exit(left.length === 0 ? 0 : 1)
