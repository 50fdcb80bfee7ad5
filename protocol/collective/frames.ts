/**
 * Frames of an all-reduce: a protobuf head with its length in front (u32), then f32 values. Everything little-endian.
 */
import { Uint8ArrayList } from 'uint8arraylist'
import { FRAME_OVERHEAD_BYTES, MAX_CHUNK_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'
import { FrameHead } from './pb/collective.ts'

export type { FrameHead } from './pb/collective.ts'

/** A member's part of a slice, on its way to the slice's owner. */
export const KIND_PART = 0
/** The merged slice, from its owner to everybody. */
export const KIND_MERGED = 1

/** Values per frame: with head and framing the frame stays within the chunk limit. */
export const MAX_FRAME_VALUES = (MAX_CHUNK_BYTES - FRAME_OVERHEAD_BYTES) / 4

/** The values are not copied: they must not change until the frame is sent. */
export function encodeFrame(head: FrameHead, values: Float32Array): Uint8ArrayList {
  const bytes = FrameHead.encode(head)
  const start = new Uint8Array(4 + bytes.length)
  new DataView(start.buffer).setUint32(0, bytes.length, true)
  start.set(bytes, 4)
  return new Uint8ArrayList(start, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

export interface Frame {
  readonly head: FrameHead
  /** Raw f32 little-endian bytes; may be unaligned. */
  readonly payload: Uint8Array
}

export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.byteLength < 4) throw new WireError('MALFORMED', 'collective frame: shorter than its length field')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (length > FRAME_OVERHEAD_BYTES || 4 + length > bytes.byteLength)
    throw new WireError('MALFORMED', `collective frame: head of ${length} bytes in a frame of ${bytes.byteLength}`)
  const payload = bytes.subarray(4 + length)
  if (payload.byteLength % 4 !== 0) throw new WireError('MALFORMED', `collective frame: ${payload.byteLength} bytes are no whole number of f32 values`)
  try {
    return { head: FrameHead.decode(bytes.subarray(4, 4 + length)), payload }
  } catch (cause) {
    throw new WireError('MALFORMED', 'collective frame: head cannot be decoded', 'penalise', { cause })
  }
}
