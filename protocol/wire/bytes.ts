/**
 * TypeScript tells `Uint8Array`s over shared memory from others; none of ours is shared, and protobuf wants to know.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
