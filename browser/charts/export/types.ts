/** What an export works from: a chart as it was when somebody asked for the file. */
import type { PlotData } from '../prepare.ts'
import type { Range } from '../scales.ts'
import type { ChartOptions, ChartSource, LineStyle } from '../types.ts'

export type ExportFormat = 'png' | 'svg' | 'csv' | 'json'

export interface ChartSnapshot {
  readonly source: ChartSource
  readonly options: ChartOptions
  readonly data: PlotData
  /** Legend entries that are switched off: pictures leave them out, data files do not. */
  readonly hidden: ReadonlySet<string>
  /** What is in sight. */
  readonly x: Range
  readonly y: Range
  readonly canvas: HTMLCanvasElement
  /** CSS pixels of the plot with its axes. */
  readonly width: number
  readonly height: number
  readonly limits: readonly { readonly value: number; readonly style: LineStyle }[]
}

export interface ExportFile {
  readonly name: string
  readonly blob: Blob
}
