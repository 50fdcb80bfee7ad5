/**
 * The JSON view of a draft: the very text of the job file, line numbers beside it. A mistake in the JSON is told by line
 * and column, one in the job by the line of its key; a click goes there. What is typed stays as it is typed.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { DraftStore } from '../../jobs/draft-store.ts'
import { placeOfKey, type TextPlace, type TextProblem } from '../../jobs/json-text.ts'
import { shared } from '../../theme/shared.ts'

@customElement('cyx-job-json')
export class JobJson extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; min-width: 0; }
      label { font-weight: 600; font-size: 0.85rem; }
      .editor { display: grid; grid-template-columns: auto minmax(0, 1fr); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); background: var(--cyx-surface); overflow: hidden; margin: 6px 0; }
      .editor:focus-within { outline: 2px solid var(--cyx-focus); outline-offset: 1px; }
      pre, textarea { font: 13px/20px var(--cyx-mono); margin: 0; padding: 10px; tab-size: 2; }
      pre { text-align: right; color: var(--cyx-muted); background: var(--cyx-surface-2); user-select: none; overflow: hidden; height: 520px; box-sizing: border-box; }
      pre .wrong { color: var(--cyx-danger); font-weight: 700; }
      textarea { border: 0; border-radius: 0; outline: none; resize: none; width: 100%; height: 520px; box-sizing: border-box; background: transparent; color: inherit; white-space: pre; overflow: auto; }
      textarea:focus-visible, textarea[aria-invalid='true'] { outline: none; box-shadow: none; border: 0; }
      .editor:has(textarea[aria-invalid='true']) { border-color: var(--cyx-danger); }
      .status { min-height: 24px; font-size: 0.85rem; display: grid; gap: 4px; }
      .error { color: var(--cyx-danger); display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap; }
      @media (max-width: 620px) { pre, textarea { height: 420px; } }
    `,
  ]

  @property({ attribute: false }) store!: DraftStore
  @property({ attribute: false }) text = ''
  @property({ attribute: false }) textProblem: TextProblem | null = null
  /** Of the job itself, by key; empty while the text cannot be read. */
  @property({ attribute: false }) problems: ReadonlyMap<string, string> = new Map()

  focusKey(key: string): void {
    const place = placeOfKey(this.text, key)
    if (place !== null) this.goTo(place)
  }

  override updated(): void {
    // Set by hand: a binding would move the cursor to the end on every key.
    const area = this.area()
    if (area !== null && area.value !== this.text) area.value = this.text
  }

  override render(): TemplateResult {
    const { textProblem } = this
    const found =
      textProblem === null
        ? [...this.problems].map(([key, message]) => ({ message: `${key}: ${message}`, place: placeOfKey(this.text, key) }))
        : [{ message: textProblem.message, place: textProblem as TextPlace | null }]
    const wrong = new Set(found.map(({ place }) => place?.line))
    const lines = this.text.split('\n').length
    return html`
      <label for="text">Job file</label> <span class="muted">as "cyxwiz submit" takes it</span>
      <div class="editor">
        <pre aria-hidden="true">${Array.from({ length: lines }, (_, i) => html`<span class=${wrong.has(i + 1) ? 'wrong' : ''}>${i + 1}</span>\n`)}</pre>
        <textarea id="text" spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off" aria-invalid=${found.length > 0} aria-describedby="status"
          @input=${(event: Event) => this.store.setText((event.target as HTMLTextAreaElement).value)} @scroll=${this.scrolled}></textarea>
      </div>
      <div id="status" class="status" role="status">
        ${
          found.length === 0
            ? html`<span class="muted">Valid JSON, ${lines} lines</span>`
            : found.map(
                ({ message, place }) => html`<span class="error">
                ${place === null ? nothing : html`<button type="button" class="quiet" @click=${() => this.goTo(place)}>Line ${place.line}, column ${place.column}</button>`}
                <span>${message}</span></span>`,
              )
        }
      </div>
    `
  }

  private area(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('textarea')
  }

  private scrolled(event: Event): void {
    const lines = this.renderRoot.querySelector('pre')
    if (lines !== null) lines.scrollTop = (event.target as HTMLElement).scrollTop
  }

  private goTo({ offset, line }: TextPlace): void {
    const area = this.area()
    if (area === null) return
    area.focus()
    const end = this.text.slice(offset).search(/[,\n}\]]/)
    area.setSelectionRange(offset, end < 0 ? this.text.length : offset + Math.max(1, end))
    area.scrollTop = Math.max(0, (line - 6) * 20)
  }
}
