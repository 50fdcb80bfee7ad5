/**
 * Tabs in a real Chromium that join the mesh of real native peers: each in a context of its own, as if on a computer of its
 * own. What goes wrong on a page (console errors, exceptions) is kept: a test that ends must have none it did not cause.
 */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import type { Cluster, ClusterPeer } from '../../node/demo/cluster.ts'
import { waitFor } from '../../node/demo/cluster.ts'
import type { PeerInfo } from '../../protocol/control/types.ts'
import { chromiumLaunch } from './launch.ts'

const JOIN_TIMEOUT_MS = 30_000

export class Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** Console errors and uncaught exceptions. */
  readonly errors: string[] = []

  constructor(context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(`${message.text()} (${message.location().url})`)
    })
    page.on('pageerror', (error) => this.errors.push(`${error.name}: ${error.message}`))
  }

  /** The peer id under which this tab is known, as its page tells. */
  async peerId(): Promise<string> {
    const id = await this.page.locator('cyx-app').getAttribute('data-peer-id')
    if (id === null || id === '') throw new Error('this tab has no peer id yet')
    return id
  }

  async joined(): Promise<this> {
    await this.page.locator('cyx-app[data-phase="connected"]').waitFor({ timeout: JOIN_TIMEOUT_MS })
    return this
  }

  /** Through the dialog, as a person does it. */
  async contribute(): Promise<void> {
    await this.go('contribute')
    await this.page
      .getByRole('button', { name: /^Contribute/ })
      .first()
      .click()
    const dialog = this.page.getByRole('dialog')
    await dialog.getByRole('button', { name: /^Contribute/ }).click()
    await this.page.locator('cyx-app[data-contribution="waiting"], cyx-app[data-contribution="computing"]').waitFor({ timeout: JOIN_TIMEOUT_MS })
  }

  async go(route: string): Promise<void> {
    await this.page.evaluate((hash) => {
      location.hash = hash
    }, `#/${route}`)
  }

  close(): Promise<void> {
    return this.context.close()
  }
}

export class Tabs {
  private readonly browser: Browser
  private readonly open: Tab[] = []

  private constructor(browser: Browser) {
    this.browser = browser
  }

  static async launch(): Promise<Tabs> {
    return new Tabs(await chromium.launch(chromiumLaunch()))
  }

  async add(url: string): Promise<Tab> {
    const context = await this.browser.newContext()
    const tab = new Tab(context, await context.newPage())
    this.open.push(tab)
    await tab.page.goto(url)
    return tab
  }

  async close(): Promise<void> {
    await this.browser.close()
  }
}

export function dashboardOf(peer: ClusterPeer): string {
  const http = peer.ready?.http
  if (http === undefined) throw new Error(`${peer.name} serves no dashboard`)
  return http
}

/** The mesh as a native peer sees it, once it fits. */
export async function peersOf(peer: ClusterPeer, fits: (peers: readonly PeerInfo[]) => boolean, what: string): Promise<readonly PeerInfo[]> {
  let last: readonly PeerInfo[] = []
  await waitFor(
    async () => {
      last = await peer.once('peers', {})
      return fits(last)
    },
    JOIN_TIMEOUT_MS,
    what,
  )
  return last
}

export async function startedCluster(make: () => Promise<Cluster>, natives: number): Promise<Cluster> {
  const cluster = await make()
  for (let i = 0; i < natives; i += 1) await cluster.add(['--http', '127.0.0.1:0'])
  await cluster.settled()
  return cluster
}
