/**
 * A chart as SVG: the same lines, bands, limits and axes, replayed as paths, with title, legend and date. Text stays text.
 * Lines with more points than pixels keep the extremes of each pixel column, as on the canvas.
 */
import type { PlotData } from '../prepare.ts'
import { type Distribution, forward, type Range } from '../scales.ts'

export interface SvgColours {
  readonly background: string
  readonly text: string
  readonly muted: string
  readonly border: string
  /** Series 1 is `series[1]`. */
  readonly series: readonly string[]
}

export interface SvgMark {
  readonly x: number
  readonly text: string
}

export interface SvgInit {
  readonly title: string
  readonly subtitle: string
  readonly date: string
  readonly data: PlotData
  readonly hidden: ReadonlySet<string>
  readonly x: Range
  readonly y: Range
  readonly xTicks: readonly { readonly at: number; readonly text: string }[]
  readonly yTicks: readonly { readonly at: number; readonly text: string }[]
  readonly xTitle: string
  readonly limits: readonly { readonly value: number; readonly colour: number; readonly text: string }[]
  readonly marks: readonly SvgMark[]
  readonly legend: readonly {
    readonly label: string
    readonly value: string
    readonly colour: number
    readonly dash: readonly number[]
    readonly band: boolean
  }[]
  readonly colours: SvgColours
  readonly fontFamily: string
  /** Of the plot with its axes; title and legend come on top. */
  readonly width: number
  readonly height: number
}

const MARGIN = { top: 52, right: 24, left: 64, axis: 40 }
const LEGEND_ROW = 18
const CHARACTER_PX = 6.6

export function escapeXml(text: string): string {
  // Control characters are not allowed in XML at all, not even escaped.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  const clean = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')
}

const round = (value: number): string => String(Math.round(value * 100) / 100)

export type Project = (value: number) => number

export function projection(distribution: Distribution, [min, max]: Range, from: number, to: number): Project {
  const low = forward(distribution, min)
  const scale = (to - from) / (forward(distribution, max) - low)
  return (value) => from + (forward(distribution, value) - low) * scale
}

/** Path data of one column: a new part after every gap; of each pixel column first, lowest, highest, last. */
export function linePath(x: ArrayLike<number>, y: ArrayLike<number | null | undefined>, px: Project, py: Project, [from, to]: Range): string {
  const parts: string[] = []
  let pen = false
  let column: { at: number; first: number; low: number; high: number; last: number } | null = null
  const flush = (): void => {
    if (!column) return
    const { at, first, low, high, last } = column
    const points = first === last && low === high ? [first] : [first, low, high, last]
    for (const point of points) {
      parts.push(`${pen ? 'L' : 'M'}${round(at)} ${round(point)}`)
      pen = true
    }
    column = null
  }
  // One point beyond each edge, so that lines reach it.
  let start = 0
  while (start < x.length && (x[start] as number) < from) start++
  let end = x.length - 1
  while (end >= 0 && (x[end] as number) > to) end--
  const near = (index: number, direction: -1 | 1): number => {
    let at = index
    while (at >= 0 && at < x.length && y[at] === undefined) at += direction
    return Math.min(Math.max(at, 0), x.length - 1)
  }
  for (let index = near(start - 1, -1); index <= near(end + 1, 1); index++) {
    const value = y[index]
    if (value === undefined) continue
    if (value === null || !Number.isFinite(value)) {
      flush()
      pen = false
      continue
    }
    const at = px(x[index] as number)
    const height = py(value)
    if (!Number.isFinite(at) || !Number.isFinite(height)) continue
    if (column && Math.round(at * 2) === Math.round(column.at * 2)) {
      column.low = Math.max(column.low, height)
      column.high = Math.min(column.high, height)
      column.last = height
    } else {
      flush()
      column = { at, first: height, low: height, high: height, last: height }
    }
  }
  flush()
  return parts.join('')
}

/** The area between two columns; gaps split it. */
export function bandPath(
  x: ArrayLike<number>,
  high: ArrayLike<number | null | undefined>,
  low: ArrayLike<number | null | undefined>,
  px: Project,
  py: Project,
): string {
  const parts: string[] = []
  let upper: string[] = []
  let lower: string[] = []
  const flush = (): void => {
    if (upper.length > 1) parts.push(`M${upper.join('L')}L${lower.reverse().join('L')}Z`)
    upper = []
    lower = []
  }
  for (let index = 0; index < x.length; index++) {
    const top = high[index]
    const bottom = low[index]
    if (top === undefined || bottom === undefined) continue
    if (top === null || bottom === null) {
      flush()
      continue
    }
    const at = round(px(x[index] as number))
    upper.push(`${at} ${round(py(top))}`)
    lower.push(`${at} ${round(py(bottom))}`)
  }
  flush()
  return parts.join('')
}

