export function rowDotReference(a: Float64Array, b: Float64Array, shape: readonly number[]): Float64Array {
  const [rows = 0, length = 0] = shape
  const dots = new Float64Array(rows)
  a.forEach((value, i) => {
    const row = Math.floor(i / length)
    dots[row] = (dots[row] ?? 0) + value * (b[i] ?? Number.NaN)
  })
  return dots
}
