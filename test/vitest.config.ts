/**
 * One project per tier of tests, by what they cost and need (DESIGN section 7): `--project unit` and so on. All run in
 * forked processes: Dawn wants the main thread of its process, and a driver crash must not take other files along.
 */
import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Tier {
  readonly name: string
  /** One test; a machine whose two cores are busy is three times slower than an idle one. */
  readonly timeoutMs: number
  /** Files at the same time. Tests that start processes or use the adapter measure time: one after the other. */
  readonly parallel: boolean
}

const tiers: readonly Tier[] = [
  { name: 'unit', timeoutMs: 20_000, parallel: true },
  { name: 'sim', timeoutMs: 300_000, parallel: true },
  { name: 'fuzz', timeoutMs: 120_000, parallel: true },
  { name: 'gpu', timeoutMs: 120_000, parallel: false },
  { name: 'mesh', timeoutMs: 240_000, parallel: false },
]

const project = ({ name, timeoutMs, parallel }: Tier, order: number): TestProjectInlineConfiguration => ({
  root,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    setupFiles: [fileURLToPath(new URL('../node/shim.ts', import.meta.url))],
    environment: 'node',
    pool: 'forks',
    fileParallelism: parallel,
    // Tiers run one after the other, so that what measures time has the machine to itself.
    sequence: { groupOrder: order },
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    restoreMocks: true,
    // Several software peers share a machine: threads of their own make each other slower (64 against 86 ms a step).
    env: name === 'mesh' ? { LP_NUM_THREADS: '1' } : {},
  },
})

export default defineConfig({
  root,
  test: {
    projects: tiers.map(project),
    maxWorkers: 2,
    // A tier whose folder is still empty is no failure.
    passWithNoTests: true,
  },
})
