/**
 * CSV of recorded lines: one row per step, for each line a column as recorded and one as smoothed, units in the header,
 * numbers with all their digits. Everything that was recorded, not only what is in sight.
 */
import { smooth } from '../smoothing.ts'
import type { ChartLine } from '../types.ts'
import { METRIC_INFO } from '../units.ts'

/** Names come from other people: a spreadsheet must not take one for a formula. */
export function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

interface Column {
  readonly header: string
  readonly at: (row: Map<number, number>, step: number) => string
  readonly line: number
}

const isoOrEmpty = (timeMs: number | undefined): string => (timeMs === undefined || !Number.isFinite(timeMs) ? '' : new Date(timeMs).toISOString())

/** `smoothing` 0: no smoothed columns. Lines may be of several metrics and several jobs. */
export function csvOf(lines: readonly ChartLine[], smoothing: number): string {
  const runs = [...new Set(lines.map((line) => line.runId))]
  const metrics = new Set(lines.map((line) => line.series.metric))
  const positions = lines.map(({ series }) => new Map(Array.from(series.step, (step, index) => [step, index])))
  const steps = [...new Set(lines.flatMap(({ series }) => Array.from(series.step)))].sort((a, b) => a - b)

  const columns: Column[] = []
  // Samples and time of a step belong to a run: told once per run, by whichever of its lines has that step.
  for (const runId of runs) {
    const own = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.runId === runId)
    const name = runs.length > 1 ? `${own[0]?.line.label ?? runId} ` : ''
    const first = (step: number, column: 'samples' | 'timeMs'): number | undefined => {
      for (const { line, index } of own) {
        const at = positions[index]?.get(step)
        if (at !== undefined) return line.series[column][at]
      }
      return undefined
    }
    columns.push({ header: `${name}samples`, line: -1, at: (_row, step) => String(first(step, 'samples') ?? '') })
    columns.push({ header: `${name}time (UTC)`, line: -1, at: (_row, step) => isoOrEmpty(first(step, 'timeMs')) })
  }
  for (const [index, line] of lines.entries()) {
    const { smoothable, unit, title } = METRIC_INFO[line.series.metric]
    const what = metrics.size > 1 || lines.length === 1 ? `${line.label} ${title.toLowerCase()}` : line.label
    const inUnit = unit === '' ? '' : ` (${unit})`
    const read = (values: Float64Array) => (row: Map<number, number>, step: number) => {
      const at = row.get(step)
      return at === undefined ? '' : String(values[at])
    }
    columns.push({ header: `${what}${inUnit}`, line: index, at: read(line.series.value) })
    if (smoothing > 0 && smoothable)
      columns.push({ header: `${what} smoothed ${smoothing}${inUnit}`, line: index, at: read(smooth(line.series.value, smoothing)) })
  }
  const none = new Map<number, number>()
  const rows = steps.map((step) => [String(step), ...columns.map(({ at, line }) => at(positions[line] ?? none, step))].join(','))
  return `${[['step', ...columns.map(({ header }) => csvField(header))].join(','), ...rows].join('\r\n')}\r\n`
}
