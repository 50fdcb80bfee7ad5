/**
 * Peer ids as bytes: 38 instead of 52, and digests and heartbeats are made of them.
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { toString as baseOf } from 'uint8arrays/to-string'
import { ownBytes } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'

const MAX_ID_BYTES = 64
/** The same few thousand ids come again all the time, and base58 is slow. */
const MAX_CACHED = 16_384
const bytesOf = new Map<string, Uint8Array<ArrayBuffer>>()
const peerOf = new Map<string, string>()

export function bytesOfPeer(peer: string): Uint8Array<ArrayBuffer> {
  let bytes = bytesOf.get(peer)
  if (bytes === undefined) {
    bytes = ownBytes(peerIdFromString(peer).toMultihash().bytes)
    if (bytesOf.size >= MAX_CACHED) bytesOf.clear()
    bytesOf.set(peer, bytes)
  }
  return bytes
}

export function peerOfBytes(bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_ID_BYTES) throw new WireError('MALFORMED', `presence: a peer id of ${bytes.byteLength} bytes`)
  const key = baseOf(bytes, 'latin1')
  let peer = peerOf.get(key)
  if (peer === undefined) {
    try {
      peer = peerIdFromString(baseOf(bytes, 'base58btc')).toString()
    } catch (cause) {
      throw new WireError('MALFORMED', 'presence: bytes that are no peer id', 'penalise', { cause })
    }
    if (peerOf.size >= MAX_CACHED) peerOf.clear()
    peerOf.set(key, peer)
  }
  return peer
}
