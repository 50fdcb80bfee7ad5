/**
 * The simulator as one plain file in a process of its own: half as fast again as through a loader, which wraps every
 * function for its name, and the place where a mutant's change is made.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import type { Batch, BatchResult } from './worker.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Inside `node_modules`, so that the bundle finds its packages. */
const folder = join(root, 'node_modules/.cache/cyxwiz-sim')

export interface Bundle {
  readonly file: string
  remove(): void
}

/** `change`: what a source file, named relative to the repository, becomes. */
export async function bundleWorker(change: (file: string, source: string) => string = (_, source) => source): Promise<Bundle> {
  mkdirSync(folder, { recursive: true })
  const outDir = mkdtempSync(join(folder, 'worker-'))
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [
      {
        name: 'cyxwiz-change',
        enforce: 'pre',
        transform: (source, id) => {
          const changed = id.startsWith(root) && !id.includes('node_modules') ? change(id.slice(root.length), source) : source
          return changed === source ? null : { code: changed, map: null }
        },
      },
    ],
    build: { ssr: 'test/sim/worker.ts', outDir, minify: false, target: 'node20', sourcemap: true },
  })
  return { file: join(outDir, 'worker.js'), remove: () => rmSync(outDir, { recursive: true, force: true }) }
}

export class Worker {
  private readonly child: ChildProcess

  constructor(bundle: Bundle) {
    this.child = fork(bundle.file, { execArgv: ['--enable-source-maps'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** Rejects when the process ends before it has answered. */
  run(batch: Batch): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null): void =>
        reject(
          new Error(`the worker ended (${signal ?? `exit code ${code}`}) in seeds ${batch.from} to ${batch.from + batch.count - 1} of layer ${batch.layer}`),
        )
      this.child.once('exit', ended)
      this.child.once('message', (result: BatchResult) => {
        this.child.off('exit', ended)
        resolve(result)
      })
      this.child.send(batch)
    })
  }

  stop(): void {
    this.child.removeAllListeners('exit')
    this.child.kill()
  }
}
