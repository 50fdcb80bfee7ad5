/**
 * Files of this computer into the store of blobs, and blobs out of it, piece by piece: the page stays usable.
 */
import type { BlobStore } from '../../protocol/store.ts'

const PIECE_BYTES = 1024 * 1024

export async function addBlob(blobs: BlobStore, { sha256, bytes }: { sha256: string; bytes: number }, blob: Blob, signal: AbortSignal): Promise<void> {
  if (await blobs.has(sha256)) return
  const writer = await blobs.openWriter(sha256, bytes)
  try {
    while (writer.receivedBytes < bytes) {
      signal.throwIfAborted()
      const from = writer.receivedBytes
      await writer.append(new Uint8Array(await blob.slice(from, Math.min(bytes, from + PIECE_BYTES)).arrayBuffer()))
    }
    await writer.finish()
  } catch (error) {
    await writer.close({ discard: true })
    throw error
  }
}

export async function readWhole(blobs: BlobStore, sha256: string, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const whole = new Uint8Array(bytes)
  for (let at = 0; at < bytes; ) {
    signal.throwIfAborted()
    const piece = await blobs.read(sha256, at, Math.min(PIECE_BYTES, bytes - at))
    if (piece.byteLength === 0) throw new Error(`blob ${sha256} ended after ${at} of ${bytes} bytes`)
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}
