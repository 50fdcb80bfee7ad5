/**
 * Up to eight jobs side by side: their curves over one another, their figures in one table, and what their specifications
 * say differently. Which jobs is in the address, so a comparison can be kept and sent.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { JobSummary } from '../../../protocol/control/types.ts'
import { LineStyles, MAIN_STYLE } from '../../charts/line-styles.ts'
import { bytes, count, percent, shortId } from '../../elements/format.ts'
import type { JobMetrics, MetricName } from '../../metrics/types.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { figure } from '../job/live.ts'
import '../job/run-charts.ts'
import { controls } from '../jobs/controls.ts'
import { type Difference, idsOf, metricSummary, type Summary, specDifferences } from './figures.ts'

/** As many as there are colours for series. */
const MOST = 8
/** Figures follow the charts, calmly. */
const REFRESH_MS = 1000

const SHOWN: readonly { readonly metric: MetricName; readonly title: string; show(value: number): string }[] = [
  { metric: 'loss', title: 'Loss', show: figure },
  { metric: 'accuracy', title: 'Accuracy', show: percent },
  { metric: 'samplesPerSecond', title: 'Samples/s of a member', show: (value) => count(Math.round(value)) },
  { metric: 'roundSeconds', title: 'Round, s', show: (value) => figure(value, 2) },
  { metric: 'waitShare', title: 'Waiting', show: percent },
  { metric: 'memoryBytes', title: 'GPU memory', show: bytes },
]

interface Held {
  readonly metrics: JobMetrics
  release(): void
}

