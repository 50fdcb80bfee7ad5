/**
 * Blobs of a tab that only watches: whole ones are shared with the contributor of this browser (content is the same
 * whoever fetched it, and weights downloaded once can be tried in any tab), but what is still arriving stays in this
 * tab's memory, so that two tabs that fetch the same blob do not write into each other's pieces.
 */
import type { BlobFiles, StoredFile } from './blob-files.ts'

export class ViewerFiles implements BlobFiles {
  readonly #shared: BlobFiles
  readonly #pieces = new Map<string, { readonly blobs: Blob[]; sizeBytes: number; modifiedMs: number }>()

  constructor(shared: BlobFiles) {
    this.#shared = shared
  }

  open(sha256: string): ReturnType<BlobFiles['open']> {
    return this.#shared.open(sha256)
  }

  write(sha256: string, content: Blob | Uint8Array): Promise<void> {
    return this.#shared.write(sha256, content)
  }

  remove(sha256: string): Promise<void> {
    return this.#shared.remove(sha256)
  }

  list(): Promise<StoredFile[]> {
    return this.#shared.list()
  }

  async pieces(sha256: string): Promise<Blob[]> {
    return [...(this.#pieces.get(sha256)?.blobs ?? [])]
  }

  async addPiece(sha256: string, _offset: number, bytes: Uint8Array): Promise<void> {
    const known = this.#pieces.get(sha256) ?? { blobs: [], sizeBytes: 0, modifiedMs: 0 }
    known.blobs.push(new Blob([bytes as Uint8Array<ArrayBuffer>]))
    known.sizeBytes += bytes.byteLength
    known.modifiedMs = Date.now()
    this.#pieces.set(sha256, known)
  }

  async removePieces(sha256: string): Promise<void> {
    this.#pieces.delete(sha256)
  }

  async listPartial(): Promise<StoredFile[]> {
    return [...this.#pieces].map(([sha256, { sizeBytes, modifiedMs }]) => ({ sha256, sizeBytes, modifiedMs }))
  }

  location(sha256: string): string {
    return this.#shared.location(sha256)
  }

  close(): void {
    this.#pieces.clear()
    this.#shared.close()
  }
}
