/**
 * The storage of a tab in a real Chromium: the private file system, the compute Worker's way to a blob, one identity in
 * several tabs, and what is still there after a reload.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { chromiumLaunch } from './launch.ts'
import type { StoragePage } from './pages/store/main.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
let server: ViteDevServer
let browser: Browser
let context: BrowserContext
let address: string
const problems: string[] = []

beforeAll(async () => {
  server = await createServer({
    root: repository,
    configFile: false,
    logLevel: 'error',
    // Scanned before the first page: a dependency found later would reload the page in the middle of a test.
    optimizeDeps: { entries: ['test/browser/pages/store/main.ts', 'test/browser/pages/store/worker.ts'] },
    cacheDir: 'node_modules/.vite-store-test',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  })
  await server.listen()
  address = `${server.resolvedUrls?.local[0]}test/browser/pages/store/index.html`
  browser = await chromium.launch(chromiumLaunch())
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

beforeEach(async () => {
  // A context is a browser of its own: nothing is stored in it yet.
  context = await browser.newContext()
  problems.length = 0
})

afterEach(async () => {
  await context.close()
  expect(problems, 'errors on the page').toEqual([])
})

async function tab(): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await page.goto(address)
  await page.waitForFunction(() => 'storage' in window)
  return page
}

/** Calls one function of the page's `window.storage`. */
function call<Name extends keyof StoragePage>(page: Page, name: Name, ...args: Parameters<StoragePage[Name]>): Promise<Awaited<ReturnType<StoragePage[Name]>>> {
  return page.evaluate(([method, given]) => (window.storage[method as Name] as (...all: unknown[]) => unknown)(...(given as unknown[])), [
    name,
    args,
  ] as const) as never
}

async function reload(page: Page): Promise<void> {
  await page.reload()
  await page.waitForFunction(() => 'storage' in window)
}

