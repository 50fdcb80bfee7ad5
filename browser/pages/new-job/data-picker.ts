/**
 * Where a job's data come from: a data set that has a name, or files by button or drag and drop. Shows what is in a file
 * before it goes anywhere, and says plainly who will see it.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { KNOWN_DATASETS } from '../../../kernels/data/catalogue.ts'
import { bytes, count } from '../../elements/format.ts'
import type { DraftStore } from '../../jobs/draft-store.ts'
import type { WantedFile } from '../../jobs/job-of-spec.ts'
import type { Json } from '../../jobs/json-text.ts'
import { isObject, valueAt } from '../../jobs/paths.ts'
import { type FilePeek, peekFile } from '../../jobs/peek.ts'
import { type DataKind, EMPTY_DATA, kindOf, placeFiles } from '../../jobs/place-files.ts'
import { shared } from '../../theme/shared.ts'

interface Slot {
  readonly key: string
  readonly label: string
  readonly optional: boolean
}

const KINDS: readonly { readonly kind: DataKind; readonly label: string }[] = [
  { kind: 'dataset', label: 'Data set with a name' },
  { kind: 'csv', label: 'Table (CSV)' },
  { kind: 'files', label: 'Tensors (safetensors)' },
  { kind: 'idx', label: 'Images (IDX)' },
  { kind: 'text', label: 'Text' },
]

const SLOTS: Readonly<Record<DataKind, readonly Slot[]>> = {
  dataset: [],
  csv: [{ key: 'data.csv', label: 'Table', optional: false }],
  files: [
    { key: 'data.files.train', label: 'Training data (x, y)', optional: false },
    { key: 'data.files.test', label: 'Test data (x, y)', optional: true },
  ],
  idx: [
    { key: 'data.idx.train.x', label: 'Training images', optional: false },
    { key: 'data.idx.train.y', label: 'Training labels', optional: false },
    { key: 'data.idx.test.x', label: 'Test images', optional: true },
    { key: 'data.idx.test.y', label: 'Test labels', optional: true },
  ],
  text: [{ key: 'data.text', label: 'Text', optional: false }],
}

const peeks = new WeakMap<File, FilePeek>()

@customElement('cyx-data-picker')
export class DataPicker extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      .zone { border: 1px dashed var(--cyx-border); border-radius: var(--cyx-radius); padding: 12px; display: grid; gap: 10px; min-width: 0; }
      .zone.over { border-color: var(--cyx-accent); border-style: solid; background: var(--cyx-surface-2); }
      .kinds { display: grid; gap: 8px 14px; grid-template-columns: minmax(0, 16rem) minmax(0, 1fr); align-items: end; }
      label { font-size: 0.85rem; font-weight: 600; display: block; }
      select { width: 100%; }
      p { margin: 0; font-size: 0.85rem; }
      .slots { display: grid; gap: 6px; margin: 0; }
      .slot { display: grid; grid-template-columns: minmax(8rem, 12rem) minmax(0, 1fr) auto; gap: 8px; align-items: center; font-size: 0.9rem; }
      .slot .name { overflow-wrap: anywhere; }
      .error { color: var(--cyx-danger); font-size: 0.8rem; overflow-wrap: anywhere; }
      .slot .error { grid-column: 2 / -1; }
      .seen { border-left: 3px solid var(--cyx-warn); padding: 2px 0 2px 10px; }
      .preview { overflow-x: auto; border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); }
      .preview table { font-size: 0.8rem; font-variant-numeric: tabular-nums; border-collapse: collapse; }
      .preview th, .preview td { padding: 3px 10px; text-align: right; white-space: nowrap; }
      .preview .label { color: var(--cyx-accent); font-weight: 600; }
      .mono { font-family: var(--cyx-mono); font-size: 0.8rem; }
      .drop { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
      @media (max-width: 620px) { .kinds, .slot { grid-template-columns: minmax(0, 1fr); } .slot .error { grid-column: 1; } }
    `,
  ]

  @property({ attribute: false }) store!: DraftStore
  @property({ attribute: false }) data: Json | undefined = undefined
  @property({ attribute: false }) problems: ReadonlyMap<string, string> = new Map()
  /** Counted samples of this draft; null while unknown. */
  @property({ attribute: false }) counts: { readonly trainSamples: number; readonly testSamples: number } | null = null
  @property({ type: Boolean }) disabled = false
  /** Gets a file of a cloned job from the peers that hold it; null where the session cannot. */
  @property({ attribute: false }) fetchFile: ((wanted: WantedFile) => Promise<Uint8Array>) | null = null
  @state() private over = false
  @state() private fetching: string | null = null
  /** The slot a chosen file is meant for. */
  private meantFor: string | null = null

  focusKey(key: string): void {
    const target = this.renderRoot.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? this.renderRoot.querySelector<HTMLElement>('#kind')
    target?.focus()
  }

  override render(): TemplateResult {
    const kind = kindOf(this.data)
    return html`
      <div class="zone ${this.over ? 'over' : ''}" @dragover=${this.dragOver} @dragleave=${this.dragLeave} @drop=${this.drop}>
        <div class="kinds">
          <div>
            <label for="kind">Data from</label>
            <select id="kind" ?disabled=${this.disabled} @change=${(event: Event) => this.setKind((event.target as HTMLSelectElement).value as DataKind)}>
              ${KINDS.map((entry) => html`<option value=${entry.kind} ?selected=${entry.kind === kind}>${entry.label}</option>`)}
            </select>
          </div>
          ${kind === 'dataset' ? this.renderNames() : nothing}
        </div>
        ${kind === 'dataset' ? this.renderAbout() : this.renderSlots(kind)}
        <div class="drop">
          <button type="button" ?disabled=${this.disabled} @click=${() => this.choose(null)}>Choose files…</button>
          <span class="muted">or drop them here: CSV, safetensors, IDX, text; gzip too</span>
        </div>
        <input id="file" type="file" multiple hidden aria-label="Data files" @change=${this.chosen} />
        ${this.counts === null ? nothing : html`<p class="muted">${count(this.counts.trainSamples)} training samples, ${count(this.counts.testSamples)} for testing</p>`}
      </div>
    `
  }

  private renderNames(): TemplateResult {
    const name = String(valueAt(this.data, 'dataset') ?? '')
    const known = KNOWN_DATASETS.some((dataset) => dataset.name === name)
    const problem = this.problems.get('data.dataset') ?? null
    return html`<div>
      <label for="name">Data set</label>
      <select id="name" data-key="data.dataset" ?disabled=${this.disabled} aria-invalid=${problem !== null} aria-describedby=${problem === null ? nothing : 'name-error'}
        @change=${(event: Event) => this.change('data.dataset', (event.target as HTMLSelectElement).value)}>
        ${known ? nothing : html`<option value=${name} selected>${name === '' ? '(none)' : name}</option>`}
        ${KNOWN_DATASETS.map((dataset) => html`<option value=${dataset.name} ?selected=${dataset.name === name}>${dataset.name}</option>`)}
      </select>
      ${problem === null ? nothing : html`<p class="error" id="name-error">${problem}</p>`}
    </div>`
  }

  private renderAbout(): TemplateResult | typeof nothing {
    const dataset = KNOWN_DATASETS.find((candidate) => candidate.name === valueAt(this.data, 'dataset'))
    if (dataset === undefined) return nothing
    const size = dataset.parts.reduce((sum, part) => sum + part.bytes, 0)
    const where =
      dataset.kind === 'bundled' ? 'every native peer has it' : `native peers that installed it give it to the others (cyxwiz data add ${dataset.name})`
    return html`<p>${dataset.description} <span class="muted">– ${bytes(size)}, ${dataset.licence}; ${where}</span></p>`
  }

  private renderSlots(kind: DataKind): TemplateResult {
    const files = SLOTS[kind].map((slot) => this.fileAt(slot.key)).filter((file) => file !== null)
    return html`
      <div class="slots">${SLOTS[kind].map((slot) => this.renderSlot(slot))}</div>
      ${kind === 'csv' ? this.renderColumn() : nothing}
      ${files.length === 0 ? nothing : this.renderPreview(files[0] as File)}
      <p class="seen">Members of this job will see ${files.length === 1 ? 'this file' : 'these files'}: every peer that trains it gets a copy. Upload nothing that must stay private.</p>
    `
  }

  private renderSlot({ key, label, optional }: Slot): TemplateResult {
    const path = String(valueAt(this.store.value.job, key) ?? '')
    const file = this.fileAt(key)
    const wanted = this.store.value.wanted.find((want) => want.path === path)
    const problem = this.problems.get(key) ?? null
    const gettable = file === null && wanted !== undefined && wanted.sha256 !== '' && this.fetchFile !== null
    const name =
      file !== null
        ? html`${path} <span class="muted">${bytes(file.size)}</span>`
        : path === ''
          ? html`<span class="muted">${optional ? 'none (optional)' : 'no file yet'}</span>`
          : html`${path} <span class="muted">– ${wanted === undefined ? 'not chosen yet' : `choose it again (${bytes(wanted.bytes)}): a page cannot keep files`}</span>`
    return html`<div class="slot">
      <span id="label-${key}">${label}</span>
      <span class="name">${name}</span>
      <span class="row">
        ${
          gettable
            ? html`<button type="button" aria-label="Get from the mesh: ${label}" ?disabled=${this.disabled || this.fetching !== null} @click=${() => void this.get(wanted)}>${this.fetching === path ? 'Getting it' : 'Get from the mesh'}</button>`
            : nothing
        }
        <button type="button" data-key=${key} aria-label="${path === '' ? 'Choose…' : 'Replace…'} ${label}" aria-describedby=${problem === null ? nothing : `error-${key}`} ?disabled=${this.disabled} @click=${() => this.choose(key)}>${path === '' ? 'Choose…' : 'Replace…'}</button>
        ${optional && path !== '' ? html`<button type="button" class="quiet" aria-label="Remove ${label}" ?disabled=${this.disabled} @click=${() => this.clear(key)}>×</button>` : nothing}
      </span>
      ${problem === null ? nothing : html`<span class="error" id="error-${key}">${problem}</span>`}
    </div>`
  }

  private renderColumn(): TemplateResult {
    const file = this.fileAt('data.csv')
    const peek = file === null ? undefined : peeks.get(file)
    const label = String(valueAt(this.data, 'label') ?? '')
    const columns = peek?.kind === 'csv' ? peek.columns : []
    const problem = this.problems.get('data.label') ?? null
    return html`<div class="slot">
      <label for="column">Column to predict</label>
      ${
        columns.length === 0
          ? html`<input id="column" data-key="data.label" .value=${label} ?disabled=${this.disabled} @input=${(event: Event) => this.change('data.label', (event.target as HTMLInputElement).value)} />`
          : html`<select id="column" data-key="data.label" ?disabled=${this.disabled} @change=${(event: Event) => this.change('data.label', (event.target as HTMLSelectElement).value)}>
              ${columns.includes(label) ? nothing : html`<option value=${label} selected>${label === '' ? '(choose)' : label}</option>`}
              ${columns.map((column) => html`<option value=${column} ?selected=${column === label}>${column}</option>`)}
            </select>`
      }
      <span></span>
      ${problem === null ? nothing : html`<span class="error">${problem}</span>`}
    </div>`
  }

  private renderPreview(file: File): TemplateResult | typeof nothing {
    const peek = peeks.get(file)
    if (peek === undefined) {
      void this.look(file)
      return nothing
    }
    switch (peek.kind) {
      case 'csv': {
        if (peek.columns.length === 0) return nothing
        const label = valueAt(this.data, 'label')
        const mark = (i: number): string => (peek.columns[i] === label ? 'label' : '')
        return html`<div class="preview" tabindex="0" role="region" aria-label="First rows of the table"><table>
          <thead><tr>${peek.columns.map((column, i) => html`<th scope="col" class=${mark(i)}>${column}</th>`)}</tr></thead>
          <tbody>${peek.rows.map((row) => html`<tr>${row.map((cell, i) => html`<td class=${mark(i)}>${cell}</td>`)}</tr>`)}</tbody>
        </table></div>`
      }
      case 'safetensors':
        return html`<p class="mono">${peek.tensors.slice(0, 6).map(({ name, dtype, shape }) => html`${name}: ${dtype} [${shape.join(', ')}]<br />`)}</p>`
      case 'idx':
        return html`<p class="mono">IDX [${peek.shape.join(', ')}]</p>`
      case 'text':
        return html`<p class="mono">${peek.start.slice(0, 160)}…</p>`
      default:
        return nothing
    }
  }

  private fileAt(key: string): File | null {
    const path = valueAt(this.store.value.job, key)
    return typeof path === 'string' && path !== '' ? (this.store.value.files[path] ?? null) : null
  }

  private async look(file: File): Promise<FilePeek> {
    const peek = peeks.get(file) ?? (await peekFile(file))
    peeks.set(file, peek)
    this.requestUpdate()
    return peek
  }

  private setKind(kind: DataKind): void {
    const limits = Object.fromEntries(Object.entries(isObject(this.data) ? this.data : {}).filter(([key]) => key === 'limit' || key === 'testLimit'))
    this.store.setBranch('data', kindOf(this.data), kind, { ...EMPTY_DATA[kind], ...limits })
  }

  private choose(key: string | null): void {
    this.meantFor = key
    const input = this.renderRoot.querySelector<HTMLInputElement>('#file')
    if (input === null) return
    input.multiple = key === null
    input.value = ''
    input.click()
  }

  private chosen(event: Event): void {
    void this.take([...((event.target as HTMLInputElement).files ?? [])], this.meantFor)
  }

  /** Takes files in and puts each where it belongs. Also called by the page for files dropped anywhere on it. */
  async take(files: readonly File[], only: string | null = null): Promise<void> {
    const found = []
    for (const file of files) {
      const peek = await this.look(file)
      if (peek.kind === 'unknown') this.say(`${file.name}: this is no CSV, safetensors, IDX or text file`)
      else {
        const before = this.store.value.wanted.find((want) => want.path === file.name)
        if (before !== undefined && before.bytes !== file.size)
          this.say(`${file.name}: another file than before (${bytes(before.bytes)} then, ${bytes(file.size)} now)`)
        found.push({ path: this.store.addFile(file), peek })
      }
    }
    if (found.length === 0) return
    const placed = placeFiles(this.store.value.job.data, found, only)
    const before = kindOf(this.store.value.job.data)
    const after = kindOf(placed.data)
    if (before === after) this.store.setAt('data', placed.data)
    else this.store.setBranch('data', before, after, placed.data)
    // A branch that was left before comes back as it was left: the new files go on top.
    if (before !== after) this.store.setAt('data', placeFiles(this.store.value.job.data, found, only).data)
  }

  /** Members of the old job keep its files: no need to find them on a disk again. */
  private async get(wanted: WantedFile): Promise<void> {
    if (this.fetchFile === null) return
    this.fetching = wanted.path
    try {
      const content = await this.fetchFile(wanted)
      this.store.addFile(new File([content as Uint8Array<ArrayBuffer>], wanted.path))
    } catch (error) {
      this.say(`${wanted.path} could not be had from the mesh: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.fetching = null
    }
  }

  private clear(key: string): void {
    // Half a pair is of no use: the images go with their labels.
    this.store.setAt(key.startsWith('data.idx.test') ? 'data.idx.test' : key, undefined)
  }

  private change(key: string, value: Json): void {
    this.dispatchEvent(new CustomEvent('cyx-change', { detail: { key, value }, bubbles: true, composed: true }))
  }

  private say(text: string): void {
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level: 'warn' }, bubbles: true, composed: true }))
  }

  private dragOver(event: DragEvent): void {
    if (this.disabled || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    this.over = true
  }

  private dragLeave(): void {
    this.over = false
  }

  private drop(event: DragEvent): void {
    this.over = false
    const files = [...(event.dataTransfer?.files ?? [])]
    if (this.disabled || files.length === 0) return
    event.preventDefault()
    event.stopPropagation()
    void this.take(files)
  }
}
