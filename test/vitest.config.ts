/**
 * One project per tier of tests, by what they cost and need (DESIGN section 7): `--project unit` and so on. All but one
 * run in forked processes: Dawn wants the main thread of its process, and a driver crash must not take other files along.
 * `browser` drives a real Chromium from Node; `browser-gpu` runs inside one, the same kernel suites as `gpu`.
 */
import { fileURLToPath } from 'node:url'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
import { chromiumLaunch } from './browser/launch.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Tier {
  readonly name: string
  /** One test; a machine whose two cores are busy is three times slower than an idle one. */
  readonly timeoutMs: number
  /** Files at the same time. Tests that use the adapter or a page measure time: one after the other. */
  readonly parallel: boolean
}

const tiers: readonly Tier[] = [
  { name: 'unit', timeoutMs: 20_000, parallel: true },
  { name: 'sim', timeoutMs: 300_000, parallel: true },
  { name: 'fuzz', timeoutMs: 120_000, parallel: true },
  { name: 'gpu', timeoutMs: 120_000, parallel: false },
  // Peers wait for one another more than they compute, and what is tested has to hold on a busy machine.
  { name: 'mesh', timeoutMs: 240_000, parallel: true },
  { name: 'browser', timeoutMs: 180_000, parallel: false },
  // Not part of `npm test`: a minute with `test:all`, half an hour with `npm run soak`.
  { name: 'soak', timeoutMs: 180_000, parallel: false },
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
    env: name === 'mesh' || name === 'browser' || name === 'soak' ? { LP_NUM_THREADS: '1' } : {},
  },
})

/** Inside Chromium, on its own WebGPU: every kernel suite takes half a minute there on two cores, so nothing is left out. */
const browserGpu: TestProjectInlineConfiguration = {
  root,
  test: {
    name: 'browser-gpu',
    include: ['test/browser/gpu/**/*.spec.ts'],
    fileParallelism: false,
    sequence: { groupOrder: tiers.length },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: chromiumLaunch() }),
      instances: [{ browser: 'chromium' }],
    },
  },
}

export default defineConfig({
  root,
  test: {
    projects: [...tiers.map(project), browserGpu],
    maxWorkers: 2,
    // A tier whose folder is still empty is no failure.
    passWithNoTests: true,
  },
})
