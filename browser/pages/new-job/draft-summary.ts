/**
 * What the draft will take, as it is typed: parameters, memory, traffic, steps, which peers fit and why others do not,
 * and everything still wrong with it. A figure that is not known is a dash, never 0.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import type { SpecError } from '../../../protocol/jobs/errors.ts'
import { bytes, count, shortId } from '../../elements/format.ts'
import { DraftError, type DraftFindings, type Fix } from '../../jobs/index.ts'
import type { PeerView } from '../../session/types.ts'
import { shared } from '../../theme/shared.ts'

@customElement('cyx-draft-summary')
export class DraftSummary extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: grid; gap: 12px; min-width: 0; }
      h2 { font-size: 1rem; margin: 0; }
      dl { display: grid; grid-template-columns: 1fr auto; gap: 5px 12px; margin: 8px 0 0; font-variant-numeric: tabular-nums; }
      dt { color: var(--cyx-muted); }
      dd { margin: 0; text-align: right; font-weight: 600; }
      .note { font-size: 0.8rem; margin: 4px 0 0; }
      ul { list-style: none; margin: 8px 0 0; padding: 0; display: grid; gap: 6px; }
      .peers li { display: grid; grid-template-columns: auto 1fr; gap: 0 8px; font-size: 0.85rem; }
      .peers .sign { font-weight: 700; width: 1.2em; text-align: center; }
      .yes .sign { color: var(--cyx-ok); }
      .no .sign { color: var(--cyx-danger); }
      .peers .why { grid-column: 2; color: var(--cyx-muted); font-size: 0.8rem; }
      .mono { font-family: var(--cyx-mono); }
      .problems li { font-size: 0.85rem; display: grid; gap: 4px; justify-items: start; }
      .problems button.go { text-align: left; white-space: normal; height: auto; padding: 4px 8px; color: var(--cyx-danger); overflow-wrap: anywhere; }
      [aria-busy='true'] dd { opacity: 0.55; }
    `,
  ]

  @property({ attribute: false }) findings: DraftFindings | null = null
  @property({ attribute: false }) peers: readonly PeerView[] = []
  @property({ type: Boolean }) checking = false
  /** What the check is doing, where it takes long. */
  @property({ attribute: false }) progress: string | null = null

  override render(): TemplateResult {
    const report = this.findings?.report ?? null
    const problems = this.findings?.problems ?? []
    const figure = (value: number | null | undefined, show: (value: number) => string): string => (value === null || value === undefined ? '–' : show(value))
    return html`
      <section class="card" aria-busy=${this.checking}>
        <h2>What it takes</h2>
        <dl>
          <dt>Parameters</dt><dd data-figure="parameters">${figure(report?.parameters ?? this.findings?.parameters, count)}</dd>
          <dt>GPU memory, at least</dt><dd data-figure="memory">${figure(report?.memoryBytes, bytes)}</dd>
          <dt>… with ${figure(report?.rowsEach, count)} rows each</dt><dd>${figure(report?.memoryEachBytes, bytes)}</dd>
          <dt>Sent per step and member</dt><dd data-figure="bytes">${figure(report?.bytesPerStep, bytes)}</dd>
          <dt>Steps in an epoch</dt><dd>${figure(report?.stepsPerEpoch, count)}</dd>
          <dt>Steps in all</dt><dd data-figure="steps">${figure(report?.totalSteps, count)}</dd>
        </dl>
        ${report === null ? nothing : html`<p class="muted note">Traffic for ${report.members} ${report.members === 1 ? 'member, who has nobody to merge with' : 'members'}: 8 · P · (N − 1) / N bytes, as much received.</p>`}
      </section>
      <section class="card">
        <h2>${this.peersTitle()}</h2>
        ${this.renderPeers()}
      </section>
      <section class="card">
        <h2>Check</h2>
        <p class="note" role="status">${
          this.progress !== null && this.checking
            ? this.progress
            : this.findings === null
              ? 'Checking'
              : problems.length === 0
                ? 'Ready to submit'
                : `${problems.length} ${problems.length === 1 ? 'thing' : 'things'} to mend`
        }</p>
        ${problems.length === 0 ? nothing : html`<ul class="problems">${problems.map((problem) => this.renderProblem(problem))}</ul>`}
      </section>
    `
  }

  private peersTitle(): string {
    const fits = this.findings?.report?.fits
    if (fits === undefined) return 'Which peers fit'
    return `${fits.filter((verdict) => verdict.fits).length} of ${fits.length} ${fits.length === 1 ? 'peer fits' : 'peers fit'}`
  }

  private renderPeers(): TemplateResult {
    const fits = this.findings?.report?.fits ?? []
    if (fits.length === 0)
      return html`<p class="muted note">${this.peers.length === 0 ? 'No peer is known yet: the job can be submitted once a mesh is joined.' : 'Known once the job makes sense.'}</p>`
    return html`<ul class="peers">${[...fits]
      .sort((a, b) => Number(b.fits) - Number(a.fits) || Number(a.why !== null) - Number(b.why !== null))
      .map(({ peerId, fits: yes, why }) => {
        const peer = this.peers.find((candidate) => candidate.peerId === peerId)
        return html`<li class=${yes ? 'yes' : 'no'}>
          <span class="sign" aria-hidden="true">${yes ? '✓' : '×'}</span>
          <span><span class="visually-hidden">${yes ? 'fits: ' : 'does not fit: '}</span><span class="mono" title=${peerId}>${shortId(peerId)}</span>
          <span class="muted">${peer === undefined ? '' : `${peer.kind === 'browser' ? 'tab' : 'native'}${peer.self ? ', this one' : ''}, ${bytes(peer.memory.limitBytes)}`}</span></span>
          ${why === null ? nothing : html`<span class="why">${why}</span>`}
        </li>`
      })}</ul>`
  }

  private renderProblem(problem: SpecError): TemplateResult {
    const fix = problem instanceof DraftError ? problem.fix : null
    return html`<li>
      <button type="button" class="quiet go" @click=${() => this.tell('cyx-go', problem.path)}>${problem.message}</button>
      ${fix === null ? nothing : html`<button type="button" @click=${() => this.tell<Fix>('cyx-fix', fix)}>${fix.label}</button>`}
    </li>`
  }

  private tell<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}
