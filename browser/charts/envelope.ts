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
  const lines = live.length
  const until = live.map(({ x }) => {
    const last = x[x.length - 1] as number
    const interval = x.length > 1 ? (last - (x[0] as number)) / (x.length - 1) : 0
    return last + interval * PATIENCE_INTERVALS
  })
  // Points of each line that lie at or before the place in hand.
  const heads = new Int32Array(lines)
  const total = live.reduce((sum, { x }) => sum + x.length, 0)
  const column = (): Float64Array => new Float64Array(total)
  const [xs, lows, highs, means, counts] = [column(), column(), column(), column(), column()]
  let length = 0
  // Plain loops: this runs over every point of every member, ten times a second.
  while (true) {
    let at = Number.POSITIVE_INFINITY
    for (let line = 0; line < lines; line++) {
      const { x } = live[line] as Curve
      const head = heads[line] as number
      if (head < x.length && (x[head] as number) < at) at = x[head] as number
    }
    if (at === Number.POSITIVE_INFINITY) break
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let sum = 0
    let count = 0
    for (let line = 0; line < lines; line++) {
      const { x, y } = live[line] as Curve
      let head = heads[line] as number
      while (head < x.length && (x[head] as number) <= at) head++
      heads[line] = head
      if (head === 0 || at > (until[line] as number)) continue
      const value = y[head - 1] as number
      // NaN and infinities, without a call.
      if (value - value !== 0) continue
      if (value < low) low = value
      if (value > high) high = value
      sum += value
      count++
    }
    xs[length] = at
    lows[length] = count > 0 ? low : Number.NaN
    highs[length] = count > 0 ? high : Number.NaN
    means[length] = count > 0 ? sum / count : Number.NaN
    counts[length] = count
    length++
  }
  return {
    x: xs.subarray(0, length),
    low: lows.subarray(0, length),
    high: highs.subarray(0, length),
    mean: means.subarray(0, length),
    count: counts.subarray(0, length),
  }
}