@customElement('cyx-compare-page')
export class CyxComparePage extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host { display: block; }
      :host > * { margin-bottom: var(--cyx-gap); }
      header { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: baseline; }
      h1 { margin: 0; }
      .choice { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 2px 16px; border: 0; margin: 0; padding: 0; }
      legend { padding: 0; margin-bottom: 8px; }
      .choice label { display: flex; align-items: center; gap: 8px; min-height: 28px; min-width: 0; }
      .choice input { width: 18px; height: 18px; margin: 0; flex: none; }
      .choice .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .swatch { width: 14px; height: 14px; border-radius: 3px; flex: none; border: 1px solid var(--cyx-border); display: inline-block; vertical-align: -2px; }
      table { width: auto; min-width: 100%; }
      th, td { vertical-align: top; }
      thead th { white-space: nowrap; max-width: 14em; overflow: hidden; text-overflow: ellipsis; }
      tbody th { font-weight: 400; white-space: nowrap; }
      td { font-variant-numeric: tabular-nums; white-space: nowrap; }
      td.value { white-space: normal; overflow-wrap: anywhere; max-width: 20em; }
      td small { display: block; color: var(--cyx-muted); }
      h2, section > p { margin-bottom: 8px; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  readonly #held = new Map<string, Held>()
  #ids: readonly string[] = []
  #colours: readonly number[] = []
  /** The list is open where there is nothing to compare yet; from then on the person opens and closes it. */
  #choosing: boolean | null = null
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    new StoreController(this, () => [this.session.jobs, this.session.connection])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#timer = setInterval(() => document.visibilityState === 'visible' && this.requestUpdate(), REFRESH_MS)
    if (this.hasUpdated) this.requestUpdate()
  }

  override disconnectedCallback(): void {
    clearInterval(this.#timer)
    for (const held of this.#held.values()) held.release()
    this.#held.clear()
    super.disconnectedCallback()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('params') || changed.has('session')) {
      this.#ids = idsOf(this.params, MOST)
      this.#choosing ??= this.#ids.length < 2
      const styles = new LineStyles()
      this.#colours = this.#ids.map((jobId) => (this.#ids.length > 1 ? styles.of(jobId) : MAIN_STYLE).colour)
    }
    this.#hold()
  }

  override render() {
    const jobs = this.session.jobs.value
    const names = this.#ids.map((jobId) => jobs.find((job) => job.jobId === jobId)?.name ?? shortId(jobId))
    const labels = names.map((name, i) => (names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} ${shortId(this.#ids[i] as string)}`))
    const runs = this.#ids.flatMap((jobId, i) => {
      const held = this.#held.get(jobId)
      return held === undefined ? [] : [{ jobId, label: labels[i] as string, metrics: held.metrics }]
    })
    return html`
      <header><h1>Compare jobs</h1><a href="#/jobs">All jobs</a></header>
      ${this.#choice(jobs)}
      ${
        runs.length === 0
          ? html`<p class="muted" role="status">${this.#ids.length === 0 ? `Choose up to ${MOST} jobs above; their curves and figures appear here.` : 'Waiting for the mesh…'}</p>`
          : html`<cyx-run-charts .session=${this.session} .runs=${runs}></cyx-run-charts>${this.#figures(labels)} ${this.#differences(labels)}`
      }
    `
  }

  #choice(jobs: readonly JobSummary[]) {
    const gone = this.#ids.filter((jobId) => !jobs.some((job) => job.jobId === jobId))
    if (jobs.length === 0 && gone.length === 0) return html`<div class="card"><p>No jobs yet. <a href="#/new-job">New job</a></p></div>`
    const full = this.#ids.length >= MOST
    const box = (jobId: string, name: string, state: string) => {
      const place = this.#ids.indexOf(jobId)
      return html`<label>
        <input type="checkbox" .checked=${place >= 0} ?disabled=${place < 0 && full} @change=${() => this.#toggle(jobId)} />
        ${place < 0 ? nothing : this.#swatch(place)}
        <span class="name" title=${`${name} ${jobId}`}>${name}</span> <span class="muted">${state}</span>
      </label>`
    }
    return html`
      <details class="card" ?open=${this.#choosing === true}>
        <summary>${this.#ids.length} of ${jobs.length} jobs chosen${full ? `, the most that can be compared` : ''}</summary>
        <fieldset class="choice">
          <legend class="visually-hidden">Jobs to compare</legend>
          ${jobs.map((job) => box(job.jobId, job.name, job.state))} ${gone.map((jobId) => box(jobId, shortId(jobId), 'not known here'))}
        </fieldset>
      </details>
    `
  }

  /** The colour that the charts give this job. */
  #swatch(place: number) {
    return html`<span class="swatch" style=${`background: var(--cyx-series-${this.#colours[place] ?? 1})`} aria-hidden="true"></span>`
  }

  #heads(labels: readonly string[]) {
    return labels.map(
      (label, i) => html`<th scope="col" title=${this.#ids[i] as string}>${this.#swatch(i)} <a href=${`#/job/${this.#ids[i]}`}>${label}</a></th>`,
    )
  }

  #figures(labels: readonly string[]) {
    const cell = (summary: Summary | null, show: (value: number) => string) =>
      summary === null ? html`<td>–</td>` : html`<td>${show(summary.last)} <small>${show(summary.min)} to ${show(summary.max)}</small></td>`
    const jobs = new Map(this.session.jobs.value.map((job) => [job.jobId, job]))
    return html`
      <section class="card" aria-labelledby="figures">
        <h2 id="figures">Figures</h2>
        <p class="muted">The last value; below it the least and the most.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Figures of each job">
          <table>
            <thead><tr><th scope="col"><span class="visually-hidden">Metric</span></th>${this.#heads(labels)}</tr></thead>
            <tbody>
              <tr><th scope="row">State</th>${this.#ids.map((jobId) => html`<td>${jobs.get(jobId)?.state ?? '–'}</td>`)}</tr>
              <tr><th scope="row">Progress</th>${this.#ids.map((jobId) => html`<td>${jobs.has(jobId) ? percent(jobs.get(jobId)?.progress ?? 0) : '–'}</td>`)}</tr>
              ${SHOWN.map(
                ({ metric, title, show }) =>
                  html`<tr><th scope="row">${title}</th>${this.#ids.map((jobId) => {
                    const metrics = this.#held.get(jobId)?.metrics
                    return cell(metrics === undefined ? null : metricSummary(metrics, metric), show)
                  })}</tr>`,
              )}
            </tbody>
          </table>
        </div>
      </section>
    `
  }

  #differences(labels: readonly string[]) {
    const specs = this.#ids.map((jobId) => this.session.spec(jobId))
    const unknown = labels.filter((_, i) => specs[i] === null)
    const known = specs.filter((spec) => spec !== null)
    const differences = known.length < 2 ? [] : specDifferences(specs.map((spec) => spec ?? {}))
    return html`
      <section class="card" aria-labelledby="differences">
        <h2 id="differences">What differs</h2>
        ${unknown.length === 0 ? nothing : html`<p class="muted">This tab has no specification of ${unknown.join(', ')}.</p>`}
        ${known.length < 2 ? html`<p class="muted">Choose two jobs or more.</p>` : differences.length === 0 ? html`<p>Nothing: these jobs have the same specification.</p>` : this.#differenceTable(differences, labels)}
      </section>
    `
  }

  #differenceTable(differences: readonly Difference[], labels: readonly string[]) {
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Keys of the specification that differ">
        <table>
          <thead><tr><th scope="col">Key</th>${this.#heads(labels)}</tr></thead>
          <tbody>
            ${differences.map(({ path, values }) => html`<tr><th scope="row" class="mono">${path}</th>${values.map((value) => html`<td class="mono value">${value === null ? '–' : shortHash(value)}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    `
  }

  #toggle(jobId: string): void {
    const ids = this.#ids.includes(jobId) ? this.#ids.filter((id) => id !== jobId) : [...this.#ids, jobId]
    window.location.hash = ids.length === 0 ? '#/compare' : `#/compare/${ids.join(',')}`
  }

  #hold(): void {
    for (const [jobId, held] of this.#held) {
      if (this.#ids.includes(jobId)) continue
      held.release()
      this.#held.delete(jobId)
    }
    // What is held while the tab is in no mesh yet records nothing.
    if (this.session.connection.value.phase !== 'connected') return
    for (const jobId of this.#ids) if (!this.#held.has(jobId)) this.#held.set(jobId, this.session.metrics(jobId))
  }
}

/** Whole hashes say no more than their beginning. */
const shortHash = (json: string): string => json.replace(/^"([0-9a-f]{12})[0-9a-f]{52}"$/, '$1…')

declare global {
  interface HTMLElementTagNameMap {
    'cyx-compare-page': CyxComparePage
  }
}
