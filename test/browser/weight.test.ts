/**
 * What a contributor downloads before the compute Worker starts: everything the page has asked for when it has joined a
 * mesh and shows the Contribute page, in bytes after gzip. A budget, as phones and slow lines come too.
 */
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cluster, type ClusterPeer } from '../../node/demo/cluster.ts'
import { dashboardOf, startedCluster, Tabs } from './tabs.ts'

const BUDGET_BYTES = 350 * 1024

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

it('stays below 350 KB until the Worker starts, and has nothing to complain about', async () => {
  const tab = await tabs.add('about:blank')
  const sizes = new Map<string, Promise<number>>()
  tab.page.on('response', (response) => {
    const { pathname, protocol } = new URL(response.url())
    if (!protocol.startsWith('http') || pathname.startsWith('/api/') || !response.ok()) return
    // The pre-flight card opens the Worker for a moment, to see the GPU.
    if (/\/worker-[^/]*\.js$/.test(pathname)) return
    sizes.set(
      pathname,
      response.body().then((body) => gzipSync(body, { level: 9 }).byteLength),
    )
  })
  await tab.page.goto(`${dashboardOf(cluster.peers[0] as ClusterPeer)}#/contribute`)
  await tab.joined()
  await tab.page
    .getByRole('button', { name: /^Contribute/ })
    .first()
    .waitFor()
  await tab.page.waitForLoadState('networkidle').catch(() => {}) // libp2p keeps talking; what matters has come
  const files = await Promise.all([...sizes].map(async ([path, bytes]) => ({ path, bytes: await bytes })))
  const total = files.reduce((sum, file) => sum + file.bytes, 0)
  const largest = files.sort((a, b) => b.bytes - a.bytes).slice(0, 8)
  console.info(`page weight ${(total / 1024).toFixed(1)} KB: ${largest.map(({ path, bytes }) => `${path} ${(bytes / 1024).toFixed(1)}`).join(', ')}`)
  expect(files.some(({ path }) => path.endsWith('.js'))).toBe(true)
  expect(total, `too heavy: ${JSON.stringify(largest)}`).toBeLessThanOrEqual(BUDGET_BYTES)
  expect(tab.errors).toEqual([])
})
