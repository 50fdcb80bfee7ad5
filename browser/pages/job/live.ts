/** The newest figures of a job out of its metric columns: of the group and of each member. Null where nothing is known. */
import { GROUP, type JobMetrics, type MetricName } from '../../metrics/types.ts'
import type { Pace } from '../jobs/words.ts'

export function latest(metrics: JobMetrics | null, metric: MetricName, peerId: string): number | null {
  const series = metrics?.series(metric).find((one) => one.peerId === peerId)
  const value = series?.value[series.value.length - 1]
  return value === undefined || Number.isNaN(value) ? null : value
}

/** A figure of the group: its own series, or the members' newest values added up. */
export function ofGroup(metrics: JobMetrics | null, metric: MetricName, members: readonly string[]): number | null {
  const own = latest(metrics, metric, GROUP)
  if (own !== null) return own
  const values = members.map((peerId) => latest(metrics, metric, peerId)).filter((value) => value !== null)
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}

/** Everything that was ever sent, of those who left too. */
export function totalOf(metrics: JobMetrics | null, metric: MetricName): number | null {
  const all = (metrics?.series(metric) ?? []).filter((one) => one.peerId !== GROUP && one.value.length > 0)
  return all.length === 0 ? null : all.reduce((sum, one) => sum + (one.value[one.value.length - 1] ?? 0), 0)
}

export function paceOf(metrics: JobMetrics | null): Pace {
  const loss = metrics?.series('loss') ?? []
  const series = loss.find((one) => one.peerId === GROUP) ?? loss[0]
  return series === undefined ? { step: [], timeMs: [] } : series
}

/** Numbers of any size with four digits that matter; `–` for what is unknown. */
export function figure(value: number | null, digits = 4): string {
  if (value === null) return '–'
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 10_000) return Math.round(value).toLocaleString('en')
  return size === 0 || size >= 0.001 ? value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : Math.min(digits, 4)) : value.toExponential(2)
}
