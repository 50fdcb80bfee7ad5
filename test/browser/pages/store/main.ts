/**
 * A page with nothing but the storage of a tab: `test/browser/store.test.ts` calls it from outside through `window.storage`.
 * Bytes cross as seeds and hashes, so that a test can speak of tens of megabytes.
 */
import { BlobDatabase, openDatabase } from '../../../../browser/store/database.ts'
import { hashOfBytes } from '../../../../browser/store/hash.ts'
import {
  openTabChannel,
  openTabStore,
  persistStorage,
  type StoreNotice,
  storageEstimate,
  TabBlobs,
  type TabChannel,
  type TabLock,
  type TabMessage,
  type TabRole,
  type TabStore,
  takeTabLock,
} from '../../../../browser/store/index.ts'
import { readKernelChoices, writeKernelChoices } from '../../../../browser/store/kernel-choices.ts'
import { deleteOpfs, hasOpfs, OpfsFiles } from '../../../../browser/store/opfs-files.ts'
import { TableFiles } from '../../../../browser/store/table-files.ts'

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The same bytes for the same seed, here and in the test. */
function seeded(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

interface WireError {
  readonly code: string
  readonly message: string
}

let store: TabStore | undefined
let blobs: TabBlobs | undefined
let lock: TabLock | undefined
let channel: TabChannel | undefined
const notices: StoreNotice[] = []
const heard: TabMessage[] = []
const longTasks: number[] = []
let takeOvers = 0

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) longTasks.push(entry.duration)
}).observe({ entryTypes: ['longtask'] })

function opened(): TabStore {
  if (store === undefined) throw new Error('open the store first')
  return store
}

function theBlobs(): TabBlobs {
  if (blobs === undefined) throw new Error('open the blobs first')
  return blobs
}

async function caught(work: () => Promise<unknown>): Promise<WireError | null> {
  try {
    await work()
    return null
  } catch (error) {
    return { code: (error as { code?: string }).code ?? '', message: (error as Error).message }
  }
}

