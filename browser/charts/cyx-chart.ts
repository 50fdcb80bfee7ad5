/**
 * `<cyx-chart .source .options .group>`: one chart. New data is drawn by the page's frame scheduler and never renders the
 * element; a zoom survives it until somebody follows again. What the canvas shows is also there as text: label, live
 * region, legend, table.
 */
import { html, LitElement, render, unsafeCSS } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import type uPlot from 'uplot'
import uplotCss from 'uplot/dist/uPlot.min.css?inline'
import type { MetricName } from '../metrics/types.ts'
import { chartCss } from './chart-css.ts'
import { ChartCursor, type CursorHost } from './chart-cursor.ts'
import { chartAction, KEYS_HELP } from './chart-keys.ts'
import { tableTemplate } from './chart-table.ts'
import type { ChartSnapshot, ExportFormat } from './export/types.ts'
import { type Drawable, frames } from './frames.ts'
import { ChartGroup, type GroupMember } from './group.ts'
import { legendTemplate, writeLegend } from './legend.ts'
import { type MarkLine, markLabel, markLines } from './mark-lines.ts'
import { palette } from './palette.ts'
import { alignedData, createPlot, type PlotOwner } from './plot.ts'
import { isLogX, type LegendEntry, markX, type PlotData, prepare, visibleLimits } from './prepare.ts'
import type { Range } from './scales.ts'
import { trendOf } from './trend.ts'
import { type ChartOptions, type ChartSource, defaultChartOptions, type LineStyle } from './types.ts'
import { METRIC_INFO, valueText, X_TITLE, xText } from './units.ts'

const LABEL_MS = 3_000
const TABLE_MS = 1_000

@customElement('cyx-chart')
export class CyxChart extends LitElement implements Drawable, GroupMember, PlotOwner, CursorHost {
  static override styles = [unsafeCSS(uplotCss), chartCss]

  @property({ attribute: false }) source: ChartSource | null = null
  @property({ attribute: false }) options: ChartOptions = defaultChartOptions
  /** Charts of one group share window and cursor. */
  @property({ attribute: false }) group = new ChartGroup()

  @state() private entries: readonly LegendEntry[] = []
  @state() private zoomed = false
  @state() private tableOpen = false

  @query('.plot') private box!: HTMLElement
  @query('.chart') private figure!: HTMLElement
  @query('.at') private at!: HTMLElement
  @query('.tip') private tip!: HTMLElement
  @query('.empty') private emptyText!: HTMLElement
  @query('.live') private live!: HTMLElement
  @query('.table') private table!: HTMLElement
  @query('.menu') private menu!: HTMLElement

  readonly hiddenEntries = new Set<string>()
  readonly #cursor = new ChartCursor(this)
  yWindow: Range | null = null
  #plot: uPlot | null = null
  #plotKey = ''
  #prepared: PlotData | null = null
  #marks: readonly MarkLine[] = []
  /** Entries whose first state was set; later ones are the person's. */
  readonly #met = new Set<string>()
  #undo: (() => void)[] = []
  #visible = false
  #attached = false
  #labelMs = 0
  #tableMs = 0

  get metric(): MetricName {
    return this.source?.metric ?? 'loss'
  }

