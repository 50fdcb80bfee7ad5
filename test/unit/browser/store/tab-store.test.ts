import { Dexie } from 'dexie'
import { afterEach, describe, expect, it } from 'vitest'
import type { DatabaseSurroundings, StoreNotice } from '../../../../browser/store/database.ts'
import { deleteTabStore, type OpenTabStoreOptions, openPageStore, openTabStore, type TabStore } from '../../../../browser/store/index.ts'
import { storeSuite } from '../../node/store/suite.ts'
import { freshBrowser, fullQuota } from './surroundings.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function opened(browser: DatabaseSurroundings, options: Partial<OpenTabStoreOptions> = {}): Promise<TabStore> {
  const store = await openTabStore({ name: 'test', surroundings: browser, ...options })
  cleanups.push(() => store.close().catch(() => {}))
  return store
}

const entry = (index: number, term = 1) => ({ index, term, epoch: 1, data: Uint8Array.of(index) })

/** What a tab that was just killed has left on the disk: nothing is flushed, memory is gone. */
async function afterKill(browser: DatabaseSurroundings): Promise<TabStore> {
  return opened(browser)
}

describe('the store of a tab', () => {
  storeSuite(async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    return {
      store,
      async reopen() {
        await store.close()
        return opened(browser)
      },
    }
  })

  it('says that a save is durable when another tab reads it, without closing or flushing', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    await store.raft.save({ hardState: { term: 3, votedFor: 'x' }, append: [entry(1, 3)] })
    expect((await afterKill(browser)).raft.load()).toEqual({ hardState: { term: 3, votedFor: 'x' }, snapshot: null, entries: [entry(1, 3)] })
  })

  it('makes writes durable in their order: a save that is there has everything before it behind it', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    const saves: Promise<void>[] = []
    for (let i = 1; i <= 40; i += 1) {
      store.kv.set('orphans', Uint8Array.of(i))
      saves.push(store.raft.save({ hardState: { term: i }, append: [entry(i, i)] }) as Promise<void>)
      if (i % 7 === 0) {
        await saves.at(-1)
        const seen = await afterKill(browser)
        const { hardState, entries } = seen.raft.load()
        expect(hardState).toEqual({ term: i })
        expect(entries).toHaveLength(i)
        expect(seen.kv.get('orphans')).toEqual(Uint8Array.of(i))
      }
    }
    await Promise.all(saves)
  })

  it('truncates and refills the log within one commit without losing what is new', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    void store.raft.save({ append: [entry(1), entry(2), entry(3), entry(4)] })
    void store.raft.save({ truncateFrom: 2, append: [entry(2, 2), entry(3, 2)] })
    void store.raft.save({ truncateFrom: 3, append: [entry(3, 3)] })
    await store.raft.save({ compactBelow: 2 })
    expect((await afterKill(browser)).raft.load().entries).toEqual([entry(2, 2), entry(3, 3)])
  })

  it('keeps nothing of a change when the tab dies in the middle of its commit', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    await store.raft.save({ hardState: { term: 1 }, append: [entry(1)] })
    // The log row goes in, the vote does not: as if the process had ended between the two.
    const restore = fullQuota('raftState')
    cleanups.push(restore)
    const saving = store.raft.save({ hardState: { term: 2 }, append: [entry(2, 2)] }) as Promise<void>
    await expect(saving).rejects.toMatchObject({ code: 'QUOTA' })
    restore()
    expect((await afterKill(browser)).raft.load()).toEqual({ hardState: { term: 1 }, snapshot: null, entries: [entry(1)] })
  })

  it('gives a new identity together with an empty vote, never one without the other', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    await store.raft.save({ hardState: { term: 9 }, append: [entry(1)] })
    store.kv.set('orphans', Uint8Array.of(1))
    await store.close()
    const raw = await new Dexie('cyxwiz:peer:test', { ...browser }).open()
    await raw.table('identity').clear()
    raw.close()
    const again = await opened(browser)
    expect(again.identity.privateKey).not.toEqual(store.identity.privateKey)
    expect(again.raft.load()).toEqual({ hardState: null, snapshot: null, entries: [] })
    expect(again.kv.keys('')).toEqual([])
  })

  it('keeps one identity when two tabs open it at the very same moment', async () => {
    const browser = freshBrowser()
    const [a, b] = await Promise.all([opened(browser), opened(browser)])
    expect(a.identity.privateKey).toEqual(b.identity.privateKey)
  })

  it('keeps names apart and shares the part of the page', async () => {
    const browser = freshBrowser()
    const a = await opened(browser, { name: 'a' })
    const b = await opened(browser, { name: 'b' })
    expect(a.identity.privateKey).not.toEqual(b.identity.privateKey)
    await a.page.meshes.put({ mesh: 'm', addresses: ['/x'], lastUsedMs: 5 })
    expect(await b.page.meshes.list()).toEqual([{ mesh: 'm', addresses: ['/x'], lastUsedMs: 5 }])
  })

  it('gives a viewer an identity of its own that is forgotten, and the blobs of this browser', async () => {
    const browser = freshBrowser()
    const holder = await opened(browser)
    const name = await holder.blobs.put(Uint8Array.of(1, 2, 3))
    const viewer = await opened(browser, { role: 'viewer' })
    expect(viewer.identity.privateKey).not.toEqual(holder.identity.privateKey)
    await viewer.raft.save({ hardState: { term: 8 } })
    expect(await viewer.blobs.get(name)).toEqual(Uint8Array.of(1, 2, 3))
    await viewer.close()
    expect((await afterKill(browser)).raft.load().hardState).toBeNull()
  })
})

