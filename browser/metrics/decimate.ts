/**
 * Thins a curve without losing its extremes: per bucket of neighbours the lowest and the highest point stay, in their
 * order. Never a mean, which would hide the one spike somebody is looking for. Points that are not finite are kept, one
 * per bucket: they are events, not noise.
 */

/** Indices into `value` that stay, ascending; the first and the last point always do. At most about `target` of them. */
export function minMaxIndices(value: ArrayLike<number>, target: number): number[] {
  const length = value.length
  if (length <= target || target < 4) return Array.from({ length }, (_, index) => index)
  const perBucket = Math.ceil(length / Math.floor(target / 2))
  const kept: number[] = []
  for (let from = 0; from < length; from += perBucket) {
    const to = Math.min(from + perBucket, length)
    let low = -1
    let high = -1
    let odd = -1
    for (let index = from; index < to; index++) {
      const point = value[index] as number
      if (!Number.isFinite(point)) {
        if (odd < 0) odd = index
      } else {
        if (low < 0 || point < (value[low] as number)) low = index
        if (high < 0 || point >= (value[high] as number)) high = index
      }
    }
    const chosen = new Set([low, high, odd].filter((index) => index >= 0))
    if (from === 0) chosen.add(0)
    if (to === length) chosen.add(length - 1)
    kept.push(...[...chosen].sort((a, b) => a - b))
  }
  return kept
}
