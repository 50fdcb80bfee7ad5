/** The tab's compute provider and its Worker in a real Chromium, on the browser's own WebGPU. */
import { type Browser, type CDPSession, chromium, type Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DevServer, startDevServer } from './dev-server.ts'
import type { ComputePage } from './fixtures/compute-page.ts'
import { chromiumLaunch } from './launch.ts'

let server: DevServer
let browser: Browser
let page: Page
const consoleErrors: string[] = []

type Answer<N extends keyof ComputePage> = Awaited<ReturnType<ComputePage[N]>>

function ask<N extends keyof ComputePage>(name: N, ...args: Parameters<ComputePage[N]>): Promise<Answer<N>> {
  return page.evaluate(
    async ([method, values]) => {
      const methods = (globalThis as unknown as { computePage: Record<string, (...given: unknown[]) => Promise<unknown>> }).computePage
      return (await methods[method]?.(...values)) as never
    },
    [name, args] as const,
  ) as Promise<Answer<N>>
}

beforeAll(async () => {
  server = await startDevServer()
  browser = await chromium.launch(chromiumLaunch())
  page = await browser.newPage()
  page.on('console', (message) => message.type() === 'error' && consoleErrors.push(message.text()))
  page.on('pageerror', (error) => consoleErrors.push(String(error)))
  await page.goto(server.blankUrl)
  await page.addScriptTag({ url: server.moduleUrl('test/browser/fixtures/compute-page.ts'), type: 'module' })
  await page.waitForFunction(() => 'computePage' in globalThis)
})

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

describe('the GPU of a tab', () => {
  it('can be looked at without contributing it', async () => {
    const { device, memory, enabled, slots } = await ask('probe')
    expect(device.description).not.toBe('')
    expect(device.limits.maxStorageBufferBindingSize).toBeGreaterThan(0)
    expect(memory).toMatchObject({ source: 'probe', usedBytes: 0 })
    expect(memory.limitBytes).toBeGreaterThanOrEqual(64 * 2 ** 20)
    expect([enabled, slots], 'nothing was switched on').toEqual([false, 0])
    await expect.poll(() => page.workers().length, { message: 'the Worker is gone again', timeout: 10_000 }).toBe(0)
  })

  it('trains in a Worker: the loss falls, and nothing is left on the GPU', async () => {
    expect(await ask('enable')).toMatchObject({ slots: 1, memory: { usedBytes: 0 } })
    const result = await ask('train')
    expect(result.firstLoss).toBeGreaterThan(0.9)
    expect(result.lastLoss).toBeLessThan(0.7 * result.firstLoss)
    expect(result.held).toBe(result.memoryBytes)
    expect(result.left).toBe(0)
    expect(result.exported.step).toBe(120)
  })

  it('vectors of many megabytes cross in pieces and arrive whole', async () => {
    const { vectorBytes, stayed, whole, imported, longTasksMs } = await ask('largeVectors')
    expect(vectorBytes).toBeGreaterThan(8 * 2 ** 20)
    expect(stayed, 'the caller keeps its vector').toBe(vectorBytes)
    expect(imported).toEqual(whole)
    console.log(`longest tasks of the page with vectors of ${vectorBytes} bytes: ${longTasksMs.join(', ') || 'none'} ms`)
  })

  it('works no more than it is allowed to', async () => {
    const { busySeconds, elapsedSeconds, limitPercent } = await ask('throttled', 20, 60)
    expect(limitPercent).toBe(20)
    expect(busySeconds).toBeGreaterThan(0)
    expect(busySeconds / elapsedSeconds).toBeLessThan(0.3)
  })

  it('refuses what is above its owner’s limit, with the numbers', async () => {
    const { code, message, left } = await ask('refused', 200_000)
    expect(code).toBe('OUT_OF_MEMORY')
    expect(message).toContain('200000')
    expect(left).toBe(0)
  })

  it('a Worker that ends without a word: COMPUTE_GONE, and another takes over', async () => {
    expect(await ask('startLongRun')).toBe(1)
    const [worker] = page.workers()
    await worker?.evaluate(() => (globalThis as unknown as { close(): void }).close())
    const result = await ask('recovered')
    expect(result).toMatchObject({ codes: ['COMPUTE_GONE'], step: 5, left: 0 })
    expect(result.trouble).toContain('its Worker ended')
  })

  it('a crash of the GPU process: DEVICE_LOST, and the device is opened again in the same Worker', async () => {
    expect(await ask('startLongRun')).toBe(1)
    const [before] = page.workers()
    const session: CDPSession = await browser.newBrowserCDPSession()
    // The command ends the process that would answer it.
    await session.send('Browser.crashGpuProcess').catch(() => {})
    const result = await ask('recovered')
    expect(result).toMatchObject({ codes: ['DEVICE_LOST'], step: 5, left: 0 })
    expect(page.workers()[0], 'the Worker lived on').toBe(before)
  })

  it('a Worker that cannot start leaves the tab without a device', async () => {
    expect(await ask('brokenWorker')).toEqual({ code: 'COMPUTE_GONE', device: null })
  })

  it('is given back: no device, no slot, no Worker', async () => {
    expect(await ask('disable')).toEqual({ device: null, slots: 0, code: 'COMPUTE_GONE' })
    await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0)
    expect(consoleErrors).toEqual([])
  })
})
