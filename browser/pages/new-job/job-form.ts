/**
 * The form view of a draft: every key of the job file as a field, generated from the schema, in the order in which people
 * think of a job. Changes go to the store by key; mistakes come back by key.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { DraftStore } from '../../jobs/draft-store.ts'
import { wordsOf } from '../../jobs/field-words.ts'
import { type Field, fieldAt, fieldsOf, shownValue, variantsOf } from '../../jobs/fields.ts'
import type { DraftDetails } from '../../jobs/index.ts'
import type { Json } from '../../jobs/json-text.ts'
import { isObject, type JsonObject, valueAt } from '../../jobs/paths.ts'
import { shapesAlong } from '../../jobs/shapes.ts'
import { shared } from '../../theme/shared.ts'
import type { DataPicker } from './data-picker.ts'
import './data-picker.ts'
import type { FieldChange, JobField } from './field.ts'
import './field.ts'
import type { LayerList } from './layer-list.ts'
import './layer-list.ts'

interface Union {
  /** The tag's name in it. */
  readonly tag: string
  /** Which branch applies where nothing is said. */
  readonly fallback: string
  /** What a branch begins with when it is chosen for the first time, beside its tag: options that have no default. */
  readonly start?: Readonly<Record<string, JsonObject>>
}

const UNIONS: Readonly<Record<string, Union>> = {
  model: {
    tag: 'kind',
    fallback: 'sequential',
    start: { sequential: { input: [784], layers: [] }, gpt2: { vocabSize: 256, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4 } },
  },
  optimizer: { tag: 'type', fallback: 'adamw' },
  loss: { tag: 'type', fallback: 'cross-entropy' },
  sync: { tag: 'mode', fallback: 'allreduce' },
}

/** Options of a schedule that its type uses. */
const SCHEDULE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  constant: ['schedule.warmupSteps'],
  cosine: ['schedule.warmupSteps', 'schedule.minRatio'],
  linear: ['schedule.warmupSteps', 'schedule.minRatio'],
  step: ['schedule.warmupSteps', 'schedule.stepSize', 'schedule.gamma'],
}

const limitField = (key: string): Field => ({ key, kind: 'integer', choices: [], default: undefined, optional: true, range: 'at least 1' })

