/**
 * What every `PeerStore` must do, whatever it is made of. `reopen` closes the store and opens what lies on the disk.
 */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { type LogEntry, MAX_CACHED_PEERS, type PeerStore } from '../../../../protocol/store.ts'

export interface StoreUnderTest {
  readonly store: PeerStore
  reopen(): Promise<PeerStore>
}

const entry = (index: number, term = 1): LogEntry => ({ index, term, epoch: 2, data: Uint8Array.of(index & 255, term) })
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export function storeSuite(open: () => Promise<StoreUnderTest>): void {
  it('keeps one 32-byte key for life', async () => {
    const { store, reopen } = await open()
    const before = store.identity.privateKey
    expect(before.byteLength).toBe(32)
    expect(before.some((byte) => byte !== 0)).toBe(true)
    expect((await reopen()).identity.privateKey).toEqual(before)
  })

  it('has no hard state and no log at first', async () => {
    const { store } = await open()
    expect(store.raft.load()).toEqual({ hardState: null, snapshot: null, entries: [] })
  })

  it('saves hard state, truncation and new entries as one change', async () => {
    const { store, reopen } = await open()
    store.raft.save({ append: [entry(1), entry(2), entry(3)] })
    store.raft.save({ hardState: { term: 5, votedFor: 'a', fence: { epoch: 2 } }, truncateFrom: 2, append: [entry(2, 5)] })
    expect((await reopen()).raft.load()).toEqual({
      hardState: { term: 5, votedFor: 'a', fence: { epoch: 2 } },
      snapshot: null,
      entries: [entry(1), entry(2, 5)],
    })
  })

  it('refuses a gap in the log and changes nothing then', async () => {
    const { store } = await open()
    store.raft.save({ hardState: { term: 1 }, append: [entry(7), entry(8)] })
    expect(() => store.raft.save({ hardState: { term: 2 }, append: [entry(10)] })).toThrow(/log entry 10 does not follow 8/)
    expect(() => store.raft.save({ hardState: { term: 2 }, append: [entry(8)] })).toThrow(/log entry 8 does not follow 8/)
    expect(() => store.raft.save({ hardState: { term: 2 }, truncateFrom: 8, append: [entry(8), entry(10)] })).toThrow(/BAD_LOG|does not follow/)
    expect(store.raft.load()).toEqual({ hardState: { term: 1 }, snapshot: null, entries: [entry(7), entry(8)] })
  })

  it('drops entries below a snapshot and goes on behind it', async () => {
    const { store, reopen } = await open()
    store.raft.save({ append: [entry(1), entry(2), entry(3)] })
    const snapshot = { header: { index: 2, term: 1 }, data: Uint8Array.of(7, 8, 9) }
    store.raft.save({ compactBelow: 3, snapshot })
    store.raft.save({ append: [entry(4)] })
    const again = await reopen()
    expect(again.raft.load()).toEqual({ hardState: null, snapshot, entries: [entry(3), entry(4)] })
    again.raft.save({ truncateFrom: 1, snapshot: null })
    expect(again.raft.load()).toEqual({ hardState: null, snapshot: null, entries: [] })
  })

  it('is not changed by a caller that goes on writing into its buffer', async () => {
    const { store } = await open()
    const data = Uint8Array.of(1, 2, 3)
    store.raft.save({ append: [{ index: 1, term: 1, epoch: 1, data }] })
    store.kv.set('k', data)
    const blob = await store.blobs.put(data)
    data.fill(9)
    expect(store.raft.load().entries[0]?.data).toEqual(Uint8Array.of(1, 2, 3))
    expect(store.kv.get('k')).toEqual(Uint8Array.of(1, 2, 3))
    expect(new Uint8Array(await store.blobs.get(blob))).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('stores a view, not the buffer behind it', async () => {
    const { store } = await open()
    store.kv.set('view', new Uint8Array([1, 2, 3, 4]).subarray(1, 3))
    expect(store.kv.get('view')).toEqual(Uint8Array.of(2, 3))
  })

  it('lists keys by prefix in byte order, wildcards taken literally', async () => {
    const { store, reopen } = await open()
    for (const key of ['job/b', 'job/a', 'jobs', 'job%c', 'other']) store.kv.set(key, Uint8Array.of(1))
    store.kv.delete('other')
    const again = await reopen()
    expect(again.kv.keys('job/')).toEqual(['job/a', 'job/b'])
    expect(again.kv.keys('job%')).toEqual(['job%c'])
    expect(again.kv.keys('')).toEqual(['job%c', 'job/a', 'job/b', 'jobs'])
    expect(again.kv.get('missing')).toBeNull()
    again.kv.set('empty', new Uint8Array())
    expect(again.kv.get('empty')).toEqual(new Uint8Array())
  })

  it('remembers the peers seen last and forgets the oldest', async () => {
    const { store, reopen } = await open()
    for (let i = 0; i < MAX_CACHED_PEERS + 3; i += 1) store.peers.put({ peerId: `p${i}`, addresses: [`/ip4/10.0.0.1/tcp/${i}`], seenAtMs: 1000 + i })
    store.peers.put({ peerId: 'p5', addresses: ['/new'], seenAtMs: 999_999 })
    store.peers.delete('p6')
    const list = (await reopen()).peers.list()
    expect(list).toHaveLength(MAX_CACHED_PEERS - 1)
    expect(list[0]).toEqual({ peerId: 'p5', addresses: ['/new'], seenAtMs: 999_999 })
    expect(list.some((peer) => peer.peerId === 'p0')).toBe(false)
  })

  it('names blobs by their sha256 and serves ranges of them', async () => {
    const { store, reopen } = await open()
    const bytes = new Uint8Array(100_000).map((_, i) => (i * 7) & 255)
    const name = await store.blobs.put(bytes)
    expect(name).toBe(hash(bytes))
    expect(await store.blobs.put(bytes)).toBe(name)
    const { blobs } = await reopen()
    expect(hash(await blobs.get(name))).toBe(name)
    expect(await blobs.read(name, 99_990, 100)).toEqual(bytes.slice(99_990))
    expect(await blobs.read(name, 500, 3)).toEqual(bytes.slice(500, 503))
    expect(await blobs.read(name, 200_000, 3)).toEqual(new Uint8Array())
    expect(await blobs.list()).toEqual([{ sha256: name, sizeBytes: 100_000 }])
    expect(await blobs.totalBytes()).toBe(100_000)
    await blobs.delete(name)
    expect(await blobs.has(name)).toBe(false)
    await expect(blobs.get(name)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
    await expect(blobs.read(name, 0, 1)).rejects.toMatchObject({ code: 'BLOB_MISSING' })
  })

  it('takes a blob in chunks and goes on where it stopped', async () => {
    const { store } = await open()
    const bytes = new Uint8Array(3000).map((_, i) => i & 255)
    const first = await store.blobs.openWriter(hash(bytes), 3000)
    await first.append(bytes.subarray(0, 1000))
    await first.close()
    expect(await store.blobs.has(hash(bytes))).toBe(false)
    const second = await store.blobs.openWriter(hash(bytes), 3000)
    expect(second.receivedBytes).toBe(1000)
    await second.append(bytes.subarray(1000))
    await expect(second.append(Uint8Array.of(1))).rejects.toMatchObject({ code: 'CORRUPT' })
    await second.finish()
    expect(await store.blobs.read(hash(bytes), 0, 3000)).toEqual(bytes)
  })

  it('drops a received blob whose bytes are not what was asked for', async () => {
    const { store } = await open()
    const wanted = hash(Uint8Array.of(1, 2, 3))
    const writer = await store.blobs.openWriter(wanted, 3)
    await writer.append(Uint8Array.of(1, 2, 4))
    await expect(writer.finish()).rejects.toMatchObject({ code: 'CORRUPT' })
    await writer.close()
    expect(await store.blobs.has(wanted)).toBe(false)
    expect((await store.blobs.openWriter(wanted, 3)).receivedBytes).toBe(0)
  })
}
