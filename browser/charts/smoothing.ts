/**
 * Exponential moving average without the bias of its start (dashboard.md section 4): the average of what was seen so
 * far, not of zeros before it. Working on the distance to the first value keeps constants exact.
 *
 * Numbers that are not finite pass through and leave the average alone. Smooth before thinning out, never after.
 */

/** More would need thousands of points to move. */
export const MAX_SMOOTHING = 0.99

/** `weight` 0 (as it is) to 0.99 (slow). A new array of the same length. */
export function smooth(source: ArrayLike<number>, weight: number): Float64Array<ArrayBuffer> {
  const values = source instanceof Float64Array ? source : Float64Array.from(source)
  const result = new Float64Array(values.length)
  const keep = Math.min(Math.max(weight, 0), MAX_SMOOTHING)
  let first = Number.NaN
  let sum = 0
  let power = 1
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number
    if (keep === 0 || !Number.isFinite(value)) {
      result[index] = value
      continue
    }
    if (Number.isNaN(first)) first = value
    sum = keep * sum + (1 - keep) * (value - first)
    power *= keep
    result[index] = first + sum / (1 - power)
  }
  return result
}
