import type { RecurrentSizes } from '../recurrent.wgsl.ts'

export function lstmGradReference([gradient, active, cell, weight]: readonly Float64Array[], { samples, steps, units }: RecurrentSizes): Float64Array[] {
  const gates = new Float64Array(samples * steps * units * 4)
  // d(loss)/d(cell) that comes from the step after.
  const carry = new Float64Array(samples * units)
  for (let sample = 0; sample < samples; sample++) {
    for (let t = steps - 1; t >= 0; t--) {
      const at = sample * steps + t
      for (let j = 0; j < units; j++) {
        let dh = gradient?.[at * units + j] ?? Number.NaN
        if (t < steps - 1) {
          for (let row = 0; row < 4 * units; row++) dh += (gates[(at + 1) * 4 * units + row] ?? Number.NaN) * (weight?.[row * units + j] ?? Number.NaN)
        }
        const [i = 0, f = 0, g = 0, o = 0] = [0, 1, 2, 3].map((gate) => active?.[(at * 4 + gate) * units + j] ?? Number.NaN)
        const tangent = Math.tanh(cell?.[at * units + j] ?? Number.NaN)
        const dc = (carry[sample * units + j] ?? 0) + dh * o * (1 - tangent * tangent)
        const before = t === 0 ? 0 : (cell?.[(at - 1) * units + j] ?? Number.NaN)
        const slopes = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * tangent * o * (1 - o)]
        for (const [gate, value] of slopes.entries()) gates[(at * 4 + gate) * units + j] = value
        carry[sample * units + j] = dc * f
      }
    }
  }
  return [gates, carry]
}
