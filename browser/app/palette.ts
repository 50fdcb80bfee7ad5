/** The command palette: pages, verbs, jobs and themes, found by a few letters. */
import { css, html, LitElement } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import type { Session } from '../session/types.ts'
import { shared } from '../theme/shared.ts'
import { showModal } from './modal.ts'
import { findCommands, type PaletteEntry } from './palette-search.ts'
import { hrefOf, PAGE_TITLES, type PageName } from './router.ts'

const MOST_JOBS = 50

function entriesOf(session: Session): readonly PaletteEntry[] {
  const go =
    (page: PageName, ...params: string[]) =>
    (): void => {
      location.hash = hrefOf(page, ...params)
    }
  const pages: readonly PageName[] = ['jobs', 'new-job', 'contribute', 'peers', 'compare', 'log', 'settings']
  const { phase } = session.contribution.value
  const giving = phase !== 'off'
  return [
    ...pages.map((page): PaletteEntry => ({ group: 'Page', title: PAGE_TITLES[page], run: go(page) })),
    ...(giving && phase !== 'paused'
      ? [
          { group: 'Verb', title: 'Pause contributing', run: () => session.pause() },
          { group: 'Verb', title: 'Snooze for 1 hour', run: () => session.pause(3_600_000) },
          { group: 'Verb', title: 'Finish round and stop', run: () => session.finishRound() },
        ]
      : []),
    ...(phase === 'paused' ? [{ group: 'Verb', title: 'Resume contributing', run: () => session.resume() }] : []),
    ...(['system', 'light', 'dark', 'contrast'] as const).map(
      (theme): PaletteEntry => ({ group: 'Theme', title: `Theme: ${theme}`, run: () => session.changeSettings({ theme }) }),
    ),
    ...session.jobs.value
      .slice(0, MOST_JOBS)
      .map(({ jobId, name, state }): PaletteEntry => ({ group: 'Job', title: `${name} (${state})`, run: go('job', jobId) })),
  ]
}

@customElement('cyx-palette')
class Palette extends LitElement {
  static override styles = [
    shared,
    css`
      dialog { padding: 0; margin-top: 12vh; }
      input { width: 100%; border: 0; border-bottom: 1px solid var(--cyx-border); border-radius: 0; padding: 14px 16px; font-size: 16px; }
      input:focus-visible { outline-offset: -3px; }
      ul { list-style: none; margin: 0; padding: 6px; max-height: 50vh; overflow: auto; }
      li { display: flex; justify-content: space-between; gap: 12px; padding: 7px 10px; border-radius: 6px; cursor: pointer; }
      li[aria-selected='true'] { background: var(--cyx-accent-soft); box-shadow: inset 3px 0 0 var(--cyx-accent); }
      p { padding: 12px 16px; }
    `,
  ]

  @property({ attribute: false }) entries: readonly PaletteEntry[] = []
  @property({ attribute: false }) onFault: (text: string) => void = () => {}
  @state() private text = ''
  @state() private chosen = 0

  override render() {
    const found = findCommands(this.entries, this.text)
    const chosen = Math.min(this.chosen, found.length - 1)
    return html`<dialog aria-label="Command palette">
      <input type="text" role="combobox" aria-label="Command" aria-expanded="true" aria-controls="found" aria-activedescendant=${chosen >= 0 ? `entry-${chosen}` : ''} placeholder="Page, verb, job or theme" autofocus autocomplete="off"
        .value=${this.text} @input=${(event: InputEvent) => {
          this.text = (event.target as HTMLInputElement).value
          this.chosen = 0
        }} @keydown=${(event: KeyboardEvent) => this.#key(event, found, chosen)} />
      <ul id="found" role="listbox" aria-label="Commands">
        ${found.map((entry, index) => html`<li id=${`entry-${index}`} role="option" aria-selected=${index === chosen} @click=${() => this.#run(entry)}><span>${entry.title}</span><span class="muted">${entry.group}</span></li>`)}
      </ul>
      ${found.length === 0 ? html`<p class="muted" role="status">Nothing fits these letters.</p>` : ''}
    </dialog>`
  }

  override updated(): void {
    this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }

  #key(event: KeyboardEvent, found: readonly PaletteEntry[], chosen: number): void {
    if (event.key === 'ArrowDown') this.chosen = Math.min(found.length - 1, chosen + 1)
    else if (event.key === 'ArrowUp') this.chosen = Math.max(0, chosen - 1)
    else if (event.key === 'Enter') {
      const entry = found[chosen]
      if (entry) this.#run(entry)
    } else return
    event.preventDefault()
  }

  #run(entry: PaletteEntry): void {
    this.renderRoot.querySelector('dialog')?.close()
    void (async () => entry.run())().catch((error: Error) => this.onFault(error.message))
  }
}

export function showPalette(root: ParentNode, session: Session, onFault: (text: string) => void): void {
  const palette = new Palette()
  palette.entries = entriesOf(session)
  palette.onFault = onFault
  void showModal(root, palette)
}