describe('a full quota', () => {
  it('is told as QUOTA with what was being stored and what to do', async () => {
    const notices: StoreNotice[] = []
    const store = await opened(freshBrowser(), { onNotice: (notice) => notices.push(notice) })
    cleanups.push(fullQuota('raftLog'))
    const saving = store.raft.save({ append: [entry(1)] }) as Promise<void>
    await expect(saving).rejects.toMatchObject({ name: 'StoreError', code: 'QUOTA' })
    await expect(saving).rejects.toThrow(/votes and log.*Settings page/s)
    expect(notices.map(({ kind }) => kind)).toEqual(['failing'])
    await expect(store.flush(), 'still full').rejects.toMatchObject({ code: 'QUOTA' })
    expect(notices).toHaveLength(1)
  })

  it('keeps the order: what was refused goes first once there is room, and nothing starts from it before', async () => {
    const browser = freshBrowser()
    const notices: string[] = []
    const store = await opened(browser, { onNotice: ({ kind }) => notices.push(kind) })
    await store.raft.save({ hardState: { term: 1 } })
    const restore = fullQuota('kv')
    store.kv.set('orphans', Uint8Array.of(7))
    await expect(store.raft.save({ hardState: { term: 2 } }) as Promise<void>).rejects.toThrow(/"orphans"/)
    expect(() => store.raft.load(), 'a peer must not be built on what is not on the disk').toThrow(/"orphans"/)
    expect((await afterKill(browser)).raft.load().hardState, 'the save did not overtake the value before it').toEqual({ term: 1 })
    restore()
    await store.flush()
    expect(notices).toEqual(['failing', 'recovered'])
    const seen = await afterKill(browser)
    expect(seen.kv.get('orphans')).toEqual(Uint8Array.of(7))
    expect(seen.raft.load().hardState).toEqual({ term: 2 })
    expect(store.raft.load().hardState).toEqual({ term: 2 })
  })

  it('leaves no blob behind that could not be written, and lets a download be finished later', async () => {
    const store = await opened(freshBrowser())
    const restore = fullQuota('content')
    cleanups.push(restore)
    await expect(store.blobs.put(new Uint8Array(1000))).rejects.toMatchObject({ code: 'QUOTA' })
    await expect(store.blobs.put(new Uint8Array(1000))).rejects.toThrow(/blob 541b3e9d.*1000 bytes/)
    expect(await store.blobs.list()).toEqual([])
    const hash = '541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53'
    const writer = await store.blobs.openWriter(hash, 1000)
    await writer.append(new Uint8Array(1000))
    await expect(writer.finish()).rejects.toMatchObject({ code: 'QUOTA' })
    await writer.close()
    restore()
    const again = await store.blobs.openWriter(hash, 1000)
    expect(again.receivedBytes).toBe(1000)
    await again.finish()
    expect(await store.blobs.sizeBytes(hash)).toBe(1000)
  })

  it('is told for settings too', async () => {
    const store = await opened(freshBrowser())
    cleanups.push(fullQuota('settings'))
    await expect(store.page.settings.put(await store.page.settings.get())).rejects.toThrow(/^settings: the browser gives this site no more room/)
  })
})

