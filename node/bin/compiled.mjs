/**
 * The TypeScript sources as plain modules, made once for each state of them: a peer then starts with less than half of the
 * work that loading every module through tsx takes. The cache lies in node_modules; its name is made of the names, sizes and
 * times of all sources, so that it is never older than what it was made from.
 *
 * Refuses nothing: where it cannot be made (a read-only installation, say) the caller goes on with tsx.
 */
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const SOURCES = ['kernels', 'protocol', 'node']
/** What a process may start with: the command line, and the compute child. */
const ENTRIES = { main: 'node/cli/main.ts', child: 'node/compute/child.ts' }
/** A state of the sources that nobody started for so long is not coming back. */
const STALE_MS = 3 * 24 * 3600 * 1000
const DAY_MS = 24 * 3600 * 1000

/**
 * The folder with `main.mjs` and `child.mjs`, or null.
 *
 * @param {string} root
 */
export async function compiled(root) {
  try {
    const cache = join(root, 'node_modules', '.cache', 'cyxwiz', 'compiled')
    const folder = join(cache, stateOf(root))
    if (!existsSync(folder)) await make(root, cache, folder, (await import('esbuild')).build)
    else if (Date.now() - statSync(folder).mtimeMs > DAY_MS) utimesSync(folder, new Date(), new Date())
    return folder
  } catch {
    return null
  }
}

/** @param {string} root */
function stateOf(root) {
  const { version } = createRequire(import.meta.url)('esbuild/package.json')
  const hash = createHash('sha256').update(`esbuild ${version}\n${fileStamp(import.meta.filename)}\n`)
  for (const source of SOURCES) {
    const files = readdirSync(join(root, source), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    for (const path of files.sort().map((name) => join(root, source, name))) hash.update(`${path} ${fileStamp(path)}\n`)
  }
  return hash.digest('hex').slice(0, 32)
}

/** @param {string} path */
function fileStamp(path) {
  const { size, mtimeMs } = statSync(path)
  return `${size} ${mtimeMs}`
}

/**
 * @param {string} root
 * @param {string} cache
 * @param {string} folder
 * @param {typeof import('esbuild').build} build
 */
async function make(root, cache, folder, build) {
  const temporary = join(cache, `tmp-${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(temporary, { recursive: true })
  try {
    await build({
      entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)])),
      outdir: temporary,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'silent',
      tsconfig: join(root, 'tsconfig.json'),
      plugins: [whereItWas(root)],
    })
    // Complete under its name or not at all; who makes the same at the same time may be first.
    await rename(temporary, folder).catch(() => {})
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  if (!existsSync(folder)) throw new Error('it was not made')
  await forgetStale(cache)
}

/**
 * Files are looked for beside the source that names them.
 *
 * @param {string} root
 * @returns {import('esbuild').Plugin}
 */
function whereItWas(root) {
  return {
    name: 'where-it-was',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(root)) return undefined
        return { loader: 'ts', contents: (await readFile(path, 'utf8')).replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)) }
      })
    },
  }
}

/** @param {string} cache */
async function forgetStale(cache) {
  for (const name of await readdir(cache)) {
    const path = join(cache, name)
    if (Date.now() - (await stat(path)).mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true })
  }
}
