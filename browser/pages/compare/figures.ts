/**
 * Runs side by side in numbers: last, least and most of each metric, and what their specifications say differently. Pure.
 */
import type { JobMetrics, MetricName } from '../../metrics/types.ts'
import { GROUP } from '../../metrics/types.ts'

export interface Summary {
  readonly last: number
  readonly min: number
  readonly max: number
}

/** Of the finite values; null where there are none. */
export function summaryOf(values: ArrayLike<number>): Summary | null {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  let last: number | null = null
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (!Number.isFinite(value)) continue
    last = value
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return last === null ? null : { last, min, max }
}

/** The group's own series; where a metric is each member's, all of them together (`last` is then the last member's). */
export function metricSummary(metrics: JobMetrics, metric: MetricName): Summary | null {
  const all = metrics.series(metric)
  const group = all.find((one) => one.peerId === GROUP)
  if (group !== undefined) return summaryOf(group.value)
  const each = all.map((one) => summaryOf(one.value)).filter((one) => one !== null)
  const last = each.at(-1)
  return last === undefined ? null : { last: last.last, min: Math.min(...each.map((one) => one.min)), max: Math.max(...each.map((one) => one.max)) }
}

export interface Difference {
  /** `optimizer.lr`. */
  readonly path: string
  /** As JSON, in the order of the specs; null where a spec has no such key. */
  readonly values: readonly (string | null)[]
}

/** Two runs of one job always differ in these. */
const ALWAYS_DIFFERENT: readonly string[] = ['nonce', 'createdAt']

/** Only what differs; keys in the order of their first appearance. Lists of plain values are one value. */
export function specDifferences(specs: readonly unknown[]): Difference[] {
  const flat = specs.map((spec) => flatten(spec))
  const paths = [...new Set(flat.flatMap((one) => [...one.keys()]))]
  return paths
    .filter((path) => !ALWAYS_DIFFERENT.includes(path))
    .map((path) => ({ path, values: flat.map((one) => one.get(path) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1)
}

function flatten(value: unknown, path = '', into: Map<string, string> = new Map()): Map<string, string> {
  const isPlain = typeof value !== 'object' || value === null
  if (isPlain || (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null))) {
    if (value !== undefined) into.set(path, JSON.stringify(value))
    return into
  }
  for (const [key, item] of Object.entries(value)) flatten(item, path === '' ? key : `${path}.${key}`, into)
  return into
}

/** At most `most` distinct ids, from the page's address: `a,b`. */
export function idsOf(params: readonly string[], most: number): string[] {
  const ids = params.flatMap((part) => part.split(',')).map((id) => id.trim())
  return [...new Set(ids.filter((id) => id !== ''))].slice(0, most)
}
