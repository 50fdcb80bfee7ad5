import type { RecurrentSizes } from '../recurrent.wgsl.ts'

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

export function gruReference([gates, weight, bias]: readonly Float64Array[], { samples, steps, units }: RecurrentSizes): Float64Array[] {
  const hidden = new Float64Array(samples * steps * units)
  const active = new Float64Array(hidden.length * 4)
  for (let sample = 0; sample < samples; sample++) {
    for (let t = 0; t < steps; t++) {
      const at = sample * steps + t
      const before = (unit: number): number => (t === 0 ? 0 : (hidden[(at - 1) * units + unit] ?? Number.NaN))
      for (let j = 0; j < units; j++) {
        const [hr = 0, hz = 0, hn = 0] = [0, 1, 2].map((gate) => {
          const row = gate * units + j
          let sum = bias?.[row] ?? Number.NaN
          for (let k = 0; k < units; k++) sum += (weight?.[row * units + k] ?? Number.NaN) * before(k)
          return sum
        })
        const x = (gate: number): number => gates?.[(at * 3 + gate) * units + j] ?? Number.NaN
        const r = sigmoid(x(0) + hr)
        const z = sigmoid(x(1) + hz)
        const n = Math.tanh(x(2) + r * hn)
        hidden[at * units + j] = (1 - z) * n + z * before(j)
        for (const [gate, value] of [r, z, n, hn].entries()) active[(at * 4 + gate) * units + j] = value
      }
    }
  }
  return [hidden, active]
}
