/**
 * Turns the recorded metrics of one job, or of several, into the lines of one chart. One job: a line per member where
 * the metric is a member's, with the range of all behind them. Several: one line per job, the mean of its members.
 */
import { GROUP, type MetricName } from '../metrics/types.ts'
import { LineStyles, MAIN_STYLE } from './line-styles.ts'
import type { ChartBand, ChartLine, ChartMark, ChartRun, ChartSource, LineStyle } from './types.ts'
import { METRIC_INFO } from './units.ts'

/** More lines than this are a tangle: the mean and the range are shown, members on request. */
export const MANY_MEMBERS = 8

export interface MetricSourceInit {
  readonly metric: MetricName
  readonly runs: readonly ChartRun[]
  /** Upper limits per peer id, in the unit of the metric. */
  readonly limits?: Readonly<Record<string, number>>
  /** Share one among charts that are seen together. */
  readonly styles?: LineStyles
  /** How to call a peer; a short form of its id unless told. */
  readonly nameOf?: (peerId: string) => string
}

export function shortPeer(peerId: string): string {
  return peerId.length <= 10 ? peerId : `…${peerId.slice(-6)}`
}

export class MetricSource implements ChartSource {
  readonly metric: MetricName
  readonly title: string
  readonly hint: string
  readonly runs: readonly ChartRun[]
  readonly #limits: Readonly<Record<string, number>>
  readonly #styles: LineStyles
  readonly #nameOf: (peerId: string) => string

  constructor({ metric, runs, limits = {}, styles = new LineStyles(), nameOf = shortPeer }: MetricSourceInit) {
    this.metric = metric
    this.runs = runs
    this.title = METRIC_INFO[metric].title
    this.hint = METRIC_INFO[metric].hint
    this.#limits = limits
    this.#styles = styles
    this.#nameOf = nameOf
  }

  get value(): number {
    return this.runs.reduce((sum, run) => sum + run.metrics.value, 0)
  }

  subscribe(listener: () => void): () => void {
    const unsubscribe = this.runs.map((run) => run.metrics.subscribe(listener))
    return () => {
      for (const each of unsubscribe) each()
    }
  }

  lines(): readonly ChartLine[] {
    const many = this.runs.length > 1
    return this.runs.flatMap((run) => {
      const originMs = originOf(run)
      const all = run.metrics.series(this.metric)
      const members = all.filter(({ peerId }) => peerId !== GROUP)
      const group = all.find(({ peerId }) => peerId === GROUP)
      const lines: ChartLine[] = []
      if (group) lines.push({ id: `${run.jobId} group`, label: run.label, runId: run.jobId, style: this.#runStyle(run), originMs, series: group })
      if (many && members.length > 1) return lines
      for (const series of members) {
        const limit = this.#limits[series.peerId]
        lines.push({
          id: `${run.jobId} ${series.peerId}`,
          label: many ? run.label : this.#nameOf(series.peerId),
          runId: run.jobId,
          style: many ? this.#runStyle(run) : this.#styles.of(series.peerId),
          originMs,
          series,
          ...(limit === undefined ? {} : { limit }),
          quiet: members.length > MANY_MEMBERS,
        })
      }
      return lines
    })
  }

  bands(): readonly ChartBand[] {
    const many = this.runs.length > 1
    return this.runs.flatMap((run) => {
      const members = run.metrics.series(this.metric).filter(({ peerId }) => peerId !== GROUP)
      if (members.length < 2) return []
      const mean = many || members.length > MANY_MEMBERS
      const label = many ? run.label : mean ? `mean of ${members.length}` : `range of ${members.length}`
      const style = many ? this.#runStyle(run) : MAIN_STYLE
      return [{ id: `${run.jobId} band`, label, runId: run.jobId, style, originMs: originOf(run), members, mean }]
    })
  }

  marks(): readonly ChartMark[] {
    return this.runs.flatMap((run) => {
      const originMs = originOf(run)
      const prefix = this.runs.length > 1 ? `${run.label}: ` : ''
      return run.metrics.marks.map((mark) => ({ ...mark, text: prefix + mark.text, originMs }))
    })
  }

  #runStyle(run: ChartRun): LineStyle {
    return this.runs.length > 1 ? this.#styles.of(run.jobId) : MAIN_STYLE
  }
}

/** When the first thing of a run was recorded. */
function originOf(run: ChartRun): number {
  let origin = Number.POSITIVE_INFINITY
  for (const metric of ['loss', 'samplesPerSecond', 'roundSeconds'] as const) {
    for (const { timeMs } of run.metrics.series(metric)) origin = Math.min(origin, timeMs[0] ?? origin)
  }
  return Number.isFinite(origin) ? origin : 0
}
