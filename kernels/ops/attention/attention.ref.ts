import { threefry2x32, unitFloat } from '../../random/threefry.ts'
import type { StepScalars } from '../op.ts'
import { type AttentionAttributes, type AttentionSizes, masksPerHead } from './types.ts'

/** Factor on the weight of key `j` for query `t`: 0 where dropped, else 1/(1 − p). */
export function keepFactor(sizes: AttentionSizes, { dropout }: AttentionAttributes, step: StepScalars): (b: number, h: number, t: number, j: number) => number {
  if (dropout === null) return () => 1
  const bits = new Uint32Array(2)
  const perHead = masksPerHead(sizes)
  const keys = Array.from({ length: perHead ? sizes.heads : 1 }, (_, head) => {
    threefry2x32(step.seed, dropout.layer, step.step, head, bits)
    return [...bits] as [number, number]
  })
  return (b, h, t, j) => {
    const [key0, key1] = keys[perHead ? h : 0] ?? [0, 0]
    threefry2x32(key0, key1, b + step.sampleOffset, (perHead ? t : h * sizes.length + t) * sizes.length + j, bits)
    return unitFloat(bits[0] ?? 0) < Math.fround(dropout.p) ? 0 : 1 / (1 - dropout.p)
  }
}

/** Queries, keys and values by place. */
export function partsOf(qkv: Float64Array, { length, width, depth }: AttentionSizes) {
  const at = (part: number) => (b: number, h: number, t: number, d: number) => qkv[(b * length + t) * 3 * width + part * width + h * depth + d] ?? Number.NaN
  return { q: at(0), k: at(1), v: at(2) }
}

export function attentionReference(qkv: Float64Array, sizes: AttentionSizes, attributes: AttentionAttributes, step: StepScalars): Float64Array[] {
  const { batch, length, width, heads, depth } = sizes
  const { q, k, v } = partsOf(qkv, sizes)
  const keep = keepFactor(sizes, attributes, step)
  const y = new Float64Array(batch * length * width)
  const logSums = new Float64Array(batch * heads * length)
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < length; t++) {
        const scores = Array.from({ length: t + 1 }, (_, j) => {
          let sum = 0
          for (let d = 0; d < depth; d++) sum += q(b, h, t, d) * k(b, h, j, d)
          return sum / Math.sqrt(depth)
        })
        const top = Math.max(...scores)
        const logSum = top + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - top), 0))
        logSums[(b * heads + h) * length + t] = logSum
        for (let d = 0; d < depth; d++) {
          y[(b * length + t) * width + h * depth + d] = scores.reduce((sum, score, j) => sum + Math.exp(score - logSum) * keep(b, h, t, j) * v(b, h, j, d), 0)
        }
      }
    }
  }
  return [y, logSums]
}
