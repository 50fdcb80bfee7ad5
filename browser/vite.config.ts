/**
 * Builds the dashboard: static files that any native peer serves, and any static host can. `--mode fake` runs every
 * screen on generated data, without a mesh.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

export default defineConfig(({ mode }) => ({
  root: here,
  // Relative: the same build lies at `/` of a peer and in any folder of a static host.
  base: './',
  define: { __FAKE__: JSON.stringify(mode === 'fake'), __VERSION__: JSON.stringify(version) },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // The budget of page weight is checked by a test, in bytes after gzip.
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { host: '127.0.0.1' },
}))
