/**
 * Blobs as rows of a database, for browsers that give the page no file system. Slower and in memory while they are
 * handled, but the same promises.
 */
import { Dexie } from 'dexie'
import type { BlobFiles, StoredFile } from './blob-files.ts'
import { TABLE_SCHEME } from './blob-location.ts'
import type { BlobDatabase } from './database.ts'

export class TableFiles implements BlobFiles {
  readonly #database: BlobDatabase

  /** The database is open, and from here on this object's to close. */
  constructor(database: BlobDatabase) {
    this.#database = database
  }

  location(sha256: string): string {
    return `${TABLE_SCHEME}${this.#database.name}/${sha256}`
  }

  async open(sha256: string): Promise<{ readonly content: Blob; readonly modifiedMs: number } | null> {
    const { info, content } = this.#database
    return this.#database.transaction('r', info, content, async () => {
      const known = await info.get(sha256)
      const row = known === undefined ? undefined : await content.get(sha256)
      return known === undefined || row === undefined ? null : { content: blobOf(row.bytes), modifiedMs: known.modifiedMs }
    })
  }

  async write(sha256: string, content: Blob | Uint8Array): Promise<void> {
    const bytes = content instanceof Uint8Array ? content.slice() : new Uint8Array(await content.arrayBuffer())
    const { info, content: contents } = this.#database
    await this.#database.transaction('rw', info, contents, async () => {
      await contents.put({ sha256, bytes })
      await info.put({ sha256, sizeBytes: bytes.byteLength, modifiedMs: Date.now() })
    })
  }

  async remove(sha256: string): Promise<void> {
    const { info, content } = this.#database
    await this.#database.transaction('rw', info, content, async () => {
      await info.delete(sha256)
      await content.delete(sha256)
    })
  }

  async list(): Promise<StoredFile[]> {
    return this.#database.info.toArray()
  }

  async pieces(sha256: string): Promise<Blob[]> {
    const rows = await this.#database.pieces.where('[sha256+offset]').between([sha256, Dexie.minKey], [sha256, Dexie.maxKey]).toArray()
    return rows.map(({ bytes }) => blobOf(bytes))
  }

  async addPiece(sha256: string, offset: number, bytes: Uint8Array): Promise<void> {
    const { pieces, pieceInfo } = this.#database
    const sizeBytes = bytes.byteLength
    const copy = bytes.slice()
    await this.#database.transaction('rw', pieces, pieceInfo, async () => {
      await pieces.put({ sha256, offset, sizeBytes, bytes: copy })
      await pieceInfo.put({ sha256, offset, sizeBytes, modifiedMs: Date.now() })
    })
  }

  async removePieces(sha256: string): Promise<void> {
    const { pieces, pieceInfo } = this.#database
    await this.#database.transaction('rw', pieces, pieceInfo, async () => {
      await pieces.where('[sha256+offset]').between([sha256, Dexie.minKey], [sha256, Dexie.maxKey]).delete()
      await pieceInfo.where('sha256').equals(sha256).delete()
    })
  }

  async listPartial(): Promise<StoredFile[]> {
    const found = new Map<string, StoredFile>()
    await this.#database.pieceInfo.each(({ sha256, sizeBytes, modifiedMs }) => {
      const before = found.get(sha256)
      found.set(sha256, { sha256, sizeBytes: sizeBytes + (before?.sizeBytes ?? 0), modifiedMs: Math.max(modifiedMs, before?.modifiedMs ?? 0) })
    })
    return [...found.values()]
  }

  close(): void {
    this.#database.close()
  }
}

function blobOf(bytes: Uint8Array): Blob {
  return new Blob([bytes as Uint8Array<ArrayBuffer>])
}
