/**
 * The charts in a real Chromium, on generated data (`browser/charts/demo.html`): what a person does with mouse and keys, what
 * a screen reader gets, what comes out of exports, and that nothing stays behind when a chart goes.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { CyxChart } from '../../browser/charts/cyx-chart.ts'
import { chromiumLaunch } from './launch.ts'

const configFile = fileURLToPath(new URL('../../browser/vite.config.ts', import.meta.url))
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

let server: ViteDevServer
let browser: Browser
let base: string
let page: Page
const problems: string[] = []

beforeAll(async () => {
  server = await createServer({
    configFile,
    logLevel: 'error',
    cacheDir: fileURLToPath(new URL('../../node_modules/.vite-charts-test', import.meta.url)),
    optimizeDeps: { entries: ['charts/demo.ts'], include: ['lit', 'lit/decorators.js', 'lit/directives/repeat.js', 'uplot'] },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  })
  await server.listen()
  base = `${server.resolvedUrls?.local[0]}charts/demo.html`
  browser = await chromium.launch(chromiumLaunch())
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

afterEach(async () => {
  await page?.close()
  expect(problems.splice(0), 'errors on the page').toEqual([])
})

async function open(query: string, size = { width: 1_280, height: 900 }): Promise<void> {
  page = await browser.newPage({ viewport: size, acceptDownloads: true })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  // Counts what is alive: observers that watch something, canvases that are in a page.
  await page.addInitScript(() => {
    const alive = { observers: 0 }
    Object.assign(window, { alive })
    for (const name of ['ResizeObserver', 'IntersectionObserver'] as const) {
      const Original = window[name]
      const observe = Original.prototype.observe
      const disconnect = Original.prototype.disconnect
      const watching = new WeakSet<object>()
      Original.prototype.observe = function (this: never, ...what: never) {
        if (!watching.has(this)) {
          watching.add(this)
          alive.observers++
        }
        return Reflect.apply(observe, this, what)
      }
      Original.prototype.disconnect = function (this: never) {
        if (watching.delete(this)) alive.observers--
        return Reflect.apply(disconnect, this, [])
      }
    }
  })
  await page.goto(`${base}?${query}`)
  await chart('Loss').locator('canvas').waitFor()
}

const chart = (title: string) => page.locator('cyx-chart').filter({ has: page.getByRole('heading', { name: title, exact: true }) })

/** What is in sight on x, asked of the chart as an export would. */
const windowOf = (title: string): Promise<readonly [number, number]> =>
  chart(title).evaluate((element) => (element as CyxChart).snapshot()?.x ?? ([Number.NaN, Number.NaN] as const))

async function drag(title: string, from: number, to: number): Promise<void> {
  const over = chart(title).locator('.u-over')
  await over.scrollIntoViewIfNeeded()
  const box = await over.boundingBox()
  if (!box) throw new Error(`${title}: nothing to drag on`)
  const y = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * from, y)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y + 3, { steps: 4 })
  await page.mouse.move(box.x + box.width * to, y + 3, { steps: 4 })
  await page.mouse.up()
}

/** New steps, and time for every visible chart to have drawn them. */
async function advance(steps: number): Promise<void> {
  await page.evaluate((count) => {
    for (const job of window.demo.jobs) job.advance(count)
  }, steps)
  await page.waitForTimeout(450)
}

describe('zoom', () => {
  it('survives new data, reaches the whole group, and ends for the whole group', async () => {
    await open('peers=3&points=1000')
    await drag('Loss', 0.25, 0.5)
    const zoomed = await windowOf('Loss')
    expect(zoomed[0]).toBeGreaterThan(200)
    expect(zoomed[1]).toBeLessThan(560)
    await advance(300)
    expect(await windowOf('Loss')).toEqual(zoomed)
    expect(await windowOf('Speed')).toEqual(zoomed)

    await chart('Speed').locator('.u-over').dblclick()
    for (const title of ['Loss', 'Speed', 'Accuracy']) expect(await windowOf(title)).toEqual([1, 1_300])
    await advance(100)
    expect(await windowOf('Loss')).toEqual([1, 1_400])

    await drag('Accuracy', 0.5, 0.75)
    expect((await windowOf('Loss'))[0]).toBeGreaterThan(500)
    await page.getByRole('button', { name: 'Follow' }).click()
    expect(await windowOf('Loss')).toEqual([1, 1_400])
  })

  it('ends when the unit of x changes: a window on steps says nothing about seconds', async () => {
    await open('peers=2&points=500')
    await drag('Loss', 0.2, 0.6)
    await page.getByLabel('Horizontal axis').selectOption('time')
    await expect.poll(() => windowOf('Loss')).toEqual([0, (499 * 64) / 1_000])
  })

  it('survives being moved in the page', async () => {
    await open('peers=2&points=500')
    await drag('Loss', 0.2, 0.6)
    const zoomed = await windowOf('Loss')
    await page.evaluate(() => document.body.prepend(window.demo.charts))
    await chart('Loss').locator('canvas').waitFor()
    expect(await windowOf('Loss')).toEqual(zoomed)
    expect(await chart('Loss').locator('canvas').count()).toBe(1)
    await advance(50)
    expect(await windowOf('Loss')).toEqual(zoomed)
  })
})

