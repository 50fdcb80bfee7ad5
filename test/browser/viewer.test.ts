/**
 * Who only watches, and ways in that fail: a second tab of one browser, a browser without WebGPU, a phone; wrong, foreign
 * and dead addresses; join links on a static host; a peer that goes and comes back. Peers have no GPU: nothing is trained.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, devices, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer } from '../../node/demo/cluster.ts'
import { chromiumLaunch } from './launch.ts'
import { dashboardOf, Tab } from './tabs.ts'

const TIMEOUT_MS = 120_000
const WITHOUT_GPU = ['--gpu', 'none', '--http', '127.0.0.1:0']
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
/** What native peers serve, from any other server. */
const BUILT = fileURLToPath(new URL('../../browser/dist', import.meta.url))
/** What Chromium itself logs when nobody answers at an address; the last, of a service worker whose server is gone. */
const REFUSED = /ERR_CONNECTION_REFUSED|WebSocket connection to .* failed|ERR_CONNECTION_RESET|unknown error occurred when fetching the script/

let browser: Browser
let cluster: Cluster
let other: Cluster
let native: ClusterPeer
let stranger: ClusterPeer
const opened: Tab[] = []

beforeAll(async () => {
  browser = await chromium.launch(chromiumLaunch())
  cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
  other = await Cluster.create({ peerArguments: WITHOUT_GPU })
  ;[native, stranger] = await Promise.all([cluster.add(), other.add()])
}, TIMEOUT_MS)

afterEach(async () => {
  for (const tab of opened.splice(0)) {
    await tab.close()
    expect(tab.errors.filter((error) => !REFUSED.test(error))).toEqual([])
  }
})

afterAll(async () => {
  await browser?.close()
  await Promise.all([cluster?.stop(), other?.stop()])
})

async function visit(url: string, options: BrowserContextOptions = {}, prepare?: () => void): Promise<Tab> {
  const context = await browser.newContext(options)
  if (prepare !== undefined) await context.addInitScript(prepare)
  const tab = new Tab(context, await context.newPage())
  opened.push(tab)
  await tab.page.goto(url)
  return tab
}

const contributeButton = (page: Page) => page.getByRole('button', { name: 'Contribute this GPU' })

function webSocketOf(peer: ClusterPeer): string {
  const address = peer.ready?.addresses.find((candidate) => candidate.includes('/ws'))
  if (address === undefined) throw new Error(`${peer.name} has no WebSocket address`)
  return address
}

