import { keepFactor, partsOf } from '../attention/attention.ref.ts'
import type { AttentionAttributes, AttentionSizes } from '../attention/types.ts'
import type { StepScalars } from '../op.ts'

export function attentionGradReference(
  inputs: readonly Float64Array[],
  sizes: AttentionSizes,
  attributes: AttentionAttributes,
  step: StepScalars,
): Float64Array {
  const [qkv = new Float64Array(), g = new Float64Array(), logSums = new Float64Array(), dots = new Float64Array()] = inputs
  const { batch, length, width, heads, depth } = sizes
  const { q, k, v } = partsOf(qkv, sizes)
  const keep = keepFactor(sizes, attributes, step)
  const result = new Float64Array(qkv.length)
  const add = (b: number, t: number, part: number, h: number, d: number, value: number) => {
    const i = (b * length + t) * 3 * width + part * width + h * depth + d
    result[i] = (result[i] ?? 0) + value
  }
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < length; t++) {
        const gradient = (d: number) => g[(b * length + t) * width + h * depth + d] ?? Number.NaN
        for (let j = 0; j <= t; j++) {
          let [score, dp] = [0, 0]
          for (let d = 0; d < depth; d++) {
            score += q(b, h, t, d) * k(b, h, j, d)
            dp += gradient(d) * v(b, h, j, d)
          }
          const p = Math.exp(score / Math.sqrt(depth) - (logSums[(b * heads + h) * length + t] ?? Number.NaN))
          const kept = keep(b, h, t, j)
          const ds = (p * (dp * kept - (dots[(b * length + t) * heads + h] ?? Number.NaN))) / Math.sqrt(depth)
          for (let d = 0; d < depth; d++) {
            add(b, t, 0, h, d, ds * k(b, h, j, d))
            add(b, j, 1, h, d, ds * q(b, h, t, d))
            add(b, j, 2, h, d, p * kept * gradient(d))
          }
        }
      }
    }
  }
  return result
}
