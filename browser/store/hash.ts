/**
 * sha256 without standing in the way of the page: up to 32 MiB the browser's own, which works beside the main thread and
 * wants the bytes in one piece; beyond that, or on a page that is not secure, in slices that take a few milliseconds each
 * and let others in between.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'

/** The browser copies what it is given before it begins: 32 MiB are some 10 ms of the main thread. */
const ONE_PIECE_BYTES = 32 * 1024 * 1024
/** Read at a time. */
const SLICE_BYTES = 1024 * 1024
/** Hashed at a time: under a millisecond on an idle machine, a few on a busy one. */
const STEP_BYTES = 64 * 1024
/** Then others get a turn: half a frame. */
const TURN_MS = 8

export async function hashOfBytes(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength <= ONE_PIECE_BYTES && hasDigest()) return bytesToHex(await digest(bytes))
  const hash = new PoliteHash()
  await hash.update(bytes)
  return hash.hex()
}

/** Of a file: never more than one slice of it is in memory beyond the size that is taken in one piece. */
export async function hashOfBlob(blob: Blob): Promise<string> {
  if (blob.size <= ONE_PIECE_BYTES && hasDigest()) return bytesToHex(await digest(new Uint8Array(await blob.arrayBuffer())))
  const hash = new PoliteHash()
  for (let at = 0; at < blob.size; at += SLICE_BYTES) await hash.update(new Uint8Array(await blob.slice(at, at + SLICE_BYTES).arrayBuffer()))
  return hash.hex()
}

/** Hashes until its turn is over, then lets others in, however fast the machine is at the moment. */
class PoliteHash {
  readonly #hash = sha256.create()
  #turnEndsMs = 0

  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; at += STEP_BYTES) {
      if (performance.now() >= this.#turnEndsMs) {
        await breath()
        this.#turnEndsMs = performance.now() + TURN_MS
      }
      this.#hash.update(bytes.subarray(at, at + STEP_BYTES))
    }
  }

  hex(): string {
    return bytesToHex(this.#hash.digest())
  }
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
