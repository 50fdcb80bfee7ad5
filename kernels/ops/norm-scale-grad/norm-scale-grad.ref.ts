export function normScaleGradReference(inputs: readonly Float64Array[], length: number): Float64Array {
  const [g = new Float64Array(), x = new Float64Array(), stats = new Float64Array()] = inputs
  return g.map((value, i) => {
    const row = Math.floor(i / length)
    return value * ((x[i] ?? Number.NaN) - (stats[row * 2] ?? Number.NaN)) * (stats[row * 2 + 1] ?? Number.NaN)
  })
}