  data(): PlotData {
    if (!this.#prepared) throw new Error('cyx-chart: asked for data before any was prepared')
    return this.#prepared
  }

  limits(): readonly { readonly value: number; readonly style: LineStyle }[] {
    return this.#prepared ? visibleLimits(this.#prepared, this.hiddenEntries) : []
  }

  /** Asked for with every drawing, when the scales are known; kept for pointing at. */
  markLines(): readonly MarkLine[] {
    const { source, options } = this
    const plot = this.#plot
    const { min, max } = plot?.scales.x ?? {}
    if (!plot || !source || !options.marks || min == null || max == null) this.#marks = []
    else {
      const past = isLogX(options) ? Math.max(min, Number.MIN_VALUE) : min
      this.#marks = markLines(source.marks(), (mark) => {
        const x = markX(mark, options)
        return x < past || x > max ? null : plot.valToPos(x, 'x')
      })
    }
    return this.#marks
  }

  drawn(): ReturnType<CursorHost['drawn']> {
    return this.#plot && this.#prepared ? { plot: this.#plot, data: this.#prepared, marks: this.#marks } : null
  }

  say(text: string): void {
    this.live.textContent = text
  }

  /** Everything again, and new data as it comes; for the whole group. */
  follow(): void {
    this.group.follow()
  }

  /** What is shown now, for an export; null while there is nothing. */
  snapshot(): ChartSnapshot | null {
    const { source, options } = this
    if (!source) return null
    // A chart that is out of sight has drawn nothing yet: it does so for this picture.
    this.#drawNow()
    const plot = this.#plot
    const data = this.#prepared
    const { min: xMin, max: xMax } = plot?.scales.x ?? {}
    const { min: yMin, max: yMax } = plot?.scales.y ?? {}
    if (!plot || !data || xMin == null || xMax == null || yMin == null || yMax == null) return null
    return {
      source,
      options,
      data,
      hidden: new Set(this.hiddenEntries),
      x: [xMin, xMax],
      y: [yMin, yMax],
      canvas: plot.ctx.canvas,
      width: plot.width,
      height: plot.height,
      limits: this.limits(),
    }
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.#attach()
  }

  override disconnectedCallback(): void {
    this.#detach()
    super.disconnectedCallback()
  }

  override firstUpdated(): void {
    this.#attach()
  }

  override updated(changed: Map<string, unknown>): void {
    if (this.#attached && (changed.has('source') || changed.has('group'))) {
      if (changed.has('source') && changed.get('source')) this.#dropPlot()
      this.#detach()
      this.#attach()
    } else if (changed.has('options') && this.#attached) {
      frames.request(this)
    }
    if (changed.has('options')) {
      const before = changed.get('options') as ChartOptions | undefined
      if (before && before.logY !== this.options.logY) this.yWindow = null
    }
    if (changed.has('entries')) this.#writeValues()
  }

  override render() {
    const { source, options } = this
    const title = source?.title ?? ''
    return html`
      <div class="chart" role="figure" aria-details="data">
        <header>
          <h3>${title}</h3>
          <span class="hint">${source?.hint ?? ''}</span>
          <span class="at" aria-hidden="true"></span>
          <span class="tools">
            <button type="button" class="follow" ?hidden=${!this.zoomed} @click=${this.follow}>Show all</button>
            <button type="button" popovertarget="menu" aria-label="Export ${title}" title="Export">⇩</button>
          </span>
        </header>
        <div id="menu" class="menu" popover @toggle=${this.#placeMenu}>
          ${(['png', 'svg', 'csv', 'json'] as const).map((format) => html`<button type="button" @click=${() => this.#export(format)}>${format.toUpperCase()}</button>`)}
        </div>
        <div class="frame">
          <div class="plot" tabindex="0" role="application" aria-roledescription="chart" aria-label="Plot of ${title}" aria-describedby="keys" @keydown=${this.#key} @blur=${this.#leave}></div>
          <div class="tip" hidden></div>
          <p class="empty" hidden></p>
        </div>
        <div class="axis" aria-hidden="true">${X_TITLE[options.xAxis]}${options.xAxis === 'time' && !options.wallTime ? ' since the start' : ''} →</div>
        ${legendTemplate({ entries: this.entries, hidden: this.hiddenEntries, onToggle: (id, alone) => this.#toggle(id, alone) })}
        <span id="keys" class="visually-hidden">${KEYS_HELP}</span>
        <div class="live visually-hidden" role="status" aria-live="polite"></div>
        <details id="data" @toggle=${this.#tableToggled}>
          <summary>Table<span class="visually-hidden"> of ${title}</span></summary>
          <div class="table"></div>
        </details>
      </div>
    `
  }

  // ---- drawing ----

  /** Called by the frame scheduler. */
  draw(): void {
    if (this.#visible && this.#attached) this.#drawNow()
  }

  #drawNow(): void {
    const { source } = this
    if (!source || !this.#attached) return
    const data = prepare(source, this.options)
    this.#prepared = data
    this.#meet(data.legend)
    this.emptyText.hidden = !data.empty
    if (data.empty) this.emptyText.textContent = this.#emptyWords()
    const width = this.box.clientWidth
    const height = this.box.clientHeight
    if (width === 0 || height === 0) return
    if (data.empty) this.#dropPlot()
    else if (!this.#plot || this.#plotKey !== data.key) {
      const focusIndex = this.#plot?.cursor.idx
      this.#dropPlot()
      this.#plot = createPlot(this, this.box, { width, height })
      this.#plotKey = data.key
      if (focusIndex != null && this.box.matches(':focus')) this.#cursor.moveTo(focusIndex)
    } else {
      this.#plot.setData(alignedData(data))
    }
    this.#writeValues()
    this.#tellLabel()
    if (this.tableOpen && performance.now() - this.#tableMs > TABLE_MS) this.#drawTable()
  }

  #redraw(): void {
    if (!this.#plot || !this.#prepared) return
    this.#plot.setData(alignedData(this.#prepared))
    this.#writeValues()
  }

  #emptyWords(): string {
    const perPeer = METRIC_INFO[this.metric].perPeer
    const recorded = this.source?.runs.some((run) => run.metrics.value > 0)
    if (!recorded) return 'Nothing recorded yet. Lines appear with the first step.'
    if (this.metric === 'accuracy') return 'This job reports no accuracy.'
    return perPeer ? 'No member has reported this yet.' : 'No values yet.'
  }

  // ---- legend, label, table ----

  /** New entries: quiet ones begin hidden. The legend is rendered when the set changes. */
  #meet(legend: readonly LegendEntry[]): void {
    for (const entry of legend) {
      if (this.#met.has(entry.id)) continue
      this.#met.add(entry.id)
      if (entry.quiet) this.hiddenEntries.add(entry.id)
    }
    const same =
      legend.length === this.entries.length &&
      legend.every((entry, index) => entry.id === this.entries[index]?.id && entry.label === this.entries[index]?.label)
    if (!same) this.entries = legend
  }

  #toggle(entryId: string, alone: boolean): void {
    if (alone) for (const { id } of this.entries) id === entryId ? this.hiddenEntries.delete(id) : this.hiddenEntries.add(id)
    else if (!this.hiddenEntries.delete(entryId)) this.hiddenEntries.add(entryId)
    const plot = this.#plot
    if (plot) {
      plot.batch(() => {
        for (const [index, { entryId: id }] of (this.#prepared?.info ?? []).entries()) {
          const show = !this.hiddenEntries.has(id)
          if (plot.series[index + 1]?.show !== show) plot.setSeries(index + 1, { show })
        }
      })
    }
    this.requestUpdate()
  }

  #writeValues(): void {
    const data = this.#prepared
    if (!data) return
    const plot = this.#plot
    const pointed = plot && plot.cursor.idx != null && (plot.cursor.left ?? -1) >= 0 ? plot.cursor : null
    const values = new Map<string, number | null | undefined>()
    if (pointed) {
      for (const [index, { entryId, role }] of data.info.entries()) {
        const at = pointed.idxs?.[index + 1]
        if (role === 'line') values.set(entryId, at == null ? undefined : data.columns[index]?.[at])
      }
    }
    writeLegend(this.renderRoot, (id) => {
      const entry = data.legend.find((one) => one.id === id)
      if (!entry) return ''
      if (entry.kind === 'band') return ''
      const value = pointed ? values.get(id) : entry.lastDrawn
      const text = valueText(data.kind, value)
      return entry.limit !== null && !pointed ? `${text} of ${valueText(data.kind, entry.limit)}` : text
    })
    const x = pointed && plot ? data.x[pointed.idx ?? 0] : undefined
    const text = x === undefined ? '' : `${X_TITLE[this.options.xAxis]} ${xText(this.options.xAxis, this.options.wallTime, x)}`
    if (this.at.textContent !== text) this.at.textContent = text
  }

  #tellLabel(): void {
    const now = performance.now()
    if (this.#labelMs > 0 && now - this.#labelMs < LABEL_MS) return
    this.#labelMs = now
    this.figure.setAttribute('aria-label', this.#label())
  }

  #label(): string {
    const data = this.#prepared
    const title = `${this.source?.title ?? ''}${this.source?.hint ? `, ${this.source.hint}` : ''}`
    const lines = data?.legend.filter((entry) => entry.kind !== 'band' && !this.hiddenEntries.has(entry.id)) ?? []
    if (!data || lines.length === 0) return `${title}: no values yet`
    const told = lines.slice(0, 4).map((entry) => {
      const trend = trendOf(entry.drawn)
      return `${entry.label} ${valueText(data.kind, entry.last)}${trend ? `, ${trend}` : ''}`
    })
    return `${title}: ${told.join('; ')}${lines.length > 4 ? `; and ${lines.length - 4} more` : ''}`
  }

  #tableToggled(event: Event): void {
    this.tableOpen = (event.currentTarget as HTMLDetailsElement).open
    if (this.tableOpen) this.#drawTable()
    else render(html``, this.table)
  }

  #drawTable(): void {
    this.#tableMs = performance.now()
    if (this.source) render(tableTemplate(this.source, this.options), this.table)
  }

  // ---- zoom and cursor ----

  windowChanged(window: Range | null): void {
    if (window === null) this.yWindow = null
    this.zoomed = window !== null || this.yWindow !== null
    this.#redraw()
  }

  selected(x: Range, y: Range | null): void {
    this.yWindow = y
    this.group.zoom(x)
  }

  doubleClicked(): void {
    this.group.follow()
  }

  cursorMoved(): void {
    this.#writeValues()
    const left = this.#plot?.cursor.left ?? -1
    // The cursor of the group passes marks in every chart; their text is shown where somebody is.
    const near = left >= 0 && this.box.matches(':hover, :focus') ? this.#cursor.markAt(left) : undefined
    this.tip.hidden = near === undefined
    if (!near || !this.#plot) return
    this.tip.textContent = markLabel(near)
    const start = this.#plot.over.offsetLeft + near.left
    const right = start > this.box.clientWidth / 2
    this.tip.style.insetInlineStart = right ? 'auto' : `${start + 8}px`
    this.tip.style.insetInlineEnd = right ? `${this.box.clientWidth - start + 8}px` : 'auto'
  }

  #key(event: KeyboardEvent): void {
    const action = chartAction(event)
    if (!action || !this.#plot) return
    event.preventDefault()
    event.stopPropagation()
    this.#cursor.act(action)
  }

  #leave(): void {
    this.#cursor.leave()
    this.tip.hidden = true
    this.#writeValues()
  }

  // ---- export ----

  #placeMenu(event: ToggleEvent): void {
    if (event.newState !== 'open') return
    const button = this.renderRoot.querySelector('[popovertarget]') as HTMLElement
    const { bottom, right } = button.getBoundingClientRect()
    this.menu.style.top = `${Math.max(4, Math.min(bottom + 4, innerHeight - this.menu.offsetHeight - 4))}px`
    this.menu.style.left = `${Math.max(4, right - this.menu.offsetWidth)}px`
  }

  async #export(format: ExportFormat): Promise<void> {
    this.menu.hidePopover()
    const snapshot = this.snapshot()
    try {
      if (!snapshot) throw new Error(`${this.source?.title ?? 'Chart'}: there are no values to export yet`)
      const { saveChart } = await import('./export/index.ts')
      await saveChart(snapshot, format)
    } catch (error) {
      this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text: (error as Error).message, level: 'error' }, bubbles: true, composed: true }))
    }
  }

  // ---- life ----

  #attach(): void {
    if (this.#attached || !this.isConnected) return
    this.#attached = true
    this.#undo.push(this.group.join(this))
    const resize = new ResizeObserver(() => this.#resize())
    resize.observe(this.box)
    const sight = new IntersectionObserver(
      (changes) => {
        this.#visible = changes.at(-1)?.isIntersecting ?? false
        if (this.#visible) frames.request(this)
      },
      { rootMargin: '100px' },
    )
    sight.observe(this.box)
    this.#undo.push(
      () => resize.disconnect(),
      () => sight.disconnect(),
      palette.subscribe(() => this.#recolour()),
    )
    if (this.source) this.#undo.push(this.source.subscribe(() => this.#visible && frames.request(this)))
    this.zoomed = this.group.window !== null || this.yWindow !== null
    // The first drawing follows when the observer has seen the chart.
  }

  #detach(): void {
    this.#attached = false
    for (const undo of this.#undo.splice(0)) undo()
    frames.cancel(this)
    this.#cursor.stop()
    this.#dropPlot()
    this.#prepared = null
    this.#visible = false
  }

  #dropPlot(): void {
    this.#plot?.destroy()
    this.#plot = null
    this.#plotKey = ''
    if (this.tip) this.tip.hidden = true
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.box
    if (width === 0 || height === 0) return
    if (!this.#plot) {
      if (this.#visible) frames.request(this)
    } else if (width !== this.#plot.width || height !== this.#plot.height) {
      this.#plot.setSize({ width, height })
    }
  }

  #recolour(): void {
    // The font of the axes may have changed with the theme, and uPlot reads it only once.
    this.#plot?.redraw(false, false)
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-chart': CyxChart
  }
}
