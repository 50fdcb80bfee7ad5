/**
 * Try the model: its weights run in this tab, on this tab's GPU (in float64 on the CPU where there is none). Draw a
 * picture, pick a test sample, or type a row; answers follow at once. Leaving frees the GPU.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import type { JobSummary } from '../../../protocol/control/types.ts'
import { inputOf, type JobSpec } from '../../../protocol/jobs/spec.ts'
import { count, percent } from '../../elements/format.ts'
import { className } from '../../model/answers.ts'
import { framed, framingOf, inChannels, unframed } from '../../model/image.ts'
import { type ImageKind, type TableKind, TRIABLE, triedJob, tryKind } from '../../model/kind.ts'
import type { Sample, SampleSet } from '../../model/samples.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { saveFile, weightsFileName } from '../job/save.ts'
import { messageOf } from '../jobs/act.ts'
import { controls } from '../jobs/controls.ts'
import './answer-view.ts'
import './draw-pad.ts'
import type { CyxDrawPad, Pixels } from './draw-pad.ts'
import './model-eye.ts'
import { acceptFiles, droppedFiles, takeFiles } from './files.ts'
import { LoadedModel } from './loaded-model.ts'
import { tryStyles } from './styles.ts'
import './table-input.ts'

@customElement('cyx-try-page')
export class CyxTryPage extends LitElement {
  static override styles = [shared, controls, tryStyles, css`:host { display: block; }`]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @state() private samples: SampleSet | null = null
  @state() private samplesBusy = false
  @state() private samplesError: string | null = null
  @state() private sampleIndex: number | null = null
  @state() private picked: Sample | null = null
  @state() private likeData = true
  @state() private brush = 0.05
  /** What the model was last shown. */
  @state() private seen: Pixels | null = null
  @state() private row: readonly string[] = []
  @query('cyx-draw-pad') private pad!: CyxDrawPad | null
  readonly #model = new LoadedModel(this)
  /** The job whose weights were asked for, so that they are fetched once. */
  #asked = ''
  #abort = new AbortController()

  constructor() {
    super()
    new StoreController(this, () => [this.session.jobs])
  }

  get #jobId(): string {
    return this.params[0] ?? ''
  }

  get #job(): JobSummary | null {
    return this.session.jobs.value.find((job) => job.jobId === this.#jobId) ?? null
  }

  get #spec(): JobSpec | null {
    return this.#jobId === '' ? null : this.session.spec(this.#jobId)
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    // Put back into the page after it was left: the model is gone, ask for it anew.
    this.#asked = ''
  }

  override disconnectedCallback(): void {
    this.#abort.abort()
    super.disconnectedCallback()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('params')) {
      this.#model.close()
      this.#asked = ''
      this.#abort.abort()
      this.#abort = new AbortController()
      Object.assign(this, { samples: null, samplesBusy: false, samplesError: null, sampleIndex: null, picked: null, seen: null, row: [] })
    }
    const spec = this.#spec
    if (spec !== null && this.#job?.state === 'completed' && this.#asked !== this.#jobId) {
      this.#asked = this.#jobId
      const kind = tryKind(triedJob(spec))
      if (kind.kind === 'image' && kind.width < 16) this.brush = 0.06
      // After this update: fetching changes what is being rendered.
      queueMicrotask(() => void this.#fetch())
    }
  }

  override render() {
    return html`
      <header><h1>Try a model</h1><p class="muted">Runs in this tab. What you draw or open stays on this machine.</p></header>
      ${this.#choose()} ${this.#body()}
    `
  }

  #choose() {
    const jobs = this.session.jobs.value
    const done = jobs.filter((job) => job.state === 'completed')
    const other = jobs.filter((job) => job.state !== 'completed')
    const option = (job: JobSummary) =>
      html`<option value=${job.jobId} ?selected=${job.jobId === this.#jobId}>${job.name} (${job.state === 'completed' ? job.jobId.slice(0, 8) : job.state})</option>`
    if (jobs.length === 0) {
      return html`<div class="card empty"><h2>No model yet</h2><p>A model can be tried when its job is done. Write a job, and let the mesh train it.</p><p class="muted">${TRIABLE}</p>
        <a class="button primary" href="#/new-job">New job</a></div>`
    }
    return html`
      <div class="card" @dragover=${acceptFiles} @drop=${this.#onWeightsDrop}>
        <div class="row model">
          <label class="pick">Model of the job
            <select @change=${(event: Event) => this.#goTo((event.target as HTMLSelectElement).value)}>
              ${this.#job === null ? html`<option value="" selected>Choose a job</option>` : nothing}
              <optgroup label="Done">${done.map(option)}</optgroup>
              ${other.length === 0 ? nothing : html`<optgroup label="Without weights yet">${other.map(option)}</optgroup>`}
            </select>
          </label>
          ${this.#weightsTools()}
        </div>
        ${this.#modelLine()}
      </div>
    `
  }

  #weightsTools() {
    const spec = this.#spec
    if (spec === null) return nothing
    const { state: model, weights } = this.#model
    return html`
      <label class="file">Weights from a file (or drop one here)
        <input type="file" accept=".safetensors" @change=${this.#onWeightsFile} />
      </label>
      ${model.phase === 'ready' && weights !== null ? html`<button @click=${() => saveFile(weightsFileName(spec.name, this.#jobId), weights)}>Download weights</button>` : nothing}
    `
  }

  #modelLine() {
    const { state: model } = this.#model
    switch (model.phase) {
      case 'fetching':
        return html`<div class="row status"><span role="status">Fetching the weights</span><progress max="1" .value=${model.fraction} aria-label="Weights fetched"></progress>
          <span class="number">${percent(model.fraction)}</span><button @click=${() => this.#model.cancel()}>Cancel</button></div>`
      case 'loading':
        return html`<p class="status" role="status">Preparing the model…</p>`
      case 'failed':
        return html`<div class="status" role="alert"><p class="error">${model.error}</p>${this.#job?.state === 'completed' ? html`<button @click=${() => void this.#fetch()}>Fetch the job's weights again</button>` : nothing}</div>`
      case 'ready': {
        const { where, detail, parameterCount } = model.loaded
        const words = where === 'gpu' ? html`on this tab's GPU (${detail})` : html`on the CPU in float64, as ${detail}`
        return html`<p class="status muted" role="status">${count(parameterCount)} parameters from ${model.source}, running ${words}.</p>`
      }
      default:
        return nothing
    }
  }

  #body() {
    const spec = this.#spec
    const job = this.#job
    if (this.#jobId === '') return this.session.jobs.value.length === 0 ? nothing : html`<p class="muted">Choose a job above. ${TRIABLE}</p>`
    if (spec === null)
      return html`<div class="card"><p>This tab does not have the specification of this job${job === null ? ', or the job was removed' : ' yet'}. <a href="#/jobs">All jobs</a></p></div>`
    const kind = tryKind(triedJob(spec))
    const note =
      job !== null && job.state !== 'completed' && this.#model.state.phase === 'none'
        ? html`<div class="card"><p>This job is ${job.state}${job.state === 'running' ? ` (${percent(job.progress)})` : ''}: its weights can be tried when it is done. A safetensors file with weights for this model can be opened above.</p></div>`
        : nothing
    const inputs =
      kind.kind === 'image'
        ? this.#imageInputs(kind)
        : kind.kind === 'table'
          ? this.#tableInputs(kind)
          : html`<p>${kind.why}</p><p class="muted">${TRIABLE}</p>`
    return html`
      ${note}
      <div class="columns">
        <section class="card input" aria-label="Input">${inputs}</section>
        <section class="card samples" aria-labelledby="samples" @dragover=${acceptFiles} @drop=${this.#onDataDrop}>${this.#sampleTools()}</section>
        <section class="card answer" aria-labelledby="answer">
          <h2 id="answer">Answer</h2>
          ${this.#model.problem === null ? nothing : html`<p class="error" role="alert">${this.#model.problem}</p>`}
          <cyx-answer .answer=${this.#model.answer} .truth=${this.#truth(spec)} .hint=${this.#hint(kind.kind)}></cyx-answer>
          ${this.#model.answer === null || this.#model.milliseconds === null ? nothing : html`<p class="muted">Answered in ${this.#model.milliseconds.toFixed(1)} ms.</p>`}
        </section>
      </div>
    `
  }

  #hint(kind: string): string {
    if (this.#model.state.phase !== 'ready') return 'Waiting for the model.'
    return kind === 'image' ? 'Draw something, or pick a test image.' : kind === 'table' ? 'Change a number, or pick a sample.' : 'Pick a sample.'
  }

  #truth(spec: JobSpec): string | null {
    const label = this.picked?.label ?? null
    if (label === null) return null
    return spec.loss.type === 'cross-entropy' ? className(triedJob(spec), label) : String(Number(label.toPrecision(6)))
  }

  #imageInputs(kind: ImageKind) {
    const picture = this.picked === null ? null : greyOf(this.picked.x, kind)
    return html`
      <h2>Draw</h2>
      <div class="draw">
        <cyx-draw-pad .brush=${this.brush} .picture=${picture} @cyx-ink=${this.#onInk}></cyx-draw-pad>
        <cyx-model-eye .pixels=${this.seen} .width=${kind.width} .height=${kind.height}></cyx-model-eye>
      </div>
      <div class="row">
        <button @click=${this.#clear}>Clear</button>
        <label class="inline">Brush <input type="range" min="0.02" max="0.1" step="0.005" .value=${String(this.brush)}
          @input=${(event: InputEvent) => {
            this.brush = Number((event.target as HTMLInputElement).value)
          }} /></label>
        <label class="inline"><input type="checkbox" .checked=${this.likeData} @change=${this.#onLikeData} /> Centre and scale like the data</label>
      </div>
    `
  }

  #tableInputs({ features }: TableKind) {
    const columns = this.samples?.columns ?? Array.from({ length: features }, (_, i) => `Feature ${i + 1}`)
    return html`<h2>Values</h2><cyx-table-input .columns=${columns} .values=${this.row} @cyx-row=${this.#onRow}></cyx-table-input>`
  }

  #sampleTools() {
    const { samples } = this
    const canFetch = this.session.blob !== undefined
    return html`
        <h2 id="samples">Test samples</h2>
        <div class="row">
          ${
            samples === null
              ? canFetch
                ? html`<button ?disabled=${this.samplesBusy} @click=${() => void this.#random()}>${this.samplesBusy ? 'Fetching the data…' : 'Random test sample'}</button>`
                : nothing
              : html`<button @click=${() => void this.#random()}>Random</button>
                <button aria-label="Previous sample" @click=${() => this.#show((this.sampleIndex ?? 0) - 1)}>Previous</button>
                <button aria-label="Next sample" @click=${() => this.#show((this.sampleIndex ?? -1) + 1)}>Next</button>
                <label class="inline">Sample <input class="index" type="number" min="1" max=${samples.length} .value=${String((this.sampleIndex ?? 0) + 1)}
                  @change=${(event: Event) => this.#show(Number((event.target as HTMLInputElement).value) - 1)} /> of ${count(samples.length)}</label>`
          }
          <label class="file">Open a data file (or drop it here)
            <input type="file" multiple accept=".safetensors,.idx,.gz,.ubyte,*" aria-describedby=${this.samplesError === null ? nothing : 'samples-error'} @change=${this.#onDataFiles} />
          </label>
        </div>
        ${samples === null ? html`<p class="muted">IDX images (with their labels, if you have them) or safetensors with x and y.</p>` : html`<p class="muted">From ${samples.title}.</p>`}
        ${this.samplesError === null ? nothing : html`<p id="samples-error" class="error" role="alert">${this.samplesError}</p>`}
    `
  }

  async #fetch(): Promise<void> {
    const spec = this.#spec
    if (spec === null || !this.isConnected) return
    await this.#model.fetch(this.session, this.#jobId, spec)
    this.#askAgain()
  }

  readonly #onWeightsFile = (event: Event): void => {
    const [file] = takeFiles(event.target as HTMLInputElement)
    if (file !== undefined) void this.#openWeights(file)
  }

  readonly #onWeightsDrop = (event: DragEvent): void => {
    const [file] = droppedFiles(event)
    if (file !== undefined) void this.#openWeights(file)
  }

  async #openWeights(file: File): Promise<void> {
    const spec = this.#spec
    if (spec === null) return
    await this.#model.open(file, spec)
    this.#askAgain()
  }

  /** What is in the pad, the fields or picked, for a model that has just come. */
  #askAgain(): void {
    const spec = this.#spec
    if (spec === null) return
    const kind = tryKind(triedJob(spec))
    if (this.picked !== null) void this.#model.ask(this.picked.x)
    else if (kind.kind === 'image') this.#onInk()
    else if (kind.kind === 'table') void this.#model.ask(Float32Array.from({ length: kind.features }, (_, i) => Number(this.row[i] ?? 0)))
  }

  readonly #onInk = (): void => {
    const spec = this.#spec
    const pad = this.pad
    if (spec === null || pad === null) return
    const kind = tryKind(triedJob(spec))
    if (kind.kind !== 'image') return
    this.picked = null
    const framing = framingOf(kind, spec.data.dataset)
    const pixels = this.likeData ? framed(pad.sketch, framing) : unframed(pad.sketch, framing)
    this.seen = pixels === null ? null : { values: pixels, width: kind.width, height: kind.height }
    if (pixels === null) this.#model.forget()
    else void this.#model.ask(inChannels(pixels, kind.channels))
  }

  readonly #clear = (): void => {
    this.picked = null
    this.pad?.clear()
  }

  readonly #onLikeData = (event: Event): void => {
    this.likeData = (event.target as HTMLInputElement).checked
    if (this.picked === null) this.#onInk()
  }

  readonly #onRow = (event: CustomEvent<Float32Array>): void => {
    this.picked = null
    this.row = Array.from(event.detail, String)
    void this.#model.ask(event.detail)
  }

  readonly #onDataFiles = (event: Event): void => this.#openSamples(takeFiles(event.target as HTMLInputElement))

  readonly #onDataDrop = (event: DragEvent): void => this.#openSamples(droppedFiles(event))

  #openSamples(files: readonly File[]): void {
    const spec = this.#spec
    if (files.length === 0 || spec === null) return
    this.samples = null
    void this.#loadSamples(async () => (await import('../../model/samples.ts')).samplesOfFiles(files, inputOf(spec.model))).then(() => this.#show(0))
  }

  async #random(): Promise<void> {
    const spec = this.#spec
    const { blob } = this.session
    if (this.samples === null && spec !== null && blob !== undefined) {
      const { signal } = this.#abort
      await this.#loadSamples(async () => (await import('../../model/samples.ts')).samplesOfJob(spec, (part) => blob.call(this.session, part, { signal })))
    }
    if (this.samples !== null) this.#show(Math.floor(Math.random() * this.samples.length))
  }

  async #loadSamples(load: () => Promise<SampleSet>): Promise<void> {
    const { signal } = this.#abort
    this.samplesBusy = true
    this.samplesError = null
    try {
      const samples = await load()
      if (!signal.aborted) this.samples = samples
    } catch (cause) {
      if (!signal.aborted) this.samplesError = messageOf(cause)
    } finally {
      if (!signal.aborted) this.samplesBusy = false
    }
  }

  #show(index: number): void {
    const { samples } = this
    const spec = this.#spec
    if (samples === null || spec === null || !Number.isFinite(index)) return
    const place = ((Math.trunc(index) % samples.length) + samples.length) % samples.length
    this.sampleIndex = place
    this.picked = samples.at(place)
    const kind = tryKind(triedJob(spec))
    if (kind.kind === 'image') this.seen = greyOf(this.picked.x, kind)
    else this.row = Array.from(this.picked.x, (value) => String(Number(value.toPrecision(7))))
    void this.#model.ask(this.picked.x)
  }

  #goTo(jobId: string): void {
    window.location.hash = jobId === '' ? '#/try' : `#/try/${jobId}`
  }
}

/** One channel to look at: the mean of all. */
function greyOf(x: Float32Array, { width, height, channels }: ImageKind): Pixels {
  const size = width * height
  const values = Float32Array.from({ length: size }, (_, i) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += x[channel * size + i] ?? 0
    return sum / channels
  })
  return { values, width, height }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-try-page': CyxTryPage
  }
}
