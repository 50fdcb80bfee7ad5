/**
 * Vite's dev server over the repository, for tests that run a part of the tab in a real page: any module can be imported
 * there, Workers included, without the dashboard around it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface DevServer {
  /** An empty page. */
  readonly blankUrl: string
  /** What `import()` in the page takes for a file of the repository. */
  moduleUrl(path: string): string
  close(): Promise<void>
}

export async function startDevServer(): Promise<DevServer> {
  // Not the developer's own cache: two servers would rewrite each other's.
  const cacheDir = await mkdtemp(join(tmpdir(), 'cyxwiz-vite-'))
  const server = await createServer({
    configFile: false,
    root: ROOT,
    cacheDir,
    logLevel: 'error',
    define: { __FAKE__: 'false' },
    // Every package we use has ES modules; a package found late would reload the page in the middle of a test.
    optimizeDeps: { noDiscovery: true, include: [] },
    server: { host: '127.0.0.1', port: 0, strictPort: false, hmr: false, watch: null, fs: { strict: true, allow: [ROOT] } },
    worker: { format: 'es' },
    plugins: [
      {
        name: 'blank-page',
        configureServer({ middlewares }) {
          middlewares.use('/blank.html', (_request, response) => {
            response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>blank</title><link rel="icon" href="data:,">')
          })
        },
      },
    ],
  })
  await server.listen()
  const address = server.httpServer?.address()
  if (address === null || address === undefined || typeof address === 'string') throw new Error('the dev server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  return {
    blankUrl: `${origin}/blank.html`,
    moduleUrl: (path) => `${origin}/${path}`,
    async close() {
      await server.close()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}
