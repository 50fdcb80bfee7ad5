/**
 * The dashboard's frame and pages in a real Chromium, on generated data: every page in light and dark passes axe without a
 * console error, fits a phone, and the way to contributing and back needs no mouse.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chromiumLaunch } from './launch.ts'

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const PAGES = ['jobs', 'new-job', 'contribute', 'peers', 'compare', 'log', 'settings'] as const
const MAX_ENTRY_GZIP_BYTES = 40 * 1024

let outDir: string
let server: Server
let browser: Browser
let axe: string
let origin: string

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'cyxwiz-shell-'))
  await build({ configFile: fileURLToPath(new URL('../../browser/vite.config.ts', import.meta.url)), mode: 'fake', logLevel: 'error', build: { outDir } })
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    readFile(join(outDir, path === '/' ? 'index.html' : path)).then(
      (bytes) => response.writeHead(200, { 'content-type': TYPES[extname(path === '/' ? '.html' : path)] ?? 'text/html' }).end(bytes),
      () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  browser = await chromium.launch(chromiumLaunch())
})

afterAll(async () => {
  await browser?.close()
  server?.close()
  if (outDir !== undefined) await rm(outDir, { recursive: true, force: true })
})

let context: BrowserContext | undefined
let errors: string[] = []

async function open(hash: string, scheme: 'light' | 'dark' = 'light', width = 1280): Promise<Page> {
  context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme: scheme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  errors = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(`${origin}${hash}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}

afterEach(async () => {
  await context?.close()
  context = undefined
  expect(errors).toEqual([])
})

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { run } = (globalThis as unknown as { axe: { run(root: Document): Promise<{ violations: { id: string; nodes: { target: unknown[] }[] }[] }> } }).axe
    return (await run(document)).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat().join(' ')).join(', ')}`)
  })
}

describe.each(['light', 'dark'] as const)('every page, %s', (scheme) => {
  it.each(PAGES)('passes axe: %s', async (name) => {
    const page = await open(`#/${name}`, scheme)
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe(scheme)
    expect(await violations(page)).toEqual([])
  })
})

describe('the shell', () => {
  it.each(PAGES)('fits a phone: %s', async (name) => {
    const page = await open(`#/${name}`, 'light', 390)
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })

  it('goes to the consent card, through it and back by keyboard alone', async () => {
    const page = await open('#/jobs')
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    const contribute = page.getByRole('button', { name: 'Contribute this GPU' })
    await contribute.waitFor()
    expect(await page.title()).toBe('Contribute – CyxWiz')
    const isFocused = () => contribute.evaluate((button) => (button.getRootNode() as ShadowRoot).activeElement === button)
    for (let tabs = 0; tabs < 10 && !(await isFocused()); tabs++) await page.keyboard.press('Tab')
    expect(await isFocused()).toBe(true)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Contribute this GPU?' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await page.locator('cyx-app').getAttribute('data-contribution')).toBe('off')
    expect(await isFocused()).toBe(true)
    await page.keyboard.press('Enter')
    await dialog.waitFor()
    await page.keyboard.press('Enter')
    await page.locator('cyx-app[data-contribution="computing"]').waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.press('g')
    await page.keyboard.press('j')
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor()
    await page.keyboard.press(' ')
    await page.locator('cyx-app[data-contribution="paused"]').waitFor()
  })

  it('finds pages and themes in the palette', async () => {
    const page = await open('#/jobs')
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Command' }).fill('theme dark')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  })

  it('keeps what was typed when an address is wrong, and says so at the field', async () => {
    const page = await open('#/jobs')
    await page.getByRole('button', { name: /Connected/ }).click()
    const field = page.getByLabel('Join link or address')
    await field.fill('192.0.2.1:4002')
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByText(/is neither a join link nor an address/).waitFor()
    expect(await field.inputValue()).toBe('192.0.2.1:4002')
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await violations(page)).toEqual([])
  })

  it('has a small entry', async () => {
    const page = await readFile(join(outDir, 'index.html'), 'utf8')
    const entry = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1]
    if (entry === undefined) throw new Error('index.html names no entry')
    const scripts = [entry, ...[...page.matchAll(/modulepreload"[^>]*href="\.\/([^"]+)"/g)].map(([, href]) => href as string)]
    let gzipBytes = 0
    for (const script of scripts) gzipBytes += gzipSync(await readFile(join(outDir, script))).length
    expect(gzipBytes).toBeLessThan(MAX_ENTRY_GZIP_BYTES)
  })
})
