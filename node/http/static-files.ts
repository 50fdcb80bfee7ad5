/**
 * The files of a folder by URL path: types, caching, compression. Only plain files inside the folder, never a hidden one,
 * never through a link that leads out of it.
 */
import { createHash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}
const COMPRESSED: ReadonlySet<string> = new Set(['.html', '.js', '.mjs', '.css', '.json', '.webmanifest', '.svg', '.txt', '.wasm'])
/** Smaller ones fit into one packet anyway. */
const COMPRESS_FROM_BYTES = 1024
/** A year: the name of such a file changes with its content. */
const IMMUTABLE = 'public, max-age=31536000, immutable'
/** Vite's names: `assets/main-B1c7OH6V.js`. */
const HASHED = /^assets\/.+-[\w-]{8}\.\w+$/

const compress = promisify(gzip)

export interface StaticFile {
  readonly type: string
  readonly cacheControl: string
  readonly etag: string
  readonly bytes: Uint8Array
  /** Null where it would not help. */
  readonly gzipped: Uint8Array | null
}

interface Known {
  readonly mark: string
  readonly file: StaticFile
}

export class StaticFiles {
  private readonly root: string
  /** The build of a dashboard: some megabytes in all. */
  private readonly known = new Map<string, Known>()

  constructor(root: string) {
    this.root = root
  }

  /** `path`: of the URL, undecoded, beginning with `/`. Null where there is no such file. */
  async find(path: string): Promise<StaticFile | null> {
    const name = fileNameOf(path)
    if (name === null) return null
    try {
      const full = await realpath(join(this.root, name))
      if (!full.startsWith((await realpath(this.root)) + sep)) return null
      const about = await stat(full)
      if (!about.isFile()) return null
      const mark = `${about.mtimeMs} ${about.size}`
      const known = this.known.get(name)
      if (known?.mark === mark) return known.file
      const file = await read(name, full)
      this.known.set(name, { mark, file })
      return file
    } catch (error) {
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null
      throw error
    }
  }
}

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

/** `assets/main.js`; null for what leads elsewhere, or to a hidden file. `/` is `index.html`. */
export function fileNameOf(path: string): string | null {
  if (path === '/') return 'index.html'
  if (!path.startsWith('/')) return null
  const parts: string[] = []
  for (const raw of path.slice(1).split('/')) {
    let part: string
    try {
      part = decodeURIComponent(raw)
    } catch {
      return null
    }
    if (part === '' || part.startsWith('.') || /[/\\:\0]/.test(part)) return null
    parts.push(part)
  }
  return parts.join('/')
}

async function read(name: string, path: string): Promise<StaticFile> {
  const bytes = await readFile(path)
  const extension = extname(name).toLowerCase()
  const smaller = COMPRESSED.has(extension) && bytes.byteLength >= COMPRESS_FROM_BYTES ? await compress(bytes, { level: 9 }) : null
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    cacheControl: HASHED.test(name) ? IMMUTABLE : 'no-cache',
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    bytes,
    gzipped: smaller !== null && smaller.byteLength < bytes.byteLength ? smaller : null,
  }
}
