import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { TabBlobs } from '../../../../browser/store/blobs.ts'
import { BlobDatabase } from '../../../../browser/store/database.ts'
import { hashOfBlob, hashOfBytes } from '../../../../browser/store/hash.ts'
import { TableFiles } from '../../../../browser/store/table-files.ts'
import { ViewerFiles } from '../../../../browser/store/viewer-files.ts'
import { freshBrowser } from './surroundings.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  vi.useRealTimers()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const bytesOf = (length: number, seed = 1): Uint8Array => new Uint8Array(length).map((_, i) => (i * 31 + seed) & 255)

async function opened(browser = freshBrowser(), limitBytes?: number) {
  const database = new BlobDatabase(browser)
  await database.open()
  const files = new TableFiles(database)
  cleanups.push(() => files.close())
  return { database, files, blobs: new TabBlobs(files, { limitBytes }) }
}

describe('blobs of a tab', () => {
  it('drops a blob that was damaged on the disk instead of serving it', async () => {
    const { database, blobs } = await opened()
    const name = await blobs.put(bytesOf(1000))
    await database.content.put({ sha256: name, bytes: bytesOf(1000, 2) })
    await expect(blobs.read(name, 0, 10)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await blobs.has(name)).toBe(false)
    const again = await blobs.put(bytesOf(1000))
    await database.content.put({ sha256: again, bytes: bytesOf(999) })
    await expect(blobs.get(again)).rejects.toThrow(/damaged on disk and has been dropped/)
    expect(await blobs.has(again)).toBe(false)
  })

  it('lets nothing but 64 hex digits become a name', async () => {
    const { blobs } = await opened()
    for (const name of ['', '..', '../'.repeat(20), 'A'.repeat(64), `${'a'.repeat(63)}/`]) {
      await expect(blobs.get(name), name).rejects.toMatchObject({ code: 'BLOB_MISSING' })
      await expect(blobs.openWriter(name, 1), name).rejects.toMatchObject({ code: 'BLOB_MISSING' })
      expect(() => blobs.location(name), name).toThrow(/not a sha256/)
    }
  })

  it('refuses what does not fit its limit with the numbers, before a byte is taken', async () => {
    const { blobs } = await opened(freshBrowser(), 1500)
    await blobs.put(bytesOf(1000))
    await expect(blobs.put(bytesOf(501))).rejects.toMatchObject({ code: 'DISK_LIMIT', detail: { sizeBytes: 501, usedBytes: 1000, limitBytes: 1500 } })
    await expect(blobs.openWriter('a'.repeat(64), 501)).rejects.toMatchObject({ code: 'DISK_LIMIT' })
    expect(await blobs.put(bytesOf(1000)), 'what is here already takes no room').toBe(hash(bytesOf(1000)))
    blobs.setLimitBytes(1501)
    await blobs.put(bytesOf(501))
    expect(await blobs.totalBytes()).toBe(1501)
  })

  it('writes a blob once when it is put twice at the same moment', async () => {
    const { files, blobs } = await opened()
    const write = vi.spyOn(files, 'write')
    await Promise.all([blobs.put(bytesOf(1000)), blobs.put(bytesOf(1000)), blobs.put(bytesOf(1000))])
    expect(write).toHaveBeenCalledTimes(1)
  })

  it('starts a download anew where more was received than the blob has', async () => {
    const { blobs } = await opened()
    const name = hash(bytesOf(10))
    const wrong = await blobs.openWriter(name, 20)
    await wrong.append(bytesOf(15))
    await wrong.close()
    const writer = await blobs.openWriter(name, 10)
    expect(writer.receivedBytes).toBe(0)
    await writer.append(bytesOf(10))
    await writer.finish()
    await expect(writer.append(bytesOf(1))).rejects.toThrow(/closed/)
    expect(await blobs.get(name)).toEqual(bytesOf(10))
  })

  it('makes room by deleting broken downloads first, then the oldest blobs, never what is held, arriving or kept', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { blobs } = await opened()
    const names: string[] = []
    for (let i = 0; i < 5; i += 1) {
      vi.setSystemTime(1_000_000 + i)
      names.push(await blobs.put(bytesOf(100, i)))
    }
    const broken = await blobs.openWriter('a'.repeat(64), 100)
    await broken.append(bytesOf(50))
    await broken.close()
    const arriving = await blobs.openWriter('b'.repeat(64), 100)
    await arriving.append(bytesOf(50))
    const [held, oldest, kept] = names as [string, string, string]
    const release = blobs.hold(held)
    const releaseTwice = blobs.hold(held)
    release()
    release()

    const gone = await blobs.evict({ targetBytes: 450, keep: (sha256) => sha256 === kept })
    expect(gone.map(({ sha256 }) => sha256)).toEqual(['a'.repeat(64), oldest])
    await blobs.evict({ keep: (sha256) => sha256 === kept })
    expect((await blobs.list()).map(({ sha256 }) => sha256).sort()).toEqual([held, kept].sort())
    expect((await blobs.openWriter('b'.repeat(64), 100)).receivedBytes).toBe(50)
    releaseTwice()
    await blobs.evict()
    expect(await blobs.list()).toEqual([])
  })

  it('keeps the pieces of a viewer out of those of the contributor', async () => {
    const { files, blobs } = await opened()
    const viewer = new TabBlobs(new ViewerFiles(files))
    const bytes = bytesOf(300)
    const a = await blobs.openWriter(hash(bytes), 300)
    const b = await viewer.openWriter(hash(bytes), 300)
    await a.append(bytes.subarray(0, 100))
    await b.append(bytes.subarray(0, 200))
    await a.append(bytes.subarray(100, 300))
    await b.append(bytes.subarray(200, 300))
    await b.finish()
    await a.finish()
    expect(await viewer.get(hash(bytes))).toEqual(bytes)
    expect(await files.listPartial()).toEqual([])
  })
})

describe('hashing beside the page', () => {
  it('gives the same name in one piece and in slices', async () => {
    const bytes = bytesOf(3 * 512 * 1024 + 17)
    const expected = hash(bytes)
    expect(await hashOfBytes(bytes)).toBe(expected)
    expect(await hashOfBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]))).toBe(expected)
    vi.stubGlobal('crypto', {})
    try {
      expect(await hashOfBytes(bytes), 'a page that is not secure').toBe(expected)
      expect(await hashOfBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]))).toBe(expected)
      expect(await hashOfBytes(new Uint8Array())).toBe(hash(new Uint8Array()))
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
