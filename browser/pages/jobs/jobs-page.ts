/**
 * All jobs of the mesh: what each does or why it waits, whose it is, and what may be done to it. Rows are live; choosing,
 * sorting and filtering survive a visit to another page.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import type { JobStateName } from '../../../protocol/events/types.ts'
import type { JobAction } from '../../../protocol/jobs/actions.ts'
import { ago, percent, shortId } from '../../elements/format.ts'
import type { Session } from '../../session/types.ts'
import { Store } from '../../state/store.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { actOnJob } from './act.ts'
import { controls } from './controls.ts'
import { deferredActions } from './deferred.ts'
import { ACTION_WORDS, actionsFor, filterRows, type JobRow, type RowFilter, type SortKey, STATES, sortRows, waitingWords } from './words.ts'

/** The colours of a comparison. */
const MOST_COMPARED = 8

interface ListState {
  readonly filter: RowFilter
  readonly sort: SortKey
  readonly descending: boolean
  readonly chosen: ReadonlySet<string>
}

/** Outlives the element: leaving the page and coming back changes nothing. */
const list = new Store<ListState>({ filter: { text: '', state: 'all' }, sort: 'age', descending: true, chosen: new Set() })

const COLUMNS: readonly { readonly key: SortKey; readonly title: string }[] = [
  { key: 'name', title: 'Name' },
  { key: 'state', title: 'State' },
  { key: 'progress', title: 'Progress' },
  { key: 'attempt', title: 'Attempt' },
  { key: 'submitter', title: 'Submitter' },
  { key: 'age', title: 'Submitted' },
]

const STATE_CHOICES: readonly { readonly value: RowFilter['state']; readonly title: string }[] = [
  { value: 'all', title: 'All states' },
  { value: 'open', title: 'Not ended' },
  { value: 'over', title: 'Ended' },
  ...STATES.map((state) => ({ value: state, title: state.charAt(0).toUpperCase() + state.slice(1) })),
]

