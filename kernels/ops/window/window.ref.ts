import type { WindowAttributes } from './window.ts'

export function windowReference(x: Float64Array, shape: readonly number[], { offset, size }: WindowAttributes): Float64Array {
  const [outer = 0, length = 0, inner = 0] = shape
  return Float64Array.from({ length: outer * size * inner }, (_, i) => {
    const place = (Math.floor(i / inner) % size) + offset
    if (place < 0 || place >= length) return 0
    return x[(Math.floor(i / (inner * size)) * length + place) * inner + (i % inner)] ?? Number.NaN
  })
}
