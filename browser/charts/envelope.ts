/**
 * The lowest, the highest and the mean of several lines at every x where one of them has a point. Between its points a
 * line keeps its last value; before its first and well after its last (a member that came later, or went) it does not count.
 */

export interface Curve {
  readonly x: Float64Array
  readonly y: Float64Array
}

export interface Envelope {
  readonly x: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
  readonly mean: Float64Array
  /** How many lines were counted. */
  readonly count: Float64Array
}

/** Members report in turn, not at once: one that is late by fewer of its own usual intervals is still there. */
const PATIENCE_INTERVALS = 4

export function envelope(curves: readonly Curve[]): Envelope {
  const live = curves.filter((curve) => curve.x.length > 0)
  const total = live.reduce((sum, curve) => sum + curve.x.length, 0)
  const until = live.map(({ x }) => {
    const last = x[x.length - 1] as number
    const interval = x.length > 1 ? (last - (x[0] as number)) / (x.length - 1) : 0
    return last + interval * PATIENCE_INTERVALS
  })
  const heads = live.map(() => 0)
  const columns = {
    x: new Float64Array(total),
    low: new Float64Array(total),
    high: new Float64Array(total),
    mean: new Float64Array(total),
    count: new Float64Array(total),
  }
  let length = 0
  while (true) {
    let at = Number.POSITIVE_INFINITY
    for (const [index, curve] of live.entries()) {
      const head = heads[index] as number
      if (head < curve.x.length) at = Math.min(at, curve.x[head] as number)
    }
    if (at === Number.POSITIVE_INFINITY) break
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let sum = 0
    let count = 0
    for (const [index, curve] of live.entries()) {
      let head = heads[index] as number
      while (head < curve.x.length && (curve.x[head] as number) <= at) head++
      heads[index] = head
      if (head === 0 || at > (until[index] as number)) continue
      const value = curve.y[head - 1] as number
      if (!Number.isFinite(value)) continue
      low = Math.min(low, value)
      high = Math.max(high, value)
      sum += value
      count++
    }
    columns.x[length] = at
    columns.low[length] = count > 0 ? low : Number.NaN
    columns.high[length] = count > 0 ? high : Number.NaN
    columns.mean[length] = count > 0 ? sum / count : Number.NaN
    columns.count[length] = count
    length++
  }
  return {
    x: columns.x.subarray(0, length),
    low: columns.low.subarray(0, length),
    high: columns.high.subarray(0, length),
    mean: columns.mean.subarray(0, length),
    count: columns.count.subarray(0, length),
  }
}
