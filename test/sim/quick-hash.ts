/**
 * A hash for simulated peers: quick, and each large piece of bytes only once, since peers pass references on. Nobody in
 * the simulator looks for collisions.
 */
const known = new WeakMap<Uint8Array, string>()

export function quickHash(bytes: Uint8Array): string {
  let text = known.get(bytes)
  if (text === undefined) {
    let a = 0x811c9dc5
    let b = 0x9747b28c ^ bytes.byteLength
    for (let i = 0; i < bytes.byteLength; i++) {
      a = Math.imul(a ^ (bytes[i] as number), 0x01000193)
      b = (Math.imul(b, 31) + (bytes[i] as number)) | 0
    }
    text = `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`
    known.set(bytes, text)
  }
  return text
}
