/**
 * Giving this tab's GPU: what it could give, the one sentence about what it does now and why, the verbs, the limits. Nothing
 * starts but by the consent card's own button.
 */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { bytes, clock, count, duration, percent, shortId } from '../../elements/format.ts'
import type { ContributionState, Preflight, Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { fixFor, isRefusal } from './reasons.ts'
import './limits-card.ts'
import './preflight-card.ts'

const SNOOZE_MS = 3_600_000

@customElement('cyx-contribute-page')
export class CyxContributePage extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: var(--cyx-gap); margin-top: var(--cyx-gap); align-items: start; }
      .now { display: grid; gap: 14px; border-left: 4px solid var(--cyx-accent); }
      .now[data-phase='computing'] { border-left-color: var(--cyx-ok); }
      .now[data-phase='paused'] { border-left-color: var(--cyx-warn); }
      .now[data-phase='off'] { border-left-color: var(--cyx-control-border); }
      .status { font-size: 17px; }
      progress { width: 100%; height: 8px; accent-color: var(--cyx-accent); }
      dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(84px, 1fr)); gap: 12px; margin: 12px 0; }
      dt { color: var(--cyx-muted); font-size: 12px; }
      dd { margin: 0; font-size: 17px; font-weight: 600; font-variant-numeric: tabular-nums; }
      dialog h2 { font-size: 19px; }
      dialog dl { display: grid; grid-template-columns: 9em 1fr; gap: 10px 16px; margin: 16px 0; }
      dialog dt { font-size: 14px; }
      dialog dd { font-size: 14px; font-weight: 400; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @state() private flight: Preflight | null = null
  @state() private fault: string | null = null
  @state() private busy = false
  @query('dialog') private consent!: HTMLDialogElement

  constructor() {
    super()
    new StoreController(this, () => [this.session.contribution, this.session.settings, this.session.connection, this.session.viewer, this.session.jobs])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#check()
  }

  override render() {
    const giving = this.session.contribution.value
    return html`
      <h1>Contribute</h1>
      <div class="grid">
        <div class="stack">${this.#now(giving)} ${this.#today(giving)}
          <cyx-preflight-card .flight=${this.flight} @cyx-again=${() => void this.#check()}></cyx-preflight-card>
        </div>
        <cyx-limits-card .session=${this.session}></cyx-limits-card>
      </div>
      ${this.#consent()}
    `
  }

  #now({ phase, reason, status, jobs, pausedUntilMs, measuredDutyPercent }: ContributionState) {
    // What the sentence above says already is not said again.
    const refused = phase === 'off' && isRefusal(reason)
    const cannot = phase === 'off' && !refused ? this.#cannot() : null
    const fix = reason === null ? null : fixFor(reason)
    return html`<section class="card now" data-phase=${phase} aria-label="Now">
      <div class="row"><span class="chip" data-state=${phase}>${phase}</span>${pausedUntilMs === null ? nothing : html`<span class="muted">until ${clock(pausedUntilMs)}</span>`}</div>
      <p id="status" class="status" role="status">${status}</p>
      ${phase !== 'computing' && phase !== 'off' && reason !== null && reason !== 'user' ? html`<p class="muted"><strong>Why am I not computing?</strong> ${fix ?? status}</p>` : nothing}
      ${jobs.map(
        ({ jobId, name, submitter, step, totalSteps }) => html`<div>
          <div class="row"><a class="grow" href=${`#/job/${jobId}`}>${name}</a><span class="muted" title=${submitter}>for ${submitter === this.session.connection.value.peerId ? 'you' : shortId(submitter)}</span><span class="number">${percent(totalSteps === 0 ? null : step / totalSteps)}</span></div>
          <progress aria-label=${`Progress of ${name}`} max=${Math.max(1, totalSteps)} value=${step}></progress>
        </div>`,
      )}
      ${phase === 'computing' ? html`<p class="muted">The GPU worked ${percent(measuredDutyPercent / 100)} of the last seconds.</p>` : nothing}
      ${this.fault === null ? nothing : html`<p class="error" role="alert">${this.fault}</p>`}
      <div class="row">
        ${
          phase === 'off'
            ? html`<button class="primary big" ?disabled=${refused || cannot !== null || this.busy} aria-describedby=${cannot !== null ? 'cannot' : refused ? 'status' : nothing} @click=${() => this.consent.showModal()}>Contribute this GPU</button>`
            : phase === 'paused'
              ? html`<button class="primary" ?disabled=${this.busy} @click=${() => void this.#do(() => this.session.resume())}>Resume</button>`
              : html`<button class="primary" ?disabled=${this.busy} @click=${() => void this.#do(() => this.session.pause())}>Pause</button>
                <button ?disabled=${this.busy} @click=${() => void this.#do(() => this.session.pause(SNOOZE_MS))}>Snooze 1 h</button>
                <button ?disabled=${this.busy || phase !== 'computing'} @click=${() => void this.#do(() => this.session.finishRound())}>Finish round and stop</button>`
        }
      </div>
      ${cannot !== null ? html`<p id="cannot" class="muted">${cannot}</p>` : nothing}
    </section>`
  }

  /** Why the button cannot be pressed. */
  #cannot(): string | null {
    if (this.flight === null) return 'Looking at this browser’s GPU…'
    if (!this.flight.webgpu) return this.flight.problem ?? 'This browser has no WebGPU.'
    return null
  }

  #today({ today }: ContributionState) {
    const { samples, rounds, gpuSeconds, bytesSent, bytesReceived } = today
    return html`<section class="card"><h2>Today, on this browser</h2>
      <dl>
        <div><dt>Samples</dt><dd>${count(samples)}</dd></div>
        <div><dt>Rounds</dt><dd>${count(rounds)}</dd></div>
        <div><dt>GPU time</dt><dd>${duration(gpuSeconds * 1000)}</dd></div>
        <div><dt>Sent</dt><dd>${bytes(bytesSent)}</dd></div>
        <div><dt>Received</dt><dd>${bytes(bytesReceived)}</dd></div>
      </dl>
      <details><summary class="muted">Words</summary><p class="muted">A step is one batch. A round is some steps, after which the members compare and the mesh writes the result down. A sample counts when its round is committed.</p></details>
    </section>`
  }

  #consent() {
    const { dutyPercent, memoryLimitBytes } = this.session.settings.value
    const { mesh } = this.session.connection.value
    const open = this.session.jobs.value.filter(({ state }) => state === 'running' || state === 'queued' || state === 'offered')
    return html`<dialog aria-labelledby="consent-title">
      <h2 id="consent-title">Contribute this GPU?</h2>
      <dl>
        <dt class="muted">What runs</dt><dd>Training steps of machine-learning jobs, with kernels that are part of this page. No code comes from others.</dd>
        <dt class="muted">For whom</dt><dd>${
          mesh === null
            ? 'Whoever submits jobs to the mesh you join.'
            : html`Whoever submits jobs to the mesh <strong>${mesh}</strong>${
                open.length === 0
                  ? '; none waits now.'
                  : `; now ${open
                      .map(({ name }) => name)
                      .slice(0, 3)
                      .join(', ')}${open.length > 3 ? ' and others' : ''}.`
              }`
        }</dd>
        <dt class="muted">How much</dt><dd>At most ${bytes(memoryLimitBytes ?? this.flight?.memory?.limitBytes)} of GPU memory, ${dutyPercent} % of the time.</dd>
        <dt class="muted">Traffic</dt><dd>Job data once. Where several members train together, each sends about twice the size of the model per step and receives as much. Members see this tab’s peer id and network address.</dd>
        <dt class="muted">How to stop</dt><dd>Pause in this page at any moment, or close the tab: then nothing starts again by itself. Only Snooze does, when its time is over.</dd>
      </dl>
      <div class="row" style="justify-content:flex-end">
        <button @click=${() => this.consent.close()}>Not now</button>
        <button class="primary" autofocus @click=${this.#agree}>Contribute</button>
      </div>
    </dialog>`
  }

  readonly #agree = (): void => {
    this.consent.close()
    void this.#do(() => this.session.contribute())
  }

  async #do(verb: () => Promise<void>): Promise<void> {
    this.fault = null
    this.busy = true
    try {
      await verb()
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error)
    } finally {
      this.busy = false
    }
  }

  async #check(): Promise<void> {
    this.flight = null
    try {
      this.flight = await this.session.preflight()
    } catch (error) {
      this.fault = `this browser could not be examined: ${error instanceof Error ? error.message : String(error)}`
    }
  }
}
