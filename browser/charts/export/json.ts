/**
 * JSON of recorded lines with the configuration of their jobs: what another program, or we ourselves, can read back. Numbers
 * that JSON has no words for are `null`.
 */
import { smooth } from '../smoothing.ts'
import type { ChartLine, ChartMark, ChartOptions, ChartRun } from '../types.ts'
import { METRIC_INFO } from '../units.ts'

export const JSON_FORMAT = 'cyxwiz-metrics'

export interface JsonInit {
  readonly title: string
  readonly runs: readonly ChartRun[]
  readonly lines: readonly ChartLine[]
  readonly marks: readonly ChartMark[]
  readonly options: ChartOptions
  readonly exportedAt: Date
}

export function jsonOf({ title, runs, lines, marks, options, exportedAt }: JsonInit): string {
  const document = {
    format: JSON_FORMAT,
    version: 1,
    title,
    exportedAt: exportedAt.toISOString(),
    smoothing: options.smoothing,
    jobs: runs.map(({ jobId, label, configuration }) => ({ jobId, name: label, configuration: configuration ?? null })),
    series: lines.map(({ label, runId, series, limit }) => {
      const { unit, smoothable } = METRIC_INFO[series.metric]
      return {
        label,
        jobId: runId,
        metric: series.metric,
        peerId: series.peerId === '' ? null : series.peerId,
        unit: unit === '' ? null : unit,
        limit: limit ?? null,
        step: Array.from(series.step),
        samples: Array.from(series.samples),
        timeMs: Array.from(series.timeMs),
        value: Array.from(series.value),
        smoothed: smoothable && options.smoothing > 0 ? Array.from(smooth(series.value, options.smoothing)) : null,
      }
    }),
    marks: marks.map(({ kind, timeMs, step, samples, text }) => ({ kind, timeMs, step, samples, text })),
  }
  // NaN and infinities become null by themselves.
  return `${JSON.stringify(document, null, 1)}\n`
}
