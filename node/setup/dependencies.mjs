/**
 * The packages that `package-lock.json` names, in `node_modules`. `npm ci` runs only when they differ: it deletes the
 * folder first, and it never writes to a tracked file. Asks nothing of the lock but names and versions.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './paths.mjs'
import { say } from './report.mjs'
import { reasonOf, run } from './shell.mjs'

/** 300 packages, 350 MB: about a minute on a fast line, ten on a slow one. */
const INSTALL_LIMIT_MS = 900_000
const XATTR_LIMIT_MS = 20_000

/**
 * @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, link?: boolean }} LockEntry
 */

/**
 * What of a lock file is missing or different in what npm says it installed: the first such package, or null.
 * Optional packages may be missing (they are for other systems), not different.
 * @param {Record<string, LockEntry>} wanted `packages` of `package-lock.json`
 * @param {Record<string, LockEntry>} installed `packages` of `node_modules/.package-lock.json`
 */
export function firstDifference(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.link) continue
    const there = installed[path]
    if (there === undefined ? !(entry.optional || entry.devOptional || entry.peer) : there.version !== entry.version) return path
  }
  return null
}

/** @param {string} path @returns {Record<string, LockEntry>} */
const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {}

/** Why `npm ci` is needed, or null. */
function reasonToInstall() {
  const hidden = join(ROOT, 'node_modules', '.package-lock.json')
  if (!existsSync(hidden)) return 'node_modules is missing'
  const wanted = packagesOf(join(ROOT, 'package-lock.json'))
  const different = firstDifference(wanted, packagesOf(hidden))
  if (different !== null) return `${different} is not the version of package-lock.json`
  // npm's own list can outlive a folder that somebody deleted.
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    if (!existsSync(join(ROOT, 'node_modules', name, 'package.json'))) return `${name} is missing`
  }
  return null
}

/** Whether everything is in place already: quick, changes nothing. */
export function dependenciesReady() {
  try {
    return reasonToInstall() === null
  } catch {
    return false
  }
}

/** @returns {Promise<import('./report.mjs').Problem[]>} */
export async function ensureDependencies() {
  if (dependenciesReady()) return []
  say('installing dependencies (npm ci)')
  const args = ['ci', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress', '--prefer-offline']
  // Under `npm run` npm tells where its own program is; that one matches, and needs no shell on Windows.
  const running = process.env.npm_execpath ?? ''
  const script = /npm-cli\.c?js$/.test(running) ? running : bundledNpm()
  const [command, ...before] = script === null ? ['npm'] : [process.execPath, script]
  const result = await run(command, [...before, ...args], { timeoutMs: INSTALL_LIMIT_MS, cwd: ROOT, label: 'npm ci' })
  if (!result.ok) {
    const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(result.stderr)
    return [
      {
        what: 'The packages that CyxWiz needs are not installed (node_modules), and npm ci failed.',
        why: offline ? 'The package registry cannot be reached: is this machine online, or behind a proxy?' : `npm said: ${reasonOf(result)}`,
        commands: { 'all systems': 'npm ci' },
      },
    ]
  }
  await releaseQuarantine()
  say('dependencies are installed')
  return []
}

/** npm beside this Node: `lib/node_modules` on Unix, `node_modules` on Windows; null where it is not. */
function bundledNpm() {
  const bin = dirname(process.execPath)
  const places = [join(bin, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'), join(bin, 'node_modules', 'npm', 'bin', 'npm-cli.js')]
  return places.find((path) => existsSync(path)) ?? null
}

/**
 * macOS refuses a library that it believes was downloaded by hand. The `webgpu` package takes that mark off in an
 * install script, which npm 11 and newer skip.
 */
async function releaseQuarantine() {
  const folder = join(ROOT, 'node_modules', 'webgpu', 'dist')
  if (process.platform !== 'darwin' || !existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    await run('xattr', ['-dr', 'com.apple.quarantine', join(folder, name)], { timeoutMs: XATTR_LIMIT_MS })
  }
}
