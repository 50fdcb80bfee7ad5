/**
 * sha256 without standing in the way of the page: up to 32 MiB the browser's own, which works beside the main thread and
 * wants the bytes in one piece; beyond that, or on a page that is not secure, in slices that take a few milliseconds each
 * and let others in between.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** The browser copies what it is given before it begins: 32 MiB are some 10 ms of the main thread. */
const ONE_PIECE_BYTES = 32 * 1024 * 1024
/** About 5 ms of JavaScript on a slow machine. */
const SLICE_BYTES = 512 * 1024

export async function hashOfBytes(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength <= ONE_PIECE_BYTES && hasDigest()) return bytesToHex(await digest(bytes))
  const hash = sha256.create()
  for (let at = 0; at < bytes.byteLength; at += SLICE_BYTES) {
    hash.update(bytes.subarray(at, at + SLICE_BYTES))
    await breath()
  }
  return bytesToHex(hash.digest())
}

/** Of a file: never more than one slice of it is in memory beyond the size that is taken in one piece. */
export async function hashOfBlob(blob: Blob): Promise<string> {
  if (blob.size <= ONE_PIECE_BYTES && hasDigest()) return bytesToHex(await digest(new Uint8Array(await blob.arrayBuffer())))
  const hash = sha256.create()
  for (let at = 0; at < blob.size; at += SLICE_BYTES) {
    hash.update(new Uint8Array(await blob.slice(at, at + SLICE_BYTES).arrayBuffer()))
    await breath()
  }
  return bytesToHex(hash.digest())
}

function hasDigest(): boolean {
  return globalThis.crypto?.subtle !== undefined
}

async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

/** A turn of the event loop. Not a timer: those wait a second in a hidden tab. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
