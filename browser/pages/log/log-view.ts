/**
 * The log as a list with filters: what the page and the drawer show. Only the newest entries that fit the filter are in the
 * page (a bounded list), so 5,000 entries cost no more than a few hundred.
 */
import { css, html, LitElement } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { clock, shortId } from '../../elements/format.ts'
import type { LogEntry, LogLevel, Session } from '../../session/types.ts'
import { Store } from '../../state/store.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { filterLog, LEVELS, type LogFilter, logText } from './log-filter.ts'

/** More rows than this nobody scrolls through; the filter or the download finds the rest. */
const MOST_ROWS = 300

/** Page and drawer show the same choice. */
const chosen = new Store<LogFilter & { readonly follow: boolean }>({ level: 'info', source: '', jobId: '', text: '', follow: true })
let keys = 0
const keyOf = new WeakMap<LogEntry, number>()

@customElement('cyx-log-view')
export class CyxLogView extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: flex; flex-direction: column; gap: 8px; min-height: 0; }
      .tools { align-items: end; }
      .tools label.field { font-size: 12px; color: var(--cyx-muted); font-weight: 400; }
      .list { flex: 1; overflow: auto; min-height: 0; margin: 0; padding: 6px 0; list-style: none; background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); font: 12.5px/1.5 var(--cyx-mono); }
      li { display: grid; grid-template-columns: 9ch 6ch 10ch minmax(0, 1fr); gap: 10px; padding: 1px 12px; overflow-wrap: anywhere; content-visibility: auto; contain-intrinsic-height: auto 21px; }
      li:hover { background: var(--cyx-surface-2); }
      li[data-level='warn'] .level { color: var(--cyx-warn); font-weight: 600; }
      li[data-level='error'] .level { color: var(--cyx-danger); font-weight: 600; }
      li[data-level='debug'] { color: var(--cyx-muted); }
      @media (max-width: 720px) { li { grid-template-columns: auto auto 1fr; } li > :last-child { grid-column: 1 / -1; } }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @query('.list') private list!: HTMLElement
  @query('input[type=search]') private search!: HTMLInputElement

  constructor() {
    super()
    new StoreController(this, () => [this.session.log, this.session.jobs, chosen])
  }

  focusFilter(): void {
    this.search.focus()
  }

  override updated(): void {
    if (chosen.value.follow) this.list.scrollTop = this.list.scrollHeight
  }

  override render() {
    const entries = this.session.log.value
    const filter = chosen.value
    const fitting = filterLog(entries, filter)
    const shown = fitting.slice(-MOST_ROWS)
    const sources = [...new Set(entries.map(({ source }) => source))].toSorted()
    const names = new Map(this.session.jobs.value.map(({ jobId, name }) => [jobId, name]))
    const jobs = [...new Set(entries.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId])))]
    const pick = (key: 'level' | 'source' | 'jobId') => (event: Event) =>
      chosen.update((before) => ({ ...before, [key]: (event.target as HTMLSelectElement).value }))
    return html`
      <div class="row tools">
        <label class="field">Level<select .value=${filter.level} @change=${pick('level')}>${LEVELS.map((level) => html`<option value=${level} ?selected=${level === filter.level}>${level} and above</option>`)}</select></label>
        <label class="field">Source<select @change=${pick('source')}><option value="">all</option>${sources.map((source) => html`<option ?selected=${source === filter.source}>${source}</option>`)}</select></label>
        <label class="field">Job<select @change=${pick('jobId')}><option value="">all</option>${jobs.map((jobId) => html`<option value=${jobId} ?selected=${jobId === filter.jobId}>${names.get(jobId) ?? shortId(jobId)}</option>`)}</select></label>
        <label class="field grow">Text<input type="search" placeholder="/ to filter" .value=${filter.text} @input=${(event: InputEvent) => chosen.update((before) => ({ ...before, text: (event.target as HTMLInputElement).value }))} /></label>
        <button aria-pressed=${filter.follow} @click=${() => chosen.update((before) => ({ ...before, follow: !before.follow }))}>Follow</button>
        <button @click=${() => void this.#copy(fitting)}>Copy</button>
        <button @click=${() => this.#download(fitting)}>Download</button>
      </div>
      <p class="muted number">${fitting.length} of ${entries.length} entries${fitting.length > MOST_ROWS ? `, the newest ${MOST_ROWS} shown` : ''}</p>
      <ol class="list" tabindex="0" aria-label="Log entries" @wheel=${this.#leave}>
        ${repeat(shown, idOf, ({ timeMs, level, source, text }) => html`<li data-level=${level}><span>${clock(timeMs)}</span><span class="level">${level}</span><span>${source}</span><span>${text}</span></li>`)}
      </ol>
    `
  }

  /** Who scrolls up wants to read. */
  readonly #leave = (event: WheelEvent): void => {
    if (event.deltaY < 0 && chosen.value.follow) chosen.update((before) => ({ ...before, follow: false }))
  }

  async #copy(entries: readonly LogEntry[]): Promise<void> {
    try {
      await navigator.clipboard.writeText(logText(entries))
      this.#say(`${entries.length} entries copied.`, 'ok')
    } catch {
      this.#say('This browser does not let the page copy: use Download.', 'warn')
    }
  }

  #download(entries: readonly LogEntry[]): void {
    const url = URL.createObjectURL(new Blob([logText(entries)], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = url
    link.download = `cyxwiz-log-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.txt`
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
  }

  #say(text: string, level: LogLevel | 'ok'): void {
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level }, bubbles: true, composed: true }))
  }
}

/** Entries are never changed, so the object is the identity. */
function idOf(entry: LogEntry): number {
  let key = keyOf.get(entry)
  if (key === undefined) {
    key = keys++
    keyOf.set(entry, key)
  }
  return key
}
