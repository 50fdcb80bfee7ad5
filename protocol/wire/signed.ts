/**
 * Signed payloads: who said it travels with what was said. The domain is part of what is signed, so that a signature
 * made for one purpose cannot be replayed for another.
 */
import { publicKeyFromProtobuf, publicKeyToProtobuf } from '@libp2p/crypto/keys'
import type { PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { ownBytes } from './bytes.ts'
import { WireError } from './errors.ts'
import { Signed } from './pb/signed.ts'

export type SignatureDomain = 'cyxwiz/job/1' | 'cyxwiz/vote/1' | 'cyxwiz/statement/1' | 'cyxwiz/action/1' | 'cyxwiz/presence/1'

/** Of Ed25519 (RFC 8032). */
const SIGNATURE_BYTES = 64

export interface Verified {
  readonly signer: string
  readonly payload: Uint8Array
}

export async function sign(key: PrivateKey, domain: SignatureDomain, payload: Uint8Array): Promise<Uint8Array> {
  const signature = await key.sign(toBeSigned(domain, payload))
  return Signed.encode({
    domain,
    payload: ownBytes(payload),
    publicKey: ownBytes(publicKeyToProtobuf(key.publicKey)),
    signature: ownBytes(signature),
  })
}

/** The signer's peer id and the payload; throws `BAD_SIGNATURE` or `MALFORMED`. */
export async function verify(bytes: Uint8Array, domain: SignatureDomain): Promise<Verified> {
  const signed = decode(bytes)
  if (signed.domain !== domain) throw new WireError('BAD_SIGNATURE', `signature is for ${signed.domain || 'no domain'}, expected ${domain}`)
  const publicKey = keyOf(signed.publicKey)
  const good = await fits(publicKey, toBeSigned(domain, signed.payload), signed.signature)
  if (!good) throw new WireError('BAD_SIGNATURE', `signature of ${peerIdFromPublicKey(publicKey).toString()} does not fit its payload`)
  return { signer: peerIdFromPublicKey(publicKey).toString(), payload: signed.payload }
}

/** Whether a signature belongs to these bytes. One of the wrong length does not; libp2p throws for it in Node. */
export async function fits(key: PublicKey, bytes: Uint8Array, signature: Uint8Array): Promise<boolean> {
  return signature.byteLength === SIGNATURE_BYTES && (await key.verify(bytes, signature))
}

/** Payload and signer of bytes that were verified before (out of the committed log). */
export function openVerified(bytes: Uint8Array): Verified {
  const signed = decode(bytes)
  return { signer: peerIdFromPublicKey(keyOf(signed.publicKey)).toString(), payload: signed.payload }
}

/** Hex sha256, shortened to 128 bits: the id of a signed thing. */
export function idOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes)).slice(0, 32)
}

export function toBeSigned(domain: SignatureDomain, payload: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${domain}\n`)
  const all = new Uint8Array(head.length + payload.length)
  all.set(head)
  all.set(payload, head.length)
  return all
}

/** Only the one encoding counts: an id is the hash of these bytes, and nobody may give a signed thing a second id. */
function decode(bytes: Uint8Array): Signed {
  let signed: Signed
  try {
    signed = Signed.decode(bytes)
  } catch (cause) {
    throw new WireError('MALFORMED', 'signed payload cannot be decoded', 'penalise', { cause })
  }
  const canonical = Signed.encode({ ...signed, publicKey: ownBytes(publicKeyToProtobuf(keyOf(signed.publicKey))) })
  if (!equalBytes(canonical, bytes)) throw new WireError('MALFORMED', 'signed payload is not in its canonical encoding')
  return signed
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function keyOf(bytes: Uint8Array): ReturnType<typeof publicKeyFromProtobuf> {
  try {
    const key = publicKeyFromProtobuf(bytes)
    if (key.type !== 'Ed25519') throw new Error(`key type ${key.type}`)
    return key
  } catch (cause) {
    throw new WireError('MALFORMED', 'public key of a signed payload is not an Ed25519 key', 'penalise', { cause })
  }
}
