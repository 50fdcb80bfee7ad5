export function weighReference(value: Float64Array, stats: Float64Array): Float64Array {
  return value.map((one) => one * (stats[1] ?? Number.NaN))
}
