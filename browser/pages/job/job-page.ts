/**
 * One job: what it does now, how it is doing, who does it, and what may be done to it. The detail is read once a second
 * while somebody looks; figures and tables change in place, charts draw by themselves.
 */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { bytes, clock, count, duration, percent, shortId } from '../../elements/format.ts'
import type { JobMetrics } from '../../metrics/types.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { actOnJob, messageOf, toast } from '../jobs/act.ts'
import { controls } from '../jobs/controls.ts'
import { deferredActions } from '../jobs/deferred.ts'
import { ACTION_WORDS, actionsFor, etaMs, isOver, phaseWords, stepsPerSecond, waitingWords } from '../jobs/words.ts'
import { alertsOf, type JobAlert } from './alerts.ts'
import './result-card.ts'
import './run-charts.ts'
import { figure, latest, ofGroup, paceOf, totalOf } from './live.ts'
import { JobLoader, type ShownDetail } from './loader.ts'
import { pageStyles } from './styles.ts'
import { membersTable, roundsTable, timeline } from './tables.ts'

const LOG_LINES = 200
/** Older answers are said to be old. */
const STALE_MS = 5000

@customElement('cyx-job-page')
export class CyxJobPage extends LitElement {
  static override styles = [shared, controls, pageStyles, css`:host { display: block; }`]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @state() private alerts: readonly JobAlert[] = []
  @state() private copied = false

