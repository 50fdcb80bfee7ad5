/** The error function in float64, for references only: Taylor series near zero, continued fraction in the tail. */
export function erf(x: number): number {
  const z = Math.abs(x)
  return Math.sign(x) * (z < 2.5 ? erfSeries(z) : 1 - erfcFraction(z))
}

function erfSeries(z: number): number {
  let term = z
  let sum = z
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && n < 200; n++) {
    term *= (-z * z) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** erfc by Lentz-free backward evaluation of its continued fraction; 60 levels are exact to float64 for z ≥ 2.5. */
function erfcFraction(z: number): number {
  let tail = z
  for (let k = 60; k >= 1; k--) tail = z + k / 2 / tail
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * tail)
}
