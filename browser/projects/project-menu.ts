/**
 * `<cyx-project-menu>`: New, Open, Save of `.cyxwiz` projects, recent ones, and a mark while something is unsaved. The
 * shell places it; files dropped anywhere on the page arrive here too. Whatever cannot be opened is refused with its reason
 * and changes nothing; whatever replaces something can be undone.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { ago } from '../elements/format.ts'
import { currentDraft } from '../jobs/current-draft.ts'
import { PRESETS } from '../jobs/presets.ts'
import type { Session } from '../session/types.ts'
import { StoreController } from '../state/store-controller.ts'
import { shared } from '../theme/shared.ts'
import { currentProject } from './current-project.ts'
import { canPickFolder, download, type FileHandle, mayUse, pickFolder, pickPlace, pickProject, writeTo } from './file-access.ts'
import { fileNameOf, MAX_PROJECT_BYTES, PROJECT_EXTENSION, type ProjectJob } from './project-file.ts'

import type { Recent } from './recent.ts'

@customElement('cyx-project-menu')
export class ProjectMenu extends LitElement {
  static override styles = [
    shared,
    css`
      :host { position: relative; display: block; }
      .opener { width: 100%; justify-content: flex-start; min-height: 34px; padding: 4px 10px; }
      .panel { position: absolute; z-index: 30; top: calc(100% + 4px); left: 0; width: min(20rem, 92vw); padding: 8px; display: grid; gap: 2px; background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); box-shadow: 0 8px 28px rgb(0 0 0 / 0.22); }
      .panel button { justify-content: flex-start; text-align: left; width: 100%; }
      .panel h3 { font-size: 0.8rem; margin: 8px 8px 2px; color: var(--cyx-muted); font-weight: 600; }
      .name { flex: 0 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .mark { color: var(--cyx-warn); font-weight: 700; }
      .line { display: flex; gap: 4px; align-items: center; }
      .line > :first-child { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .line > :not(:first-child) { flex: none; width: auto; }
      dialog { width: min(34rem, 94vw); max-height: 86vh; overflow: auto; background: var(--cyx-surface); color: var(--cyx-text); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); padding: 18px; }
      dialog form { display: grid; gap: 12px; }
      dialog label { display: grid; gap: 4px; font-size: 0.9rem; font-weight: 600; }
      dialog input[type='text'], textarea { width: 100%; box-sizing: border-box; font-weight: 400; }
      .jobs { display: grid; gap: 4px; max-height: 14rem; overflow: auto; margin: 0; padding: 0; list-style: none; }
      .jobs li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 10px; align-items: center; font-size: 0.88rem; }
      .jobs label { display: flex; gap: 6px; align-items: center; font-weight: 400; min-height: 24px; }
      .jobs input { width: 18px; height: 18px; flex: none; }
      .error { color: var(--cyx-danger); margin: 0; overflow-wrap: anywhere; }
      .row { justify-content: flex-end; }
      h2 { margin: 0 0 4px; }
      p { margin: 0; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @state() private open = false
  @state() private recent: readonly Recent[] = []
  @state() private saving: string | null = null
  @state() private failure: string | null = null
  @query('#save') private saveDialog!: HTMLDialogElement
  @query('#ask') private askDialog!: HTMLDialogElement
  /** Where the project was opened or saved last; lasts as long as the page. */
  private handle: FileHandle | null = null
  private afterAsking: (() => void) | null = null
  private readonly project = currentProject()

  constructor() {
    super()
    new StoreController(this, () => [this.project, currentDraft(), this.session.jobs])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener('dragover', this.dragOver)
    window.addEventListener('drop', this.drop)
    document.addEventListener('click', this.clickedElsewhere)
  }

  override disconnectedCallback(): void {
    window.removeEventListener('dragover', this.dragOver)
    window.removeEventListener('drop', this.drop)
    document.removeEventListener('click', this.clickedElsewhere)
    super.disconnectedCallback()
  }

  override render(): TemplateResult {
    const { project } = this
    const { unsaved } = project
    return html`
      <button type="button" class="quiet opener" title=${project.value.name} aria-expanded=${this.open} aria-controls="panel" @click=${this.toggle} @keydown=${this.closeOnEscape}>
        <span class="muted">Project</span> <span class="name">${project.value.name}</span>
        ${unsaved ? html`<span class="mark" title="Not saved" aria-hidden="true">●</span><span class="visually-hidden">, not saved</span>` : nothing}
      </button>
      <div id="panel" class="panel" ?hidden=${!this.open} @keydown=${this.closeOnEscape}>
        <button type="button" class="quiet" @click=${() => this.ask(() => this.startNew())}>New project</button>
        <button type="button" class="quiet" @click=${() => this.ask(() => void this.pick())}>Open…</button>
        <button type="button" class="quiet" @click=${this.saveQuickly}>Save${this.handle === null ? '…' : ` ${this.handle.name}`}</button>
        <button type="button" class="quiet" @click=${this.showSave}>Save as…</button>
        ${project.value.jobs.length === 0 ? nothing : html`<h3>Jobs of this project</h3>${project.value.jobs.slice(-8).map((job) => this.renderJob(job))}`}
        ${this.recent.length === 0 ? nothing : html`<h3>Recent projects</h3>${this.recent.slice(0, 8).map((entry) => this.renderRecent(entry))}`}
      </div>
      <input id="file" type="file" hidden multiple accept="${PROJECT_EXTENSION},.safetensors" aria-label="Project file" @change=${this.chosen} />
      <dialog id="save" aria-labelledby="save-title">${this.renderSave()}</dialog>
      <dialog id="ask" aria-labelledby="ask-title">
        <h2 id="ask-title">Save ${project.value.name} first?</h2>
        <p>There is something in it that was not saved.</p>
        <div class="row">
          <button type="button" @click=${() => this.askDialog.close()}>Cancel</button>
          <button type="button" class="danger" @click=${this.goOn}>Do not save</button>
          <button type="button" class="primary" @click=${() => {
            this.askDialog.close()
            this.showSave()
          }}>Save…</button>
        </div>
      </dialog>
    `
  }

  private renderJob(job: ProjectJob): TemplateResult {
    const name = String(job.job.name ?? 'job')
    return html`<div class="line">
      <button type="button" class="quiet" title=${job.weights === null ? 'Back into the form' : `Weights beside it: ${job.weights.file}`} @click=${() => this.use(job)}>${name}</button>
      ${
        this.hasWeights(job)
          ? html`<button type="button" class="quiet" aria-label="continue ${name} from its weights" @click=${() => this.use(job, true)}>continue</button>`
          : nothing
      }
      ${job.jobId === null ? html`<span></span>` : html`<a href="#/job/${job.jobId}" aria-label="show ${name}">show</a>`}
    </div>`
  }

  private renderRecent(entry: Recent): TemplateResult {
    return html`<div class="line">
      <button type="button" class="quiet" @click=${() => this.ask(() => void this.openRecent(entry))}>${entry.name} <span class="muted">${ago(entry.changedAtMs)}</span></button>
      <button type="button" class="quiet" aria-label="Forget ${entry.name}" @click=${() => void this.forget(entry)}>×</button>
    </div>`
  }

  private renderSave(): TemplateResult {
    const { name, notes, jobs } = this.project.value
    const inMesh = this.session.jobs.value.filter((job) => this.session.spec(job.jobId) !== null)
    const others = jobs.filter((job) => job.jobId === null || !inMesh.some((known) => known.jobId === job.jobId))
    return html`<form method="dialog" @submit=${this.save}>
      <h2 id="save-title">Save project</h2>
      <label>Name<input type="text" id="name" maxlength="200" required .value=${this.project.untitled ? '' : name} placeholder="Name of the project" /></label>
      <label>Notes<textarea id="notes" rows="3" .value=${notes}></textarea></label>
      ${
        inMesh.length === 0
          ? nothing
          : html`<strong>Jobs in it</strong><ul class="jobs">${inMesh.map(
              (job) => html`<li>
                <label><input type="checkbox" data-job=${job.jobId} .checked=${jobs.some((known) => known.jobId === job.jobId)} />${job.name} <span class="muted">${job.state}</span></label>
                ${job.state === 'completed' ? html`<label><input type="checkbox" data-weights=${job.jobId} />with weights</label>` : html`<span></span>`}
              </li>`,
            )}</ul>`
      }
      ${others.length === 0 ? nothing : html`<p class="muted">And ${others.length} from before, which this mesh does not know.</p>`}
      <p class="muted">Saved are jobs, the draft, notes and how charts look. Data files are not in it; weights go beside it as safetensors.</p>
      ${this.failure === null ? nothing : html`<p class="error" role="alert">${this.failure}</p>`}
      <div class="row">
        ${this.saving === null ? nothing : html`<span role="status">${this.saving}</span>`}
        <button type="button" @click=${() => this.saveDialog.close()}>Cancel</button>
        <button type="submit" class="primary" ?disabled=${this.saving !== null}>Save</button>
      </div>
    </form>`
  }

  // ---- new and open ----

  /** Asks first where something would be lost. */
  private ask(then: () => void): void {
    this.open = false
    if (this.project.unsaved) {
      this.afterAsking = then
      this.askDialog.showModal()
    } else then()
  }

  private goOn(): void {
    this.askDialog.close()
    const then = this.afterAsking
    this.afterAsking = null
    then?.()
  }

  private startNew(): void {
    const before = { state: this.project.value, draft: currentDraft().value, handle: this.handle }
    this.project.start(PRESETS[0]?.job ?? {})
    this.handle = null
    this.toast('New project', 'info', () => {
      currentDraft().restore(before.draft)
      this.project.restore(before.state)
      this.handle = before.handle
    })
    location.hash = '#/new-job'
  }

  private async pick(): Promise<void> {
    if (!('showOpenFilePicker' in globalThis)) {
      const input = this.renderRoot.querySelector<HTMLInputElement>('#file')
      if (input === null) return
      input.value = ''
      input.click()
      return
    }
    const picked = await pickProject()
    if (picked !== null && (await this.openFile(picked.file, picked.handle))) await this.takeWeights(picked.beside)
  }

  private chosen(event: Event): void {
    void this.openTogether([...((event.target as HTMLInputElement).files ?? [])])
  }

  /** A project, and the weights beside it where they were chosen or dropped with it. */
  private async openTogether(files: readonly File[]): Promise<void> {
    const project = files.find((file) => file.name.endsWith(PROJECT_EXTENSION))
    if (project === undefined) return this.toast(`${files[0]?.name ?? 'This'}: a project ends in ${PROJECT_EXTENSION}`, 'error')
    if (await this.openFile(project, null)) await this.takeWeights(files.filter((file) => file !== project))
  }

  private async openRecent(entry: Recent): Promise<void> {
    try {
      if (entry.text !== null) return this.openText(entry.text, entry.name, null)
      if (entry.handle === null || !(await mayUse(entry.handle, 'read'))) throw new Error(`${entry.name}: the browser was not allowed to read it`)
      await this.openFile(await entry.handle.getFile(), entry.handle)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Also for tests and the shell: opens what a person gave, or says why not. */
  async openFile(file: File, handle: FileHandle | null): Promise<boolean> {
    try {
      if (file.size > MAX_PROJECT_BYTES) throw new Error(`${file.name}: a project has at most ${MAX_PROJECT_BYTES} bytes, this file has ${file.size}`)
      this.openText(await file.text(), file.name, handle)
      return true
    } catch (error) {
      this.fail(error)
      return false
    }
  }

  private openText(text: string, fileName: string, handle: FileHandle | null): void {
    const before = this.handle
    const undo = this.project.open(text, fileName, this.session)
    this.handle = handle
    void this.rememberAs(handle ?? text)
    this.toast(`Opened ${this.project.value.name}`, 'ok', () => {
      undo()
      this.handle = before
    })
    location.hash = '#/new-job'
  }

  /** `fromWeights`: the weights that lie beside the project become the start of the new job. */
  private use({ job, weights }: ProjectJob, fromWeights = false): void {
    const draft = currentDraft()
    const before = draft.value
    draft.replace(fromWeights && weights !== null ? { ...job, init: weights.file } : job)
    this.open = false
    location.hash = '#/new-job'
    this.toast(`${String(job.name ?? 'Job')} is in the form`, 'info', () => draft.restore(before))
  }

  private hasWeights({ weights }: ProjectJob): boolean {
    return weights !== null && currentDraft().value.files[weights.file] !== undefined
  }

  /** Weights that were given together with a project: each is held against the hash that the project has of it. */
  private async takeWeights(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    const { digestBlob } = await import('../jobs/digest.ts')
    for (const file of files) {
      const known = this.project.value.jobs.find((job) => job.weights?.file === file.name)?.weights
      if (known == null) this.toast(`${file.name}: the project has no weights of this name`, 'warn')
      else if (known.bytes !== file.size || (await digestBlob(file)).sha256 !== known.sha256)
        this.toast(`${file.name}: these are not the weights that the project was saved with`, 'error')
      else currentDraft().addFile(file)
    }
  }

  // ---- save ----

  private saveQuickly(): void {
    if (this.handle === null) this.showSave()
    else {
      this.open = false
      void this.writeAll(this.handle, []).catch((error: unknown) => this.fail(error))
    }
  }

  private showSave(): void {
    this.open = false
    this.failure = null
    this.requestUpdate()
    this.saveDialog.showModal()
  }

  private async save(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const root = this.renderRoot
    const name = root.querySelector<HTMLInputElement>('#name')?.value ?? ''
    this.project.rename(name)
    this.project.setNotes(root.querySelector<HTMLTextAreaElement>('#notes')?.value ?? '')
    for (const box of root.querySelectorAll<HTMLInputElement>('[data-job]')) {
      if (box.checked) this.project.addFrom(this.session, box.dataset.job ?? '')
      else this.project.removeJob(box.dataset.job ?? '')
    }
    const wanted = [...root.querySelectorAll<HTMLInputElement>('[data-weights]')].filter((box) => box.checked).map((box) => box.dataset.weights ?? '')
    this.failure = null
    this.saving = 'Saving'
    try {
      const done = await this.writeAll(null, wanted)
      if (done) this.saveDialog.close()
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.saving = null
    }
  }

  /** False: the person changed their mind at the picker. */
  private async writeAll(handle: FileHandle | null, withWeights: readonly string[]): Promise<boolean> {
    const fileName = fileNameOf(this.project.value.name, PROJECT_EXTENSION)
    // Pickers first: they open only soon after a click.
    const folder = withWeights.length > 0 && canPickFolder() ? await pickFolder() : null
    if (withWeights.length > 0 && canPickFolder() && folder === null) return false
    let place = handle
    if (folder !== null) place = await folder.getFileHandle(fileName, { create: true })
    else if (place === null && 'showSaveFilePicker' in globalThis && withWeights.length === 0) {
      place = await pickPlace(fileName)
      if (place === null) return false
    }
    for (const jobId of withWeights) await this.writeWeights(jobId, folder)
    const text = this.project.write(this.session, new Date())
    if (place === null) download(fileName, text)
    else await writeTo(place, text)
    this.handle = place
    this.project.markSaved()
    void this.rememberAs(place ?? text)
    this.toast(`Saved ${this.project.value.name}`, 'ok')
    return true
  }

  private async writeWeights(jobId: string, folder: { getFileHandle(name: string, options: { create: boolean }): Promise<FileHandle> } | null): Promise<void> {
    const job = this.project.value.jobs.find((known) => known.jobId === jobId)
    if (job === undefined) this.project.addFrom(this.session, jobId)
    const name = String(this.project.value.jobs.find((known) => known.jobId === jobId)?.job.name ?? 'job')
    const bytes = await this.session.weights(jobId, {
      onProgress: (fraction) => {
        this.saving = `Weights of ${name}: ${Math.floor(fraction * 100)} %`
      },
    })
    const { digestBlob } = await import('../jobs/digest.ts')
    const { sha256 } = await digestBlob(new Blob([bytes as Uint8Array<ArrayBuffer>]))
    const file = fileNameOf(`${this.project.value.name}-${name}-${jobId.slice(-8)}`, '.safetensors')
    if (folder === null) download(file, bytes)
    else await writeTo(await folder.getFileHandle(file, { create: true }), bytes)
    this.project.setWeights(jobId, { file, sha256, bytes: bytes.byteLength })
  }

  // ---- small things ----

  private async toggle(): Promise<void> {
    this.open = !this.open
    if (this.open) await this.loadRecent()
  }

  private async loadRecent(): Promise<void> {
    try {
      const { listRecent } = await import('./recent.ts')
      this.recent = await listRecent()
    } catch {
      // A browser without storage has no recent projects.
      this.recent = []
    }
  }

  private async rememberAs(content: FileHandle | string): Promise<void> {
    try {
      const { remember } = await import('./recent.ts')
      await remember(this.project.value.name, content)
    } catch {
      // As above; opening and saving work without it.
    }
  }

  private async forget(entry: Recent): Promise<void> {
    const { forget } = await import('./recent.ts')
    await forget(entry.id)
    await this.loadRecent()
  }

  private readonly dragOver = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault()
  }

  private readonly drop = (event: DragEvent): void => {
    const files = [...(event.dataTransfer?.files ?? [])]
    if (!files.some((file) => file.name.endsWith(PROJECT_EXTENSION))) return
    event.preventDefault()
    this.ask(() => void this.openTogether(files))
  }

  private readonly clickedElsewhere = (event: MouseEvent): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false
  }

  private closeOnEscape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.open) return
    this.open = false
    this.renderRoot.querySelector<HTMLElement>('[aria-controls="panel"]')?.focus()
  }

  private fail(error: unknown): void {
    this.toast(error instanceof Error ? error.message : String(error), 'error')
  }

  private toast(text: string, level: 'info' | 'ok' | 'warn' | 'error', undo?: () => void): void {
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level, undo }, bubbles: true, composed: true }))
  }
}