describe('cursor', () => {
  it('is shared by the charts of a job', async () => {
    await open('peers=2&points=500')
    const box = await chart('Loss').locator('.u-over').boundingBox()
    if (!box) throw new Error('no plot')
    await page.mouse.move(box.x + box.width / 2, box.y + 20)
    await expect.poll(() => chart('Accuracy').locator('.at').textContent()).toMatch(/^step 2\d\d$/)
    expect(await chart('Loss').locator('.at').textContent()).toBe(await chart('Accuracy').locator('.at').textContent())
  })

  it('moves with the keys, and its values are told politely', async () => {
    await open('peers=2&points=1000')
    await chart('Loss').locator('.plot').focus()
    await page.keyboard.press('Home')
    await expect.poll(() => chart('Loss').getByRole('status').textContent()).toMatch(/^step 1: fashion-mlp 1 2\.\d+/)
    await page.keyboard.press('Shift+ArrowRight')
    await expect.poll(() => chart('Loss').getByRole('status').textContent()).toMatch(/^step 101: /)
    await page.keyboard.press('m')
    await expect.poll(() => chart('Loss').getByRole('status').textContent()).toMatch(/Peer …peer3 joined/)
    expect(await chart('Loss').locator('.tip').textContent()).toBe('Peer …peer3 joined')
  })

  it('zooms with + and −, and 0 shows everything', async () => {
    await open('peers=2&points=1000')
    await chart('Loss').locator('.plot').focus()
    await page.keyboard.press('+')
    const [from, to] = await windowOf('Accuracy')
    expect(to - from).toBeCloseTo(999 / 2, 3)
    await page.keyboard.press('-')
    expect(await windowOf('Loss')).toEqual([1, 1_000])
    await page.keyboard.press('+')
    await page.keyboard.press('0')
    expect(await windowOf('Loss')).toEqual([1, 1_000])
  })
})

describe('what is shown', () => {
  it('follows the theme', async () => {
    await open('peers=2&points=300')
    const colour = () =>
      chart('Loss')
        .locator('canvas')
        .evaluate((element) => {
          const canvas = element as HTMLCanvasElement
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? new Uint8ClampedArray()
          const counts = new Map<string, number>()
          for (let at = 0; at < pixels.length; at += 4) {
            const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.subarray(at, at + 4)
            if (alpha === 255 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) {
              const key = `${red},${green},${blue}`
              counts.set(key, (counts.get(key) ?? 0) + 1)
            }
          }
          return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
        })
    expect(await colour()).toBe('26,102,214')
    await page.evaluate(() => window.demo.applyTheme('dark'))
    await expect.poll(colour).toBe('110,168,255')
  })

  it('hides a line from its legend entry, and shows only it with Shift', async () => {
    await open('peers=3&points=300')
    const entries = chart('Speed').locator('.legend button')
    expect(await entries.count()).toBe(4)
    await entries.nth(1).click()
    expect(await entries.nth(1).getAttribute('aria-pressed')).toBe('false')
    await entries.nth(1).click({ modifiers: ['Shift'] })
    expect(await Promise.all([0, 1, 2, 3].map((index) => entries.nth(index).getAttribute('aria-pressed')))).toEqual(['false', 'true', 'false', 'false'])
  })

  it('is there as a table and as a label, too', async () => {
    await open('peers=2&points=1000')
    const loss = chart('Loss')
    await expect.poll(() => loss.getByRole('figure').getAttribute('aria-label')).toMatch(/^Loss, of each step's batch: fashion-mlp 1 0\.\d+, falling$/)
    await loss.locator('summary').click()
    const rows = loss.locator('tbody:not(.summary) tr')
    await expect.poll(() => rows.count()).toBeGreaterThan(20)
    expect(await rows.count()).toBeLessThan(60)
    expect(await rows.last().locator('th').textContent()).toBe('1,000')
    expect(await loss.locator('tbody.summary tr').allTextContents()).toHaveLength(3)
  })

  it('says in words that there is nothing yet, and begins by itself', async () => {
    page = await browser.newPage()
    await page.goto(`${base}?peers=2&points=0`)
    await expect.poll(() => chart('Loss').locator('.empty').textContent()).toContain('Nothing recorded yet')
    await page.evaluate(() => window.demo.jobs[0]?.advance(50))
    await chart('Loss').locator('canvas').waitFor()
    expect(await chart('Loss').locator('.empty').isHidden()).toBe(true)
  })

  it('draws logarithmic axes both ways, with values that touch zero too', async () => {
    await open('peers=2&points=1000')
    await page.getByRole('button', { name: 'Log y' }).click()
    await page.getByRole('button', { name: 'Log x' }).click()
    await expect.poll(() => chart('Loss').evaluate((element) => (element as CyxChart).snapshot()?.data.yDistribution.kind)).toBe('log')
    expect(await chart('Loss').evaluate((element) => (element as CyxChart).snapshot()?.data.xDistribution.kind)).toBe('log')
    const drawn = await chart('Loss').evaluate((element) => {
      const plot = (element as CyxChart).snapshot()
      return plot ? plot.y.every(Number.isFinite) && plot.x[0] === 1 : false
    })
    expect(drawn).toBe(true)
  })

  it('passes axe in light, dark and high contrast, tables open', async () => {
    for (const theme of ['light', 'dark', 'contrast']) {
      await open(`peers=4&points=400&theme=${theme}`)
      await chart('Loss').locator('summary').click()
      await chart('Loss').locator('table').waitFor()
      await page.addScriptTag({ path: axePath })
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] }> }
        }
        const { violations } = await axe.run()
        return violations.map(({ id, nodes }) => `${id}: ${JSON.stringify(nodes[0]?.target)} ${nodes[0]?.failureSummary}`)
      })
      expect(violations, theme).toEqual([])
      await page.close()
    }
  })
})

