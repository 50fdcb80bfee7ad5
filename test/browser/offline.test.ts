/**
 * A dashboard that was open once opens again without a network, and says that it is offline.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { dashboardOf, startedCluster, Tabs } from './tabs.ts'

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

it('opens again without a network', async () => {
  const tab = await (await tabs.add(dashboardOf(cluster.peers[0] as ClusterPeer))).joined()
  await tab.page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
  // The page hands over what it has loaded once it has settled.
  await waitFor(() => tab.page.evaluate(async () => (await (await caches.open('cyxwiz-shell-1')).keys()).length > 15), 30_000, 'the shell was not kept')
  // What else is opened at this address must not take the page's place.
  const other = await tab.context.newPage()
  await other.goto(new URL('health', dashboardOf(cluster.peers[0] as ClusterPeer)).href)
  await other.close()
  await tab.context.setOffline(true)
  await tab.page.reload()
  await tab.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await tab.page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
  expect(await tab.page.locator('cyx-app').getAttribute('data-phase')).not.toBe('connected')
  await tab.context.setOffline(false)
  await tab.joined()
})
