/**
 * The frame around every page: navigation, status bar, the page itself (loaded when opened, with its own fault boundary),
 * dialogs, shortcuts, toasts. It shows; all doing is the session's.
 */
import { html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { keyed } from 'lit/directives/keyed.js'
import { html as staticHtml, unsafeStatic } from 'lit/static-html.js'
import { defaultSettings } from '../session/settings.ts'
import type { Session } from '../session/types.ts'
import { StoreController } from '../state/store-controller.ts'
import { shared } from '../theme/shared.ts'
import { theme } from '../theme/theme.ts'
import type { CyxToasts, Toast } from './cyx-toasts.ts'
import './cyx-status-bar.ts'
import './cyx-toasts.ts'
import { notifyOfJobs } from './notify.ts'
import { LOAD_PAGE } from './pages.ts'
import { HOME, hrefOf, PAGE_TITLES, type PageName, placeOf, type Route, samePage } from './router.ts'
import { shellCss } from './shell-css.ts'
import { type Command, Shortcuts } from './shortcuts.ts'

const NAVIGATION: readonly PageName[] = ['jobs', 'new-job', 'contribute', 'peers', 'compare', 'log', 'settings']
/** The project menu comes by then, however busy the page is. */
const IDLE_TIMEOUT_MS = 2000
/** On a phone one watches: writing jobs and comparing are for a larger screen. */
const ON_PHONE: readonly PageName[] = ['jobs', 'contribute', 'peers', 'log', 'settings']

@customElement('cyx-shell')
export class CyxShell extends LitElement {
  static override styles = [shared, shellCss]

  @property({ attribute: false }) session!: Session
  @state() private route: Route = HOME
  @state() private loaded: ReadonlySet<PageName> = new Set()
  @state() private fault: { readonly page: PageName; readonly message: string } | null = null
  @state() private drawer = false
  @state() private projects = false
  @query('main') private main!: HTMLElement
  @query('cyx-toasts') private toasts!: CyxToasts
  readonly #shortcuts = new Shortcuts()
  #stopNotices: (() => void) | null = null

  constructor() {
    super()
    new StoreController(this, () => [this.session.settings])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    addEventListener('hashchange', this.#onHash)
    document.addEventListener('keydown', this.#onKey)
    this.addEventListener('cyx-toast', this.#onToast)
    this.addEventListener('cyx-ask', this.#onAsk)
    this.#stopNotices = notifyOfJobs(this.session)
    this.#onHash()
  }

  override disconnectedCallback(): void {
    removeEventListener('hashchange', this.#onHash)
    document.removeEventListener('keydown', this.#onKey)
    this.removeEventListener('cyx-toast', this.#onToast)
    this.removeEventListener('cyx-ask', this.#onAsk)
    this.#stopNotices?.()
    super.disconnectedCallback()
  }

  override firstUpdated(): void {
    const load = (): void => {
      import('../projects/project-menu.ts').then(
        () => {
          this.projects = true
        },
        (error: Error) => this.#say({ text: `The project menu could not be loaded: ${error.message}`, level: 'error' }),
      )
    }
    // After the page itself: a project is opened or saved once in a while. Safari has no idle callbacks.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(load, { timeout: IDLE_TIMEOUT_MS })
    else setTimeout(load, IDLE_TIMEOUT_MS)
  }

  override willUpdate(): void {
    theme.choose(this.session.settings.value)
  }

  override render() {
    const { page } = this.route
    const link = (name: PageName) =>
      html`<a href=${hrefOf(name)} data-phone=${ON_PHONE.includes(name) ? 'yes' : 'no'} aria-current=${name === page || (name === 'jobs' && (page === 'job' || page === 'try')) ? 'page' : nothing}>${PAGE_TITLES[name]}</a>`
    return html`
      <nav aria-label="Pages">
        <button class="skip" @click=${this.#skip}>Skip to content</button>
        <a class="brand" href="#/jobs" aria-label="CyxWiz, jobs"><span class="mark" aria-hidden="true"></span>CyxWiz</a>
        <span class="project">${this.projects ? html`<cyx-project-menu .session=${this.session}></cyx-project-menu>` : nothing}</span>
        ${NAVIGATION.map(link)}
        <span class="foot"><button class="quiet" @click=${() => void this.#run({ kind: 'palette' })}>Commands</button><button class="quiet" aria-label="Keyboard shortcuts" @click=${() => void this.#run({ kind: 'help' })}>?</button></span>
      </nav>
      <div class="body">
        <header><cyx-status-bar .session=${this.session}></cyx-status-bar></header>
        <main id="main" tabindex="-1">${this.#page()}</main>
        ${
          this.drawer
            ? html`<section class="drawer" aria-label="Log drawer"><button class="quiet close" @click=${() => {
                this.drawer = false
              }}>Close</button><cyx-log-view .session=${this.session}></cyx-log-view></section>`
            : nothing
        }
      </div>
      <cyx-toasts></cyx-toasts>
    `
  }

  #page() {
    const { page, params } = this.route
    if (this.fault?.page === page)
      return html`<div class="card" role="alert"><h1>This page could not be loaded</h1><p>This page could not be loaded: ${this.fault.message}</p><div class="row"><button class="primary" @click=${() => void this.#load(page)}>Try again</button><a href="#/jobs">Jobs</a></div></div>`
    if (!this.loaded.has(page)) return html`<p class="muted" role="status">Loading…</p>`
    const tag = unsafeStatic(`cyx-${page}-page`)
    return keyed(page, staticHtml`<${tag} .session=${this.session} .params=${params}></${tag}>`)
  }

  async #load(page: PageName): Promise<void> {
    if (this.loaded.has(page)) return
    this.fault = null
    try {
      await LOAD_PAGE[page]()
      this.loaded = new Set([...this.loaded, page])
    } catch (error) {
      this.fault = { page, message: error instanceof Error ? error.message : String(error) }
    }
  }

  readonly #onHash = (): void => {
    const place = placeOf(location.hash)
    if (place.kind === 'join') {
      void this.#join(location.hash)
      return
    }
    if (place.kind === 'unknown') {
      history.replaceState(null, '', hrefOf(HOME.page))
      void this.updateComplete.then(() => this.toasts.show({ text: `There is no page ${place.hash}: these are the jobs.`, level: 'warn' }))
    }
    const route = place.kind === 'page' ? place.route : HOME
    const moved = this.hasUpdated && !samePage(this.route, route)
    this.route = route
    document.title = `${PAGE_TITLES[route.page]} – CyxWiz`
    void this.#load(route.page)
    // Who navigates by keyboard or by ear lands on the new page, not on the old link.
    if (moved) void this.updateComplete.then(() => this.main.focus({ preventScroll: false }))
  }

  /** A join link opened while the page is already there (on a fresh page the session follows it). */
  async #join(fragment: string): Promise<void> {
    const { targetOfFragment } = await import('../session/join-target.ts')
    try {
      const target = targetOfFragment(fragment)
      history.replaceState(null, '', hrefOf(HOME.page))
      this.#onHash()
      if (target !== null) await this.session.connect(target)
    } catch (error) {
      this.#say({ text: (error as Error).message, level: 'error' })
    }
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const path = event.composedPath().filter((node): node is HTMLElement => node instanceof HTMLElement)
    const typing = path.some((node) => node.isContentEditable || /^(input|textarea|select)$/i.test(node.tagName))
    const onControl = path.some((node) => /^(button|a|summary|dialog)$/i.test(node.tagName) || node.getAttribute('role') === 'button')
    if (path.some((node) => node.tagName === 'DIALOG')) return
    const { ctrlKey: ctrl, metaKey: meta, altKey: alt, key } = event
    const command = this.#shortcuts.press({ key, ctrl, meta, alt, typing, onControl, timeMs: event.timeStamp }, this.session.settings.value.singleKeyShortcuts)
    if (command === null || command.kind === 'filter') return // `/` is each page's own
    if (command.kind === 'page') {
      if (command.key === 's') this.#toggleSmoothing()
      else for (const charts of chartsIn(this.main)) charts.follow()
      return
    }
    event.preventDefault()
    void this.#run(command)
  }

  async #run(command: Command): Promise<void> {
    try {
      switch (command.kind) {
        case 'go':
          location.hash = hrefOf(command.page)
          break
        case 'pause':
          await this.#pauseOrResume()
          break
        case 'help': {
          const { showShortcuts } = await import('./shortcut-sheet.ts')
          showShortcuts(this.renderRoot)
          break
        }
        case 'log':
          await import('../pages/log/log-view.ts')
          this.drawer = !this.drawer
          break
        case 'palette': {
          const { showPalette } = await import('./palette.ts')
          showPalette(this.renderRoot, this.session, (text) => this.#say({ text, level: 'error' }))
          break
        }
      }
    } catch (error) {
      this.#say({ text: error instanceof Error ? error.message : String(error), level: 'error' })
    }
  }

  #toggleSmoothing(): void {
    const on = this.session.settings.value.smoothing === 0
    this.session.changeSettings({ smoothing: on ? defaultSettings.smoothing : 0 })
    this.#say({ text: on ? 'Charts are smoothed.' : 'Charts show the raw line.', level: 'info' })
  }

  async #pauseOrResume(): Promise<void> {
    const { contribution } = this.session
    const { phase } = contribution.value
    if (phase === 'off') {
      location.hash = hrefOf('contribute')
      return
    }
    if (phase === 'paused') await this.session.resume()
    else await this.session.pause()
    this.#say({ text: contribution.value.status, level: 'ok' })
  }

  readonly #onAsk = (event: Event): void => {
    const { detail } = event as CustomEvent<'connection' | 'share' | 'pause'>
    if (detail === 'pause') void this.#run({ kind: 'pause' })
    else
      void import('./connection-dialog.ts')
        .then(({ showConnection }) => showConnection(this.renderRoot, this.session, detail))
        .catch((error: Error) => this.#say({ text: `the dialog could not be loaded: ${error.message}`, level: 'error' }))
  }

  readonly #onToast = (event: Event): void => this.#say((event as CustomEvent<Toast>).detail)

  #say(toast: Toast): void {
    this.toasts.show(toast)
  }

  readonly #skip = (): void => this.main.focus()
}

/** The chart groups of the page, wherever in its shadow trees they are. */
function chartsIn(root: ParentNode): { follow(): void }[] {
  const found: { follow(): void }[] = []
  for (const element of root.querySelectorAll('*')) {
    if (element.localName === 'cyx-job-charts' && 'follow' in element) found.push(element as Element & { follow(): void })
    if (element.shadowRoot !== null) found.push(...chartsIn(element.shadowRoot))
  }
  return found
}
