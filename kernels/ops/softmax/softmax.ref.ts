/** Calls `visit` with the flat indices of each line along the middle dimension. */
export function eachLine(shape: readonly number[], visit: (indices: readonly number[]) => void): void {
  const [outer = 0, length = 0, inner = 0] = shape
  for (let line = 0; line < outer * inner; line++) {
    const base = Math.floor(line / inner) * length * inner + (line % inner)
    visit(Array.from({ length }, (_, c) => base + c * inner))
  }
}

export function softmaxReference(x: Float64Array, shape: readonly number[]): Float64Array {
  const y = new Float64Array(x.length)
  eachLine(shape, (indices) => {
    const highest = Math.max(...indices.map((i) => x[i] ?? Number.NaN))
    const sum = indices.reduce((total, i) => total + Math.exp((x[i] ?? Number.NaN) - highest), 0)
    for (const i of indices) y[i] = Math.exp((x[i] ?? Number.NaN) - highest) / sum
  })
  return y
}
