import type { UnitScaleAttributes } from './unit-scale.ts'

export function unitScaleReference(x: Float64Array, squares: Float64Array, { eps }: UnitScaleAttributes): Float64Array {
  return x.map((value) => value / Math.max(Math.sqrt(squares[0] ?? Number.NaN), eps))
}
