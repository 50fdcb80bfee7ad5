export function mseReference(prediction: Float64Array, target: Float64Array, shape: readonly number[], withGradient: boolean, count: number): Float64Array[] {
  const [rows = 0, columns = 0] = shape
  const stats = new Float64Array(rows * 4)
  const gradient = new Float64Array(rows * columns)
  for (let row = 0; row < Math.min(rows, count); row++) {
    let sum = 0
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column
      const difference = (prediction[i] ?? Number.NaN) - (target[i] ?? Number.NaN)
      sum += difference * difference
      gradient[i] = 2 * difference
    }
    stats[row * 4] = sum
    stats[row * 4 + 1] = columns
  }
  return withGradient ? [stats, gradient] : [stats]
}
