/** Seeded random data for tests: the same numbers every run, so a failure can be looked at again. */
import { threefry2x32, unitFloat } from '../kernels/random/threefry.ts'

export interface TestRandom {
  /** In [0, 1). */
  unit(): number
  /** In [low, high), whole. */
  integer(low: number, high: number): number
  /** f32 values in [-scale, scale). */
  floats(length: number, scale?: number): Float32Array
}

export function testRandom(seed: number): TestRandom {
  let counter = 0
  const bits = new Uint32Array(2)
  const unit = () => {
    threefry2x32(seed, 0, counter++, 0, bits)
    return unitFloat(bits[0] ?? 0)
  }
  return {
    unit,
    integer: (low, high) => low + Math.floor(unit() * (high - low)),
    floats: (length, scale = 1) => Float32Array.from({ length }, () => (2 * unit() - 1) * scale),
  }
}
