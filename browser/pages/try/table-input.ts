/** One field per column of a table. Fires `cyx-row` with a number for each once all of them are numbers. */
import { css, html, LitElement } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { shared } from '../../theme/shared.ts'

@customElement('cyx-table-input')
export class CyxTableInput extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 10px 14px; }
      label { display: grid; gap: 4px; font-size: 0.85em; color: var(--cyx-muted); min-width: 0; overflow-wrap: anywhere; align-content: end; }
      input { width: 100%; box-sizing: border-box; }
      .error { color: var(--cyx-danger); margin: 8px 0 0; }
    `,
  ]

  /** Names of the columns. */
  @property({ attribute: false }) columns: readonly string[] = []
  @property({ attribute: false }) values: readonly string[] = []

  override render() {
    const bad = this.columns.filter((_, i) => numberOf(this.values[i] ?? '0') === null)
    return html`
      <div class="fields">
        ${this.columns.map((name, i) => {
          const value = this.values[i] ?? '0'
          const wrong = numberOf(value) === null
          return html`<label>${name}
            <input inputmode="decimal" autocomplete="off" .value=${value} aria-invalid=${wrong ? 'true' : 'false'} aria-describedby=${wrong ? 'problem' : ''}
              @input=${(event: InputEvent) => this.#set(i, (event.target as HTMLInputElement).value)} /></label>`
        })}
      </div>
      <p id="problem" class="error" role="alert">${bad.length === 0 ? '' : `Not a number: ${bad.join(', ')}. Write it as 1.5 or -2e3.`}</p>
    `
  }

  #set(index: number, value: string): void {
    this.values = this.columns.map((_, i) => (i === index ? value : (this.values[i] ?? '0')))
    this.#tell()
  }

  #tell(): void {
    const row = this.columns.map((_, i) => numberOf(this.values[i] ?? '0'))
    if (row.every((value) => value !== null)) this.dispatchEvent(new CustomEvent('cyx-row', { detail: Float32Array.from(row), bubbles: true, composed: true }))
  }
}

/** A comma for a point is understood; blanks are no number. */
function numberOf(text: string): number | null {
  const plain = text.trim().replace(',', '.')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) return null
  const value = Math.fround(Number(plain))
  return Number.isFinite(value) ? value : null
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-table-input': CyxTableInput
  }
}
