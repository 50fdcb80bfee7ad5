/**
 * Arithmetic that must give the same bits on every machine, because all members of a job apply it on their own:
 * additions, multiplications, divisions and square roots only, which IEEE 754 rounds in one way. `Math.pow` and
 * `Math.cos` are left to each engine's taste by ECMAScript, so they are replaced here.
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
