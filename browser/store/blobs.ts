/**
 * Content by its sha256 in a tab, with the promises of the native peer's folder: a blob is there whole and verified or
 * not at all, and its bytes are checked again when they are read back. Chunks of a blob that is arriving survive a
 * reload. Nothing is deleted to make room unless `evict` is called, and never what somebody holds.
 */
import { tooLong, wrongContent } from '../../protocol/memory-store.ts'
import { type BlobStore, type BlobWriter, isSha256 } from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import type { BlobFiles, StoredFile } from './blob-files.ts'
import { storeErrorOf } from './errors.ts'
import { hashOfBlob, hashOfBytes } from './hash.ts'
import { storageEstimate } from './quota.ts'

export interface TabBlobsOptions {
  /** Sum of all blobs this tab may keep; Infinity by default (the browser's own quota holds all the same). */
  readonly limitBytes?: number
}

export interface EvictOptions {
  /** Deletes until so many bytes are left over; default 0: everything that may go. */
  readonly targetBytes?: number
  /** Besides what is held: blobs that must stay. */
  readonly keep?: (sha256: string) => boolean
}

export class TabBlobs implements BlobStore {
  readonly #files: BlobFiles
  #limitBytes: number
  /** Blobs whose bytes were checked in this page: size and time of the file as it was then. */
  readonly #verified = new Map<string, string>()
  readonly #held = new Map<string, number>()
  /** Hashes that a writer is open for. */
  readonly #arriving = new Map<string, number>()
  readonly #putting = new Map<string, Promise<void>>()

  constructor(files: BlobFiles, options: TabBlobsOptions = {}) {
    this.#files = files
    this.#limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY
  }

  get limitBytes(): number {
    return this.#limitBytes
  }

  /** A lower limit deletes nothing: it refuses what comes next. */
  setLimitBytes(limitBytes: number): void {
    this.#limitBytes = limitBytes
  }

  /** Where the compute Worker finds it (`readBlobInWorker`), whether it is here or not. */
  location(sha256: string): string {
    return this.#files.location(checkedName(sha256))
  }

  /** Keeps a blob from `evict` until the function it gives is called. */
  hold(sha256: string): () => void {
    return counted(this.#held, sha256)
  }

  /** `bytes` must not change before it resolves. */
  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = await hashOfBytes(bytes)
    const running = this.#putting.get(sha256)
    if (running !== undefined) {
      await running
      return sha256
    }
    const work = this.#put(sha256, bytes)
    this.#putting.set(sha256, work)
    try {
      await work
    } finally {
      this.#putting.delete(sha256)
    }
    return sha256
  }

  async #put(sha256: string, bytes: Uint8Array): Promise<void> {
    if (await this.has(sha256)) return
    await this.#admit(sha256, bytes.byteLength)
    await this.#guarded(sha256, bytes.byteLength, () => this.#files.write(sha256, bytes))
  }

  async get(sha256: string): Promise<Uint8Array> {
    const { content } = await this.#mustHave(sha256)
    const bytes = await this.#guarded(sha256, content.size, async () => new Uint8Array(await content.arrayBuffer()))
    if ((await hashOfBytes(bytes)) !== sha256) throw await this.#drop(sha256)
    return bytes
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.sizeBytes(sha256)) !== null
  }

  async sizeBytes(sha256: string): Promise<number | null> {
    const file = await this.#guarded(sha256, 0, () => this.#files.open(checkedName(sha256)))
    return file === null ? null : file.content.size
  }

  /** A range, cut at the end of the blob. The whole blob is verified before its first range is served. */
  async read(sha256: string, offset: number, length: number): Promise<Uint8Array> {
    const { content, modifiedMs } = await this.#mustHave(sha256)
    const stamp = `${content.size} ${modifiedMs}`
    if (this.#verified.get(sha256) !== stamp) {
      if ((await this.#guarded(sha256, content.size, () => hashOfBlob(content))) !== sha256) throw await this.#drop(sha256)
      this.#verified.set(sha256, stamp)
    }
    return this.#guarded(sha256, length, async () => new Uint8Array(await content.slice(offset, offset + length).arrayBuffer()))
  }

  /** One writer per blob at a time is the caller's business. */
  async openWriter(sha256: string, sizeBytes: number): Promise<BlobWriter> {
    const name = checkedName(sha256)
    await this.#admit(sha256, sizeBytes)
    const pieces = await this.#guarded(sha256, sizeBytes, () => this.#files.pieces(name))
    let receivedBytes = 0
    for (const piece of pieces) receivedBytes += piece.size
    if (receivedBytes > sizeBytes) {
      await this.#guarded(sha256, sizeBytes, () => this.#files.removePieces(name))
      receivedBytes = 0
    }
    return new TabBlobWriter({
      files: this.#files,
      sha256,
      sizeBytes,
      receivedBytes,
      release: counted(this.#arriving, sha256),
      guarded: (bytes, work) => this.#guarded(sha256, bytes, work),
    })
  }

  async delete(sha256: string): Promise<void> {
    this.#verified.delete(sha256)
    await this.#guarded(sha256, 0, () => this.#files.remove(checkedName(sha256)))
  }

  async list(): Promise<{ sha256: string; sizeBytes: number }[]> {
    const files = await this.#guarded('list of blobs', 0, () => this.#files.list())
    return files.map(({ sha256, sizeBytes }) => ({ sha256, sizeBytes })).sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  }

  async totalBytes(): Promise<number> {
    return sum(await this.#guarded('list of blobs', 0, () => this.#files.list()))
  }

  /**
   * Makes room: first what is left of broken downloads, then blobs, the oldest first; never what is held, arriving or to
   * be kept. Gives what was deleted. What others count on (a checkpoint on two peers) is for the caller to keep.
   */
  async evict({ targetBytes = 0, keep }: EvictOptions = {}): Promise<StoredFile[]> {
    const gone: StoredFile[] = []
    const partial = await this.#guarded('list of blobs', 0, () => this.#files.listPartial())
    const whole = await this.#guarded('list of blobs', 0, () => this.#files.list())
    let left = sum(partial) + sum(whole)
    const mayGo = ({ sha256 }: StoredFile): boolean => !this.#held.has(sha256) && !this.#arriving.has(sha256) && keep?.(sha256) !== true
    const oldestFirst = (a: StoredFile, b: StoredFile): number => a.modifiedMs - b.modifiedMs || (a.sha256 < b.sha256 ? -1 : 1)
    for (const [files, remove] of [
      [partial, (sha256: string) => this.#guarded(sha256, 0, () => this.#files.removePieces(sha256))],
      [whole, (sha256: string) => this.delete(sha256)],
    ] as const) {
      for (const file of files.filter(mayGo).sort(oldestFirst)) {
        if (left <= targetBytes) return gone
        // Somebody may have taken it since the list was made.
        if (!mayGo(file)) continue
        await remove(file.sha256)
        left -= file.sizeBytes
        gone.push(file)
      }
    }
    return gone
  }

  async roomBytes(): Promise<number> {
    const { usedBytes, quotaBytes } = await storageEstimate()
    const limitedBytes = this.#limitBytes === Number.POSITIVE_INFINITY ? this.#limitBytes : this.#limitBytes - (await this.totalBytes())
    return Math.max(0, Math.min(quotaBytes === null ? 0 : quotaBytes - usedBytes, limitedBytes))
  }

  close(): void {
    this.#files.close()
  }

  async #mustHave(sha256: string): Promise<{ readonly content: Blob; readonly modifiedMs: number }> {
    const file = await this.#guarded(sha256, 0, () => this.#files.open(checkedName(sha256)))
    if (file === null) throw new StoreError('BLOB_MISSING', `no blob ${sha256} here`, { sha256 })
    return file
  }

  async #admit(sha256: string, sizeBytes: number): Promise<void> {
    if (this.#limitBytes === Number.POSITIVE_INFINITY) return
    const used = await this.totalBytes()
    if (used + sizeBytes > this.#limitBytes) {
      throw new StoreError('DISK_LIMIT', `blob ${sha256}: ${sizeBytes} bytes do not fit, ${used} of this tab's ${this.#limitBytes} bytes of disk are taken`, {
        sizeBytes,
        usedBytes: used,
        limitBytes: this.#limitBytes,
      })
    }
  }

  /** A blob that lies is worse than none: another peer can be asked for it. */
  async #drop(sha256: string): Promise<StoreError> {
    await this.delete(sha256)
    return new StoreError('CORRUPT', `blob ${sha256} was damaged on disk and has been dropped`, { sha256 }, { cause: wrongContent(sha256) })
  }

  async #guarded<T>(sha256: string, bytes: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storeErrorOf(error, bytes > 0 ? `blob ${sha256} (${bytes} bytes)` : `blob ${sha256}`)
    }
  }
}

