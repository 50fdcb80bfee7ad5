/**
 * Threefry-2x32, 20 rounds: a counter-based generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). Random bits are a pure function of key and counter, made of 32-bit additions, rotations and xors only, so
 * every machine and every GPU draws the same bits in any order. Nothing here keeps state, and nothing uses Math.random.
 */
const PARITY = 0x1bd11bda
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const

const rotl = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))

/** Two 32-bit words from a 64-bit key and a 64-bit counter, written to `out` as unsigned integers. */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number, out: Uint32Array): void {
  const key2 = PARITY ^ key0 ^ key1
  const keys = [key0, key1, key2]
  let x0 = (counter0 + key0) | 0
  let x1 = (counter1 + key1) | 0
  for (let block = 1; block <= 5; block++) {
    const first = block % 2 === 1 ? 0 : 4
    for (let round = first; round < first + 4; round++) {
      x0 = (x0 + x1) | 0
      x1 = rotl(x1, ROTATIONS[round] ?? 0) ^ x0
    }
    x0 = (x0 + (keys[block % 3] ?? 0)) | 0
    x1 = (x1 + (keys[(block + 1) % 3] ?? 0) + block) | 0
  }
  out[0] = x0
  out[1] = x1
}

/** A float in [0, 1) from the upper 24 bits: every value is exact in f32. */
export function unitFloat(bits: number): number {
  return (bits >>> 8) / 0x1000000
}

/** FNV-1a over UTF-16 code units: turns a tensor name into key material. */
export function hashName(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  }
  return hash >>> 0
}
