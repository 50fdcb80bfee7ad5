/**
 * What each metric is called and how its numbers are written: short on an axis, exact in a legend, with the unit in words
 * in an export. Unknown is a dash, never 0.
 */
import type { MetricName } from '../metrics/types.ts'
import type { TickBase } from './ticks.ts'
import type { XAxis } from './types.ts'

export const UNKNOWN = '–'

export type UnitKind = 'number' | 'share' | 'bytes' | 'rate' | 'seconds'

export interface MetricInfo {
  readonly title: string
  readonly hint: string
  readonly kind: UnitKind
  /** For headers of exported files. */
  readonly unit: string
  /** Of single members, not of the group. */
  readonly perPeer: boolean
  /** The axis begins at zero. */
  readonly fromZero: boolean
  /** Rising is good news, falling is, or neither. */
  readonly better: 'up' | 'down' | null
  /** A smoothed line says something; totals and limits are shown as they are. */
  readonly smoothable: boolean
}

export const METRIC_INFO: Readonly<Record<MetricName, MetricInfo>> = {
  loss: { title: 'Loss', hint: "of each step's batch", kind: 'number', unit: '', perPeer: false, fromZero: false, better: 'down', smoothable: true },
  accuracy: { title: 'Accuracy', hint: "of each step's batch", kind: 'share', unit: 'share', perPeer: false, fromZero: false, better: 'up', smoothable: true },
  samplesPerSecond: {
    title: 'Speed',
    hint: 'samples per second',
    kind: 'rate',
    unit: 'samples/s',
    perPeer: true,
    fromZero: true,
    better: 'up',
    smoothable: true,
  },
  memoryBytes: { title: 'GPU memory', hint: 'held for this job', kind: 'bytes', unit: 'bytes', perPeer: true, fromZero: true, better: null, smoothable: false },
  bytesSent: { title: 'Sent', hint: 'merge traffic so far', kind: 'bytes', unit: 'bytes', perPeer: true, fromZero: true, better: null, smoothable: false },
  bytesReceived: {
    title: 'Received',
    hint: 'merge traffic so far',
    kind: 'bytes',
    unit: 'bytes',
    perPeer: true,
    fromZero: true,
    better: null,
    smoothable: false,
  },
  roundSeconds: {
    title: 'Round time',
    hint: 'of committed rounds',
    kind: 'seconds',
    unit: 's',
    perPeer: false,
    fromZero: true,
    better: 'down',
    smoothable: true,
  },
  waitShare: {
    title: 'Waiting',
    hint: 'share of time spent waiting for others',
    kind: 'share',
    unit: 'share',
    perPeer: true,
    fromZero: true,
    better: 'down',
    smoothable: true,
  },
  skippedSteps: {
    title: 'Steps left out',
    hint: 'so far, because they were not finite',
    kind: 'number',
    unit: 'steps',
    perPeer: false,
    fromZero: true,
    better: 'down',
    smoothable: false,
  },
}

export function tickBase(kind: UnitKind): TickBase {
  if (kind === 'bytes') return 'bytes'
  return 'decimal'
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `digits` significant ones, without a tail of zeros; exponents only where they are shorter. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e15))
    return value
      .toExponential(Math.max(0, digits - 2))
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replace('-', '−')
  const text = size >= 10 ** digits ? String(Math.round(value)) : String(Number(value.toPrecision(digits)))
  // Grouped as the rest of the dashboard does; not behind a decimal point.
  const [whole = '', fraction] = text.split('.')
  const grouped = size >= 1_000 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  return (fraction === undefined ? grouped : `${grouped}.${fraction}`).replace('-', '−')
}

/** 1.2k, 3.4M: for axes, where room is short. */
export function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e12) return number(value, 3)
  if (size >= 1e9) return `${number(value / 1e9, 4)}G`
  if (size >= 1e6) return `${number(value / 1e6, 4)}M`
  if (size >= 1e4) return `${number(value / 1e3, 4)}k`
  return number(value, 5)
}

export function byteText(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return number(value)
  let power = 0
  let rest = Math.abs(value)
  while (rest >= 1023.5 && power < BYTE_UNITS.length - 1) {
    rest /= 1024
    power++
  }
  return `${number(Math.sign(value) * rest, Math.max(digits, 1))} ${BYTE_UNITS[power]}`
}

export function secondsText(seconds: number): string {
  if (!Number.isFinite(seconds)) return number(seconds)
  const size = Math.abs(seconds)
  if (size === 0) return '0 s'
  if (size < 1) return `${number(seconds * 1_000, 3)} ms`
  if (size < 60) return `${number(seconds, 3)} s`
  const whole = Math.round(size)
  const sign = seconds < 0 ? '−' : ''
  if (whole < 3_600) return `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`
  return `${sign}${Math.floor(whole / 3_600)}:${String(Math.floor(whole / 60) % 60).padStart(2, '0')} h`
}

/** A value for reading: legend, label, table. */
export function valueText(kind: UnitKind, value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN
  if (!Number.isFinite(value)) return number(value)
  switch (kind) {
    case 'number':
      return number(value, 4)
    case 'share':
      return `${number(value * 100, 3)} %`
    case 'bytes':
      return byteText(value)
    case 'rate':
      return `${value >= 1e6 ? shortNumber(value) : number(value, 4)} /s`
    case 'seconds':
      return secondsText(value)
  }
}

/** A value on an axis, whose title tells the unit. */
export function tickText(kind: UnitKind, value: number): string {
  switch (kind) {
    case 'share':
      return `${number(value * 100, 4)} %`
    case 'bytes':
      return byteText(value, 4)
    case 'seconds':
      return secondsText(value)
    default:
      return shortNumber(value)
  }
}

export const X_TITLE: Readonly<Record<XAxis, string>> = { step: 'step', samples: 'samples', time: 'time' }

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

/** `x` in the unit of the axis: a count, seconds since the run began, or seconds since 1970. */
export function xText(xAxis: XAxis, wallTime: boolean, x: number): string {
  if (xAxis === 'time') return wallTime ? clockFormat.format(x * 1_000) : durationText(x)
  return number(Math.round(x), 15)
}

/** 0:07, 12:30, 3:05:00: time since the run began. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, seconds)
  if (whole < 60 && whole !== Math.round(whole)) return `${number(whole, 3)} s`
  const rounded = Math.round(whole)
  const clock = [Math.floor(rounded / 60) % 60, rounded % 60].map((part) => String(part).padStart(2, '0'))
  return rounded >= 3_600 ? `${Math.floor(rounded / 3_600)}:${clock.join(':')}` : `${Number(clock[0])}:${clock[1]}`
}