export function svgOf(init: SvgInit): string {
  const { data, width, height, colours } = init
  const left = MARGIN.left
  const right = width - MARGIN.right
  const top = MARGIN.top
  const bottom = top + height - MARGIN.axis
  const px = projection(data.xDistribution, init.x, left, right)
  const py = projection(data.yDistribution, init.y, bottom, top)
  const colour = (index: number): string => colours.series[index] ?? colours.text
  const out: string[] = []
  const text = (at: number, y: number, words: string, more = ''): void => {
    out.push(`<text x="${round(at)}" y="${round(y)}" fill="${colours.muted}" font-size="11"${more}>${escapeXml(words)}</text>`)
  }

  out.push(`<text x="16" y="22" font-size="15" font-weight="600" fill="${colours.text}">${escapeXml(init.title)}</text>`)
  text(16, 39, init.subtitle)
  text(right, 22, init.date, ' text-anchor="end"')
  for (const { at, text: words } of init.yTicks) {
    const y = round(py(at))
    out.push(`<path d="M${left} ${y}H${right}" stroke="${colours.border}"/>`)
    text(left - 6, py(at) + 4, words, ' text-anchor="end"')
  }
  for (const { at, text: words } of init.xTicks) {
    out.push(`<path d="M${round(px(at))} ${top}V${bottom}" stroke="${colours.border}"/>`)
    text(px(at), bottom + 16, words, ' text-anchor="middle"')
  }
  text(right, bottom + 32, init.xTitle, ' text-anchor="end"')

  out.push(
    `<clipPath id="plot"><rect x="${left}" y="${top}" width="${round(right - left)}" height="${round(bottom - top)}"/></clipPath><g clip-path="url(#plot)" fill="none">`,
  )
  for (const { high, low, style } of data.bands) {
    if (init.hidden.has(data.info[high]?.entryId ?? '')) continue
    const d = bandPath(data.x, data.columns[high] ?? [], data.columns[low] ?? [], px, py)
    out.push(`<path d="${d}" fill="${colour(style.colour)}" fill-opacity="0.14"/>`)
  }
  for (const mark of init.marks) {
    out.push(`<path d="M${round(px(mark.x))} ${top}V${bottom}" stroke="${colours.muted}" stroke-dasharray="3 3"><title>${escapeXml(mark.text)}</title></path>`)
  }
  for (const [index, { role, entryId, style, mean }] of data.info.entries()) {
    if ((role !== 'line' && role !== 'raw') || init.hidden.has(entryId)) continue
    const d = linePath(data.x, data.columns[index] ?? [], px, py, init.x)
    const look = role === 'raw' ? ' stroke-opacity="0.28"' : `${style.dash.length > 0 ? ` stroke-dasharray="${style.dash.join(' ')}"` : ''}`
    out.push(`<path d="${d}" stroke="${colour(style.colour)}" stroke-width="${role === 'raw' ? 1 : mean ? 2 : 1.75}" stroke-linejoin="round"${look}/>`)
  }
  for (const limit of init.limits) {
    const y = round(py(limit.value))
    out.push(`<path d="M${left} ${y}H${right}" stroke="${colour(limit.colour)}" stroke-dasharray="2 3"/>`)
    text(right - 4, py(limit.value) - 4, limit.text, ' text-anchor="end"')
  }
  out.push('</g>')

  let row = 0
  let at = 16
  for (const { label, value, colour: index, dash, band } of init.legend) {
    const words = value === '' ? label : `${label}  ${value}`
    const wide = 30 + words.length * CHARACTER_PX + 14
    if (at + wide > right && at > 16) {
      row++
      at = 16
    }
    const y = bottom + MARGIN.axis + 14 + row * LEGEND_ROW
    out.push(
      `<path d="M${round(at)} ${y - 4}h22" stroke="${colour(index)}" stroke-width="${band ? 10 : 2}"${band ? ' stroke-opacity="0.3"' : ''}${dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`,
    )
    text(at + 28, y, words)
    at += wide
  }
  const whole = bottom + MARGIN.axis + 14 + (row + 1) * LEGEND_ROW
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" font-family="${escapeXml(init.fontFamily)}" role="img">` +
    `<title>${escapeXml(init.title)}</title><rect width="100%" height="100%" fill="${colours.background}"/>${out.join('')}</svg>\n`
  )
}
