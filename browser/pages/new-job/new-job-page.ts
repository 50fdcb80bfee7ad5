/**
 * New job: presets, form and JSON are three views of one draft; beside them what it will take, as it is typed; then
 * submit. Nothing typed is lost: not by switching views, leaving the page, a failed submission or a reload.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { currentDraft } from '../../jobs/current-draft.ts'
import type { DraftView } from '../../jobs/draft-store.ts'
import { type DraftFindings, examineDraft, type Fix, withPeers } from '../../jobs/index.ts'
import { jobOfSpec, type WantedFile } from '../../jobs/job-of-spec.ts'
import type { Json } from '../../jobs/json-text.ts'
import type { Preset } from '../../jobs/presets.ts'
import { currentProject } from '../../projects/current-project.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import './draft-summary.ts'
import type { JobForm } from './job-form.ts'
import './job-form.ts'
import type { JobJson } from './job-json.ts'
import './job-json.ts'
import './preset-list.ts'

/** Long enough not to check between two keys, short enough to feel at once. */
const CHECK_AFTER_MS = 250

/** Of this page's whole life: an element comes and goes with every navigation. */
const draft = currentDraft()

const VIEWS: readonly { readonly view: DraftView; readonly label: string }[] = [
  { view: 'presets', label: 'Presets' },
  { view: 'form', label: 'Form' },
  { view: 'json', label: 'JSON' },
]