  readonly #loader = new JobLoader(
    this,
    () => this.#jobId,
    (detail, before) => this.#onDetail(detail, before),
  )
  #metrics: { readonly metrics: JobMetrics; release(): void } | null = null
  #metricsOf = ''
  #progress = { step: -1, sinceMs: 0 }
  readonly #told = new Set<string>()

  constructor() {
    super()
    // Not the log: it may change often, and the page is rendered with each answer anyway.
    new StoreController(this, () => [this.session.connection, this.session.coordinator, deferredActions.pending])
  }

  get #jobId(): string {
    return this.params[0] ?? ''
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.#loader.detail !== null) this.#holdMetrics()
  }

  override disconnectedCallback(): void {
    this.#releaseMetrics()
    super.disconnectedCallback()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('params') || changed.has('session')) {
      if (this.#metricsOf !== this.#jobId) {
        this.#releaseMetrics()
        this.alerts = []
        this.#told.clear()
        this.#progress = { step: -1, sinceMs: Date.now() }
      }
    }
  }

  override render() {
    const { detail, error } = this.#loader
    if (this.#jobId === '') return html`<div class="card"><p>No job was named. <a href="#/jobs">All jobs</a></p></div>`
    if (detail === null) {
      return error === null
        ? html`<p class="muted" role="status">Reading the job…</p>`
        : html`<div class="card" role="alert"><h1>This job cannot be shown</h1><p>${error}</p>
            <div class="row"><button @click=${() => this.#loader.again()}>Try again</button><a class="button" href="#/jobs">All jobs</a></div></div>`
    }
    const metrics = this.#metrics?.metrics ?? null
    return html`
      ${this.#head(detail)} ${this.#alertList()} ${this.#figures(detail, metrics)}
      ${detail.result === null ? nothing : html`<cyx-job-result .session=${this.session} .job=${detail}></cyx-job-result>`}
      ${this.#charts(detail, metrics)}
      <section class="card"><h2>Members</h2>${membersTable(detail, metrics, this.session.connection.value.peerId)}</section>
      <div class="columns">
        <section class="card"><h2>Rounds</h2>${roundsTable(detail)}</section>
        <section class="card"><h2>History</h2>${timeline(detail)}</section>
      </div>
      ${this.#log(detail)} ${this.#spec(detail)}
    `
  }

  #head(detail: ShownDetail) {
    const { name, jobId, state: now, step, totalSteps, progress, attempt, submitter, submittedAt } = detail
    const mine = submitter === this.session.connection.value.peerId
    const coordinator = this.session.coordinator.value.peerId
    const phase = now === 'running' ? phaseWords(detail.phase) : null
    const eta = now === 'running' ? etaMs(step, totalSteps, stepsPerSecond(paceOf(this.#metrics?.metrics ?? null))) : null
    const why = waitingWords(detail, detail.waiting)
    return html`
      <header class="card">
        <div class="title">
          <h1>${name}</h1>
          <span class="chip" data-state=${now} role="status">${now}</span>
          ${phase === null ? nothing : html`<span class="muted">${phase}</span>`}
          <div class="row actions">${this.#actions(detail, mine)}</div>
        </div>
        <div class="progress">
          <div class="bar" data-state=${now} role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(progress * 100)}>
            <div style=${`width: ${Math.min(100, Math.max(0, progress * 100))}%`}></div>
          </div>
          <span class="number">${percent(progress)}</span>
        </div>
        <p class="facts">
          <span>step ${count(step)} of ${count(totalSteps)}</span>
          ${now === 'running' ? html`<span>${eta === null ? 'time left –' : `about ${duration(eta)} left`}</span>` : nothing}
          <span>attempt ${attempt}</span>
          <span title=${submitter}>by ${mine ? 'you' : shortId(submitter)}</span>
          <span>submitted <time datetime=${submittedAt}>${clock(Date.parse(submittedAt))}</time></span>
          <span title=${coordinator ?? ''}>coordinator ${coordinator === null ? '–' : shortId(coordinator)}</span>
          <span class="mono" title=${jobId}>${shortId(jobId)}</span>
        </p>
        ${why === null ? nothing : html`<p class="why" data-state=${now}><strong>${isOver(now) || now === 'paused' ? 'Why' : 'Waiting'}:</strong> ${why}</p>`}
        ${this.#staleness()}
      </header>
    `
  }

  #staleness() {
    const { error, readMs } = this.#loader
    if (error === null || readMs === null || Date.now() - readMs < STALE_MS) return nothing
    return html`<p class="why" role="status" data-state="failed">What you see is from ${clock(readMs)}: ${error}</p>`
  }

  #actions(detail: ShownDetail, mine: boolean) {
    const { jobId, name, state: now } = detail
    const waiting = deferredActions.of(jobId)
    return html`
      ${
        waiting === null
          ? mine
            ? actionsFor(now).map(
                (action) => html`<button class=${action === 'cancel' || action === 'remove' ? 'danger' : ''}
                  @click=${() => void actOnJob(this, this.session, detail, action).then(() => this.#loader.again())}>${ACTION_WORDS[action]}</button>`,
              )
            : nothing
          : html`<span class="muted">${waiting.action === 'cancel' ? 'Cancelling' : 'Removing'}…</span><button @click=${() => deferredActions.undo(jobId)}>Undo</button>`
      }
      <a class="button" href=${`#/new-job/${jobId}`} aria-label=${`Clone ${name}`}>Clone</a>
      <a class="button" href=${`#/compare/${jobId}`} aria-label=${`Compare ${name} with other jobs`}>Compare</a>
    `
  }

  #alertList() {
    if (this.alerts.length === 0) return nothing
    return html`<div class="alerts" role="alert">
      ${this.alerts.map(
        (alert) => html`<p data-level=${alert.level}><span>${alert.text}</span>
          <button class="quiet" aria-label=${`Dismiss: ${alert.text}`} @click=${() => this.#dismiss(alert)}>Dismiss</button></p>`,
      )}
    </div>`
  }

  #figures(detail: ShownDetail, metrics: JobMetrics | null) {
    const members = detail.members.map((member) => member.peerId)
    const { result } = detail
    const average = result !== null && result.seconds > 0 ? result.samples / result.seconds : null
    const speed = detail.state === 'running' ? ofGroup(metrics, 'samplesPerSecond', members) : average
    const accuracy = latest(metrics, 'accuracy', '') ?? detail.accuracy
    const sent = totalOf(metrics, 'bytesSent')
    const skipped = result?.skippedSteps ?? latest(metrics, 'skippedSteps', '') ?? 0
    const shown: readonly [string, string, string][] = [
      ['Loss', figure(latest(metrics, 'loss', '') ?? detail.loss), 'of the newest batch, before its update'],
      ['Accuracy', accuracy === null ? '–' : percent(accuracy), 'of the newest batch'],
      ['Samples/s', speed === null ? '–' : count(Math.round(speed)), average === null ? 'of the whole group' : 'of the whole group, on average'],
      ['Samples', count(detail.samples), 'over all members, committed'],
      ...(skipped > 0 ? [['Steps left out', count(skipped), 'because their loss or gradient was not finite'] as [string, string, string]] : []),
      ['Merge traffic', sent === null ? '–' : bytes(sent), 'sent by all members, as far as this tab has seen'],
      // A job that rests keeps its group's names; nobody of it computes.
      ['Members', String(members.length), detail.state === 'running' ? 'computing now' : 'of the last group'],
    ]
    return html`<dl class="figures">${shown.map(([name, value, hint]) => html`<div class="card" title=${hint}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
  }

  #charts(detail: ShownDetail, metrics: JobMetrics | null) {
    if (metrics === null) return nothing
    const begun = detail.step > 0 || metrics.series('loss').length > 0
    if (!begun && detail.state !== 'running') return html`<p class="muted">Curves appear here when training begins.</p>`
    return html`<cyx-run-charts .session=${this.session} .runs=${[{ jobId: detail.jobId, label: detail.name, metrics }]}></cyx-run-charts>`
  }

  #log(detail: ShownDetail) {
    const entries = this.session.log.value.filter((entry) => entry.jobId === detail.jobId).slice(-LOG_LINES)
    return html`
      <details class="card">
        <summary><h2>Log <span class="muted">${entries.length}</span></h2></summary>
        ${
          entries.length === 0
            ? html`<p class="muted">This tab has logged nothing about this job.</p>`
            : html`<div class="scroll tall" tabindex="0" role="log" aria-label="Log of this job"><ol class="log">
                ${entries.map(
                  (entry) =>
                    html`<li data-level=${entry.level}><time class="muted">${clock(entry.timeMs)}</time><span>${entry.level}</span><span class="muted">${entry.source}</span><span>${entry.text}</span></li>`,
                )}
              </ol></div>`
        }
      </details>
    `
  }

  #spec({ jobId }: ShownDetail) {
    const spec = this.session.spec(jobId)
    if (spec === null) return html`<section class="card"><h2>Specification</h2><p class="muted">This tab has not received the specification yet.</p></section>`
    const text = JSON.stringify(spec, null, 2)
    return html`
      <details class="card">
        <summary><h2>Specification</h2></summary>
        <button @click=${() => void this.#copy(text)}>${this.copied ? 'Copied' : 'Copy JSON'}</button>
        <pre class="scroll tall mono" tabindex="0" role="region" aria-label="Specification as JSON">${text}</pre>
      </details>
    `
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      this.copied = true
      setTimeout(() => {
        this.copied = false
      }, 2000)
    } catch (cause) {
      toast(this, `The browser did not allow copying: ${messageOf(cause)}. Select the text instead.`, 'error')
    }
  }

  #onDetail(detail: ShownDetail, before: ShownDetail | null): void {
    const now = Date.now()
    // Not before the first answer: what is held while the tab is in no mesh yet records nothing.
    this.#holdMetrics()
    if (detail.step !== this.#progress.step || detail.state !== before?.state) this.#progress = { step: detail.step, sinceMs: now }
    const found = alertsOf(before, detail, this.#metrics?.metrics.marks ?? [], this.#progress.sinceMs, now, shortId)
    const fresh = found.filter((alert) => !this.#told.has(alert.key))
    if (fresh.length === 0) return
    for (const alert of fresh) {
      this.#told.add(alert.key)
      toast(this, alert.text, alert.level)
    }
    // What went well needs no lasting line.
    const lasting = fresh.filter((alert) => alert.level !== 'ok')
    if (lasting.length > 0) this.alerts = [...this.alerts, ...lasting].slice(-5)
  }

  #dismiss(alert: JobAlert): void {
    this.alerts = this.alerts.filter((other) => other !== alert)
  }

  #holdMetrics(): void {
    if (this.#metricsOf === this.#jobId && this.#metrics !== null) return
    this.#releaseMetrics()
    if (this.#jobId === '') return
    this.#metricsOf = this.#jobId
    this.#metrics = this.session.metrics(this.#jobId)
  }

  #releaseMetrics(): void {
    this.#metrics?.release()
    this.#metrics = null
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-job-page': CyxJobPage
  }
}