describe('a database that is taken away', () => {
  it('closes when a newer page needs it, says so, and refuses every write from then on', async () => {
    const browser = freshBrowser()
    const notices: StoreNotice[] = []
    const store = await opened(browser, { onNotice: (notice) => notices.push(notice) })
    const newer = new Dexie('cyxwiz:peer:test', { ...browser })
    newer.version(2).stores({ identity: 'id', raftState: 'id', raftLog: 'index', kv: 'key', peers: 'peerId', later: 'id' })
    await newer.open()
    expect(notices).toEqual([{ kind: 'closed', message: expect.stringMatching(/Reload this page/) }])
    await expect(store.raft.save({ hardState: { term: 1 } }) as Promise<void>).rejects.toMatchObject({ code: 'CLOSED' })
    expect(() => store.kv.set('a', Uint8Array.of(1))).toThrow(/closed/)
    newer.close()
    await expect(openTabStore({ name: 'test', surroundings: browser })).rejects.toMatchObject({ code: 'NEWER_SCHEMA' })
    await expect(openTabStore({ name: 'test', surroundings: browser })).rejects.toThrow(/newer version/)
  })

  it('refuses writes after closing and closes once', async () => {
    const store = await opened(freshBrowser())
    await Promise.all([store.close(), store.close()])
    await expect(store.raft.save({ hardState: { term: 1 } }) as Promise<void>).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(store.flush()).resolves.toBeUndefined()
  })

  it('is gone after deleting, name and votes together; with everything, the page too', async () => {
    const browser = freshBrowser()
    const store = await opened(browser)
    await store.raft.save({ hardState: { term: 4 } })
    await store.page.meshes.put({ mesh: 'm', addresses: [], lastUsedMs: 1 })
    const blob = await store.blobs.put(Uint8Array.of(1))
    await store.close()
    await deleteTabStore('test', { surroundings: browser })
    const again = await opened(browser)
    expect(again.identity.privateKey).not.toEqual(store.identity.privateKey)
    expect(again.raft.load().hardState).toBeNull()
    expect(await again.blobs.has(blob)).toBe(true)
    await again.close()
    await deleteTabStore('test', { surroundings: browser, everything: true })
    expect(await browser.indexedDB.databases()).toEqual([])
  })

  it('can be given up while opening', async () => {
    const aborted = AbortSignal.abort(new Error('the person left'))
    await expect(openTabStore({ name: 'test', surroundings: freshBrowser(), signal: aborted })).rejects.toThrow('the person left')
  })
})

describe('the part of the page', () => {
  async function page() {
    const store = await openPageStore({ surroundings: freshBrowser() })
    cleanups.push(() => store.close())
    return store
  }

  it('reads settings over the defaults and drops what is no setting of this version', async () => {
    const { settings } = await page()
    const first = await settings.get()
    expect(first.dutyPercent).toBe(50)
    const strange = { ...first, dutyPercent: 30, theme: 7, gone: true } as unknown as typeof first
    await settings.put(strange)
    expect(await settings.get()).toEqual({ ...first, dutyPercent: 30 })
    await settings.put({ ...first, memoryLimitBytes: 1000, schedule: [{ weekday: 1, fromHour: 2, toHour: 3 }] })
    expect(await settings.get()).toMatchObject({ memoryLimitBytes: 1000, schedule: [{ weekday: 1, fromHour: 2, toHour: 3 }] })
  })

  it('remembers meshes by name, the last used first, and forgets the oldest', async () => {
    const { meshes } = await page()
    for (let i = 0; i < 15; i += 1) await meshes.put({ mesh: `m${i}`, addresses: [`/${i}`], lastUsedMs: i })
    await meshes.put({ mesh: 'm5', addresses: ['/new'], lastUsedMs: 99 })
    const list = await meshes.list()
    expect(list[0]).toEqual({ mesh: 'm5', addresses: ['/new'], lastUsedMs: 99 })
    expect(list).toHaveLength(12)
    expect(list.some(({ mesh }) => mesh === 'm0')).toBe(false)
    await meshes.delete('m5')
    expect((await meshes.list())[0]?.mesh).toBe('m14')
  })

  it('keeps a draft with its files', async () => {
    const { drafts } = await page()
    await drafts.put('new', { job: { name: 'x' }, files: { 'a.csv': new Blob(['1,2']) } })
    const draft = await drafts.get('new')
    expect(draft?.job).toEqual({ name: 'x' })
    expect(await draft?.files['a.csv']?.text()).toBe('1,2')
    await drafts.delete('new')
    expect(await drafts.get('new')).toBeNull()
  })

  it('adds up a day without losing what another tab added', async () => {
    const browser = freshBrowser()
    const [a, b] = await Promise.all([openPageStore({ surroundings: browser }), openPageStore({ surroundings: browser })])
    cleanups.push(
      () => a.close(),
      () => b.close(),
    )
    await Promise.all([a, b, a, b].map((store) => store.contributions.add('2026-01-02', { samples: 10, gpuSeconds: 0.5 })))
    expect(await a.contributions.get('2026-01-02')).toEqual({ samples: 40, rounds: 0, bytesSent: 0, bytesReceived: 0, gpuSeconds: 2 })
    await a.contributions.add('2026-01-03', { rounds: 1 })
    expect((await b.contributions.list()).map(({ day }) => day)).toEqual(['2026-01-03', '2026-01-02'])
  })
})