const storage = {
  hasOpfs,
  persistStorage,
  storageEstimate,

  async open(name: string, role: TabRole = 'contributor'): Promise<string> {
    store = await openTabStore({ name, role, onNotice: (notice) => notices.push(notice) })
    blobs = store.blobs
    return hex(store.identity.privateKey)
  },
  async saveTerm(term: number): Promise<void> {
    await opened().raft.save({ hardState: { term }, append: [{ index: term, term, epoch: 1, data: Uint8Array.of(term) }] })
  },
  load() {
    const { hardState, entries } = opened().raft.load()
    return { hardState, indexes: entries.map(({ index }) => index) }
  },
  /** How the browser was asked to keep each transaction, by database, while a vote, a setting and nothing else were written. */
  async durabilities(name: string): Promise<Record<string, string[]>> {
    const asked: Record<string, Set<string>> = {}
    const original = IDBDatabase.prototype.transaction
    IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args: Parameters<typeof original>) {
      const transaction = original.apply(this, args)
      if (transaction.mode === 'readwrite') {
        asked[this.name] ??= new Set()
        asked[this.name]?.add(transaction.durability)
      }
      return transaction
    }
    try {
      const one = await openTabStore({ name })
      await one.raft.save({ hardState: { term: 1 } })
      one.kv.set('a', Uint8Array.of(1))
      await one.flush()
      await one.page.settings.put(await one.page.settings.get())
      await one.close()
    } finally {
      IDBDatabase.prototype.transaction = original
    }
    return Object.fromEntries(Object.entries(asked).map(([database, kinds]) => [database, [...kinds]]))
  },
  /** Milliseconds per save, one after the other: the price of an acknowledgement. */
  async saveTimes(count: number): Promise<{ p50: number; p99: number }> {
    const times: number[] = []
    for (let i = 1; i <= count; i += 1) {
      const before = performance.now()
      await opened().raft.save({ hardState: { term: i }, append: [{ index: i, term: i, epoch: 1, data: new Uint8Array(300) }] })
      times.push(performance.now() - before)
    }
    times.sort((a, b) => a - b)
    return { p50: times[Math.floor(count * 0.5)] as number, p99: times[Math.floor(count * 0.99)] as number }
  },
  failedSave: (bytes: number) => caught(async () => opened().raft.save({ append: [{ index: 1, term: 1, epoch: 1, data: seeded(bytes, 1) }] })),
  flush: () => opened().flush(),
  notices: () => notices.map(({ kind }) => kind),
  close: () => opened().close(),

  /** Blobs without the rest, over the file system or the fallback database. */
  /** What is kept before anything was written, after writing, and after everything was cleared. */
  async kernelChoices(text: string): Promise<(string | null)[]> {
    const before = await readKernelChoices()
    await writeKernelChoices('something longer that is replaced')
    await writeKernelChoices(text)
    const written = await readKernelChoices()
    await deleteOpfs()
    return [before, written, await readKernelChoices()]
  },

  async openBlobs(kind: 'opfs' | 'table'): Promise<void> {
    if (kind === 'opfs') blobs = new TabBlobs(await OpfsFiles.open())
    else {
      const database = new BlobDatabase()
      await openDatabase(database, { what: 'blobs', onNotice: (notice) => notices.push(notice) })
      blobs = new TabBlobs(new TableFiles(database))
    }
  },
  async put(length: number, seed: number): Promise<string> {
    return theBlobs().put(seeded(length, seed))
  },
  async hashOfGet(sha256: string): Promise<string> {
    return hashOfBytes(await theBlobs().get(sha256))
  },
  async read(sha256: string, offset: number, length: number): Promise<number[]> {
    return [...(await theBlobs().read(sha256, offset, length))]
  },
  list: () => theBlobs().list(),
  evict: (targetBytes: number) => theBlobs().evict({ targetBytes }),
  delete: (sha256: string) => theBlobs().delete(sha256),
  location: (sha256: string) => theBlobs().location(sha256),
  /** Receives chunks `from` to `to` of a seeded blob; finishes where `finish` is set. */
  async receive(options: {
    sha256: string
    length: number
    seed: number
    chunkBytes: number
    chunks: number
    finish: boolean
  }): Promise<{ resumedAt: number; receivedBytes: number }> {
    const bytes = seeded(options.length, options.seed)
    const writer = await theBlobs().openWriter(options.sha256, options.length)
    const resumedAt = writer.receivedBytes
    for (let i = 0; i < options.chunks && writer.receivedBytes < options.length; i += 1) {
      await writer.append(bytes.subarray(writer.receivedBytes, writer.receivedBytes + options.chunkBytes))
    }
    const { receivedBytes } = writer
    if (options.finish) await writer.finish()
    return { resumedAt, receivedBytes }
  },
  failedReceive: (options: { sha256: string; length: number; seed: number }) =>
    caught(async () => {
      const writer = await theBlobs().openWriter(options.sha256, options.length)
      await writer.append(seeded(options.length, options.seed))
      await writer.finish()
    }),
  failedGet: (sha256: string) => caught(() => theBlobs().get(sha256)),
  failedPut: (length: number, seed: number) => caught(() => theBlobs().put(seeded(length, seed))),
  /** Writes other bytes under a blob's name, as a failing disk would. */
  async damage(sha256: string): Promise<void> {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle('cyxwiz-blobs')
    const writable = await (await folder.getFileHandle(sha256)).createWritable({ keepExistingData: true })
    await writable.write({ type: 'write', position: 5, data: Uint8Array.of(1, 2, 3) })
    await writable.close()
  },
  /** A file that was made and never closed: what a tab that dies in the middle of a write leaves. */
  async leaveUnfinished(sha256: string): Promise<void> {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle('cyxwiz-blobs', { create: true })
    const writable = await (await folder.getFileHandle(sha256, { create: true })).createWritable()
    await writable.write(Uint8Array.of(1))
  },
  readInWorker(location: string): Promise<{ sha256?: string; error?: WireError }> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    return new Promise((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<{ sha256?: string; error?: WireError }>) => {
        worker.terminate()
        resolve(event.data)
      }
      worker.onerror = (event) => reject(new Error(event.message))
      worker.postMessage(location)
    })
  },

  async takeLock(name: string): Promise<TabRole> {
    lock = await takeTabLock({
      name,
      onMayTakeOver: () => {
        takeOvers += 1
      },
    })
    return lock.role.value
  },
  role: () => lock?.role.value,
  takeOvers: () => takeOvers,
  releaseLock: () => lock?.release(),

  listen(name: string): void {
    channel = openTabChannel(name, (message) => heard.push(message))
  },
  tell: (message: TabMessage) => channel?.tell(message),
  heard: () => heard,

  async append(jobId: string, from: number, to: number): Promise<void> {
    const step = Float64Array.from({ length: to - from + 1 }, (_, i) => from + i)
    await opened().page.metrics.append(jobId, 'loss', '', { step, samples: step, timeMs: step, value: step })
  },
  async stepsOf(jobId: string): Promise<number[]> {
    return [...((await opened().page.metrics.load(jobId)).series[0]?.step ?? [])]
  },
  /** Long tasks (over 50 ms, in milliseconds) of putting, getting and reading one big blob. */
  async bigBlob(length: number): Promise<Record<string, number[]>> {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i += 4096) bytes[i] = i >>> 12
    const found: Record<string, number[]> = {}
    const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100))
    const measured = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      await quiet()
      longTasks.length = 0
      const result = await work()
      await quiet()
      found[name] = longTasks.splice(0).map(Math.round)
      return result
    }
    const sha256 = await measured('put', () => theBlobs().put(bytes))
    await measured('get', () => theBlobs().get(sha256))
    await measured('read', () => theBlobs().read(sha256, 1000, 1 << 20))
    return found
  },
  hashOfSeed: (length: number, seed: number) => hashOfBytes(seeded(length, seed)),
}

export type StoragePage = typeof storage

declare global {
  interface Window {
    storage: StoragePage
  }
}

window.storage = storage