@customElement('cyx-new-job-page')
export class NewJobPage extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; min-width: 0; }
      .top { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-bottom: 14px; }
      h1 { margin: 0; }
      .tabs { display: flex; gap: 4px; }
      .tabs button[aria-selected='true'] { border-color: var(--cyx-accent); color: var(--cyx-accent); font-weight: 650; }
      .columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(15rem, 20rem); gap: 16px; align-items: start; }
      aside { display: grid; gap: 12px; position: sticky; top: 12px; min-width: 0; }
      .submit { display: grid; gap: 8px; }
      .submit p { margin: 0; font-size: 0.85rem; overflow-wrap: anywhere; }
      .error { color: var(--cyx-danger); }
      .banner { border-left: 3px solid var(--cyx-warn); padding: 6px 12px; margin: 0 0 12px; display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
      .banner p { margin: 0; flex: 1 1 16rem; }
      @media (max-width: 900px) { .columns { grid-template-columns: minmax(0, 1fr); } aside { position: static; } }
    `,
  ]

  @property({ attribute: false }) session!: Session
  /** `#/new-job/<jobId>`: a clone of that job. */
  @property({ attribute: false }) params: readonly string[] = []
  @state() private findings: DraftFindings | null = null
  @state() private checking = false
  @state() private progress: string | null = null
  @state() private submitting: string | null = null
  @state() private failure: string | null = null
  @query('cyx-job-form') private form!: JobForm | null
  @query('cyx-job-json') private json!: JobJson | null
  private check: AbortController | null = null
  private submission: AbortController | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  /** The job that `findings` are of. */
  private examined: Json | null = null
  /** What was looked at last. */
  private checked: readonly unknown[] = []

  constructor() {
    super()
    new StoreController(this, () => [draft, this.session.peers, this.session.connection])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.checked = []
    if (this.hasUpdated) this.requestUpdate()
  }

  override disconnectedCallback(): void {
    clearTimeout(this.timer)
    this.check?.abort()
    super.disconnectedCallback()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const [jobId] = this.params
    if (changed.has('params') && jobId !== undefined && jobId !== '' && draft.value.cloneOf !== jobId) this.clone(jobId)
  }

  override updated(): void {
    const { job, files } = draft.value
    const peers = this.session.peers.value
    const [checkedJob, checkedFiles, checkedPeers] = this.checked
    if (job === checkedJob && files === checkedFiles && peers === checkedPeers) return
    this.checked = [job, files, peers]
    if (job !== checkedJob || files !== checkedFiles) this.later(CHECK_AFTER_MS)
    else if (this.findings !== null && job === this.examined) this.findings = withPeers(this.findings, job, peers)
  }

  override render(): TemplateResult {
    const { view, textProblem, cloneOf } = draft.value
    return html`
      <div class="top">
        <h1>New job</h1>
        <div class="tabs" role="tablist" aria-label="Views of the job" @keydown=${this.tabKey}>
          ${VIEWS.map(
            (entry) => html`<button type="button" role="tab" id="tab-${entry.view}" aria-selected=${entry.view === view} aria-controls="panel"
              tabindex=${entry.view === view ? 0 : -1} @click=${() => draft.setView(entry.view)}>${entry.label}</button>`,
          )}
        </div>
        ${cloneOf === null ? nothing : html`<span class="muted">Clone of ${cloneOf.slice(0, 12)}</span>`}
      </div>
      ${view === 'form' && textProblem !== null ? this.renderBroken(textProblem.line, textProblem.column) : nothing}
      <div class="columns" @dragover=${allowFiles} @drop=${this.drop}>
        <div id="panel" role="tabpanel" aria-labelledby="tab-${view}">${this.renderView(view)}</div>
        <aside aria-label="Summary" @cyx-go=${(event: CustomEvent<string>) => void this.goTo(event.detail)} @cyx-fix=${(event: CustomEvent<Fix>) => draft.setAt(event.detail.path, event.detail.value as Json)}>
          <div class="card submit">${this.renderSubmit()}</div>
          <cyx-draft-summary .findings=${this.findings} .peers=${this.session.peers.value} ?checking=${this.checking} .progress=${this.progress}></cyx-draft-summary>
        </aside>
      </div>
    `
  }

  private renderView(view: DraftView): TemplateResult {
    const { job, text: _typed, textProblem } = draft.value
    const problems = this.problems()
    switch (view) {
      case 'presets':
        return html`<cyx-job-presets @cyx-preset=${(event: CustomEvent<Preset>) => this.usePreset(event.detail)}></cyx-job-presets>`
      case 'form':
        return html`<cyx-job-form .store=${draft} .fetchFile=${this.session.blob === undefined ? null : this.fetchFile} .job=${job} .report=${this.findings?.report ?? null} .problems=${problems} ?disabled=${textProblem !== null}></cyx-job-form>`
      case 'json':
        return html`<cyx-job-json .store=${draft} .text=${draft.text} .textProblem=${textProblem} .problems=${problems}></cyx-job-json>
          <div class="row">
            <button type="button" @click=${this.download}>Save job file</button>
            <button type="button" @click=${() => this.renderRoot.querySelector<HTMLInputElement>('#open')?.click()}>Open job file…</button>
            <input id="open" type="file" hidden accept=".json,application/json" aria-label="Job file" @change=${this.openFile} />
          </div>`
      default:
        throw new TypeError(`unknown view ${JSON.stringify(view satisfies never)}`)
    }
  }

  private renderBroken(line: number, column: number): TemplateResult {
    return html`<div class="banner card" role="alert">
      <p>The JSON has a mistake at line ${line}, column ${column}. The form shows the last version that could be read and cannot be changed meanwhile.</p>
      <button type="button" @click=${() => draft.setView('json')}>Back to the JSON</button>
      <button type="button" class="danger" @click=${this.discard}>Discard what was typed since</button>
    </div>`
  }

  private renderSubmit(): TemplateResult {
    if (this.submitting !== null) {
      return html`<p role="status">${this.submitting}</p><button type="button" @click=${() => this.submission?.abort()}>Cancel</button>`
    }
    return html`
      <button type="button" class="primary" @click=${this.submit}>Submit job</button>
      ${this.failure === null ? nothing : html`<p class="error" role="alert">${this.failure} Nothing you typed is lost.</p>`}
      ${
        this.session.connection.value.phase === 'connected'
          ? html`<p class="muted">Members train it on their own GPUs; data files, if any, go to them.</p>`
          : html`<p class="muted">This tab is in no mesh now. Write on; a job can be submitted once one is joined.</p>`
      }
    `
  }

  /** Message by key, for fields: the key itself stands beside the field already. */
  private problems(): ReadonlyMap<string, string> {
    const found = draft.value.textProblem === null ? (this.findings?.problems ?? []) : []
    return new Map(found.map((problem) => [problem.path, problem.message.replace(`${problem.path}: `, '')]))
  }

  private later(ms: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.examine(), ms)
  }

  private async examine(): Promise<DraftFindings | null> {
    this.check?.abort()
    const stop = new AbortController()
    this.check = stop
    this.checking = true
    try {
      const { job, files } = draft.value
      const findings = await examineDraft(
        { job, files },
        {
          peers: this.session.peers.value,
          signal: stop.signal,
          onProgress: (text) => {
            this.progress = text
          },
        },
      )
      if (stop.signal.aborted) return null
      // Peers may have come or gone while the data were read.
      this.findings = withPeers(findings, job, this.session.peers.value)
      this.examined = job
      return findings
    } catch (error) {
      if (stop.signal.aborted) return null
      this.failure = `The draft could not be checked: ${error instanceof Error ? error.message : String(error)}`
      return null
    } finally {
      if (this.check === stop) {
        this.checking = false
        this.progress = null
      }
    }
  }

  private async submit(): Promise<void> {
    this.failure = null
    const { textProblem } = draft.value
    if (textProblem !== null) {
      draft.setView('json')
      this.failure = `The JSON has a mistake at line ${textProblem.line}: ${textProblem.message}.`
      return
    }
    clearTimeout(this.timer)
    const stop = new AbortController()
    this.submission = stop
    this.submitting = 'Checking the job'
    try {
      const findings = await this.examine()
      const [first] = findings?.problems ?? []
      if (first !== undefined) {
        this.failure = `${first.message}.`
        this.submitting = null
        await this.goTo(first.path)
        return
      }
      stop.signal.throwIfAborted()
      const { job, files } = draft.value
      const { jobId } = await this.session.submit(
        { job, files },
        {
          signal: stop.signal,
          onProgress: (text) => {
            this.submitting = text
          },
        },
      )
      currentProject().addJob(jobId, job)
      this.toast(`Job ${String((job as { name?: Json }).name ?? 'job')} submitted`, 'ok')
      if (this.isConnected) location.hash = `#/job/${jobId}`
    } catch (error) {
      if (stop.signal.aborted) this.failure = 'Cancelled.'
      else this.failed(error)
    } finally {
      this.submitting = null
      this.submission = null
    }
  }

  private failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.failure = message.endsWith('.') ? message : `${message}.`
    const path = error instanceof Error && 'path' in error ? error.path : null
    if (typeof path === 'string') void this.goTo(path)
    if (!this.isConnected) this.toast(`The job was not submitted: ${message}`, 'error')
  }

  /** To the place of a mistake, in the view that is open; presets have none. */
  private async goTo(key: string): Promise<void> {
    if (draft.value.view === 'presets') draft.setView('form')
    await this.updateComplete
    await this.form?.updateComplete
    if (draft.value.view === 'json') this.json?.focusKey(key)
    else await this.form?.focusKey(key)
  }

  private usePreset(preset: Preset): void {
    const before = draft.value
    draft.replace(preset.job)
    this.failure = null
    this.toast(`Started from "${preset.title}"`, 'info', () => draft.restore(before))
  }

  private clone(jobId: string): void {
    const spec = this.session.spec(jobId)
    if (spec === null) {
      this.failure = `Job ${jobId.slice(0, 12)} is not known here, so it cannot be cloned.`
      return
    }
    const { job, wanted } = jobOfSpec(spec)
    const before = draft.value
    draft.replace(job, { cloneOf: jobId, wanted })
    this.toast(`Cloned ${spec.name}`, 'info', () => draft.restore({ ...before, cloneOf: jobId }))
  }

  private readonly fetchFile = async (wanted: WantedFile): Promise<Uint8Array> => {
    if (this.session.blob === undefined) throw new Error('this session cannot fetch files')
    return this.session.blob(wanted)
  }

  private discard(): void {
    const before = draft.value
    draft.discardText()
    this.toast('The broken JSON was discarded', 'info', () => draft.restore(before))
  }

  private download(): void {
    const link = document.createElement('a')
    const name = String((draft.value.job as { name?: Json }).name ?? 'job').replace(/[^\w.-]+/g, '-')
    link.href = URL.createObjectURL(new Blob([`${draft.text}\n`], { type: 'application/json' }))
    link.download = `${name}.json`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }

  private openFile(event: Event): void {
    const input = event.target as HTMLInputElement
    const [file] = input.files ?? []
    input.value = ''
    if (file !== undefined) void this.takeJobFile(file)
  }

  private async takeJobFile(file: File): Promise<void> {
    const before = draft.value
    if (file.size > 256 * 1024) return this.toast(`${file.name}: a job file has at most 256 KiB`, 'error')
    draft.setText(await file.text())
    draft.setView('json')
    this.toast(`Opened ${file.name}`, 'info', () => draft.restore(before))
  }

  private async drop(event: DragEvent): Promise<void> {
    const files = [...(event.dataTransfer?.files ?? [])]
    // Projects are the shell's business.
    if (files.length === 0 || files.some((file) => file.name.endsWith('.cyxwiz'))) return
    event.preventDefault()
    event.stopPropagation()
    const [first] = files
    if (files.length === 1 && first?.name.endsWith('.json')) return this.takeJobFile(first)
    draft.setView('form')
    await this.updateComplete
    await this.form?.updateComplete
    await this.form?.take(files)
  }

  private tabKey(event: KeyboardEvent): void {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    const at = VIEWS.findIndex((entry) => entry.view === draft.value.view)
    const next = VIEWS[(at + by + VIEWS.length) % VIEWS.length]
    if (next === undefined) return
    draft.setView(next.view)
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${next.view}`)?.focus())
  }

  private toast(text: string, level: 'info' | 'ok' | 'warn' | 'error', undo?: () => void): void {
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level, undo }, bubbles: true, composed: true }))
  }
}

function allowFiles(event: DragEvent): void {
  if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
}
