/**
 * IEEE 754 binary16 on the CPU: what a GPU's f16 holds, for references and tests. Numbers are rounded to nearest, ties to
 * even; beyond the largest half (65,504, from 65,520 on) they become infinity and never the largest half: an overflow
 * must be seen.
 */

const view = new DataView(new ArrayBuffer(8))

/** Exponents of normal halves begin here; below, the spacing no longer shrinks. */
const MIN_EXPONENT = -14
const FRACTION_BITS = 10
const OVERFLOW = 65_520

/** The half nearest to `x`, as a number (`Math.f16round` of newer engines). */
export function roundToHalf(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude === 0 || !(magnitude < OVERFLOW)) return Number.isNaN(x) || magnitude === 0 ? x : x * Number.POSITIVE_INFINITY
  const spacing = 2 ** (Math.max(exponentOf(magnitude), MIN_EXPONENT) - FRACTION_BITS)
  // Both exact: the spacing is a power of two, and far above the smallest number.
  const steps = magnitude / spacing
  const below = Math.floor(steps)
  const rest = steps - below
  const rounded = (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below) * spacing
  return x < 0 ? -rounded : rounded
}

/** The 16 bits of the half nearest to `x`. */
export function halfBits(x: number): number {
  const half = roundToHalf(x)
  const sign = half < 0 || Object.is(half, -0) ? 0x8000 : 0
  const magnitude = Math.abs(half)
  if (Number.isNaN(magnitude)) return 0x7e00
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00
  const exponent = exponentOf(magnitude)
  if (exponent < MIN_EXPONENT) return sign | (magnitude * 2 ** 24)
  return sign | ((exponent + 15) << FRACTION_BITS) | ((magnitude / 2 ** exponent - 1) * 2 ** FRACTION_BITS)
}

/** The bits of many halves, with a zero more where their number is odd: GPUs copy whole words. */
export function halfArray(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(Math.ceil(values.length / 2) * 2)
  for (let i = 0; i < values.length; i++) bits[i] = halfBits(values[i] as number)
  return bits
}

/** ⌊log2⌋ of a positive number. */
function exponentOf(magnitude: number): number {
  view.setFloat64(0, magnitude)
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023
}
