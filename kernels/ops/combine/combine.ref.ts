import type { CombineAttributes } from './combine.ts'

export function combineReference(a: Float64Array, b: Float64Array, { alpha, beta }: CombineAttributes): Float64Array {
  return a.map((value, i) => alpha * value + beta * (b[i] ?? Number.NaN))
}