interface WriterInit {
  readonly files: BlobFiles
  readonly sha256: string
  readonly sizeBytes: number
  readonly receivedBytes: number
  readonly release: () => void
  readonly guarded: <T>(bytes: number, work: () => Promise<T>) => Promise<T>
}

class TabBlobWriter implements BlobWriter {
  readonly #init: WriterInit
  #receivedBytes: number
  #open = true

  constructor(init: WriterInit) {
    this.#init = init
    this.#receivedBytes = init.receivedBytes
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  async append(chunk: Uint8Array): Promise<void> {
    const { files, sha256, sizeBytes, guarded } = this.#opened()
    if (this.#receivedBytes + chunk.byteLength > sizeBytes) throw tooLong(sha256, sizeBytes)
    if (chunk.byteLength === 0) return
    await guarded(chunk.byteLength, () => files.addPiece(sha256, this.#receivedBytes, chunk))
    this.#receivedBytes += chunk.byteLength
  }

  async finish(): Promise<void> {
    const { files, sha256, sizeBytes, guarded } = this.#opened()
    const whole = new Blob(await guarded(sizeBytes, () => files.pieces(sha256)))
    const right = whole.size === sizeBytes && (await guarded(sizeBytes, () => hashOfBlob(whole))) === sha256
    // Where the quota is full the pieces stay: `finish` may be tried again once there is room.
    if (right) await guarded(sizeBytes, () => files.write(sha256, whole))
    await this.close({ discard: true })
    if (!right) throw wrongContent(sha256)
  }

  async close(options: { discard?: boolean } = {}): Promise<void> {
    const { files, sha256, guarded, release } = this.#init
    if (this.#open) release()
    this.#open = false
    if (options.discard) await guarded(0, () => files.removePieces(sha256))
  }

  #opened(): WriterInit {
    if (!this.#open) throw new Error(`blob ${this.#init.sha256}: the writer is closed`)
    return this.#init
  }
}

/** Counts up; the function it gives counts down, once. */
function counted(counts: Map<string, number>, key: string): () => void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
  let released = false
  return () => {
    if (released) return
    released = true
    const left = (counts.get(key) ?? 1) - 1
    if (left > 0) counts.set(key, left)
    else counts.delete(key)
  }
}

function sum(files: readonly StoredFile[]): number {
  let total = 0
  for (const { sizeBytes } of files) total += sizeBytes
  return total
}

/** Names come from the wire: nothing but 64 hex digits may become a name. */
function checkedName(sha256: string): string {
  if (!isSha256(sha256)) throw new StoreError('BLOB_MISSING', `${JSON.stringify(sha256.slice(0, 80))} is not a sha256 in lower-case hex`)
  return sha256
}
