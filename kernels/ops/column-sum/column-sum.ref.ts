export function columnSumReference(source: Float64Array, shape: readonly number[], rowsPerPart: number): Float64Array {
  const [rows = 0, columns = 0] = shape
  const sums = new Float64Array(Math.ceil(rows / rowsPerPart) * columns)
  for (let row = 0; row < rows; row++) {
    const part = Math.floor(row / rowsPerPart)
    for (let column = 0; column < columns; column++) {
      const i = part * columns + column
      sums[i] = (sums[i] ?? 0) + (source[row * columns + column] ?? Number.NaN)
    }
  }
  return sums
}
