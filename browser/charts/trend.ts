/** Where a line is going, in one word: for labels that are heard instead of seen. */

export type Trend = 'rising' | 'falling' | 'steady'

/** A change of less than this part of the whole range is steady. */
const STEADY = 0.02

/** Compares the last tenth of the points with the tenth before it; null where there is too little to say. */
export function trendOf(values: ArrayLike<number>): Trend | null {
  const finite: number[] = []
  const window = Math.max(3, Math.floor(values.length / 10))
  for (let index = values.length - 1; index >= 0 && finite.length < window * 2; index--) {
    const value = values[index] as number
    if (Number.isFinite(value)) finite.push(value)
  }
  if (finite.length < 6) return null
  const half = Math.floor(finite.length / 2)
  const mean = (part: number[]): number => part.reduce((sum, value) => sum + value, 0) / part.length
  const newer = mean(finite.slice(0, half))
  const older = mean(finite.slice(half))
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (value < min) min = value
    if (value > max && value !== Number.POSITIVE_INFINITY) max = value
  }
  const change = newer - older
  if (!(max > min) || Math.abs(change) < STEADY * (max - min)) return 'steady'
  return change > 0 ? 'rising' : 'falling'
}
