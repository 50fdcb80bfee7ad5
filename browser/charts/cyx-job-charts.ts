/**
 * `<cyx-job-charts .runs .memoryLimits .options>`: all charts of one job, or of several side by side, with one toolbar. Fires
 * `cyx-chart-options` with the changed options; whoever owns the settings may keep them.
 */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { METRICS, type MetricName } from '../metrics/types.ts'
import './cyx-chart.ts'
import { ChartGroup, type GroupMember } from './group.ts'
import { LineStyles } from './line-styles.ts'
import { MetricSource } from './source.ts'
import { toolbarCss } from './toolbar-css.ts'
import { type ChartOptions, type ChartRun, defaultChartOptions } from './types.ts'

export type { ChartOptions, ChartRun } from './types.ts'

/** More jobs than this cannot be told apart on one chart. */
export const MAX_RUNS = 8

/** Metrics that not every run has. */
const SOMETIMES: ReadonlySet<MetricName> = new Set(['accuracy', 'waitShare', 'skippedSteps'])

@customElement('cyx-job-charts')
export class CyxJobCharts extends LitElement implements GroupMember {
  static override styles = [
    toolbarCss,
    css`
      :host { display: block; min-width: 0; }
      .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: var(--cyx-gap, 12px); }
      .grid > * { min-width: 0; }
      .grid > .wide { grid-column: 1 / -1; --cyx-chart-height: 280px; }
      .note { color: var(--cyx-muted); font-size: 0.875rem; }
    `,
  ]

  @property({ attribute: false }) runs: readonly ChartRun[] = []
  /** Bytes a member may hold at most, per peer id. */
  @property({ attribute: false }) memoryLimits: Readonly<Record<string, number>> = {}
  @property({ attribute: false }) options: ChartOptions = defaultChartOptions
  /** How to call a peer in legends; a short form of its id unless told. */
  @property({ attribute: false }) nameOf: ((peerId: string) => string) | undefined = undefined

  @state() private zoomed = false
  @state() private metrics: readonly MetricName[] = []
  @query('#export') private menu!: HTMLElement

  #group = new ChartGroup()
  #styles = new LineStyles()
  #sources = new Map<MetricName, MetricSource>()
  #undo: (() => void)[] = []
  #limitsKey = ''
  #runsKey = ''

  /** Shows everything again, in all charts, and new data as it comes. */
  follow(): void {
    this.#group.follow()
  }

  windowChanged(): void {
    this.zoomed = this.#group.window !== null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch()
  }

