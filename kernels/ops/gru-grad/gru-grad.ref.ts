import type { RecurrentSizes } from '../recurrent.wgsl.ts'

export function gruGradReference([gradient, active, hidden, weight]: readonly Float64Array[], { samples, steps, units }: RecurrentSizes): Float64Array[] {
  const inputs = new Float64Array(samples * steps * units * 3)
  const products = new Float64Array(inputs.length)
  // d(loss)/d(hidden) that comes from the step after past its weights: z·dh.
  const carry = new Float64Array(samples * units)
  for (let sample = 0; sample < samples; sample++) {
    for (let t = steps - 1; t >= 0; t--) {
      const at = sample * steps + t
      for (let j = 0; j < units; j++) {
        let dh = (gradient?.[at * units + j] ?? Number.NaN) + (carry[sample * units + j] ?? 0)
        if (t < steps - 1) {
          for (let row = 0; row < 3 * units; row++) dh += (products[(at + 1) * 3 * units + row] ?? Number.NaN) * (weight?.[row * units + j] ?? Number.NaN)
        }
        const [r = 0, z = 0, n = 0, hn = 0] = [0, 1, 2, 3].map((gate) => active?.[(at * 4 + gate) * units + j] ?? Number.NaN)
        const before = t === 0 ? 0 : (hidden?.[(at - 1) * units + j] ?? Number.NaN)
        const dn = dh * (1 - z) * (1 - n * n)
        const dz = dh * (before - n) * z * (1 - z)
        const dr = dn * hn * r * (1 - r)
        for (const [gate, value] of [dr, dz, dn].entries()) inputs[(at * 3 + gate) * units + j] = value
        for (const [gate, value] of [dr, dz, dn * r].entries()) products[(at * 3 + gate) * units + j] = value
        carry[sample * units + j] = dh * z
      }
    }
  }
  return [inputs, products, carry]
}
