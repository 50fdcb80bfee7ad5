/**
 * What a chart is told: lines, bands, marks, and how to show them. Nothing heavy is imported here.
 */
import type { EventMark, JobMetrics, MetricName, MetricSeries } from '../metrics/types.ts'
import type { Readable } from '../state/store.ts'

export type XAxis = 'step' | 'samples' | 'time'

/** The part of the settings that charts share; `Settings` fits where a `Partial<ChartOptions>` is asked for. */
export interface ChartOptions {
  /** 0 to 0.99; the raw line stays faintly behind. */
  readonly smoothing: number
  readonly xAxis: XAxis
  /** With `xAxis: 'time'`: hours of the day instead of time since the run began. */
  readonly wallTime: boolean
  readonly logX: boolean
  readonly logY: boolean
  /** The range between the lowest and the highest member. */
  readonly band: boolean
  /** Vertical lines where something happened. */
  readonly marks: boolean
}

export const defaultChartOptions: ChartOptions = {
  smoothing: 0.6,
  xAxis: 'step',
  wallTime: false,
  logX: false,
  logY: false,
  band: true,
  marks: true,
}

/** One job to plot. `configuration` goes into JSON exports. */
export interface ChartRun {
  readonly jobId: string
  readonly label: string
  readonly metrics: JobMetrics
  readonly configuration?: unknown
}

/** Colour 1 to 8 (`--cyx-series-n`) and one of the dash patterns: never colour alone. */
export interface LineStyle {
  readonly colour: number
  readonly dash: readonly number[]
}

export interface ChartLine {
  /** Stable over the life of a chart. */
  readonly id: string
  readonly label: string
  readonly runId: string
  readonly style: LineStyle
  /** Milliseconds since 1970 that are zero on a relative time axis. */
  readonly originMs: number
  readonly series: MetricSeries
  /** A horizontal line that this line should stay below, in the chart's unit. */
  readonly limit?: number
  /** Hidden until its legend entry is pressed. */
  readonly quiet?: boolean
}

/** The range of several lines, drawn behind them. */
export interface ChartBand {
  readonly id: string
  readonly label: string
  readonly runId: string
  readonly style: LineStyle
  readonly originMs: number
  readonly members: readonly MetricSeries[]
  /** Also draws their mean as a line; otherwise the members have lines of their own. */
  readonly mean: boolean
}

export interface ChartMark extends EventMark {
  readonly originMs: number
}

export interface ChartSource extends Readable<number> {
  readonly metric: MetricName
  readonly title: string
  /** For a caption under the title; may be empty. */
  readonly hint: string
  readonly runs: readonly ChartRun[]
  lines(): readonly ChartLine[]
  bands(): readonly ChartBand[]
  marks(): readonly ChartMark[]
}
