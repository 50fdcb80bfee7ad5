/** The identity of a model's weights: what members compare at the end of a round. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { KernelError } from '../errors.ts'
import type { ParameterLayout } from './types.ts'

/** WebGPU hosts are little-endian without exception known to us; typed arrays are hashed as they lie in memory only then. */
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** sha256, in hex, over the parameters' and then the buffers' little-endian f32 values in layout order, without padding. */
export async function thetaHash(parameters: Float32Array, layout: ParameterLayout): Promise<string> {
  if (parameters.length !== layout.length) {
    throw new KernelError('SHAPE_MISMATCH', `thetaHash: a vector of ${layout.length} elements is needed, got ${parameters.length}`)
  }
  if (!LITTLE_ENDIAN) throw new KernelError('UNSUPPORTED', 'thetaHash: this machine is big-endian')
  const packed = new Uint8Array(layout.entries.reduce((sum, { size }) => sum + size, 0) * 4)
  let position = 0
  for (const { offset, size } of layout.entries) {
    packed.set(new Uint8Array(parameters.buffer, parameters.byteOffset + offset * 4, size * 4), position)
    position += size * 4
  }
  // Pages outside a secure context have no crypto.subtle; the library gives the same digest, ten times slower.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  return bytesToHex(subtle === undefined ? sha256(packed) : new Uint8Array(await subtle.digest('SHA-256', packed)))
}