@customElement('cyx-jobs-page')
export class CyxJobsPage extends LitElement {
  static override styles = [
    shared,
    controls,
    css`
      :host { display: block; }
      header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: var(--cyx-gap); margin-bottom: var(--cyx-gap); }
      .tools { margin-bottom: var(--cyx-gap); align-items: end; gap: 12px; }
      .tools label { display: grid; gap: 4px; font-size: 13px; color: var(--cyx-muted); }
      .tools input[type='search'] { width: 19em; }
      .tools input, .tools select { min-height: 34px; }
      .tools > span { line-height: 34px; }
      .scroll { border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); background: var(--cyx-surface); }
      th, td { padding: 7px 12px; white-space: nowrap; }
      th button { all: unset; cursor: pointer; display: inline-flex; gap: 4px; align-items: center; min-height: 24px; font-weight: 500; }
      th button:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; border-radius: 4px; }
      td.name { white-space: normal; min-width: 13em; font-size: 14px; }
      td.name a { font-weight: 600; color: var(--cyx-text); display: inline-block; line-height: 24px; overflow-wrap: anywhere; }
      td.name .why { display: block; font-size: 12.5px; line-height: 1.35; color: var(--cyx-muted); max-width: 34em; }
      td.check { width: 24px; padding-right: 0; }
      td:is(.attempt, .age) { font-variant-numeric: tabular-nums; }
      .progress { display: flex; align-items: center; gap: 8px; min-width: 9em; }
      .bar { flex: 1; height: 6px; border-radius: 3px; background: var(--cyx-surface-2); overflow: hidden; border: 1px solid var(--cyx-border); }
      .bar > div { height: 100%; background: var(--cyx-accent); }
      .bar[data-state='completed'] > div { background: var(--cyx-ok); }
      .bar:is([data-state='failed'], [data-state='cancelled'], [data-state='paused']) > div { background: var(--cyx-muted); }
      .percent { width: 3.4em; text-align: right; font-variant-numeric: tabular-nums; }
      .actions { display: flex; gap: 2px; justify-content: flex-end; align-items: center; }
      .actions :is(a.button, button) { min-height: 28px; padding: 2px 8px; font-size: 13px; }
      tbody tr:hover { background: var(--cyx-surface-2); }
      .empty { text-align: center; padding: 48px 16px; display: grid; gap: 12px; justify-items: center; }
      .empty p { max-width: 44em; }
      @media (max-width: 720px) {
        thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
        table, tbody { display: block; }
        tr { display: grid; grid-template-columns: auto auto 1fr auto; gap: 4px 10px; padding: 12px; border-bottom: 1px solid var(--cyx-border); align-items: center; }
        tbody tr:last-child { border-bottom: 0; }
        td { display: block; padding: 0; border: 0; }
        td.name { grid-column: 2 / 4; min-width: 0; }
        td.check { grid-row: 1; align-self: start; }
        td.wide { grid-column: 2 / -1; }
        td.by { grid-column: 2; color: var(--cyx-muted); }
        td.age { grid-column: 3 / -1; color: var(--cyx-muted); }
        td.attempt { display: none; }
        .actions { justify-content: flex-start; flex-wrap: wrap; margin-left: -8px; }
        .tools label:first-child { flex: 1 1 100%; }
        .tools input[type='search'] { width: 100%; }
      }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @query('input[type=search]') private search!: HTMLInputElement | null
  #ageTimer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    new StoreController(this, () => [this.session.jobs, this.session.connection, this.session.settings, deferredActions.pending, list])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    // Ages grow without anything happening.
    this.#ageTimer = setInterval(() => this.requestUpdate(), 20_000)
    document.addEventListener('keydown', this.#onKey)
  }

  override disconnectedCallback(): void {
    clearInterval(this.#ageTimer)
    document.removeEventListener('keydown', this.#onKey)
    super.disconnectedCallback()
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const typing = event
      .composedPath()
      .some((node) => node instanceof HTMLElement && (node.isContentEditable || /^(input|textarea|select)$/i.test(node.tagName)))
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey || !this.session.settings.value.singleKeyShortcuts) return
    event.preventDefault()
    this.search?.focus()
  }

  override render(): TemplateResult {
    const { jobs, connection } = this.session
    const { filter, sort, descending, chosen } = list.value
    const me = connection.value.peerId
    const rows = jobs.value.map((job): JobRow => ({ job, mine: job.submitter === me, why: waitingWords(job) }))
    const shown = sortRows(filterRows(rows, filter), sort, descending)
    const known = new Set(jobs.value.map((job) => job.jobId))
    const compared = [...chosen].filter((jobId) => known.has(jobId))
    return html`
      <header>
        <h1>Jobs</h1>
        <div class="row">
          ${compared.length > 0 ? this.#compareButtons(compared) : nothing}
          <a class="button primary" href="#/new-job">New job</a>
        </div>
      </header>
      ${rows.length === 0 ? this.#empty() : html`${this.#tools(filter, shown.length, rows.length)} ${shown.length === 0 ? this.#noMatch() : this.#table(shown, compared)}`}
    `
  }

  #compareButtons(compared: readonly string[]) {
    const enough = compared.length > 1 && compared.length <= MOST_COMPARED
    const why = compared.length < 2 ? 'Choose one more job to compare' : `At most ${MOST_COMPARED} jobs can be compared`
    return html`
      <span class="muted" role="status">${compared.length} chosen${enough ? '' : html`. ${why}.`}</span>
      ${enough ? html`<a class="button" href=${`#/compare/${compared.join(',')}`}>Compare ${compared.length} jobs</a>` : nothing}
      <button class="quiet" @click=${() => this.#change({ chosen: new Set() })}>Choose none</button>
    `
  }

  #tools(filter: RowFilter, shown: number, all: number) {
    return html`
      <div class="row tools" role="search">
        <label>Filter (press /)
          <input type="search" .value=${filter.text} placeholder="name, id, submitter, reason" autocomplete="off"
            @input=${(event: InputEvent) => this.#change({ filter: { ...filter, text: (event.target as HTMLInputElement).value } })} />
        </label>
        <label>State
          <select @change=${(event: Event) => this.#change({ filter: { ...filter, state: (event.target as HTMLSelectElement).value as RowFilter['state'] } })}>
            ${STATE_CHOICES.map(({ value, title }) => html`<option value=${value} ?selected=${value === filter.state}>${title}</option>`)}
          </select>
        </label>
        <span class="muted" role="status">${shown === all ? `${all} ${all === 1 ? 'job' : 'jobs'}` : `${shown} of ${all} jobs`}</span>
      </div>
    `
  }

  #table(rows: readonly JobRow[], compared: readonly string[]) {
    const { sort, descending, chosen } = list.value
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Jobs">
        <table>
          <thead>
            <tr>
              <th scope="col"><span class="visually-hidden">Compare</span></th>
              ${COLUMNS.map(
                ({ key, title }) => html`
                  <th scope="col" class=${key === 'attempt' ? 'number' : ''} aria-sort=${key === sort ? (descending ? 'descending' : 'ascending') : 'none'}>
                    <button @click=${() => this.#sortBy(key)}>${title}<span aria-hidden="true">${key === sort ? (descending ? '↓' : '↑') : ''}</span></button>
                  </th>`,
              )}
              <th scope="col"><span class="visually-hidden">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              rows,
              ({ job }) => job.jobId,
              (row) => this.#row(row, chosen.has(row.job.jobId), compared.length),
            )}
          </tbody>
        </table>
      </div>
    `
  }

  #row({ job, mine, why }: JobRow, isChosen: boolean, chosenCount: number) {
    const { jobId, name, state, attempt, progress, submitter, submittedAt } = job
    return html`
      <tr>
        <td class="check">
          <input type="checkbox" aria-label=${`Compare ${name}`} .checked=${isChosen} ?disabled=${!isChosen && chosenCount >= MOST_COMPARED}
            @change=${(event: Event) => this.#choose(jobId, (event.target as HTMLInputElement).checked)} />
        </td>
        <td class="name"><a href=${`#/job/${jobId}`}>${name}</a>${why === null ? nothing : html`<span class="why">${why}</span>`}</td>
        <td><span class="chip" data-state=${state}>${state}</span></td>
        <td class="wide">
          <div class="progress">
            <div class="bar" data-state=${state} role="progressbar" aria-label=${`Progress of ${name}`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(progress * 100)}>
              <div style=${`width: ${Math.min(100, Math.max(0, progress * 100))}%`}></div>
            </div>
            <span class="percent">${percent(progress)}</span>
          </div>
        </td>
        <td class="number attempt">${attempt}</td>
        <td class="by" title=${submitter}>${mine ? 'you' : shortId(submitter)}</td>
        <td class="age"><time datetime=${submittedAt}>${ago(Date.parse(submittedAt))}</time></td>
        <td class="wide">${this.#actions(job, state, mine)}</td>
      </tr>
    `
  }

  #actions(job: JobRow['job'], state: JobStateName, mine: boolean) {
    const waiting = deferredActions.of(job.jobId)
    if (waiting !== null) {
      return html`<div class="actions"><span class="muted">${waiting.action === 'cancel' ? 'Cancelling' : 'Removing'}…</span>
        <button @click=${() => deferredActions.undo(job.jobId)} aria-label=${`Undo: ${waiting.action} ${job.name}`}>Undo</button></div>`
    }
    const button = (action: JobAction) => html`
      <button class=${action === 'cancel' || action === 'remove' ? 'quiet danger' : 'quiet'} aria-label=${`${ACTION_WORDS[action]} ${job.name}`}
        @click=${() => void actOnJob(this, this.session, job, action)}>${ACTION_WORDS[action]}</button>`
    return html`<div class="actions">
      ${state === 'completed' ? html`<a class="button quiet" href=${`#/try/${job.jobId}`} aria-label=${`Try the model of ${job.name}`}>Try</a>` : nothing}
      <a class="button quiet" href=${`#/new-job/${job.jobId}`} aria-label=${`Clone ${job.name}`}>Clone</a>
      ${mine ? actionsFor(state).map(button) : nothing}
    </div>`
  }

  #empty() {
    const joined = this.session.connection.value.phase === 'connected'
    return html`
      <div class="card empty">
        <h2>No jobs yet</h2>
        ${
          joined
            ? html`<p>A job is a model, its data and how to train it. Peers of this mesh share the work; you see it live and take the weights away.</p>
              <a class="button primary" href="#/new-job">New job</a>`
            : html`<p>This tab is not in a mesh, so it sees no jobs. Connect first; a new job can be written meanwhile.</p>
              <a class="button" href="#/new-job">New job</a>`
        }
      </div>
    `
  }

  #noMatch() {
    return html`<div class="card empty"><p>No job fits this filter.</p>
      <button @click=${() => this.#change({ filter: { text: '', state: 'all' } })}>Show all jobs</button></div>`
  }

  #choose(jobId: string, yes: boolean): void {
    const chosen = new Set(list.value.chosen)
    if (yes) chosen.add(jobId)
    else chosen.delete(jobId)
    this.#change({ chosen })
  }

  #sortBy(key: SortKey): void {
    const { sort, descending } = list.value
    // Newest and furthest first; names and states from the beginning.
    this.#change({ sort: key, descending: key === sort ? !descending : key === 'age' || key === 'progress' || key === 'attempt' })
  }

  #change(change: Partial<ListState>): void {
    list.update((state) => ({ ...state, ...change }))
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-jobs-page': CyxJobsPage
  }
}
