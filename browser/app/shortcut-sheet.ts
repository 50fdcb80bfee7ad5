/** The `?` sheet: which key does what. */
import { css, html, LitElement } from 'lit'
import { customElement } from 'lit/decorators.js'
import { shared } from '../theme/shared.ts'
import { showModal } from './modal.ts'
import { SHORTCUTS } from './shortcuts.ts'

@customElement('cyx-shortcut-sheet')
class ShortcutSheet extends LitElement {
  static override styles = [
    shared,
    css`
      dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 16px 0; }
      dt { text-align: right; }
      dd { margin: 0; }
      kbd { font: 12px var(--cyx-mono); padding: 2px 6px; border: 1px solid var(--cyx-control-border); border-radius: 4px; background: var(--cyx-surface-2); }
    `,
  ]

  override render() {
    return html`<dialog aria-labelledby="title">
      <h2 id="title">Keyboard shortcuts</h2>
      <dl>${SHORTCUTS.map(({ keys, what }) => html`<dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${what}</dd>`)}</dl>
      <p class="muted">Single keys do nothing while you type, and can be turned off in the settings.</p>
      <form method="dialog" class="row" style="margin-top:16px"><button class="primary" autofocus>Close</button></form>
    </dialog>`
  }
}

export function showShortcuts(root: ParentNode): void {
  void showModal(root, new ShortcutSheet())
}
