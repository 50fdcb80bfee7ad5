/**
 * Where an axis has its numbers: round ones of the unit in hand (1, 2, 5 for plain numbers, powers of two for bytes,
 * minutes and hours for durations), on straight, logarithmic and asinh axes, at any zoom.
 */
import { backward, type Distribution, forward, type Range } from './scales.ts'

export type TickBase = 'decimal' | 'bytes' | 'duration'

const DURATION_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

/** The smallest round step of at least `atLeast`. */
export function roundStep(atLeast: number, base: TickBase): number {
  if (!(atLeast > 0) || !Number.isFinite(atLeast)) return 1
  if (base === 'duration' && atLeast > 0.5) {
    const found = DURATION_STEPS.find((step) => step >= atLeast)
    if (found !== undefined) return found
    return 86_400 * roundStep(atLeast / 86_400, 'decimal')
  }
  if (base === 'bytes') return atLeast <= 1 ? 1 : 2 ** Math.ceil(Math.log2(atLeast))
  const magnitude = 10 ** Math.floor(Math.log10(atLeast))
  for (const factor of [1, 2, 5]) {
    // A hair of tolerance: 3 * 0.1 is a little more than 0.3.
    if (factor * magnitude >= atLeast * (1 - 1e-9)) return factor * magnitude
  }
  return 10 * magnitude
}

function straightTicks([min, max]: Range, count: number, base: TickBase, whole: boolean): number[] {
  let step = roundStep((max - min) / Math.max(count, 1), base)
  if (whole) step = Math.max(1, Math.round(step))
  const ticks: number[] = []
  const first = Math.ceil(min / step - 1e-9)
  const last = Math.floor(max / step + 1e-9)
  // A multiple, not a running sum: 0.1 + 0.2 is no tick. Divided where the step is a fraction, for the same reason.
  const perUnit = Math.round(1 / step)
  for (let index = first; index <= last && ticks.length < 200; index++) {
    // Plus zero: there is no minus zero on an axis.
    ticks.push((step < 1 && Math.abs(perUnit * step - 1) < 1e-9 ? index / perUnit : index * step) + 0)
  }
  return ticks
}

/** Powers of ten; with room for more their double and fivefold too, with less only every second or third of them. */
function logTicks([min, max]: Range, count: number): number[] {
  const low = Math.floor(Math.log10(min))
  const high = Math.ceil(Math.log10(max))
  const decades = Math.log10(max / min)
  const factors = decades * 3 <= count * 1.4 ? [1, 2, 5] : [1]
  const every = Math.max(1, Math.ceil(decades / Math.max(count, 1)))
  const ticks: number[] = []
  for (let exponent = low; exponent <= high; exponent++) {
    if (exponent % every !== 0) continue
    for (const factor of factors) {
      const tick = exponent < 0 ? factor / 10 ** -exponent : factor * 10 ** exponent
      if (tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9)) ticks.push(tick)
    }
  }
  return ticks
}

/** Powers of two, as many apart as there is room: 1 KiB, 32 KiB, 1 MiB. */
function byteLogTicks([min, max]: Range, count: number): number[] {
  const doublings = Math.log2(max / min)
  const step = [1, 2, 5, 10, 20].find((one) => doublings / one <= count) ?? 40
  const ticks: number[] = []
  for (let exponent = Math.ceil(Math.log2(min) / step) * step; 2 ** exponent <= max * (1 + 1e-9); exponent += step) ticks.push(2 ** exponent)
  return ticks
}

export interface TickOptions {
  readonly distribution: Distribution
  readonly base: TickBase
  /** About so many fit. */
  readonly count: number
  /** No fractions: steps and samples are counted. */
  readonly whole?: boolean
}

export function ticksFor(range: Range, { distribution, base, count, whole = false }: TickOptions): number[] {
  const [min, max] = range
  if (!(max > min)) return []
  if (distribution.kind === 'log' && min > 0) {
    const ticks = base === 'bytes' ? byteLogTicks(range, count) : logTicks(range, count)
    // Zoomed in below a decade there may be none left: a narrow window is nearly straight.
    return ticks.length >= 2 ? ticks : straightTicks(range, count, base, whole)
  }
  if (distribution.kind === 'asinh') {
    const { threshold } = distribution
    const logs = base === 'bytes' ? byteLogTicks : logTicks
    const side = (from: number, to: number): number[] => (to > from ? logs([from, to], Math.ceil(count / (min < 0 && max > 0 ? 2 : 1))) : [])
    const ticks = [...side(Math.max(threshold, -max), -min).map((tick) => -tick), ...side(Math.max(threshold, min), max)]
    if (min <= 0 && max >= 0) ticks.push(0)
    const far = (forward(distribution, max) - forward(distribution, min)) / Math.max(count * 1.6, 1)
    const spread: number[] = []
    for (const tick of ticks.sort((a, b) => a - b)) {
      const before = spread.at(-1)
      if (before === undefined || forward(distribution, tick) - forward(distribution, before) >= far) spread.push(tick)
      else if (tick === 0) spread[spread.length - 1] = 0
    }
    return spread.length >= 2 ? spread : straightTicks([backward(distribution, forward(distribution, min)), max], count, base, whole)
  }
  return straightTicks(range, count, base, whole)
}
