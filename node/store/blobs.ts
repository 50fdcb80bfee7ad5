/**
 * Content-addressed files: `blobs/<first two digits>/<sha256>`. A blob appears under its name complete and verified or
 * not at all (temporary file, fsync, rename, fsync of the folder), and its bytes are checked again when they are read
 * back: what a peer serves to others is what was asked for, whatever the disk did meanwhile.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { wrongContent } from '../../protocol/memory-store.ts'
import { type BlobStore, type BlobWriter, isSha256 } from '../../protocol/store.ts'
import { StoreError } from '../../protocol/store-errors.ts'
import { hashOfFile, PartialBlob } from './blob-writer.ts'
import { storeErrorOf } from './errors.ts'

export interface BlobFolderOptions {
  /** Sum of all blobs this peer may keep; Infinity by default. */
  readonly limitBytes?: number
}

export class BlobFolder implements BlobStore {
  readonly folder: string
  readonly #limitBytes: number
  /** Blobs whose bytes were checked in this process: size and time of the file as it was then. */
  readonly #verified = new Map<string, string>()
  #temporaryCount = 0

  constructor(folder: string, options: BlobFolderOptions = {}) {
    this.folder = folder
    this.#limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY
  }

  /** Removes what a crash left half-written. Partial downloads stay: they are resumed. */
  async open(): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.folder, { recursive: true, mode: 0o700 })
      await rm(this.#temporaryFolder(), { recursive: true, force: true })
      await mkdir(this.#temporaryFolder(), { mode: 0o700 })
      await mkdir(this.#partialFolder(), { recursive: true, mode: 0o700 })
    })
  }

  /** Where a blob lies (or would lie). */
  path(sha256: string): string {
    return join(this.folder, checkedName(sha256).slice(0, 2), sha256)
  }

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    if (await this.has(sha256)) return sha256
    await this.#admit(sha256, bytes.byteLength)
    await this.#guarded(async () => {
      const temporary = this.#temporaryName()
      await writeDurably(temporary, (file) => file.writeFile(bytes))
      await this.#publish(temporary, sha256)
    })
    return sha256
  }

  /** Copies a file in; its hash is taken from the bytes that were copied. */
  async putFile(path: string): Promise<string> {
    const { size } = await stat(path).catch((error: unknown) => {
      throw storeErrorOf(error, path)
    })
    await this.#admit(path, size)
    return this.#guarded(async () => {
      const temporary = this.#temporaryName()
      const hash = createHash('sha256')
      await writeDurably(temporary, async (file) => {
        for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
          hash.update(chunk)
          await file.appendFile(chunk)
        }
      })
      const sha256 = hash.digest('hex')
      if (await this.has(sha256)) await rm(temporary)
      else await this.#publish(temporary, sha256)
      return sha256
    })
  }

  async get(sha256: string): Promise<Uint8Array> {
    const path = this.path(sha256)
    const bytes = await readFile(path).catch((error: unknown) => {
      throw missingOr(error, sha256, path)
    })
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw await this.#drop(sha256)
    // A view of exactly these bytes: a Buffer would be cloned whole when posted to another process.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.sizeBytes(sha256)) !== null
  }

  async sizeBytes(sha256: string): Promise<number | null> {
    const path = this.path(sha256)
    try {
      return (await stat(path)).size
    } catch (error) {
      const missing = missingOr(error, sha256, path)
      if (missing.code === 'BLOB_MISSING') return null
      throw missing
    }
  }

  /** A range, cut at the end of the blob. The whole blob is verified before its first range is served. */
  async read(sha256: string, offset: number, length: number): Promise<Uint8Array> {
    const path = this.path(sha256)
    const file = await open(path, 'r').catch((error: unknown) => {
      throw missingOr(error, sha256, path)
    })
    try {
      const { size, mtimeMs } = await file.stat()
      const stamp = `${size} ${mtimeMs}`
      if (this.#verified.get(sha256) !== stamp) {
        if ((await hashOfFile(file)) !== sha256) throw await this.#drop(sha256)
        this.#verified.set(sha256, stamp)
      }
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      const { bytesRead } = await file.read(bytes, 0, bytes.byteLength, offset)
      return bytes.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  }

  async openWriter(sha256: string, sizeBytes: number): Promise<BlobWriter> {
    const partial = join(this.#partialFolder(), checkedName(sha256))
    await this.#admit(sha256, sizeBytes)
    return this.#guarded(() => PartialBlob.open({ path: partial, sha256, sizeBytes, publish: () => this.#publish(partial, sha256) }))
  }

  async delete(sha256: string): Promise<void> {
    this.#verified.delete(sha256)
    await this.#guarded(() => rm(this.path(sha256), { force: true }))
  }

  async list(): Promise<{ sha256: string; sizeBytes: number }[]> {
    const found: { sha256: string; sizeBytes: number }[] = []
    await this.#guarded(async () => {
      for (const entry of await readdir(this.folder, { withFileTypes: true })) {
        if (!entry.isDirectory() || !/^[0-9a-f]{2}$/.test(entry.name)) continue
        for (const name of await readdir(join(this.folder, entry.name))) {
          const size = isSha256(name) ? await this.sizeBytes(name) : null
          if (size !== null) found.push({ sha256: name, sizeBytes: size })
        }
      }
    })
    return found.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
  }

  async totalBytes(): Promise<number> {
    let total = 0
    for (const blob of await this.list()) total += blob.sizeBytes
    return total
  }

  async roomBytes(): Promise<number> {
    const { bavail, bsize } = await this.#guarded(() => statfs(this.folder))
    const limitedBytes = this.#limitBytes === Number.POSITIVE_INFINITY ? this.#limitBytes : this.#limitBytes - (await this.totalBytes())
    return Math.max(0, Math.min(bavail * bsize, limitedBytes))
  }

  async #admit(what: string, sizeBytes: number): Promise<void> {
    if (this.#limitBytes === Number.POSITIVE_INFINITY) return
    const used = await this.totalBytes()
    if (used + sizeBytes > this.#limitBytes) {
      throw new StoreError('DISK_LIMIT', `${what}: ${sizeBytes} bytes do not fit, ${used} of this peer's ${this.#limitBytes} bytes of disk are taken`, {
        sizeBytes,
        usedBytes: used,
        limitBytes: this.#limitBytes,
      })
    }
  }

  /** Gives a complete, synced temporary file its name. */
  async #publish(temporary: string, sha256: string): Promise<void> {
    const path = this.path(sha256)
    const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await rename(temporary, path)
    await syncFolder(dirname(path))
    if (made !== undefined) await syncFolder(this.folder)
  }

  /** A blob that lies is worse than none: another peer can be asked for it. */
  async #drop(sha256: string): Promise<StoreError> {
    await this.delete(sha256)
    return new StoreError('CORRUPT', `blob ${sha256} was damaged on disk and has been dropped`, { sha256 }, { cause: wrongContent(sha256) })
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storeErrorOf(error, this.folder)
    }
  }

  #temporaryName(): string {
    this.#temporaryCount += 1
    return join(this.#temporaryFolder(), `${process.pid}-${this.#temporaryCount}`)
  }

  #temporaryFolder(): string {
    return join(this.folder, 'tmp')
  }

  #partialFolder(): string {
    return join(this.folder, 'partial')
  }
}

/** Names come from the wire: nothing but 64 hex digits may become a path. */
function checkedName(sha256: string): string {
  if (!isSha256(sha256)) throw new StoreError('BLOB_MISSING', `${JSON.stringify(sha256.slice(0, 80))} is not a sha256 in lower-case hex`)
  return sha256
}

function missingOr(error: unknown, sha256: string, path: string): StoreError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return new StoreError('BLOB_MISSING', `no blob ${sha256} here`, { sha256 }, { cause: error })
  return storeErrorOf(error, path)
}

/** Runs `write` on a new file and syncs it; a failure leaves no file behind. */
export async function writeDurably(path: string, write: (file: FileHandle) => Promise<void>, mode = 0o600): Promise<void> {
  const file = await open(path, 'w', mode)
  try {
    await write(file)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => {})
    await rm(path, { force: true })
    throw error
  }
}

/** Makes a rename durable. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
