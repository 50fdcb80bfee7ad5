/**
 * The charts of one or several jobs in a page: loads the chart code when it is first wanted, hands it the person's chart
 * settings and keeps their changes. Gives the chart element equal objects while nothing changed, as pages render often.
 */
import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { ChartOptions, ChartRun } from '../../charts/types.ts'
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
  #limits: ReadonlyMap<string, number> = new Map()
  #options: Partial<ChartOptions> = {}

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
      await import('../../charts/job-charts.ts')
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
    const limits = new Map<string, number>()
    for (const { peerId, memory } of this.session.peers.value) if (memory.limitBytes > 0) limits.set(peerId, memory.limitBytes)
    const same = limits.size === this.#limits.size && [...limits].every(([peerId, limit]) => this.#limits.get(peerId) === limit)
    if (!same) this.#limits = limits
  }

  override render() {
    if (this.phase === 'failed') {
      return html`<div class="card" role="alert"><p>The charts could not be loaded: ${this.#problem}</p><button @click=${() => void this.#load()}>Try again</button></div>`
    }
    if (this.phase === 'loading') return html`<p class="muted" role="status">Loading charts…</p>`
    return html`<cyx-job-charts .runs=${this.runs} .memoryLimits=${this.#limits} .options=${this.#options} @cyx-chart-options=${this.#onOptions}></cyx-job-charts>`
  }

  readonly #onOptions = (event: CustomEvent<Partial<ChartOptions>>): void => {
    this.#options = { ...this.#options, ...event.detail }
    const { smoothing, xAxis, logX, logY } = this.session.settings.value
    const next = { smoothing, xAxis, logX, logY, ...pick(event.detail) }
    this.session.changeSettings(next)
    this.requestUpdate()
  }
}

/** What is kept as a setting; the rest lives as long as the element. */
function pick({ smoothing, xAxis, logX, logY }: Partial<ChartOptions>): Partial<ChartOptions> {
  return {
    ...(smoothing === undefined ? {} : { smoothing }),
    ...(xAxis === undefined ? {} : { xAxis }),
    ...(logX === undefined ? {} : { logX }),
    ...(logY === undefined ? {} : { logY }),
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-run-charts': CyxRunCharts
  }
}
