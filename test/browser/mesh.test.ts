/**
 * Tabs and native peers in one mesh, as real processes: they train together, and what happens to one of them costs the
 * others little.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { follow } from '../../node/demo/follow.ts'
import type { JobEvent, JobResultEvent } from '../../protocol/events/types.ts'
import { digitsJob, specOf } from '../mesh/jobs.ts'
import { dashboardOf, peersOf, startedCluster, type Tab, Tabs } from './tabs.ts'

const TIMEOUT_MS = 170_000
let cluster: Cluster
let tabs: Tabs

beforeEach(async () => {
  tabs = await Tabs.launch()
})

afterEach(async () => {
  await tabs.close()
  await cluster?.stop()
})

interface Running {
  readonly jobId: string
  readonly events: JobEvent[]
  readonly end: Promise<JobResultEvent>
}

async function submit(job: Record<string, unknown>): Promise<Running> {
  const { jobId } = await first().once('submit', { spec: await specOf(job) })
  const events: JobEvent[] = []
  const end = follow(cluster, jobId, AbortSignal.timeout(TIMEOUT_MS), (event) => events.push(event)).then(({ result, state, reason }) => {
    if (result === null) throw new Error(`job ${state}: ${reason}`)
    return result
  })
  end.catch(() => {}) // awaited by the test, which may fail before
  return { jobId, events, end }
}

function first(): ClusterPeer {
  const [peer] = cluster.living
  if (peer === undefined) throw new Error('all native peers are gone')
  return peer
}

/** Who coordinates, once somebody does: a committee that has just grown may be electing. */
async function leaderOf(): Promise<string> {
  let leader: string | null = null
  await waitFor(
    async () => {
      leader = (await first().once('coordinator', {})).peerId
      return leader !== null
    },
    20_000,
    'nobody coordinates',
  )
  return leader as unknown as string
}

function committed({ events }: Running): JobEvent[] {
  return events.filter((event) => event.event === 'job.round' && event.committed)
}

async function contributing(count: number, urlOf: (i: number) => string): Promise<Tab[]> {
  const opened: Tab[] = []
  for (let i = 0; i < count; i += 1) {
    const tab = await tabs.add(urlOf(i))
    await tab.joined()
    await tab.contribute()
    opened.push(tab)
  }
  await peersOf(
    first(),
    (peers) => peers.filter((peer) => peer.kind === 'browser' && peer.device !== null).length === count,
    `${count} tabs are not contributing`,
  )
  return opened
}

function expectWhole(result: JobResultEvent, steps: number): void {
  expect(result.steps).toBe(steps)
  expect(result.samples).toBe(steps * 64)
  expect(result.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(result.samples)
}

describe('tabs in a mesh of native peers', { timeout: TIMEOUT_MS }, () => {
  it('train one job together, and tell their adapter as natives do', async () => {
    cluster = await startedCluster(() => Cluster.create(), 2)
    const opened = await contributing(2, (i) => dashboardOf(cluster.living[i] as ClusterPeer))
    const peers = await first().once('peers', {})
    for (const peer of peers.filter(({ kind }) => kind === 'browser')) {
      expect(peer.device?.limits.maxStorageBufferBindingSize).toBeGreaterThan(0)
      expect(peer.device?.features.length).toBeGreaterThan(0)
      expect(peer.memory.limitBytes).toBeGreaterThan(0)
      expect(['probe', 'heaps', 'limits']).toContain(peer.memory.source)
    }
    const running = await submit(digitsJob({ steps: 150, peers: { min: 4, max: 4 } }))
    const result = await running.end
    expectWhole(result, 150)
    expect(result.testAccuracy).toBeGreaterThan(0.8)
    const ids = await Promise.all(opened.map((tab) => tab.peerId()))
    for (const id of ids) expect(result.receipts.find((receipt) => receipt.peerId === id)?.samples).toBeGreaterThan(0)
    for (const tab of opened) expect(tab.errors).toEqual([])
  })

  it('a tab that is closed in the middle of a round costs at most that round', async () => {
    cluster = await startedCluster(() => Cluster.create(), 2)
    const [tab] = await contributing(1, () => dashboardOf(first()))
    const running = await submit(digitsJob({ steps: 400, peers: { min: 3, max: 3 }, sync: { mode: 'allreduce', roundSteps: 20 } }))
    await waitFor(() => committed(running).length >= 3, 60_000, 'three rounds did not commit')
    await (tab as Tab).close()
    const result = await running.end
    expectWhole(result, 400)
    const failed = running.events.filter((event) => event.event === 'job.round' && !event.committed)
    expect(failed.length).toBeLessThanOrEqual(1)
    const states = running.events.filter((event) => event.event === 'job.state').map((event) => event.attempt)
    expect(Math.max(...states)).toBe(1)
  })

  it('a tab that is loaded again is the same peer', async () => {
    cluster = await startedCluster(() => Cluster.create(), 1)
    const tab = await (await tabs.add(dashboardOf(first()))).joined()
    const before = await tab.peerId()
    await tab.page.reload()
    await tab.joined()
    expect(await tab.peerId()).toBe(before)
    await peersOf(first(), (peers) => peers.filter(({ kind }) => kind === 'browser').length === 1, 'the old tab is still listed')
  })

  it('follows the next coordinator when the one it came from is killed', async () => {
    cluster = await startedCluster(() => Cluster.create(), 3)
    const leader = await leaderOf()
    const server = cluster.living.find((peer) => peer.id !== leader) as ClusterPeer
    const tab = await (await tabs.add(dashboardOf(server))).joined()
    await tab.page.locator(`cyx-app[data-coordinator="${leader}"]`).waitFor()
    await cluster.signal(cluster.living.find((peer) => peer.id === leader) as ClusterPeer, 'SIGKILL')
    await tab.page.locator(`cyx-app[data-coordinator]:not([data-coordinator="${leader}"]):not([data-coordinator=""])`).waitFor({ timeout: 20_000 })
  })

  it('train among themselves when the only native peer is a relay without a GPU', async () => {
    cluster = await Cluster.create()
    await cluster.add(['--http', '127.0.0.1:0', '--gpu', 'none'])
    await cluster.settled()
    const opened = await contributing(2, () => dashboardOf(first()))
    const running = await submit(digitsJob({ steps: 120, peers: { min: 2, max: 2 } }))
    const result = await running.end
    expectWhole(result, 120)
    expect(new Set(result.receipts.map(({ peerId }) => peerId))).toEqual(new Set(await Promise.all(opened.map((tab) => tab.peerId()))))
  })

  it('go on together when the relay that introduced them is killed', async () => {
    cluster = await Cluster.create()
    for (let i = 0; i < 3; i += 1) await cluster.add(['--http', '127.0.0.1:0', '--gpu', 'none'])
    await cluster.settled()
    const leader = await leaderOf()
    const relay = cluster.living.find((peer) => peer.id !== leader) as ClusterPeer
    await contributing(2, () => dashboardOf(relay))
    const running = await submit(digitsJob({ steps: 500, peers: { min: 2, max: 2 }, sync: { mode: 'allreduce', roundSteps: 20 } }))
    await waitFor(() => committed(running).length >= 3, 60_000, 'three rounds did not commit')
    await cluster.signal(relay, 'SIGKILL')
    const result = await running.end
    expectWhole(result, 500)
    expect(Math.max(...running.events.filter((event) => event.event === 'job.state').map((event) => event.attempt))).toBe(1)
  })
})
