/**
 * The charts of one or several jobs in a page: loads the chart code when it is first wanted, hands it the person's chart
 * settings and keeps their changes. Gives the chart element equal objects while nothing changed, as pages render often.
 */
import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { type ChartOptions, type ChartRun, defaultChartOptions } from '../../charts/types.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { messageOf } from '../jobs/act.ts'

function sameRuns(now: readonly ChartRun[], before: readonly ChartRun[] | undefined): boolean {
  return (
    before !== undefined &&
    now.length === before.length &&
    now.every((run, i) => run.jobId === before[i]?.jobId && run.label === before[i].label && run.metrics === before[i].metrics)
  )
}

@customElement('cyx-run-charts')
export class CyxRunCharts extends LitElement {
  static override styles = [shared, css`:host { display: block; min-height: 260px; }`]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false, hasChanged: (now: readonly ChartRun[], before: readonly ChartRun[] | undefined) => !sameRuns(now, before) })
  runs: readonly ChartRun[] = []
  @state() private phase: 'loading' | 'ready' | 'failed' = 'loading'
  #problem = ''
  #limits: Readonly<Record<string, number>> = {}
  #options: ChartOptions = defaultChartOptions

  constructor() {
    super()
    new StoreController(this, () => [this.session.settings, this.session.peers])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.phase !== 'ready') void this.#load()
  }

  async #load(): Promise<void> {
    this.phase = 'loading'
    try {
      await import('../../charts/cyx-job-charts.ts')
      this.phase = 'ready'
    } catch (cause) {
      this.#problem = messageOf(cause)
      this.phase = 'failed'
    }
  }

  override willUpdate(_changed: PropertyValues<this>): void {
    const { smoothing, xAxis, logX, logY } = this.session.settings.value
    const old = this.#options
    if (old.smoothing !== smoothing || old.xAxis !== xAxis || old.logX !== logX || old.logY !== logY) this.#options = { ...old, smoothing, xAxis, logX, logY }
    const limits: Record<string, number> = {}
    for (const { peerId, memory } of this.session.peers.value) if (memory.limitBytes > 0) limits[peerId] = memory.limitBytes
    if (JSON.stringify(limits) !== JSON.stringify(this.#limits)) this.#limits = limits
  }

  override render() {
    if (this.phase === 'failed') {
      return html`<div class="card" role="alert"><p>The charts could not be loaded: ${this.#problem}</p><button @click=${() => void this.#load()}>Try again</button></div>`
    }
    if (this.phase === 'loading') return html`<p class="muted" role="status">Loading charts…</p>`
    return html`<h2 class="visually-hidden">Charts</h2><cyx-job-charts .runs=${this.runs} .memoryLimits=${this.#limits} .options=${this.#options} @cyx-chart-options=${this.#onOptions}></cyx-job-charts>`
  }

  readonly #onOptions = (event: CustomEvent<ChartOptions>): void => {
    // Band, marks and wall time live as long as this element; the rest are settings.
    this.#options = event.detail
    const { smoothing, xAxis, logX, logY } = event.detail
    this.session.changeSettings({ smoothing, xAxis, logX, logY })
    this.requestUpdate()
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-run-charts': CyxRunCharts
  }
}
