/** How a finished job turned out: test figures, the weights' hash, and taking the weights away (with progress, and cancel). */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { JobDetail } from '../../../protocol/control/types.ts'
import { bytes, count, duration } from '../../elements/format.ts'
import type { Session } from '../../session/types.ts'
import { shared } from '../../theme/shared.ts'
import { messageOf, toast } from '../jobs/act.ts'
import { controls } from '../jobs/controls.ts'
import { figure } from './live.ts'
import { saveFile, weightsFileName } from './save.ts'

@customElement('cyx-job-result')
export class CyxJobResult extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host { display: block; }
      .figures { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 12px 0; }
      .figures div { display: grid; gap: 2px; }
      .figures dt { color: var(--cyx-muted); font-size: 0.85em; }
      .figures dd { margin: 0; font-size: 1.35em; font-weight: 600; font-variant-numeric: tabular-nums; }
      dl { margin: 0; }
      .hash { overflow-wrap: anywhere; }
      section > p { margin-bottom: 12px; }
      section > p.error { margin: 12px 0 0; }
      progress { width: 12em; accent-color: var(--cyx-accent); }
      .error { color: var(--cyx-danger); }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) job!: JobDetail
  @state() private fraction: number | null = null
  @state() private error: string | null = null
  #abort: AbortController | null = null

  override disconnectedCallback(): void {
    this.#abort?.abort()
    super.disconnectedCallback()
  }

  override render() {
    const { result, jobId, name } = this.job
    if (result === null) return nothing
    return html`
      <section class="card" aria-labelledby="title">
        <h2 id="title">Result</h2>
        <dl class="figures">
          ${result.testAccuracy === null ? nothing : html`<div><dt>Test accuracy</dt><dd>${result.testAccuracy.toFixed(4)}</dd></div>`}
          ${result.testLoss === null ? nothing : html`<div><dt>Test loss</dt><dd>${figure(result.testLoss)}</dd></div>`}
          <div><dt>Training loss</dt><dd>${figure(result.trainLoss)}</dd></div>
          <div><dt>Steps</dt><dd>${count(result.steps)}</dd></div>
          <div><dt>Samples</dt><dd>${count(result.samples)}</dd></div>
          <div><dt>Time</dt><dd>${duration(result.seconds * 1000)}</dd></div>
        </dl>
        <p class="muted">Weights: safetensors, ${bytes(result.weights.bytes)}, sha256 <span class="mono hash">${result.weights.sha256}</span></p>
        <div class="row">
          ${
            this.fraction === null
              ? html`<button class="primary" @click=${this.#download} aria-describedby=${this.error === null ? nothing : 'error'}>Download weights</button>`
              : html`<label class="row"><span>Downloading, ${Math.round(this.fraction * 100)} %</span><progress max="1" .value=${this.fraction}></progress></label>
                <button @click=${() => this.#abort?.abort()}>Cancel download</button>`
          }
          <a class="button" href=${`#/try/${jobId}`} aria-label=${`Try the model of ${name}`}>Try the model</a>
        </div>
        ${this.error === null ? nothing : html`<p id="error" class="error" role="alert">${this.error}</p>`}
      </section>
    `
  }

  readonly #download = async (): Promise<void> => {
    const abort = new AbortController()
    this.#abort = abort
    this.error = null
    this.fraction = 0
    const { jobId, name } = this.job
    try {
      const onProgress = (fraction: number): void => {
        this.fraction = Math.min(1, Math.max(0, fraction))
      }
      const weights = await this.session.weights(jobId, { signal: abort.signal, onProgress })
      if (!abort.signal.aborted) saveFile(weightsFileName(name, jobId), weights)
    } catch (cause) {
      if (abort.signal.aborted) toast(this, 'The download was cancelled.')
      else this.error = `The weights could not be fetched: ${messageOf(cause)}`
    } finally {
      this.fraction = null
      this.#abort = null
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-job-result': CyxJobResult
  }
}