function seeded(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed >>> 0
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

const hashOfSeed = (length: number, seed: number): string => createHash('sha256').update(seeded(length, seed)).digest('hex')

describe('the storage of a tab in Chromium', () => {
  it('keeps identity, vote and log over a reload and gives another browser another name', async () => {
    const page = await tab()
    const key = await call(page, 'open', 'mesh')
    await call(page, 'saveTerm', 1)
    await call(page, 'saveTerm', 2)
    await reload(page)
    expect(await call(page, 'open', 'mesh')).toBe(key)
    expect(await call(page, 'load')).toEqual({ hardState: { term: 2 }, indexes: [1, 2] })
    const other = await browser.newContext()
    try {
      const stranger = await other.newPage()
      await stranger.goto(address)
      await stranger.waitForFunction(() => 'storage' in window)
      expect(await call(stranger, 'open', 'mesh')).not.toBe(key)
    } finally {
      await other.close()
    }
  })

  it('asks the browser for strict durability where votes lie, and not for settings', async () => {
    const page = await tab()
    expect(await call(page, 'durabilities', 'mesh')).toEqual({ 'cyxwiz:peer:mesh': ['strict'], 'cyxwiz:page': ['relaxed'] })
    await call(page, 'open', 'timed')
    const { p50, p99 } = await call(page, 'saveTimes', 200)
    console.log(`a durable save of hard state and one entry: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
  })

  it('has on the disk what a save has promised when the whole browser dies', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cyxwiz-chromium-'))
    const launch = () => chromium.launchPersistentContext(folder, chromiumLaunch())
    try {
      const first = await launch()
      const page = await first.newPage()
      await page.goto(address)
      await page.waitForFunction(() => 'storage' in window)
      const key = await call(page, 'open', 'mesh')
      for (let term = 1; term <= 5; term += 1) await call(page, 'saveTerm', term)
      const closed = new Promise<void>((resolve) => first.once('close', () => resolve()))
      const session = await first.newCDPSession(page)
      void session.send('Browser.crash' as never).catch(() => {})
      await closed
      const second = await launch()
      try {
        const again = await second.newPage()
        await again.goto(address)
        await again.waitForFunction(() => 'storage' in window)
        expect(await call(again, 'open', 'mesh')).toBe(key)
        expect(await call(again, 'load')).toEqual({ hardState: { term: 5 }, indexes: [1, 2, 3, 4, 5] })
      } finally {
        await second.close()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  })

  it('says so when the data of the site is cleared under it, and starts with a new name and an empty vote', async () => {
    const page = await tab()
    const key = await call(page, 'open', 'mesh')
    await call(page, 'saveTerm', 1)
    const session = await context.newCDPSession(page)
    await session.send('Storage.clearDataForOrigin', { origin: new URL(address).origin, storageTypes: 'all' })
    await page.waitForFunction(() => window.storage.notices().includes('closed'))
    expect((await call(page, 'failedSave', 10))?.code).toBe('CLOSED')
    await reload(page)
    expect(await call(page, 'open', 'mesh')).not.toBe(key)
    expect(await call(page, 'load')).toEqual({ hardState: null, indexes: [] })
  })

  it('tells how much is stored and whether it is safe', async () => {
    const page = await tab()
    await call(page, 'open', 'mesh')
    await call(page, 'put', 2_000_000, 1)
    const estimate = await call(page, 'storageEstimate')
    expect(estimate.usedBytes).toBeGreaterThanOrEqual(2_000_000)
    expect(estimate.quotaBytes).toBeGreaterThan(estimate.usedBytes)
    expect(typeof (await call(page, 'persistStorage'))).toBe('boolean')
  })

  it('says QUOTA with the blob and its size when the browser has no more room', async () => {
    const page = await tab()
    const session = await context.newCDPSession(page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(address).origin, quotaSize: 1_000_000 })
    await call(page, 'open', 'mesh')
    // Several times: what the browser says to a write that does not fit is a matter of time.
    for (let i = 0; i < 20; i += 1) {
      const failure = await call(page, 'failedPut', 3_000_000, 1)
      expect(failure?.code, failure?.message).toBe('QUOTA')
      expect(failure?.message).toContain(`blob ${hashOfSeed(3_000_000, 1)} (3000000 bytes): the browser gives this site no more room`)
    }
    const failed = await call(page, 'failedReceive', { sha256: hashOfSeed(2_000_000, 1), length: 2_000_000, seed: 1 })
    expect(failed?.code, failed?.message).toBe('QUOTA')
    expect(await call(page, 'list')).toEqual([])
    // The database feels it too: votes wait until there is room, and are kept in their order.
    const refused = await call(page, 'failedSave', 1_500_000)
    expect(refused?.code, refused?.message).toBe('QUOTA')
    expect(refused?.message).toContain("this peer's votes and log")
    expect(await call(page, 'notices')).toEqual(['failing'])
    await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(address).origin })
    await call(page, 'flush')
    expect(await call(page, 'notices')).toEqual(['failing', 'recovered'])
    expect((await call(page, 'load')).indexes).toEqual([1])
    expect(await call(page, 'failedPut', 3_000_000, 1)).toBeNull()
  })
})

describe.each(['opfs', 'table'] as const)('blobs in a tab (%s)', (kind) => {
  it('are named by their sha256, verified and served in ranges, and survive a reload', async () => {
    const page = await tab()
    expect(await call(page, 'hasOpfs')).toBe(true)
    await call(page, 'openBlobs', kind)
    const name = await call(page, 'put', 5_000_000, 7)
    expect(name).toBe(hashOfSeed(5_000_000, 7))
    expect(await call(page, 'put', 0, 1)).toBe(createHash('sha256').digest('hex'))
    await reload(page)
    await call(page, 'openBlobs', kind)
    expect(await call(page, 'hashOfGet', name)).toBe(name)
    expect(await call(page, 'read', name, 4_999_990, 100)).toEqual([...seeded(5_000_000, 7).subarray(4_999_990)])
    expect((await call(page, 'list')).map(({ sizeBytes }) => sizeBytes).sort()).toEqual([0, 5_000_000])
    await call(page, 'delete', name)
    expect((await call(page, 'failedGet', name))?.code).toBe('BLOB_MISSING')
  })

  it('go on after a reload in the middle of a download, and are verified at the end', async () => {
    const page = await tab()
    await call(page, 'openBlobs', kind)
    const blob = { sha256: hashOfSeed(4_500_000, 3), length: 4_500_000, seed: 3, chunkBytes: 1 << 20 }
    expect(await call(page, 'receive', { ...blob, chunks: 3, finish: false })).toEqual({ resumedAt: 0, receivedBytes: 3 << 20 })
    expect(await call(page, 'list')).toEqual([])
    await reload(page)
    await call(page, 'openBlobs', kind)
    expect(await call(page, 'receive', { ...blob, chunks: 9, finish: true })).toEqual({ resumedAt: 3 << 20, receivedBytes: 4_500_000 })
    expect(await call(page, 'hashOfGet', blob.sha256)).toBe(blob.sha256)
    const wrong = await call(page, 'failedReceive', { sha256: hashOfSeed(1000, 1), length: 1000, seed: 2 })
    expect(wrong?.code).toBe('CORRUPT')
    expect(await call(page, 'list')).toEqual([{ sha256: blob.sha256, sizeBytes: 4_500_000 }])
  })

  it('are opened by a Worker from their location alone', async () => {
    const page = await tab()
    await call(page, 'openBlobs', kind)
    const name = await call(page, 'put', 3_000_000, 5)
    const location = await call(page, 'location', name)
    expect(location).toMatch(kind === 'opfs' ? /^opfs:/ : /^idb:/)
    expect(await call(page, 'readInWorker', location)).toEqual({ sha256: name })
    const missing = await call(page, 'readInWorker', location.replace(name, 'a'.repeat(64)))
    expect(missing.error?.code).toBe('BLOB_MISSING')
    expect((await call(page, 'readInWorker', '/etc/passwd')).error?.code).toBe('BLOB_MISSING')
  })

  it('make room from the oldest on', async () => {
    const page = await tab()
    await call(page, 'openBlobs', kind)
    const first = await call(page, 'put', 1000, 1)
    await page.waitForTimeout(20)
    const second = await call(page, 'put', 1000, 2)
    expect((await call(page, 'evict', 1500)).map(({ sha256 }) => sha256)).toEqual([first])
    expect((await call(page, 'list')).map(({ sha256 }) => sha256)).toEqual([second])
  })
})

describe('blobs in files', () => {
  it('of 48 MiB are written, read and hashed in pieces (long tasks are reported, not judged)', async () => {
    const page = await tab()
    await call(page, 'openBlobs', 'opfs')
    const length = 48 * 1024 * 1024
    const tasks = await call(page, 'bigBlob', length)
    console.log(`48 MiB, put, get and read: long tasks of the page ${JSON.stringify(tasks)}`)
    expect((await call(page, 'list')).map(({ sizeBytes }) => sizeBytes)).toEqual([length])
  })

  it('are dropped when the disk has changed them, and absent when a write never ended', async () => {
    const page = await tab()
    await call(page, 'openBlobs', 'opfs')
    const name = await call(page, 'put', 1000, 1)
    await call(page, 'damage', name)
    const location = await call(page, 'location', name)
    expect((await call(page, 'readInWorker', location)).error?.code).toBe('CORRUPT')
    expect(await call(page, 'failedGet', name)).toEqual({ code: 'CORRUPT', message: `blob ${name} was damaged on disk and has been dropped` })
    expect(await call(page, 'list')).toEqual([])
    const unfinished = hashOfSeed(1000, 2)
    await call(page, 'leaveUnfinished', unfinished)
    await reload(page)
    await call(page, 'openBlobs', 'opfs')
    expect(await call(page, 'list')).toEqual([])
    expect((await call(page, 'failedGet', unfinished))?.code).toBe('BLOB_MISSING')
    expect((await call(page, 'readInWorker', location.replace(name, unfinished))).error?.code).toBe('CORRUPT')
    expect(await call(page, 'put', 1000, 2)).toBe(unfinished)
    expect(await call(page, 'hashOfGet', unfinished)).toBe(unfinished)
  })
})

describe('the choices of kernels', () => {
  it('are kept whole, and go with everything else that is cleared', async () => {
    const page = await tab()
    expect(await call(page, 'kernelChoices', '{"version":2}')).toEqual([null, '{"version":2}', null])
  })
})

describe('two tabs of one browser', () => {
  it('have one contributor; the other takes over when the first is closed, with the same identity', async () => {
    const first = await tab()
    const second = await tab()
    const third = await tab()
    expect(await call(first, 'takeLock', 'mesh')).toBe('contributor')
    expect(await call(second, 'takeLock', 'mesh')).toBe('viewer')
    expect(await call(third, 'takeLock', 'other mesh')).toBe('contributor')
    const key = await call(first, 'open', 'mesh', 'contributor')
    await call(first, 'saveTerm', 1)
    expect(await call(second, 'open', 'mesh', 'viewer')).not.toBe(key)
    expect(await call(second, 'load')).toEqual({ hardState: null, indexes: [] })

    await first.close()
    await second.waitForFunction(() => window.storage.role() === 'contributor')
    expect(await call(second, 'takeOvers')).toBe(1)
    await call(second, 'close')
    expect(await call(second, 'open', 'mesh', 'contributor')).toBe(key)
    expect(await call(second, 'load')).toEqual({ hardState: { term: 1 }, indexes: [1] })
  })

  it('pass the lock on when the holder lets go, past a tab that no longer waits', async () => {
    const [first, second, third] = [await tab(), await tab(), await tab()]
    await call(first, 'takeLock', 'mesh')
    await call(second, 'takeLock', 'mesh')
    await call(third, 'takeLock', 'mesh')
    await call(second, 'releaseLock')
    await call(first, 'releaseLock')
    await third.waitForFunction(() => window.storage.role() === 'contributor')
    expect(await call(first, 'role')).toBe('viewer')
    expect(await call(second, 'takeOvers')).toBe(0)
    await reload(third)
    expect(await call(third, 'takeLock', 'mesh'), 'a reload gives the lock back').toBe('contributor')
  })

  it('record the points of a job once; the other goes on when the first is closed', async () => {
    const [first, second] = [await tab(), await tab()]
    await call(first, 'open', 'mesh')
    await call(second, 'open', 'mesh', 'viewer')
    await call(first, 'append', 'job', 1, 3)
    await call(second, 'append', 'job', 1, 3)
    await call(second, 'append', 'another job', 1, 2)
    expect(await call(second, 'stepsOf', 'job')).toEqual([1, 2, 3])
    await reload(first)
    await call(first, 'open', 'mesh')
    await call(first, 'append', 'job', 4, 5)
    await first.close()
    // (waitForFunction would take the promise itself for an answer.)
    await expect.poll(() => second.evaluate(async () => (await navigator.locks.query()).held?.some(({ name }) => name === 'cyxwiz:metrics:job'))).toBe(false)
    await call(second, 'append', 'job', 6, 7)
    expect(await call(second, 'stepsOf', 'job')).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(await call(second, 'stepsOf', 'another job')).toEqual([1, 2])
  })

  it('hear from each other, and not from themselves', async () => {
    const [first, second] = [await tab(), await tab()]
    await call(first, 'listen', 'mesh')
    await call(second, 'listen', 'mesh')
    await call(first, 'tell', { type: 'settings' })
    await second.waitForFunction(() => window.storage.heard().length === 1)
    expect(await call(second, 'heard')).toEqual([{ type: 'settings' }])
    expect(await call(first, 'heard')).toEqual([])
  })
})
