export function embeddingGradReference(ids: Float64Array, gradient: Float64Array, width: number, vocabulary: number): Float64Array {
  const sums = new Float64Array(vocabulary * width)
  gradient.forEach((value, i) => {
    const place = (ids[Math.floor(i / width)] ?? Number.NaN) * width + (i % width)
    sums[place] = (sums[place] ?? 0) + value
  })
  return sums
}
