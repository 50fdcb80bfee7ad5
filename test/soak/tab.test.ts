/**
 * A tab that trains for a long time: its memory must stay flat and its page must stay usable. One minute by default;
 * `npm run soak` for the real thing. Time and frames are told, not judged: machines are shared.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { dashboardOf, startedCluster, type Tab, Tabs } from '../browser/tabs.ts'
import { digitsJob, specOf } from '../mesh/jobs.ts'

const MINUTES = Number(process.env.CYXWIZ_SOAK_MINUTES ?? '1')
const SAMPLES = 12
/** What a page may grow by between the first third and the last: noise of the collector, not a leak of a byte per step. */
const ALLOWED_GROWTH_BYTES = 6 * 1024 * 1024

let cluster: Cluster
let tabs: Tabs

beforeAll(async () => {
  cluster = await startedCluster(() => Cluster.create({ peerArguments: ['--gpu', 'none'] }), 1)
  tabs = await Tabs.launch()
})

afterAll(async () => {
  await tabs?.close()
  await cluster?.stop()
})

interface Sample {
  readonly heapBytes: number
  readonly rendererMiB: number
  readonly step: number
}

it(`keeps its memory flat over ${MINUTES} min of training with the job's page open`, { timeout: (MINUTES * 60 + 120) * 1000 }, async () => {
  const server = cluster.peers[0] as ClusterPeer
  const tab = await (await tabs.add(dashboardOf(server))).joined()
  await tab.contribute()
  const spec = await specOf(digitsJob({ name: 'soak', steps: 10_000_000, limits: { timeoutSeconds: 86_400, maxRetries: 50 } }))
  const { jobId } = await server.once('submit', { spec })
  await tab.page.locator('cyx-app[data-contribution="computing"]').waitFor({ timeout: 60_000 })
  await tab.go(`job/${jobId}`)
  const step = async (): Promise<number> => (await server.once('job', { jobId })).step
  await waitFor(async () => (await step()) > 50, 60_000, 'the tab does not train')
  await tab.page.evaluate(() => {
    const page = globalThis as unknown as { longTasks: number[] }
    page.longTasks = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) page.longTasks.push(Math.round(entry.duration))
    }).observe({ entryTypes: ['longtask'] })
  })
  const samples: Sample[] = []
  for (let i = 0; i < SAMPLES; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, (MINUTES * 60_000) / SAMPLES))
    samples.push({ heapBytes: await heapOf(tab), rendererMiB: renderersMiB(), step: await step() })
  }
  const longTasks = await tab.page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks)
  const told = samples.map(({ heapBytes, rendererMiB, step: at }) => `${(heapBytes / 1048576).toFixed(1)}/${rendererMiB} @${at}`)
  console.info(`page heap / renderers in MiB @step: ${told.join(', ')}`)
  console.info(`long tasks: ${longTasks.length} in ${MINUTES} min, longest ${Math.max(0, ...longTasks)} ms`)
  const { state, attempt, reason, history } = await server.once('job', { jobId })
  console.info(
    `the job is ${state}, attempt ${attempt}${reason === undefined ? '' : ` (${reason})`}: ${JSON.stringify(history.filter((entry) => entry.reason !== null))}`,
  )
  const third = SAMPLES / 3
  const early = median(samples.slice(1, 1 + third).map(({ heapBytes }) => heapBytes))
  const late = median(samples.slice(-third).map(({ heapBytes }) => heapBytes))
  expect(late - early, 'the page keeps what it should let go').toBeLessThan(ALLOWED_GROWTH_BYTES)
  expect(state).toBe('running')
  expect(attempt, 'the tab was lost on the way').toBe(1)
  expect(samples.at(-1)?.step).toBeGreaterThan(samples.at(-2)?.step ?? 0)
  expect(tab.errors).toEqual([])
})

async function heapOf(tab: Tab): Promise<number> {
  const session = await tab.context.newCDPSession(tab.page)
  try {
    await session.send('HeapProfiler.collectGarbage')
    await session.send('Performance.enable')
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0
  } finally {
    await session.detach()
  }
}

/** Resident memory of Chromium's page processes, the Worker's heap and the GPU's copies on the page's side included. */
function renderersMiB(): number {
  let kib = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue
      kib += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    } catch {
      // Ended between listing and reading.
    }
  }
  return Math.round(kib / 1024)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
