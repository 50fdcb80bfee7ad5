/**
 * Files from charts; loaded when the first one is asked for. One chart as PNG, SVG, CSV or JSON, or all numbers of a page of
 * charts as CSV or JSON.
 */
import { palette } from '../palette.ts'
import { markX } from '../prepare.ts'
import { ticksFor } from '../ticks.ts'
import type { ChartOptions, ChartSource } from '../types.ts'
import { METRIC_INFO, tickBase, tickText, valueText, X_TITLE, xText } from '../units.ts'
import { csvOf } from './csv.ts'
import { boundText, fileName } from './file-name.ts'
import { jsonOf } from './json.ts'
import { pngOf } from './png.ts'
import { saveFile } from './save.ts'
import { svgOf } from './svg.ts'
import type { ChartSnapshot, ExportFile, ExportFormat } from './types.ts'

const jobName = (source: Pick<ChartSource, 'runs'>): string => (source.runs.length === 1 ? (source.runs[0]?.label ?? 'job') : `${source.runs.length}-jobs`)

const subtitleOf = (source: ChartSource, options: ChartOptions): string => {
  const { smoothable } = METRIC_INFO[source.metric]
  return [source.runs.map(({ label }) => label).join(', '), source.hint, smoothable && options.smoothing > 0 ? `smoothed ${options.smoothing}` : '']
    .filter(Boolean)
    .join(' · ')
}

function legendOf({ data, hidden }: ChartSnapshot) {
  return data.legend
    .filter(({ id }) => !hidden.has(id))
    .map(({ label, kind, lastDrawn, limit, style }) => ({
      label,
      value: kind === 'band' ? '' : valueText(data.kind, lastDrawn) + (limit === null ? '' : ` of ${valueText(data.kind, limit)}`),
      colour: style.colour,
      dash: kind === 'line' ? style.dash : [],
      band: kind === 'band',
    }))
}

function svgFrom(snapshot: ChartSnapshot, date: string): string {
  const { source, options, data, hidden, x, y, width, height, limits } = snapshot
  const { kind } = METRIC_INFO[source.metric]
  const xTicks = ticksFor(x, {
    distribution: data.xDistribution,
    base: options.xAxis === 'time' ? 'duration' : 'decimal',
    count: Math.floor(width / 90),
    whole: options.xAxis !== 'time',
  })
  const yTicks = ticksFor(y, { distribution: data.yDistribution, base: tickBase(kind), count: Math.floor(height / 36) })
  const marks = options.marks ? source.marks().map((mark) => ({ x: markX(mark, options), text: mark.text })) : []
  return svgOf({
    title: source.title,
    subtitle: subtitleOf(source, options),
    date,
    data,
    hidden,
    x,
    y,
    xTicks: xTicks.map((at) => ({ at, text: xText(options.xAxis, options.wallTime, at) })),
    yTicks: yTicks.map((at) => ({ at, text: tickText(kind, at) })),
    xTitle: X_TITLE[options.xAxis],
    limits: limits.map(({ value, style }) => ({ value, colour: style.colour, text: `limit ${tickText(kind, value)}` })),
    marks: marks.filter((mark) => mark.x >= x[0] && mark.x <= x[1]),
    legend: legendOf(snapshot),
    colours: palette.colours,
    fontFamily: palette.colours.fontFamily,
    width,
    height,
  })
}

/** The file of one chart as it is shown (pictures) or as it was recorded (CSV, JSON). */
export async function chartFile(snapshot: ChartSnapshot, format: ExportFormat, now = new Date()): Promise<ExportFile> {
  const { source, options, x, width, height, canvas } = snapshot
  const date = now.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  const parts = { job: jobName(source), metric: source.metric, from: boundText(options, x[0]), to: boundText(options, x[1]) }
  const name = fileName(parts, format)
  switch (format) {
    case 'csv':
      return { name, blob: new Blob([csvOf(source.lines(), options.smoothing)], { type: 'text/csv;charset=utf-8' }) }
    case 'json':
      return { name, blob: jsonBlob(source.title, [source], options, now) }
    case 'svg':
      return { name, blob: new Blob([svgFrom(snapshot, date)], { type: 'image/svg+xml' }) }
    case 'png': {
      const subtitle = subtitleOf(source, options)
      return {
        name,
        blob: await pngOf({ plot: canvas, width, height, title: source.title, subtitle, date, legend: legendOf(snapshot), colours: palette.colours }),
      }
    }
  }
}

function jsonBlob(title: string, sources: readonly ChartSource[], options: ChartOptions, exportedAt: Date): Blob {
  const [first] = sources
  const text = jsonOf({ title, runs: first?.runs ?? [], lines: sources.flatMap((source) => source.lines()), marks: first?.marks() ?? [], options, exportedAt })
  return new Blob([text], { type: 'application/json' })
}

/** Everything recorded for several charts of the same jobs, in one file. */
export function allFile(sources: readonly ChartSource[], options: ChartOptions, format: 'csv' | 'json', now = new Date()): ExportFile {
  const [first] = sources
  const lines = sources.flatMap((source) => source.lines())
  if (!first || lines.length === 0) throw new Error('there are no values to export yet')
  const steps = lines.flatMap(({ series }) => [series.step[0] ?? 0, series.step[series.step.length - 1] ?? 0])
  const parts = { job: jobName(first), metric: 'all', from: String(Math.min(...steps)), to: String(Math.max(...steps)) }
  const blob =
    format === 'csv' ? new Blob([csvOf(lines, options.smoothing)], { type: 'text/csv;charset=utf-8' }) : jsonBlob('All metrics', sources, options, now)
  return { name: fileName(parts, format), blob }
}

export async function saveChart(snapshot: ChartSnapshot, format: ExportFormat): Promise<void> {
  saveFile(await chartFile(snapshot, format))
}

export function saveAll(sources: readonly ChartSource[], options: ChartOptions, format: 'csv' | 'json'): void {
  saveFile(allFile(sources, options, format))
}
