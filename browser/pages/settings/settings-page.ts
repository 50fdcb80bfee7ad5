/** What a person may choose about the page, and what it keeps in this browser. Limits of contributing are on their own page. */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { bytes, percent } from '../../elements/format.ts'
import { defaultSettings, type Settings } from '../../session/settings.ts'
import type { Session } from '../../session/types.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { readSettings, settingsText } from './settings-file.ts'

type Clearable = 'weights-and-data' | 'metrics' | 'everything'
const CLEAR_WORDS: Readonly<Record<Clearable, { readonly title: string; readonly loss: string }>> = {
  'weights-and-data': {
    title: 'Clear weights and data',
    loss: 'Weights and job data kept here are deleted. What other peers hold can be fetched again; what only this tab holds is gone.',
  },
  metrics: { title: 'Clear plots', loss: 'The recorded points of all plots are deleted and cannot be brought back.' },
  everything: {
    title: 'Clear everything',
    loss: 'Identity, settings, plots, weights and data of this browser are deleted. Jobs signed here can no longer be paused, cancelled or removed by you.',
  },
}

@customElement('cyx-settings-page')
export class CyxSettingsPage extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: grid; gap: var(--cyx-gap); max-width: 860px; }
      section { display: grid; gap: 12px; }
      .pair { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 8px 16px; align-items: center; }
      progress { width: 100%; height: 8px; accent-color: var(--cyx-accent); }
      dialog p { margin: 12px 0 16px; }
      details > summary { font-weight: 600; }
      details > div { display: grid; gap: 12px; margin-top: 12px; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @state() private storage: { readonly usedBytes: number; readonly quotaBytes: number | null; readonly persistent: boolean } | null = null
  @state() private asked: Clearable = 'metrics'
  @state() private fault: string | null = null
  @query('dialog') private confirm!: HTMLDialogElement
  @query('input[type=file]') private file!: HTMLInputElement

  constructor() {
    super()
    new StoreController(this, () => [this.session.settings])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#measure()
  }

  override render() {
    const settings = this.session.settings.value
    return html`
      <h1>Settings</h1>
      <section class="card"><h2>Look</h2>
        ${this.#choice('theme', 'Theme', { system: 'As the system', light: 'Light', dark: 'Dark', contrast: 'High contrast' })}
        ${this.#choice('reducedMotion', 'Less motion', { system: 'As the system', on: 'On', off: 'Off' })}
      </section>
      <section class="card"><h2>Comfort</h2>
        ${this.#check('singleKeyShortcuts', 'Single-key shortcuts', 'Off while you type in any case; press ? for the sheet.')}
        <label class="check"><input type="checkbox" .checked=${settings.notifications} @change=${(event: Event) => void this.#notify(event.target as HTMLInputElement)} /><span>Notify me when a job ends<br /><span class="muted">Only while this page is hidden. The browser asks for permission now.</span></span></label>
      </section>
      <section class="card"><h2>Storage of this browser</h2>
        ${
          this.storage === null
            ? html`<p class="muted" role="status">Measuring…</p>`
            : html`<p>${bytes(this.storage.usedBytes)} of ${bytes(this.storage.quotaBytes)}${this.storage.quotaBytes === null ? '' : ` (${percent(this.storage.usedBytes / this.storage.quotaBytes)})`}. <span class="muted">${this.storage.persistent ? 'The browser keeps it until you clear it.' : 'The browser may clear it when the disk is full.'}</span></p>
              ${this.storage.quotaBytes === null ? nothing : html`<progress aria-label="Storage used" max="1" value=${this.storage.usedBytes / this.storage.quotaBytes}></progress>`}`
        }
        <div class="row">${(Object.keys(CLEAR_WORDS) as Clearable[]).map((what) => html`<button class=${what === 'everything' ? 'danger' : ''} @click=${() => this.#ask(what)}>${CLEAR_WORDS[what].title}…</button>`)}</div>
      </section>
      <section class="card"><h2>Settings as a file</h2>
        <div class="row"><button @click=${this.#export}>Export</button><button @click=${() => this.file.click()} aria-describedby=${this.fault === null ? nothing : 'fault'}>Import…</button><button @click=${() => this.#change(defaultSettings, 'All settings are as they were at first.')}>Reset all</button></div>
        <input type="file" hidden accept="application/json,.json" aria-label="Settings file" @change=${() => void this.#import()} />
        ${this.fault === null ? nothing : html`<p id="fault" class="error" role="alert">${this.fault}</p>`}
      </section>
      <details class="card"><summary>Advanced</summary><div>
        ${this.#choice('logLevel', 'Keep log entries from', { debug: 'debug', info: 'info', warn: 'warn', error: 'error' })}
        ${this.#choice('xAxis', 'Charts against', { step: 'Steps', samples: 'Samples', time: 'Time' })}
        <label class="pair" for="smoothing"><span>Smoothing of charts: <span class="number">${settings.smoothing.toFixed(2)}</span></span><input id="smoothing" type="range" min="0" max="0.99" step="0.01" .value=${String(settings.smoothing)} @input=${(event: Event) => this.session.changeSettings({ smoothing: Number((event.target as HTMLInputElement).value) })} /></label>
        ${this.#check('logX', 'Logarithmic x axis', '')} ${this.#check('logY', 'Logarithmic y axis', '')}
      </div></details>
      <p class="muted">How much of the GPU is given, and when, is set on <a href="#/contribute">Contribute</a>.</p>
      <dialog aria-labelledby="ask"><h2 id="ask">${CLEAR_WORDS[this.asked].title}?</h2><p>${CLEAR_WORDS[this.asked].loss}</p>
        <div class="row" style="justify-content:flex-end"><button autofocus @click=${() => this.confirm.close()}>Keep</button><button class="danger" @click=${() => void this.#clear()}>${CLEAR_WORDS[this.asked].title}</button></div>
      </dialog>
    `
  }

  #choice<K extends 'theme' | 'reducedMotion' | 'logLevel' | 'xAxis'>(key: K, title: string, words: Readonly<Record<Settings[K], string>>) {
    const chosen = this.session.settings.value[key]
    return html`<div class="pair"><label for=${key}>${title}</label><select id=${key} @change=${(event: Event) => this.session.changeSettings({ [key]: (event.target as HTMLSelectElement).value })}>${Object.entries(words).map(([value, word]) => html`<option value=${value} ?selected=${value === chosen}>${word}</option>`)}</select></div>`
  }

  #check(key: 'singleKeyShortcuts' | 'logX' | 'logY', title: string, hint: string) {
    return html`<label class="check"><input type="checkbox" .checked=${this.session.settings.value[key]} @change=${(event: Event) => this.session.changeSettings({ [key]: (event.target as HTMLInputElement).checked })} /><span>${title}${hint === '' ? nothing : html`<br /><span class="muted">${hint}</span>`}</span></label>`
  }

  /** The browser is asked only here, on the person's own click. */
  async #notify(box: HTMLInputElement): Promise<void> {
    if (!box.checked) {
      this.session.changeSettings({ notifications: false })
      return
    }
    const allowed = 'Notification' in window && (await Notification.requestPermission()) === 'granted'
    box.checked = allowed
    this.session.changeSettings({ notifications: allowed })
    if (!allowed) this.#say('The browser does not allow notifications here: its site settings decide.', 'warn')
  }

  #ask(what: Clearable): void {
    this.asked = what
    this.confirm.showModal()
  }

  async #clear(): Promise<void> {
    this.confirm.close()
    try {
      await this.session.clearStorage(this.asked)
      this.#say('Cleared.', 'ok')
    } catch (error) {
      this.#say(`not cleared: ${(error as Error).message}`, 'error')
    }
    await this.#measure()
  }

  #change(change: Partial<Settings>, words: string): void {
    const before = this.session.settings.value
    this.session.changeSettings(change)
    this.#say(words, 'ok', () => this.session.changeSettings(before))
  }

  readonly #export = (): void => {
    const url = URL.createObjectURL(new Blob([settingsText(this.session.settings.value)], { type: 'application/json' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'cyxwiz-settings.json'
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
  }

  async #import(): Promise<void> {
    const [chosen] = this.file.files ?? []
    this.file.value = ''
    if (chosen === undefined) return
    try {
      this.#change(readSettings(await chosen.text()), `Settings of ${chosen.name} are in force.`)
      this.fault = null
    } catch (error) {
      this.fault = `${chosen.name}: ${(error as Error).message}`
    }
  }

  async #measure(): Promise<void> {
    this.storage = await this.session.storage().catch(() => null)
  }

  #say(text: string, level: 'ok' | 'warn' | 'error', undo?: () => void): void {
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail: { text, level, ...(undo === undefined ? {} : { undo }) }, bubbles: true, composed: true }))
  }
}
