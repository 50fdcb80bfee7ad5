/**
 * What `TabBlobs` needs of the place where bytes lie. Two fulfil it: the browser's private file system (`opfs-files.ts`)
 * and, where there is none, a database (`table-files.ts`). They know nothing of hashes: names are checked and contents
 * verified above.
 */
export interface StoredFile {
  readonly sha256: string
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly modifiedMs: number
}

export interface BlobFiles {
  /** The whole blob, or null where it is not here. A `Blob` is a promise of bytes: reading a slice reads no more. */
  open(sha256: string): Promise<{ readonly content: Blob; readonly modifiedMs: number } | null>
  /** Appears under its name whole or not at all. */
  write(sha256: string, content: Blob | Uint8Array): Promise<void>
  /** Nothing happens where it is not here. */
  remove(sha256: string): Promise<void>
  list(): Promise<StoredFile[]>
  /** What was received of a blob so far, piece after piece without a gap. */
  pieces(sha256: string): Promise<Blob[]>
  /** On the disk when it resolves. `offset` = sum of the pieces before. */
  addPiece(sha256: string, offset: number, bytes: Uint8Array): Promise<void>
  removePieces(sha256: string): Promise<void>
  /** Blobs of which something was received; `modifiedMs` of the last piece. */
  listPartial(): Promise<StoredFile[]>
  /** For `readBlobInWorker`. */
  location(sha256: string): string
  close(): void
}
