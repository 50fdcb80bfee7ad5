/**
 * One field of the job form: label, control, a "?" that opens its help in place, the default where nothing is typed, and
 * the mistake where there is one. Control and label share a shadow root; the mistake is tied to the control by
 * `aria-describedby`. Text that is no number stays as typed: the schema says what is wrong with it.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { type Field, shownValue, typedValue } from '../../jobs/fields.ts'
import type { Json } from '../../jobs/json-text.ts'
import { shared } from '../../theme/shared.ts'

export interface FieldChange {
  readonly key: string
  readonly value: Json | undefined
}

@customElement('cyx-job-field')
export class JobField extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; min-width: 0; }
      .head { display: flex; align-items: center; gap: 4px; min-height: 24px; }
      label { font-size: 0.85rem; font-weight: 600; }
      .help { flex: none; width: 24px; min-width: 24px; height: 24px; min-height: 24px; padding: 0; border-radius: 50%; font-size: 0.75rem; line-height: 1; color: var(--cyx-muted); }
      input:not([type='checkbox']), select { width: 100%; box-sizing: border-box; font-variant-numeric: tabular-nums; }
      input[aria-invalid='true'], select[aria-invalid='true'] { border-color: var(--cyx-danger); outline-color: var(--cyx-danger); }
      input::placeholder { color: var(--cyx-muted); opacity: 1; }
      input[type='checkbox'] { width: 20px; height: 20px; margin: 2px 4px 2px 0; }
      p { margin: 3px 0 0; font-size: 0.8rem; overflow-wrap: anywhere; }
      .error { color: var(--cyx-danger); }
      :host([compact]) { display: flex; flex-wrap: wrap; align-items: center; gap: 0 6px; }
      :host([compact]) label { font-weight: 400; color: var(--cyx-muted); }
      :host([compact]) input:not([type='checkbox']), :host([compact]) select { width: 5.5rem; }
      :host([compact]) .error { flex-basis: 100%; margin: 0; }
    `,
  ]

  @property({ attribute: false }) field!: Field
  @property({ attribute: false }) label = ''
  @property({ attribute: false }) help = ''
  @property({ attribute: false }) value: Json | undefined = undefined
  @property({ attribute: false }) problem: string | null = null
  @property({ type: Boolean }) disabled = false
  /** In a row of a list: help on hover and focus only. */
  @property({ type: Boolean, reflect: true }) compact = false
  @state() private helpOpen = false

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('#control')?.focus()
  }

  override render(): TemplateResult {
    const { kind } = this.field
    const check = kind === 'boolean'
    const label = html`<label for="control">${this.label}</label>`
    return html`
      <div class="head">
        ${check ? this.renderControl() : nothing}${label}
        ${
          this.help === '' || this.compact
            ? nothing
            : html`<button type="button" class="quiet help" aria-label="What is ${this.label}?" aria-expanded=${this.helpOpen} aria-controls="help"
                @click=${() => {
                  this.helpOpen = !this.helpOpen
                }}>?</button>`
        }
      </div>
      ${check ? nothing : this.renderControl()}
      <p id="help" class="muted" ?hidden=${!this.helpOpen}>${this.help}${this.field.range === '' ? '' : ` (${this.field.range})`}</p>
      <p id="error" class="error" ?hidden=${this.problem === null}>${this.problem ?? ''}</p>
    `
  }

  private renderControl(): TemplateResult {
    const { kind, choices } = this.field
    const invalid = this.problem !== null
    const described = invalid ? 'error' : this.helpOpen ? 'help' : nothing
    const hint = this.compact && this.help !== '' ? this.help : nothing
    if (kind === 'boolean') {
      const checked = (this.value ?? this.field.default) === true
      return html`<input id="control" type="checkbox" .checked=${checked} ?disabled=${this.disabled} aria-describedby=${described} aria-invalid=${invalid} title=${hint}
        @change=${(event: Event) => this.change((event.target as HTMLInputElement).checked)} />`
    }
    if (kind === 'choice') {
      const value = shownValue(this.value ?? this.field.default)
      const all = choices.includes(value) ? choices : [value, ...choices]
      return html`<select id="control" ?disabled=${this.disabled} aria-describedby=${described} aria-invalid=${invalid} title=${hint}
        @change=${(event: Event) => this.change((event.target as HTMLSelectElement).value)}>
        ${all.map((choice) => html`<option value=${choice} ?selected=${choice === value}>${choice}</option>`)}
      </select>`
    }
    const numeric = kind === 'number' || (kind === 'integer' && choices.length === 0)
    return html`<input id="control" type="text" autocomplete="off" spellcheck="false" inputmode=${numeric ? 'decimal' : 'text'}
      placeholder=${shownValue(this.field.default)} .value=${this.shown()} ?disabled=${this.disabled} aria-required=${!this.field.optional}
      aria-describedby=${described} aria-invalid=${invalid} title=${hint}
      @input=${(event: Event) => this.type((event.target as HTMLInputElement).value)} @change=${() => this.requestUpdate()} />`
  }

  /** While a person types `1.` or `0.0` the value reads 1 or 0: what is in the control stays until it is left. */
  private shown(): string {
    const control = this.renderRoot.querySelector<HTMLInputElement>('#control')
    const typing = control !== null && this.shadowRoot?.activeElement === control
    if (typing && Object.is(JSON.stringify(typedValue(this.field, control.value)), JSON.stringify(this.value))) return control.value
    return shownValue(this.value)
  }

  private type(text: string): void {
    this.change(typedValue(this.field, text))
  }

  private change(value: Json | undefined): void {
    const detail: FieldChange = { key: this.field.key, value }
    this.dispatchEvent(new CustomEvent('cyx-change', { detail, bubbles: true, composed: true }))
  }
}
