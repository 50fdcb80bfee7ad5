export function embeddingReference(ids: Float64Array, weight: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: ids.length * width }, (_, i) => weight[(ids[Math.floor(i / width)] ?? Number.NaN) * width + (i % width)] ?? Number.NaN)
}
