/**
 * The outermost element: opens the session and shows the shell, or says plainly why the page cannot work here and what to
 * do. Knows nothing of jobs or meshes.
 */
import { css, html, LitElement } from 'lit'
import { customElement, state } from 'lit/decorators.js'
import type { Session } from '../session/types.ts'
import { shared } from '../theme/shared.ts'
import './cyx-shell.ts'
import { reflectState } from './state-attributes.ts'

@customElement('cyx-app')
export class CyxApp extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; min-height: 100%; }
      main { max-width: 560px; margin: 12vh auto; padding: 0 16px; }
      .card { display: grid; gap: 12px; padding: 24px; }
      ul { margin: 0; padding-left: 20px; }
    `,
  ]

  @state() private session: Session | null = null
  @state() private problem: Error | null = null
  #open: (() => Promise<Session>) | null = null

  start(open: () => Promise<Session>): void {
    this.#open = open
    this.problem = null
    open()
      .then((session) => {
        this.session = session
        reflectState(this, session)
      })
      .catch((error: unknown) => {
        this.problem = error instanceof Error ? error : new Error(String(error))
      })
  }

  override render() {
    if (this.session !== null) return html`<cyx-shell .session=${this.session}></cyx-shell>`
    if (this.problem === null) return html`<main><p class="muted" role="status">Opening…</p></main>`
    return html`<main>
      <div class="card" role="alert">
        <h1>CyxWiz cannot start in this tab</h1>
        <p>${this.problem.message}</p>
        <ul>
          ${adviceFor(this.problem).map((line) => html`<li>${line}</li>`)}
        </ul>
        <div class="row"><button class="primary" @click=${() => this.#open && this.start(this.#open)}>Try again</button></div>
      </div>
    </main>`
  }
}

function adviceFor(problem: Error): readonly string[] {
  const advice: string[] = []
  if (!isSecureContext) advice.push('This page came over plain http from another machine. Open it by https or from localhost.')
  if (typeof indexedDB === 'undefined') advice.push('This browser offers no IndexedDB here. Leave private browsing, or allow site data for this page.')
  if (/quota|storage/i.test(`${problem.name} ${problem.message}`)) advice.push('Free some disk space, or clear this site’s data in the browser’s settings.')
  if (advice.length === 0) advice.push('Reload the page. If that changes nothing, allow site data for this page and close its other tabs.')
  return advice
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-app': CyxApp
  }
}