describe('export', () => {
  const save = async (title: string, format: string): Promise<{ name: string; bytes: Buffer }> => {
    await chart(title)
      .getByRole('button', { name: `Export ${title}` })
      .click()
    const [download] = await Promise.all([page.waitForEvent('download'), chart(title).getByRole('button', { name: format, exact: true }).click()])
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
  }

  it('gives files that other programs read', async () => {
    await open('peers=3&points=600')
    await drag('Loss', 0.5, 0.75)
    const png = await save('Loss', 'PNG')
    expect(png.name).toMatch(/^fashion-mlp-1_loss_\d+-\d+\.png$/)
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG')
    expect(png.bytes.readUInt32BE(16)).toBeGreaterThan(300)

    const svg = await save('Speed', 'SVG')
    const parsed = await page.evaluate((text) => {
      const tree = new DOMParser().parseFromString(text, 'image/svg+xml')
      return {
        error: tree.querySelector('parsererror')?.textContent ?? null,
        title: tree.querySelector('title')?.textContent,
        paths: tree.querySelectorAll('g path[stroke-linejoin]').length,
      }
    }, svg.bytes.toString())
    // Three members, each with its raw line.
    expect(parsed).toEqual({ error: null, title: 'Speed', paths: 6 })

    const csv = await save('Loss', 'CSV')
    const rows = csv.bytes.toString().trimEnd().split('\r\n')
    expect(rows).toHaveLength(601)
    expect(rows[0]).toBe('step,samples,time (UTC),fashion-mlp 1 loss,fashion-mlp 1 loss smoothed 0.6')

    const json = JSON.parse((await save('Loss', 'JSON')).bytes.toString())
    expect(json.series[0].value).toHaveLength(600)
    expect(json.jobs[0].configuration).toEqual({ batchSize: 64 })
  })

  it('gives all numbers of a job in one file', async () => {
    await open('peers=2&points=50')
    await page.getByRole('button', { name: 'Export all' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'All numbers, JSON' }).click()])
    expect(download.suggestedFilename()).toBe('fashion-mlp-1_all_1-50.json')
    const json = JSON.parse((await readFile(await download.path())).toString())
    expect(new Set(json.series.map(({ metric }: { metric: string }) => metric)).size).toBe(8)
  })
})

describe('comparison', () => {
  it('overlays jobs, one line each', async () => {
    await open('peers=3&points=400&jobs=3')
    expect(await chart('Loss').locator('.legend button').count()).toBe(3)
    expect(await chart('Speed').locator('.legend button').count()).toBe(3)
  })
})

describe('life', () => {
  it('leaves nothing behind when charts are taken away, and starts anew when they come back', async () => {
    await open('peers=3&points=300')
    const charts = await page.locator('cyx-chart').count()
    expect(await page.evaluate(() => (window as unknown as { alive: { observers: number } }).alive.observers)).toBe(charts * 2)
    const before = await page.evaluate(() => {
      const { charts: all } = window.demo
      const elements = [...(all.shadowRoot?.querySelectorAll('cyx-chart') ?? [])]
      all.remove()
      return {
        canvases: elements.filter((element) => element.shadowRoot?.querySelector('canvas')).length,
        observers: (window as unknown as { alive: { observers: number } }).alive.observers,
      }
    })
    expect(before).toEqual({ canvases: 0, observers: 0 })
    // Data goes on without anybody drawing it.
    await page.evaluate(() => window.demo.jobs[0]?.advance(100))
    await page.waitForTimeout(250)
    await page.evaluate(() => document.querySelector('#place')?.append(window.demo.charts))
    await chart('Loss').locator('canvas').waitFor()
    expect(await windowOf('Loss')).toEqual([1, 400])
  })

  it('draws only charts in sight', async () => {
    await open('peers=3&points=300', { width: 500, height: 500 })
    await page.waitForTimeout(300)
    const drawn = await page.locator('cyx-chart').evaluateAll((elements) => elements.map((element) => element.shadowRoot?.querySelector('canvas') !== null))
    expect(drawn[0]).toBe(true)
    expect(drawn.at(-1)).toBe(false)
    await page.locator('cyx-chart').last().scrollIntoViewIfNeeded()
    await page.locator('cyx-chart').last().locator('canvas').waitFor()
  })
})
