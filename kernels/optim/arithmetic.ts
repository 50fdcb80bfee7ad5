/**
 * Arithmetic that must give the same bits on every machine, because all members of a job apply it on their own:
 * additions, multiplications, divisions and square roots only, which IEEE 754 rounds in one way. `Math.pow`, `Math.log`
 * and `Math.cos` are left to each engine's taste by ECMAScript, so they are replaced here.
 */

/** base^exponent for a whole exponent ≥ 0, by squaring. */
export function powInteger(base: number, exponent: number): number {
  let result = 1
  let square = base
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
    square *= square
  }
  return result
}

/** cos(π·p) for p in [0, 1]; absolute error below 1e-15. */
export function cosPi(p: number): number {
  if (p > 0.5) return -cosPi(1 - p)
  const square = (Math.PI * p) ** 2
  // Taylor series, evaluated from the small end: at π/2 the first term left out is below 1e-18.
  let sum = 0
  for (let n = 22; n >= 2; n -= 2) sum = (-square / (n * (n - 1))) * (1 + sum)
  return 1 + sum
}

/** Natural logarithm of a positive, normal number; relative error below 1e-15. */
export function lnDeterministic(x: number): number {
  let [mantissa, exponent] = [x, 0]
  // Powers of two are exact, so nothing is rounded on the way to [1/√2, √2).
  for (; mantissa >= Math.SQRT2; exponent++) mantissa /= 2
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2
  // ln m = 2·artanh((m − 1)/(m + 1)); |ratio| < 0.172, so the first term left out is below 1e-18.
  const ratio = (mantissa - 1) / (mantissa + 1)
  const square = ratio * ratio
  let sum = 0
  for (let n = 23; n >= 1; n -= 2) sum = 1 / n + square * sum
  return exponent * Math.LN2 + 2 * ratio * sum
}
