/**
 * The dashboard that peers serve, built from this checkout's sources: when it is missing, or older than they are. A
 * failed build stops nobody: peers say on the page what to do.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { CACHE, ROOT } from './paths.mjs'
import { say } from './report.mjs'
import { reasonOf, run } from './shell.mjs'
import { recall, remember } from './stamp.mjs'

/** Some seconds on an idle machine. */
const BUILD_LIMIT_MS = 300_000
const SOURCES = ['browser', 'protocol', 'kernels']
const SETTINGS = ['package-lock.json', 'tsconfig.json']
const BUILT = join(ROOT, 'browser', 'dist')

/** Changes with any byte that could change what is built. @param {string} [root] */
export function dashboardKey(root = ROOT) {
  const hash = createHash('sha256')
  for (const path of [...SOURCES.flatMap((folder) => filesOf(root, folder)), ...SETTINGS.map((name) => join(root, name))]) {
    hash
      .update(`${path.slice(root.length)}\0`)
      .update(readFileSync(path))
      .update('\0')
  }
  return hash.digest('hex')
}

/** @param {string} root @param {string} folder */
function filesOf(root, folder) {
  const built = join(root, 'browser', 'dist')
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(built))
    .sort()
}

/** Whether what peers serve is what the sources say. */
export function dashboardReady() {
  return existsSync(join(BUILT, 'index.html')) && recall('dashboard', dashboardKey()) !== null
}

export async function ensureDashboard() {
  if (dashboardReady()) return
  say('building the dashboard')
  const key = dashboardKey()
  // Beside, then moved: a peer that runs serves a whole dashboard at every moment but one.
  const fresh = join(CACHE, `dashboard-${process.pid}`)
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  const args = [vite, 'build', '--config', join('browser', 'vite.config.ts'), '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn']
  try {
    const result = await run(process.execPath, args, {
      timeoutMs: BUILD_LIMIT_MS,
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1' },
      label: 'building the dashboard',
    })
    if (!result.ok || !existsSync(join(fresh, 'index.html'))) {
      say(`the dashboard could not be built (npm run build shows why): ${whyNot(result)}`)
      return
    }
    replace(fresh)
    remember('dashboard', key, true)
    say('the dashboard is built')
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** @param {string} fresh */
function replace(fresh) {
  rmSync(BUILT, { recursive: true, force: true })
  try {
    renameSync(fresh, BUILT)
  } catch {
    // `node_modules` may be on another disk.
    mkdirSync(BUILT, { recursive: true })
    cpSync(fresh, BUILT, { recursive: true })
  }
}

/** What the bundler says first; its stack and the heads of its lists say nothing. @param {import('./shell.mjs').RunResult} result */
function whyNot(result) {
  const lines = stripVTControlCharacters(result.stderr)
    .split('\n')
    .map((line) => line.trim())
  const telling = lines.find((line) => line !== '' && !/^(✗|error during build|Build failed|\(?node:|npm )/i.test(line))
  return result.timedOut || telling === undefined ? reasonOf(result) : telling.slice(0, 300)
}
