/**
 * How figures are written, everywhere the same: binary units, one thin rule for precision, and `–` for what is not known
 * (never 0). Pure functions.
 */
export const UNKNOWN = '–'

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const
const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

type Figure = number | null | undefined

function known(value: Figure): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}

/** `12.3 MiB`; whole bytes below 1 KiB, no decimals from 100 on. */
export function bytes(value: Figure): string {
  if (!known(value)) return UNKNOWN
  let size = Math.abs(value)
  let unit = 0
  // 1023.96 would be written as `1024 KiB`.
  while (unit < BYTE_UNITS.length - 1 && size >= (unit === 0 ? 1024 : 1023.5)) {
    size /= 1024
    unit++
  }
  const text = unit === 0 ? String(Math.round(size)) : size >= 99.95 ? size.toFixed(0) : size.toFixed(1)
  return `${value < 0 ? '-' : ''}${text} ${BYTE_UNITS[unit]}`
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/** `12,345`. */
export function count(value: Figure): string {
  return known(value) ? grouped.format(value) : UNKNOWN
}

/** A span of time: `85 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. Never negative. */
export function duration(ms: Figure): string {
  if (!known(ms)) return UNKNOWN
  const span = Math.max(0, ms)
  if (span < 999.5) return `${Math.round(span)} ms`
  if (span < 59_950) return `${(span / SECOND_MS).toFixed(1)} s`
  if (span < HOUR_MS - 500) return pair(span, MINUTE_MS, 'min', SECOND_MS, 's')
  if (span < DAY_MS - MINUTE_MS / 2) return pair(span, HOUR_MS, 'h', MINUTE_MS, 'min')
  return pair(span, DAY_MS, 'd', HOUR_MS, 'h')
}

function pair(span: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const rounded = Math.round(span / small) * small
  const rest = Math.round((rounded % big) / small)
  return `${Math.floor(rounded / big)} ${bigUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`
}

/** Of a share from 0 to 1: `42 %`, `3.5 %`. */
export function percent(share: Figure): string {
  if (!known(share)) return UNKNOWN
  const value = share * 100
  // 99.7 is not done, 0.4 is not nothing.
  if (value === 0 || value === 100) return `${value} %`
  return `${Math.abs(value) < 10 || value > 99 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** Peer ids share their beginning, job ids are hashes: enough of either to tell two apart. */
export function shortId(id: string): string {
  if (id.length <= 12) return id
  return id.startsWith('12D3Koo') || id.startsWith('16Uiu2') || id.startsWith('Qm') ? `…${id.slice(-6)}` : id.slice(0, 8)
}

/** Of a moment (milliseconds since 1970): `14:03:22`, with the date where it was another day. */
export function clock(timeMs: Figure, nowMs: number = Date.now()): string {
  if (!known(timeMs)) return UNKNOWN
  const time = new Date(timeMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const text = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  if (new Date(nowMs).toDateString() === time.toDateString()) return text
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${text}`
}

/** How long before now a moment was: `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
export function ago(timeMs: Figure, nowMs: number = Date.now()): string {
  if (!known(timeMs)) return UNKNOWN
  const span = nowMs - timeMs
  // Clocks of peers differ: a moment in the future is now.
  if (span < 5 * SECOND_MS) return 'just now'
  if (span < MINUTE_MS) return `${Math.floor(span / SECOND_MS)} s ago`
  if (span < HOUR_MS) return `${Math.floor(span / MINUTE_MS)} min ago`
  if (span < DAY_MS) return `${Math.floor(span / HOUR_MS)} h ago`
  return `${Math.floor(span / DAY_MS)} d ago`
}
