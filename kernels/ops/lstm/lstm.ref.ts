import type { RecurrentSizes } from '../recurrent.wgsl.ts'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

export function lstmReference([gates, weight, bias]: readonly Float64Array[], { samples, steps, units }: RecurrentSizes): Float64Array[] {
  const hidden = new Float64Array(samples * steps * units)
  const cell = new Float64Array(hidden.length)
  const active = new Float64Array(hidden.length * 4)
  for (let sample = 0; sample < samples; sample++) {
    for (let t = 0; t < steps; t++) {
      const at = sample * steps + t
      const before = (all: Float64Array, unit: number): number => (t === 0 ? 0 : (all[(at - 1) * units + unit] ?? Number.NaN))
      for (let j = 0; j < units; j++) {
        const [i = 0, f = 0, g = 0, o = 0] = [0, 1, 2, 3].map((gate) => {
          const row = gate * units + j
          let sum = (gates?.[at * 4 * units + row] ?? Number.NaN) + (bias?.[row] ?? Number.NaN)
          for (let k = 0; k < units; k++) sum += (weight?.[row * units + k] ?? Number.NaN) * before(hidden, k)
          return gate === 2 ? Math.tanh(sum) : sigmoid(sum)
        })
        const c = f * before(cell, j) + i * g
        cell[at * units + j] = c
        hidden[at * units + j] = o * Math.tanh(c)
        for (const [gate, value] of [i, f, g, o].entries()) active[(at * 4 + gate) * units + j] = value
      }
    }
  }
  return [hidden, cell, active]
}
