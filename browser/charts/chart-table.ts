/**
 * The numbers behind a chart, as a table: minimum, maximum and latest of each line, then a few dozen rows that keep the
 * extremes. For those who cannot see the lines, and for those who want to read one number.
 */
import { html, nothing, type TemplateResult } from 'lit'
import { minMaxIndices } from '../metrics/decimate.ts'
import { xColumn } from './prepare.ts'
import { finiteRange } from './scales.ts'
import type { ChartLine, ChartOptions, ChartSource } from './types.ts'
import { METRIC_INFO, UNKNOWN, valueText, X_TITLE, xText } from './units.ts'

export const TABLE_ROWS = 40

/** Lines that fit beside each other; the rest is in the CSV export. */
const MAX_LINES = 12

export interface TableRow {
  readonly x: number
  /** Per line; undefined where it has no point there. */
  readonly values: readonly (number | undefined)[]
}

/** Rows at the extremes of every line, thinned to about `TABLE_ROWS`. */
export function tableRows(lines: readonly ChartLine[], options: ChartOptions): TableRow[] {
  const columns = lines.map((line) => ({ x: xColumn(line.series, line.originMs, options), y: line.series.value }))
  const perLine = Math.max(4, Math.floor(TABLE_ROWS / Math.max(1, Math.min(lines.length, 4))))
  const at = new Set<number>()
  for (const { x, y } of columns) for (const index of minMaxIndices(y, perLine)) at.add(x[index] as number)
  const position = columns.map(({ x }) => new Map(Array.from(x, (value, index) => [value, index])))
  return [...at]
    .sort((a, b) => a - b)
    .map((x) => ({
      x,
      values: columns.map(({ y }, line) => {
        const index = position[line]?.get(x)
        return index === undefined ? undefined : y[index]
      }),
    }))
}

export function tableTemplate(source: ChartSource, options: ChartOptions): TemplateResult {
  const { kind, title } = METRIC_INFO[source.metric]
  const all = source.lines()
  const lines = all.slice(0, MAX_LINES)
  if (lines.length === 0) return html`<p class="muted">No values yet.</p>`
  const text = (value: number | undefined): string => (value === undefined ? UNKNOWN : valueText(kind, value))
  const summary = lines.map(({ series }) => ({ range: finiteRange([series.value]), last: series.value[series.value.length - 1] }))
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Values of ${title}">
      <table>
        <caption class="visually-hidden">${title}: lowest, highest and latest value, then values along the run</caption>
        <thead>
          <tr><th scope="col">${X_TITLE[options.xAxis]}</th>${lines.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr>
        </thead>
        <tbody class="summary">
          <tr><th scope="row">lowest</th>${summary.map(({ range }) => html`<td>${text(range?.[0])}</td>`)}</tr>
          <tr><th scope="row">highest</th>${summary.map(({ range }) => html`<td>${text(range?.[1])}</td>`)}</tr>
          <tr><th scope="row">latest</th>${summary.map(({ last }) => html`<td>${text(last)}</td>`)}</tr>
        </tbody>
        <tbody>
          ${tableRows(lines, options).map(
            ({ x, values }) =>
              html`<tr><th scope="row">${xText(options.xAxis, options.wallTime, x)}</th>${values.map((value) => html`<td>${text(value)}</td>`)}</tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${all.length > lines.length ? html`<p class="muted">${all.length - lines.length} more lines are in the CSV export.</p>` : nothing}
  `
}
