/**
 * Which scale an axis gets and how far it reaches. uPlot draws nothing when a range is empty, holds NaN, or a logarithm
 * meets zero: every way into that ends here.
 */

export type Distribution =
  | { readonly kind: 'linear' }
  | { readonly kind: 'log' }
  /** Like a logarithm far from zero, straight within `threshold` of it. */
  | { readonly kind: 'asinh'; readonly threshold: number }

export type Range = readonly [min: number, max: number]

const LINEAR: Distribution = { kind: 'linear' }

/** Part of the height that stays free above and below. */
const PADDING = 0.06

/** Smaller than this is zero: its reciprocal and its logarithm are no use to a canvas. */
const TINY = 1e-300

/** Closer to each other than this, as part of their size, two numbers are one. */
const SAME = 1e-12

const withoutTiny = (value: number): number => (Math.abs(value) < TINY ? 0 : value)

/** Three decades between where asinh becomes straight and the largest value. */
const ASINH_DECADES = 3

/** Lowest and highest finite value of several columns; null where there is none. */
export function finiteRange(columns: Iterable<ArrayLike<number | null | undefined>>): Range | null {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const column of columns) {
    if (column instanceof Float64Array) {
      const [low, high] = typedRange(column)
      if (low < min) min = low
      if (high > max) max = high
      continue
    }
    for (let index = 0; index < column.length; index++) {
      const value = column[index]
      if (value == null || !Number.isFinite(value)) continue
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return min <= max ? [min, max] : null
}

/** A loop of its own: one that sees several kinds of arrays is some ten times slower. */
function typedRange(column: Float64Array): Range {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let index = 0; index < column.length; index++) {
    const value = column[index] as number
    // NaN compares as false, infinities are let out by the subtraction.
    if (value < min && value - value === 0) min = value
    if (value > max && value - value === 0) max = value
  }
  return [min, max]
}

/** Logarithmic where it was asked for and can be; asinh where values touch or cross zero. */
export function chooseDistribution(log: boolean, data: Range | null): Distribution {
  if (!log || data === null) return LINEAR
  const [min, max] = data
  if (min >= TINY) return { kind: 'log' }
  const largest = Math.max(Math.abs(min), Math.abs(max))
  // A power of ten, so that new data seldom changes the scale.
  return { kind: 'asinh', threshold: largest < TINY ? 1 : 10 ** (Math.ceil(Math.log10(largest)) - ASINH_DECADES) }
}

/** Into the space in which the axis is straight. */
export function forward(distribution: Distribution, value: number): number {
  if (distribution.kind === 'log') return Math.log10(value)
  if (distribution.kind === 'asinh') return Math.asinh(value / distribution.threshold)
  return value
}

export function backward(distribution: Distribution, value: number): number {
  if (distribution.kind === 'log') return 10 ** value
  if (distribution.kind === 'asinh') return Math.sinh(value) * distribution.threshold
  return value
}

/** What a y axis shows of `data`, never empty. `fromZero`: amounts, which only mean something against nothing at all. */
export function yRange(distribution: Distribution, data: Range | null, fromZero: boolean): Range {
  if (data === null) return distribution.kind === 'log' ? [1, 10] : [0, 1]
  let min = withoutTiny(data[0])
  let max = withoutTiny(data[1])
  if (distribution.kind === 'log') {
    if (min <= 0) min = max > 0 ? max / 1_000 : 1
    if (max <= min) max = min
  }
  if (distribution.kind === 'linear' && fromZero && min > 0) min = 0
  if (max - min <= Math.max(Math.abs(min), Math.abs(max)) * SAME) {
    if (distribution.kind === 'log') return [min / 2, max * 2]
    if (min === 0) return distribution.kind === 'asinh' ? [-1, 1] : [0, 1]
    return [min - Math.abs(min) * 0.1, max + Math.abs(max) * 0.1]
  }
  const low = forward(distribution, min)
  const high = forward(distribution, max)
  const padding = (high - low) * PADDING
  const padded: Range = [backward(distribution, low - padding), backward(distribution, high + padding)]
  // Nothing below zero is promised where nothing is below zero.
  return distribution.kind !== 'log' && min >= 0 && padded[0] < 0 ? [0, padded[1]] : padded
}

/** What an x axis shows: all of `data`, or the `window` somebody zoomed to. */
export function xRange(distribution: Distribution, data: Range | null, window: Range | null): Range {
  if (window !== null) return window
  if (data === null) return distribution.kind === 'log' ? [1, 10] : [0, 1]
  const [min, max] = data
  if (min < max) return data
  if (distribution.kind === 'log') return [min / 2, max * 2]
  return [min - 0.5, max + 0.5]
}