  override disconnectedCallback(): void {
    this.#unwatch()
    super.disconnectedCallback()
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('options')) {
      const before = changed.get('options') as ChartOptions | undefined
      // A window on steps says nothing about seconds.
      if (before && (before.xAxis !== this.options.xAxis || before.wallTime !== this.options.wallTime)) this.#group.follow()
    }
    if (!changed.has('runs') && !changed.has('memoryLimits') && !changed.has('nameOf')) return
    // A page may hand over equal values in new arrays with each of its renderings: charts must not start anew for that.
    const runsKey = JSON.stringify(this.runs.map(({ jobId, label }) => [jobId, label]))
    const limitsKey = JSON.stringify(this.memoryLimits)
    const sameMetrics = [...this.#sources.values()].every(
      ({ runs }) => runs.length === this.runs.length && runs.every((run, index) => run.metrics === this.runs[index]?.metrics),
    )
    if (runsKey === this.#runsKey && limitsKey === this.#limitsKey && sameMetrics && !changed.has('nameOf')) return
    if (runsKey !== this.#runsKey) this.#styles = new LineStyles()
    this.#runsKey = runsKey
    this.#limitsKey = limitsKey
    this.#sources = new Map(METRICS.map((metric) => [metric, this.#source(metric)]))
    if (this.isConnected) {
      this.#unwatch()
      this.#watch()
    }
  }

  override render() {
    const { runs, metrics } = this
    if (runs.length === 0) return html`<p class="note">No job is chosen.</p>`
    return html`
      ${this.#toolbar()}
      ${runs.length > MAX_RUNS ? html`<p class="note">Only the first ${MAX_RUNS} of ${runs.length} jobs are shown.</p>` : nothing}
      <div class="grid">
        ${repeat(
          metrics,
          (metric) => metric,
          (metric) =>
            html`<cyx-chart class=${metric === 'loss' && runs.length > 1 ? 'wide' : ''} .source=${this.#sources.get(metric) ?? null} .options=${this.options} .group=${this.#group}></cyx-chart>`,
        )}
      </div>
    `
  }

  #toolbar() {
    const { smoothing, xAxis, wallTime, logX, logY, band, marks } = this.options
    const toggle = (label: string, on: boolean, change: Partial<ChartOptions>, disabled = false) =>
      html`<button type="button" class="toggle" aria-pressed=${on} ?disabled=${disabled} @click=${() => this.#change(change)}>${label}</button>`
    return html`
      <div class="toolbar" role="toolbar" aria-label="Charts">
        <label class="smooth">Smoothing
          <input type="range" min="0" max="0.99" step="0.01" .value=${String(smoothing)} aria-valuetext=${smoothing === 0 ? 'off' : String(smoothing)} @input=${this.#smooth} />
          <output>${smoothing === 0 ? 'off' : smoothing.toFixed(2)}</output>
        </label>
        <label>x
          <select aria-label="Horizontal axis" @change=${this.#axis}>
            <option value="step" ?selected=${xAxis === 'step'}>steps</option>
            <option value="samples" ?selected=${xAxis === 'samples'}>samples</option>
            <option value="time" ?selected=${xAxis === 'time' && !wallTime}>time since start</option>
            <option value="wall" ?selected=${xAxis === 'time' && wallTime}>time of day</option>
          </select>
        </label>
        <span class="set" role="group" aria-label="Scales and layers">
          ${toggle('Log x', logX, { logX: !logX }, xAxis === 'time' && wallTime)} ${toggle('Log y', logY, { logY: !logY })} ${toggle('Range', band, { band: !band })}
          ${toggle('Events', marks, { marks: !marks })}
        </span>
        <span class="end">
          <button type="button" class="toggle" aria-pressed=${!this.zoomed} title="Show everything, and new data as it comes" @click=${this.follow}>Follow</button>
          <button type="button" popovertarget="export">Export all</button>
        </span>
        <div id="export" class="menu" popover @toggle=${this.#placeMenu}>
          <button type="button" @click=${() => this.#export('csv')}>All numbers, CSV</button>
          <button type="button" @click=${() => this.#export('json')}>All numbers, JSON</button>
        </div>
      </div>
    `
  }

  #source(metric: MetricName): MetricSource {
    return new MetricSource({
      metric,
      runs: this.runs.slice(0, MAX_RUNS),
      limits: metric === 'memoryBytes' && this.runs.length === 1 ? this.memoryLimits : {},
      styles: this.#styles,
      ...(this.nameOf ? { nameOf: this.nameOf } : {}),
    })
  }

  #change(change: Partial<ChartOptions>): void {
    this.options = { ...this.options, ...change }
    this.dispatchEvent(new CustomEvent<ChartOptions>('cyx-chart-options', { detail: this.options, bubbles: true, composed: true }))
  }

  #smooth(event: Event): void {
    this.#change({ smoothing: Number((event.target as HTMLInputElement).value) })
  }

  #axis(event: Event): void {
    const { value } = event.target as HTMLSelectElement
    if (value === 'wall') this.#change({ xAxis: 'time', wallTime: true })
    else if (value === 'step' || value === 'samples' || value === 'time') this.#change({ xAxis: value, wallTime: false })
  }

  /** A chart that never has a line is left out: accuracy of a regression, waiting of a member alone, steps left out. */
  #present(): readonly MetricName[] {
    return METRICS.filter((metric) => (SOMETIMES.has(metric) ? this.runs.some((run) => run.metrics.series(metric).length > 0) : true))
  }

  #watch(): void {
    const look = (): void => {
      const present = this.#present()
      if (present.join() !== this.metrics.join()) this.metrics = present
    }
    this.#undo.push(this.#group.join(this), ...this.runs.map((run) => run.metrics.subscribe(look)))
    look()
  }

  #unwatch(): void {
    for (const undo of this.#undo.splice(0)) undo()
  }

  #placeMenu(event: ToggleEvent): void {
    if (event.newState !== 'open') return
    const { bottom, right } = (this.renderRoot.querySelector('[popovertarget]') as HTMLElement).getBoundingClientRect()
    this.menu.style.top = `${bottom + 4}px`
    this.menu.style.left = `${Math.max(4, right - this.menu.offsetWidth)}px`
  }

  async #export(format: 'csv' | 'json'): Promise<void> {
    this.menu.hidePopover()
    try {
      const { saveAll } = await import('./export/index.ts')
      saveAll([...this.#sources.values()], this.options, format)
    } catch (error) {
      this.dispatchEvent(
        new CustomEvent('cyx-toast', { detail: { text: `Export: ${(error as Error).message}`, level: 'error' }, bubbles: true, composed: true }),
      )
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-job-charts': CyxJobCharts
  }
  interface HTMLElementEventMap {
    'cyx-chart-options': CustomEvent<ChartOptions>
  }
}
