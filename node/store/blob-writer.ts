/**
 * A blob that arrives in chunks. Chunks are appended to a file that outlives the process, so that a download broken by
 * a crash or a lost peer goes on where it stopped; the hash is taken over the file once it is complete. One writer per
 * blob at a time is the caller's business (the content service keeps one download per hash).
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { tooLong, wrongContent } from '../../protocol/memory-store.ts'
import type { BlobWriter } from '../../protocol/store.ts'
import { storeErrorOf } from './errors.ts'

export interface PartialBlobOptions {
  readonly path: string
  readonly sha256: string
  readonly sizeBytes: number
  /** Gives the complete, synced file its name. */
  readonly publish: () => Promise<void>
}

export class PartialBlob implements BlobWriter {
  readonly #options: PartialBlobOptions
  #file: FileHandle | null
  #receivedBytes: number

  static async open(options: PartialBlobOptions): Promise<PartialBlob> {
    // 'a+' creates, keeps what is there and lets us read it back for the hash.
    const file = await open(options.path, 'a+', 0o600)
    const { size } = await file.stat()
    if (size > options.sizeBytes) await file.truncate(0)
    return new PartialBlob(options, file, size > options.sizeBytes ? 0 : size)
  }

  private constructor(options: PartialBlobOptions, file: FileHandle, receivedBytes: number) {
    this.#options = options
    this.#file = file
    this.#receivedBytes = receivedBytes
  }

  get receivedBytes(): number {
    return this.#receivedBytes
  }

  async append(chunk: Uint8Array): Promise<void> {
    const { path, sha256, sizeBytes } = this.#options
    if (this.#receivedBytes + chunk.byteLength > sizeBytes) throw tooLong(sha256, sizeBytes)
    try {
      await this.#opened().appendFile(chunk)
    } catch (error) {
      // Part of the chunk may be on disk: cut it off, so that a resumed download starts at a whole chunk.
      await this.#file?.truncate(this.#receivedBytes).catch(() => {})
      throw storeErrorOf(error, path)
    }
    this.#receivedBytes += chunk.byteLength
  }

  async finish(): Promise<void> {
    const { path, sha256, sizeBytes, publish } = this.#options
    const file = this.#opened()
    try {
      const right = this.#receivedBytes === sizeBytes && (await hashOfFile(file)) === sha256
      if (right) await file.sync()
      await this.close({ discard: !right })
      if (!right) throw wrongContent(sha256)
      await publish()
    } catch (error) {
      throw storeErrorOf(error, path)
    }
  }

  async close(options: { discard?: boolean } = {}): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
    if (options.discard) await rm(this.#options.path, { force: true })
  }

  #opened(): FileHandle {
    if (this.#file === null) throw new Error(`blob ${this.#options.sha256}: the writer is closed`)
    return this.#file
  }
}

const HASH_CHUNK_BYTES = 1 << 20

/** sha256 of an open file, from its start, without taking the file away from its owner. */
export async function hashOfFile(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(HASH_CHUNK_BYTES)
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(chunk.subarray(0, bytesRead))
    position += bytesRead
  }
}
