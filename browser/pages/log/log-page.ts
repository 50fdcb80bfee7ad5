/** The log as a page of its own; `l` opens the same view as a drawer anywhere. */
import { css, html, LitElement } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { slashFocuses } from '../../elements/slash.ts'
import type { Session } from '../../session/types.ts'
import { shared } from '../../theme/shared.ts'
import type { CyxLogView } from './log-view.ts'
import './log-view.ts'

@customElement('cyx-log-page')
export class CyxLogPage extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: flex; flex-direction: column; gap: 12px; height: calc(100dvh - 96px); min-height: 360px; }
      @media (max-width: 1000px) { :host { height: calc(100dvh - 180px); } }
      cyx-log-view { flex: 1; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @query('cyx-log-view') private view!: CyxLogView

  constructor() {
    super()
    slashFocuses(this, {
      enabled: () => this.session.settings.value.singleKeyShortcuts,
      focus: () => this.view.focusFilter(),
    })
  }

  override render() {
    return html`<h1>Log</h1><cyx-log-view .session=${this.session}></cyx-log-view>`
  }
}
