export function rowSumReference(source: Float64Array, shape: readonly number[], scale: number): Float64Array {
  const [rows = 0, length = 0] = shape
  return Float64Array.from({ length: rows }, (_, row) => source.subarray(row * length, (row + 1) * length).reduce((sum, value) => sum + value, 0) * scale)
}