/** Nobody listens there any more. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

describe('who only watches', { timeout: TIMEOUT_MS }, () => {
  it('a second tab of the same browser says why, and may contribute when the first one is closed', async () => {
    const first = await (await visit(dashboardOf(native))).joined()
    const identity = await first.peerId()
    const second = new Tab(first.context, await first.context.newPage())
    await second.page.goto(`${dashboardOf(native)}#/contribute`)
    await second.joined()
    expect(await second.peerId()).not.toBe(identity)
    await second.page.getByText('Another tab of this browser is its peer; this one watches.').first().waitFor()
    expect(await contributeButton(second.page).isDisabled()).toBe(true)

    await first.page.close()
    await expect.poll(() => second.page.locator('cyx-app').getAttribute('data-peer-id'), { timeout: 20_000 }).toBe(identity)
    await second.joined()
    await expect.poll(() => contributeButton(second.page).isEnabled()).toBe(true)
    expect(second.errors).toEqual([])
  })

  it('a browser without WebGPU sees the mesh and is told what to switch on', async () => {
    const tab = await visit(`${dashboardOf(native)}#/contribute`, {}, () => Reflect.deleteProperty(Navigator.prototype, 'gpu'))
    await tab.joined()
    await tab.page
      .getByText(/WebGPU is switched off in this browser\. Start it with --enable-unsafe-webgpu/)
      .first()
      .waitFor()
    expect(await contributeButton(tab.page).isDisabled()).toBe(true)
    await tab.go('peers')
    await tab.page.getByRole('row', { name: new RegExp(native.id.slice(-6)) }).waitFor()
  })

  it('a phone watches only, and has what it can do within reach', async () => {
    const { defaultBrowserType: _type, ...phone } = devices['Pixel 7']
    const tab = await visit(`${dashboardOf(native)}#/contribute`, phone)
    await tab.joined()
    await tab.page
      .getByText(/On a phone this page watches only|Phones and tablets watch only/)
      .first()
      .waitFor()
    expect(await contributeButton(tab.page).isDisabled()).toBe(true)
    expect(await tab.page.getByRole('link', { name: 'New job' }).isVisible()).toBe(false)
    expect(await tab.page.getByRole('button', { name: /^Project/ }).isVisible()).toBe(false)
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })
})

describe('a way in that fails', { timeout: TIMEOUT_MS }, () => {
  it('is told at the field, with what to do, and keeps what was typed', async () => {
    const tab = await (await visit(dashboardOf(native))).joined()
    const { page } = tab
    await page.getByRole('button', { name: /^Connected/ }).click()
    const text = page.getByLabel('Join link or address')
    const mesh = page.getByLabel(/^Mesh name/)
    const refused = async (address: string, name: string, said: RegExp): Promise<void> => {
      await text.fill(address)
      await mesh.fill(name)
      await page.getByRole('button', { name: 'Connect', exact: true }).click()
      await expect.poll(() => text.getAttribute('aria-describedby'), { timeout: 30_000 }).toBe('fault')
      await expect.poll(() => page.locator('#fault').textContent()).toMatch(said)
      expect(await text.inputValue()).toBe(address)
      expect(await mesh.inputValue()).toBe(name)
    }
    await refused('/ip4/127.0.0.1/tcp/nonsense/ws', '', /nonsense/)
    await refused('/ip4/127.0.0.1/tcp/4001', '', /\/ws|WebSocket|dial/i)
    await refused('https://example.org/#/jobs', '', /not a join link/)
    await refused(`/ip4/127.0.0.1/tcp/${await closedPort()}/ws`, 'nobody', /nobody answers at .*is the peer running/)
    await refused(webSocketOf(stranger), 'nowhere', /answers, but is in no mesh named "nowhere"/)
    // And the way out: the same field, the right name.
    await mesh.fill(other.mesh)
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.locator(`cyx-app[data-phase="connected"][data-mesh="${other.mesh}"]`).waitFor()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
  })

  it('a peer that is killed is missed, and found again when it is back', async () => {
    const peer = await other.add(['--http', '127.0.0.1:0'])
    const { port } = new URL(dashboardOf(peer))
    const tab = await (await visit(dashboardOf(peer))).joined()
    for (const living of other.living) await other.signal(living, 'SIGKILL')
    await tab.page.locator('cyx-app[data-phase="lost"]').waitFor({ timeout: 30_000 })
    await tab.page.getByText('no peer of the mesh is reachable; still trying').first().waitFor()
    const listen = webSocketOf(peer).replace(/\/p2p\/.*$/, '')
    await other.run(peer, ['--http', `127.0.0.1:${port}`, '--listen', listen])
    await tab.page.locator('cyx-app[data-phase="connected"]').waitFor({ timeout: 60_000 })
  })
})

describe('a page from a static host', { timeout: TIMEOUT_MS }, () => {
  let server: Server
  let origin: string

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname
      const file = path === '/' ? 'index.html' : path
      readFile(join(BUILT, file)).then(
        (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes),
        // As many static hosts do: any other path is the page.
        () => readFile(join(BUILT, 'index.html')).then((page) => response.writeHead(200, { 'content-type': 'text/html' }).end(page)),
      )
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  }, TIMEOUT_MS)

  afterAll(async () => {
    server?.close()
  })

  it('joins nothing by itself, joins by a link, and knows the mesh the next time', async () => {
    const tab = await visit(origin)
    const { page } = tab
    await page.getByRole('button', { name: /Join a mesh/ }).waitFor()
    expect(await page.locator('cyx-app').getAttribute('data-phase')).toBe('idle')

    const host = await (await visit(dashboardOf(native))).joined()
    await host.page.getByRole('button', { name: 'Share' }).click()
    const link = await host.page.getByRole('textbox', { name: 'Join link' }).inputValue()
    const fragment = link.slice(link.indexOf('#'))
    await page.goto(`${origin}${fragment}`)
    await tab.joined()
    expect(await page.locator('cyx-app').getAttribute('data-mesh')).toBe(cluster.mesh)
    expect(page.url()).not.toContain('join')
    await page.reload()
    await tab.joined()
    expect(await page.locator('cyx-app').getAttribute('data-mesh')).toBe(cluster.mesh)
  })

  it('a broken link is refused in words', async () => {
    const tab = await visit(`${origin}#/join?mesh=x&via=/ip4/nonsense`)
    await tab.page
      .getByText(/nonsense/)
      .first()
      .waitFor()
  })
})
