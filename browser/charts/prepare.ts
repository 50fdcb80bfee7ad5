/**
 * From a source's lines to what uPlot draws: x in the chosen unit, values smoothed, all lines over one x, non-finite values
 * as gaps, a scale that can show what there is. Pure: no DOM, no uPlot.
 */
import type { MetricSeries } from '../metrics/types.ts'
import { type AlignedColumn, align, type Track } from './align.ts'
import { envelope } from './envelope.ts'
import { chooseDistribution, type Distribution, finiteRange, type Range } from './scales.ts'
import { smooth } from './smoothing.ts'
import type { ChartBand, ChartLine, ChartMark, ChartOptions, ChartSource, LineStyle } from './types.ts'
import { METRIC_INFO, type UnitKind } from './units.ts'

/** `raw` lies faintly behind its smoothed line; `low` and `high` are the edges of a band. */
export type ColumnRole = 'line' | 'raw' | 'low' | 'high'

export interface PlotColumn {
  readonly role: ColumnRole
  /** Of the legend entry it belongs to. */
  readonly entryId: string
  readonly style: LineStyle
  readonly mean: boolean
}

export interface LegendEntry {
  readonly id: string
  readonly label: string
  readonly style: LineStyle
  readonly kind: 'line' | 'mean' | 'band'
  readonly quiet: boolean
  readonly limit: number | null
  /** Raw and as drawn; NaN where the last one is not finite. */
  readonly last: number
  readonly lastDrawn: number
  /** Values as drawn, for the trend. */
  readonly drawn: Float64Array
}

export interface PlotData {
  /** Changes when the plot has to be built anew. */
  readonly key: string
  readonly x: Float64Array
  readonly columns: readonly AlignedColumn[]
  readonly info: readonly PlotColumn[]
  /** Pairs of column numbers (from 0). */
  readonly bands: readonly { readonly high: number; readonly low: number; readonly style: LineStyle }[]
  readonly legend: readonly LegendEntry[]
  readonly xDistribution: Distribution
  readonly yDistribution: Distribution
  readonly yDataRange: Range | null
  readonly kind: UnitKind
  readonly empty: boolean
}

/** `x` of a series in the unit of the axis: a count, seconds since the run began, or seconds since 1970. */
export function xColumn(series: MetricSeries, originMs: number, options: ChartOptions): Float64Array {
  if (options.xAxis === 'step') return series.step
  if (options.xAxis === 'samples') return series.samples
  const zero = options.wallTime ? 0 : originMs
  return Float64Array.from(series.timeMs, (timeMs) => (timeMs - zero) / 1_000)
}

/** Where a mark stands on the axis. */
export function markX(mark: ChartMark, options: ChartOptions): number {
  if (options.xAxis === 'step') return mark.step
  if (options.xAxis === 'samples') return mark.samples
  return (mark.timeMs - (options.wallTime ? 0 : mark.originMs)) / 1_000
}

/** A logarithmic axis has no zero: what lies there (the first moment of a run) is left out. */
function pastZero(x: Float64Array, logX: boolean): number {
  if (!logX) return 0
  let from = 0
  while (from < x.length && !((x[from] as number) > 0)) from++
  return from
}

const last = (values: ArrayLike<number>): number => (values.length === 0 ? Number.NaN : (values[values.length - 1] as number))

export function isLogX(options: ChartOptions): boolean {
  return options.logX && !(options.xAxis === 'time' && options.wallTime)
}

export function prepare(source: ChartSource, options: ChartOptions): PlotData {
  const metric = METRIC_INFO[source.metric]
  const weight = metric.smoothable ? options.smoothing : 0
  const logX = isLogX(options)
  const tracks: Track[] = []
  const info: PlotColumn[] = []
  const legend: LegendEntry[] = []
  const bands: { high: number; low: number; style: LineStyle }[] = []

  const addBand = (band: ChartBand): void => {
    const curves = band.members.map((series) => {
      const x = xColumn(series, band.originMs, options)
      const from = pastZero(x, logX)
      return { x: x.subarray(from), y: series.value.subarray(from) }
    })
    const range = envelope(curves)
    if (range.x.length === 0) return
    const ys: Float64Array[] = []
    if (options.band) {
      bands.push({ high: info.length, low: info.length + 1, style: band.style })
      const edge = { entryId: band.id, style: band.style, mean: false }
      info.push({ ...edge, role: 'high' }, { ...edge, role: 'low' })
      ys.push(smooth(range.high, weight), smooth(range.low, weight))
    }
    if (band.mean) {
      info.push({ role: 'line', entryId: band.id, style: band.style, mean: true })
      ys.push(smooth(range.mean, weight))
    }
    if (ys.length === 0) return
    tracks.push({ x: range.x, ys })
    const drawn = band.mean ? (ys.at(-1) as Float64Array) : new Float64Array(0)
    const kind = band.mean ? 'mean' : 'band'
    legend.push({ id: band.id, label: band.label, style: band.style, kind, quiet: false, limit: null, last: last(range.mean), lastDrawn: last(drawn), drawn })
  }

  const addLine = (line: ChartLine): void => {
    const all = xColumn(line.series, line.originMs, options)
    const from = pastZero(all, logX)
    const x = all.subarray(from)
    const raw = line.series.value.subarray(from)
    if (x.length === 0) return
    const smoothed = weight > 0 && x.length > 1
    const drawn = smoothed ? smooth(raw, weight) : raw
    const own = { entryId: line.id, style: line.style, mean: false }
    if (weight > 0) info.push({ ...own, role: 'raw' })
    info.push({ ...own, role: 'line' })
    tracks.push({ x, ys: weight > 0 ? [raw, drawn] : [drawn] })
    legend.push({
      id: line.id,
      label: line.label,
      style: line.style,
      kind: 'line',
      quiet: line.quiet ?? false,
      limit: line.limit ?? null,
      last: last(raw),
      lastDrawn: last(drawn),
      drawn,
    })
  }

  for (const band of source.bands()) addBand(band)
  for (const line of source.lines()) addLine(line)

  const { x, columns } = align(tracks)
  const yDataRange = finiteRange(columns)
  const xDistribution: Distribution = logX ? { kind: 'log' } : { kind: 'linear' }
  const yDistribution = chooseDistribution(options.logY, yDataRange)
  const shape = info.map(({ role, entryId, style }) => `${role} ${entryId} ${style.colour} ${style.dash.join('-')}`)
  const key = JSON.stringify([shape, options.xAxis, options.wallTime, xDistribution, yDistribution, source.metric])
  return { key, x, columns, info, bands, legend, xDistribution, yDistribution, yDataRange, kind: metric.kind, empty: yDataRange === null }
}

/** Limits worth showing: a limit far above the data would press it flat, so the legend tells it in words instead. */
export const LIMIT_IN_SIGHT = 12

export function visibleLimits(data: PlotData, hidden: ReadonlySet<string>): readonly { readonly value: number; readonly style: LineStyle }[] {
  const max = data.yDataRange?.[1] ?? 0
  const seen = new Map<number, LineStyle>()
  for (const entry of data.legend) {
    if (entry.limit === null || hidden.has(entry.id) || entry.limit > max * LIMIT_IN_SIGHT) continue
    if (!seen.has(entry.limit)) seen.set(entry.limit, entry.style)
  }
  return [...seen].map(([value, style]) => ({ value, style }))
}
