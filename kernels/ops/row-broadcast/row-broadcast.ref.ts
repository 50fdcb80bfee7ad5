import type { RowBroadcastAttributes } from './row-broadcast.ts'

export function rowBroadcastReference(source: Float64Array, { length, scale }: RowBroadcastAttributes): Float64Array {
  return Float64Array.from({ length: source.length * length }, (_, i) => (source[Math.floor(i / length)] ?? Number.NaN) * scale)
}