@customElement('cyx-job-form')
export class JobForm extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; min-width: 0; }
      fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
      legend, summary { font-weight: 650; font-size: 1rem; padding: 0; }
      legend { margin-bottom: 10px; }
      .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 9rem), 1fr)); gap: 10px 14px; align-items: start; }
      .wide { grid-column: 1 / -1; }
      details > .grid { margin-top: 12px; }
      summary { cursor: pointer; min-height: 24px; }
      .card { min-width: 0; }
      .file { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; font-size: 0.9rem; }
      .error { color: var(--cyx-danger); font-size: 0.8rem; margin: 0; }
    `,
  ]

  @property({ attribute: false }) store!: DraftStore
  @property({ attribute: false }) report: DraftDetails | null = null
  @property({ attribute: false }) problems: ReadonlyMap<string, string> = new Map()
  /** Changes with the draft, so that the form renders anew. */
  @property({ attribute: false }) job: Json = {}
  @property({ type: Boolean }) disabled = false
  @property({ attribute: false }) fetchFile: DataPicker['fetchFile'] = null

  /** Puts the cursor where a mistake is, or as near as there is a control. */
  async focusKey(key: string): Promise<void> {
    const layer = /^model\.layers(?:\[(\d+)\](?:\.(.+))?)?$/.exec(key)
    if (layer !== null) return this.renderRoot.querySelector<LayerList>('cyx-layer-list')?.focusLayer(Number(layer[1] ?? 0), layer[2] ?? null)
    if (key.startsWith('data') && !/^data\.(limit|testLimit)$/.test(key)) return this.renderRoot.querySelector<DataPicker>('cyx-data-picker')?.focusKey(key)
    let field: JobField | null = null
    for (let at = key; field === null && at !== ''; at = at.replace(/(^|\.)[^.]*$/, ''))
      field = this.renderRoot.querySelector<JobField>(`cyx-job-field[data-key="${CSS.escape(at)}"]`)
    if (field === null && key === 'init') return this.renderRoot.querySelector<HTMLElement>('#init')?.focus()
    if (field === null) return this.renderRoot.querySelector<JobField>('cyx-job-field')?.focus()
    const details = field.closest('details')
    if (details !== null) details.open = true
    await field.updateComplete
    field.focus()
  }

  /** Files dropped outside the picker. */
  take(files: readonly File[]): Promise<void> {
    return this.renderRoot.querySelector<DataPicker>('cyx-data-picker')?.take(files) ?? Promise.resolve()
  }

  override render(): TemplateResult {
    const { job } = this
    const layers = valueAt(job, 'model.layers')
    const input = valueAt(job, 'model.input')
    const list: readonly Json[] = Array.isArray(layers) ? (layers as readonly Json[]) : []
    const scheduleType = shownValue(valueAt(job, 'schedule.type') ?? 'constant')
    const schedule = SCHEDULE_OPTIONS[scheduleType] ?? []
    const layersProblem = this.problems.get('model.layers') ?? this.problems.get('model') ?? null
    return html`
      <section class="card" @cyx-change=${this.changed}>
        <fieldset ?disabled=${this.disabled}>
          <legend>Job and data</legend>
          <div class="grid">${this.plain('name')}</div>
          <cyx-data-picker .store=${this.store} .fetchFile=${this.fetchFile} .data=${valueAt(job, 'data')} .problems=${this.problems} .counts=${this.report?.counts ?? null} ?disabled=${this.disabled}></cyx-data-picker>
          <div class="grid">${this.field(limitField('data.limit'))}${this.field(limitField('data.testLimit'))}</div>
        </fieldset>
      </section>
      <section class="card" @cyx-change=${this.changed}>
        <fieldset ?disabled=${this.disabled}>
          <legend>Model</legend>
          <div class="grid">${this.union('model')}</div>
          ${
            this.branchOf('model') === 'sequential'
              ? html`<cyx-layer-list .layers=${list} .shapes=${shapesAlong(input, list)} .problems=${this.problems} ?disabled=${this.disabled}></cyx-layer-list>`
              : nothing
          }
          ${layersProblem === null ? nothing : html`<p class="error">${layersProblem}</p>`}
        </fieldset>
      </section>
      <section class="card" @cyx-change=${this.changed}>
        <fieldset ?disabled=${this.disabled}>
          <legend>Training</legend>
          <div class="grid">${this.union('loss')}</div>
          <div class="grid">${['batchSize', 'epochs', 'steps'].map((key) => this.plain(key))}</div>
          <div class="grid">${this.union('optimizer')}${this.plain('clipNorm')}</div>
          <div class="grid">
            ${this.plain('schedule.type')}
            ${fieldsOf('schedule')
              .filter((field) => schedule.includes(field.key) || this.problems.has(field.key))
              .map((field) => this.field(field))}
          </div>
        </fieldset>
      </section>
      <section class="card" @cyx-change=${this.changed}>
        <fieldset ?disabled=${this.disabled}>
          <legend>Peers</legend>
          <div class="grid">${['peers.min', 'peers.max', 'priority'].map((key) => this.plain(key))}</div>
          <details ?open=${[...this.problems.keys()].some((key) => /^(sync|limits|checkpoint|seed|shuffle|precision|init)/.test(key))}>
            <summary>More: rounds, limits, seed, starting weights</summary>
            <div class="grid">
              ${this.union('sync')}
              ${['limits.timeoutSeconds', 'limits.maxRetries', 'limits.waitForCheckpointSeconds', 'checkpointEveryRounds', 'seed', 'precision', 'nonFinite', 'shuffle'].map((key) => this.plain(key))}
              <div class="wide">${this.renderInit()}</div>
            </div>
          </details>
        </fieldset>
      </section>
    `
  }

  private plain(key: string): TemplateResult {
    return this.field(fieldAt(key))
  }

  private field(field: Field, value: Json | undefined = valueAt(this.job, field.key)): TemplateResult {
    const { label, help } = wordsOf(field.key)
    return html`<cyx-job-field data-key=${field.key} .field=${field} .label=${label} .help=${help} .value=${value === null ? undefined : value}
      .problem=${this.problems.get(field.key) ?? null} ?disabled=${this.disabled}></cyx-job-field>`
  }

  /** The choice of a branch, then the fields of that branch. */
  private union(key: string): TemplateResult[] {
    const branch = this.branchOf(key)
    const choice: Field = { key, kind: 'choice', choices: variantsOf(key), default: branch, optional: true, range: '' }
    return [this.field(choice, branch), ...fieldsOf(key, branch).map((field) => this.field(field))]
  }

  private branchOf(key: string): string {
    const value = valueAt(this.job, key)
    const { tag, fallback } = UNIONS[key] ?? { tag: 'type', fallback: '' }
    // `"loss": "mse"` is short for `"loss": { "type": "mse" }`.
    return shownValue(isObject(value) ? value[tag] : value) || fallback
  }

  private changed(event: CustomEvent<FieldChange>): void {
    const { key, value } = event.detail
    const union = UNIONS[key]
    const parent = key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : ''
    const unionOfParent = UNIONS[parent]
    if (union !== undefined) {
      const branch = shownValue(value) || union.fallback
      this.store.setBranch(key, this.branchOf(key), branch, { [union.tag]: branch, ...union.start?.[branch] })
    } else if (unionOfParent !== undefined && !isObject(valueAt(this.job, parent))) {
      // A branch that was short or not said at all must become an object before it can take an option.
      const option = value === undefined ? {} : { [key.slice(parent.length + 1)]: value }
      this.store.setAt(parent, { [unionOfParent.tag]: this.branchOf(parent), ...option })
    } else this.store.setAt(key, value)
  }

  private renderInit(): TemplateResult {
    const path = valueAt(this.job, 'init')
    const chosen = typeof path === 'string' && path !== ''
    const { label, help } = wordsOf('init')
    const problem = this.problems.get('init') ?? null
    return html`<div class="file">
        <strong id="init-label">${label}</strong>
        <span>${chosen ? path : html`<span class="muted">none</span>`}</span>
        <button type="button" id="init" aria-describedby="init-help init-error" ?disabled=${this.disabled}
          @click=${() => this.renderRoot.querySelector<HTMLInputElement>('#init-file')?.click()}>Choose weights…</button>
        ${chosen ? html`<button type="button" class="quiet" @click=${() => this.store.setAt('init', undefined)}>Start from random</button>` : nothing}
        <input id="init-file" type="file" hidden accept=".safetensors" aria-labelledby="init-label" @change=${(event: Event) => {
          const file = (event.target as HTMLInputElement).files?.[0]
          if (file !== undefined) this.store.setAt('init', this.store.addFile(file))
        }} />
      </div>
      <p id="init-help" class="muted">${help}</p>
      <p id="init-error" class="error" ?hidden=${problem === null}>${problem ?? ''}</p>`
  }
}
