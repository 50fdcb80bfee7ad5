/**
 * Windows on x: closer, wider, further along. All in the space where the axis is straight, so that a step on a
 * logarithmic axis looks like a step.
 */
import { backward, type Distribution, forward, type Range } from './scales.ts'

/** Null when nothing would be hidden any more: then the chart follows again. */
export function zoomAround(window: Range, whole: Range, centre: number, factor: number, distribution: Distribution): Range | null {
  const low = forward(distribution, window[0])
  const high = forward(distribution, window[1])
  const middle = Math.min(Math.max(forward(distribution, centre), low), high)
  const next: Range = [backward(distribution, middle - (middle - low) * factor), backward(distribution, middle + (high - middle) * factor)]
  if (next[0] <= whole[0] && next[1] >= whole[1]) return null
  // Closer than this a double no longer tells neighbours apart.
  if (next[1] - next[0] < Math.abs(next[1]) * 1e-9) return window
  return [Math.max(next[0], whole[0]), Math.min(next[1], whole[1])]
}

/** The window, moved just far enough to hold `x`. */
export function panTo(window: Range, x: number, distribution: Distribution): Range {
  if (x >= window[0] && x <= window[1]) return window
  const low = forward(distribution, window[0])
  const high = forward(distribution, window[1])
  const at = forward(distribution, x)
  const shift = at < low ? at - low : at - high
  return [backward(distribution, low + shift), backward(distribution, high + shift)]
}
