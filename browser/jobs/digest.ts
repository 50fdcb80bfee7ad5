/**
 * The name of a file's content: its sha256, in pieces, so that a file larger than memory can be named, progress be told
 * and the work be stopped. Between two pieces the page breathes: one piece takes about 10 ms.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** sha256 in JavaScript makes 100 to 200 MB/s. */
const PIECE_BYTES = 1024 * 1024
const GZIP_MAGIC = [0x1f, 0x8b]

export interface BlobDigest {
  readonly sha256: string
  readonly bytes: number
  /** Told from its first bytes, not from its name. */
  readonly gzip: boolean
}

export interface DigestOptions {
  readonly signal?: AbortSignal
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void
}

export async function digestBlob(blob: Blob, { signal, onProgress }: DigestOptions = {}): Promise<BlobDigest> {
  const hash = sha256.create()
  let gzip = false
  for (let at = 0; at < blob.size; at += PIECE_BYTES) {
    const piece = new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer())
    signal?.throwIfAborted()
    if (at === 0) gzip = GZIP_MAGIC.every((byte, i) => piece[i] === byte)
    hash.update(piece)
    onProgress?.(Math.min(1, (at + piece.length) / blob.size))
  }
  return { sha256: bytesToHex(hash.digest()), bytes: blob.size, gzip }
}
