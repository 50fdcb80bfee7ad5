/**
 * The layers of a model: add, remove (with undo), move by button or Alt + arrow; what comes out of each is shown beside
 * it. Types and options come from the kernels' own description of their layers.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { CheckedLayer } from '../../../kernels/index.ts'
import { count } from '../../elements/format.ts'
import { type FieldKind, LAYER_TYPES, type LayerFields } from '../../jobs/fields.ts'
import type { Json } from '../../jobs/json-text.ts'
import { isObject, type JsonObject } from '../../jobs/paths.ts'
import { shared } from '../../theme/shared.ts'
import './field.ts'

/** Values of a layer that has just been added, where an option has no default: usual ones, to be changed. */
const FIRST_VALUES: Partial<Record<FieldKind, Json>> = { integer: 64, pair: 3, numbers: [64], objects: [{ type: 'relu' }] }

@customElement('cyx-layer-list')
export class LayerList extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      ol { list-style: none; margin: 0; padding: 0; border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); overflow: hidden; }
      li { display: grid; grid-template-columns: 2ch minmax(7.5rem, 9rem) minmax(0, 1fr) auto auto; gap: 4px 12px; align-items: center; padding: 6px 10px; background: var(--cyx-surface); }
      li + li { border-top: 1px solid var(--cyx-border); }
      li.empty { display: block; }
      li.wrong { box-shadow: inset 3px 0 var(--cyx-danger); }
      .number { color: var(--cyx-muted); font-variant-numeric: tabular-nums; align-self: center; text-align: right; }
      .options { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: center; min-width: 0; }
      .summary { font-size: 0.8rem; align-self: center; }
      .out { text-align: right; font-size: 0.8rem; align-self: center; font-variant-numeric: tabular-nums; white-space: nowrap; }
      .out b { font-family: var(--cyx-mono); font-weight: 500; }
      .buttons { display: flex; gap: 2px; align-self: center; }
      .buttons button { min-width: 30px; min-height: 30px; padding: 0 6px; }
      select { width: 100%; }
      .error { grid-column: 2 / -1; margin: 0; color: var(--cyx-danger); font-size: 0.8rem; overflow-wrap: anywhere; }
      .add { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 8px; }
      .add select { flex: 0 1 24rem; width: auto; min-width: 0; }
      .empty { padding: 14px; text-align: center; color: var(--cyx-muted); }
      @media (max-width: 620px) {
        li { grid-template-columns: 2ch minmax(0, 1fr) auto; }
        .options { grid-column: 2 / -1; grid-row: 2; }
        .out { grid-column: 2 / -1; grid-row: 3; text-align: left; }
        .buttons { grid-row: 1; grid-column: 3; }
      }
    `,
  ]

  @property({ attribute: false }) layers: readonly Json[] = []
  @property({ attribute: false }) shapes: readonly CheckedLayer[] = []
  /** By key: `model.layers[1].units`. */
  @property({ attribute: false }) problems: ReadonlyMap<string, string> = new Map()
  @property({ type: Boolean }) disabled = false

  focusLayer(index: number, option: string | null): void {
    const row = this.renderRoot.querySelectorAll('li')[index]
    const control = option === null ? null : row?.querySelector<HTMLElement>(`cyx-job-field[data-option="${CSS.escape(option)}"]`)
    ;(control ?? row?.querySelector<HTMLElement>('select'))?.focus()
  }

  override render(): TemplateResult {
    return html`
      <ol aria-label="Layers">
        ${this.layers.length === 0 ? html`<li class="empty">No layers yet</li>` : this.layers.map((layer, index) => this.renderLayer(layer, index))}
      </ol>
      <div class="add">
        <label for="new-type" class="visually-hidden">Type of the new layer</label>
        <select id="new-type" ?disabled=${this.disabled}>
          ${LAYER_TYPES.map(({ type, summary }) => html`<option value=${type}>${type} – ${summary}</option>`)}
        </select>
        <button type="button" ?disabled=${this.disabled} @click=${this.add}>Add layer</button>
      </div>
    `
  }

  private renderLayer(layer: Json, index: number): TemplateResult {
    const options = isObject(layer) ? layer : {}
    const type = String(options.type ?? '')
    const known = LAYER_TYPES.find((candidate) => candidate.type === type)
    const shape = this.shapes[index]
    const key = `model.layers[${index}]`
    const own = this.problems.get(key) ?? this.problems.get(`${key}.type`) ?? this.strayProblem(key, known)
    const wrong = own !== null || [...this.problems.keys()].some((path) => path.startsWith(`${key}.`))
    const last = this.layers.length - 1
    return html`
      <li class=${wrong ? 'wrong' : ''} @keydown=${(event: KeyboardEvent) => this.keydown(event, index)}>
        <span class="number" aria-hidden="true">${index}</span>
        <select aria-label="Type of layer ${index}" aria-describedby=${own === null ? nothing : `error-${index}`} aria-invalid=${own !== null} ?disabled=${this.disabled}
          @change=${(event: Event) => this.setType(index, (event.target as HTMLSelectElement).value)}>
          ${known === undefined ? html`<option value=${type} selected>${type === '' ? '(none)' : type}</option>` : nothing}
          ${LAYER_TYPES.map((candidate) => html`<option value=${candidate.type} ?selected=${candidate.type === type}>${candidate.type}</option>`)}
        </select>
        <div class="options">
          ${
            known === undefined || known.fields.length === 0
              ? html`<span class="summary muted">${known?.summary ?? ''}</span>`
              : known.fields.map(
                  (field) => html`<cyx-job-field compact data-option=${field.key} .field=${{ ...field, key: `${key}.${field.key}` }} .label=${field.key}
                    .help=${field.help} .value=${options[field.key]} .problem=${this.problems.get(`${key}.${field.key}`) ?? null} ?disabled=${this.disabled}></cyx-job-field>`,
                )
          }
        </div>
        <span class="out muted">${
          shape === undefined
            ? '–'
            : html`→ <b>[${shape.output.join(', ')}]</b>${shape.parameterCount === 0 ? nothing : html`<br />${count(shape.parameterCount)} parameters`}`
        }</span>
        <span class="buttons">
          <button type="button" class="quiet" data-move="-1" aria-label="Move layer ${index} up" title="Up (Alt + ↑)" ?disabled=${this.disabled || index === 0} @click=${() => this.move(index, -1)}>↑</button>
          <button type="button" class="quiet" data-move="1" aria-label="Move layer ${index} down" title="Down (Alt + ↓)" ?disabled=${this.disabled || index === last} @click=${() => this.move(index, 1)}>↓</button>
          <button type="button" class="quiet" aria-label="Remove layer ${index}" title="Remove" ?disabled=${this.disabled} @click=${() => this.removeLayer(index)}>×</button>
        </span>
        ${own === null ? nothing : html`<p class="error" id="error-${index}">${own}</p>`}
      </li>
    `
  }

  /** A mistake at an option that has no field here, such as an unknown key. */
  private strayProblem(key: string, known: LayerFields | undefined): string | null {
    for (const [path, problem] of this.problems) {
      if (path.startsWith(`${key}.`) && !known?.fields.some((field) => path === `${key}.${field.key}`)) return problem
    }
    return null
  }

  private add(): void {
    const type = this.renderRoot.querySelector<HTMLSelectElement>('#new-type')?.value ?? 'linear'
    const index = this.layers.length
    this.change([...this.layers, freshLayer(type)])
    void this.updateComplete.then(() => this.focusLayer(index, LAYER_TYPES.find((layer) => layer.type === type)?.fields[0]?.key ?? null))
  }

  private setType(index: number, type: string): void {
    this.change(this.layers.map((layer, i) => (i === index ? freshLayer(type) : layer)))
  }

  private removeLayer(index: number): void {
    const before = this.layers
    const layer = before[index]
    this.change(before.filter((_, i) => i !== index))
    const name = isObject(layer) ? String(layer.type) : 'Layer'
    const undo = (): void => this.change(before)
    this.dispatchEvent(
      new CustomEvent('cyx-toast', { detail: { text: `Layer ${index} (${name}) removed`, level: 'info', undo }, bubbles: true, composed: true }),
    )
    void this.updateComplete.then(() => this.focusLayer(Math.min(index, before.length - 2), null))
  }

  private move(index: number, by: -1 | 1): void {
    const to = index + by
    const layers = [...this.layers]
    const [moved] = layers.splice(index, 1)
    if (moved === undefined || to < 0 || to > layers.length) return
    layers.splice(to, 0, moved)
    this.change(layers)
    void this.updateComplete.then(() => {
      const buttons = [...(this.renderRoot.querySelectorAll('li')[to]?.querySelectorAll<HTMLButtonElement>('[data-move]') ?? [])]
      const same = buttons.find((button) => button.dataset.move === String(by) && !button.disabled)
      ;(same ?? buttons.find((button) => !button.disabled))?.focus()
    })
  }

  private keydown(event: KeyboardEvent, index: number): void {
    if (!event.altKey || this.disabled || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return
    event.preventDefault()
    this.move(index, event.key === 'ArrowUp' ? -1 : 1)
  }

  private change(layers: readonly Json[]): void {
    this.dispatchEvent(new CustomEvent('cyx-change', { detail: { key: 'model.layers', value: layers }, bubbles: true, composed: true }))
  }
}

function freshLayer(type: string): JsonObject {
  const fields = LAYER_TYPES.find((layer) => layer.type === type)?.fields ?? []
  const needed = fields.filter((field) => !field.optional).map((field) => [field.key, FIRST_VALUES[field.kind] ?? null])
  return { type, ...Object.fromEntries(needed) }
}
