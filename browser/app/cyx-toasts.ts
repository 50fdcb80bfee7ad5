/** What is said to the person in passing: `role=status`, faults `role=alert`; what can be undone stays longer. */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { shared } from '../theme/shared.ts'

export interface Toast {
  readonly text: string
  readonly level: 'info' | 'ok' | 'warn' | 'error'
  readonly undo?: () => void
}

/** Long enough to read a sentence; faults stay until dismissed. */
const STAY_MS = 6000
const STAY_WITH_UNDO_MS = 10_000
const MOST = 4

@customElement('cyx-toasts')
export class CyxToasts extends LitElement {
  static override styles = [
    shared,
    css`
      :host { position: fixed; right: 16px; bottom: 16px; z-index: 10; width: min(420px, calc(100vw - 32px)); display: grid; gap: 8px; pointer-events: none; }
      .toast { pointer-events: auto; display: flex; align-items: center; gap: 12px; padding: 10px 12px 10px 14px; border: 1px solid var(--cyx-control-border); border-left: 4px solid var(--cyx-accent); border-radius: var(--cyx-radius); background: var(--cyx-surface); box-shadow: 0 6px 24px rgb(0 0 0 / 0.2); }
      .toast[data-level='ok'] { border-left-color: var(--cyx-ok); }
      .toast[data-level='warn'] { border-left-color: var(--cyx-warn); }
      .toast[data-level='error'] { border-left-color: var(--cyx-danger); }
      .text { flex: 1; overflow-wrap: anywhere; }
      button { min-height: 28px; padding: 2px 10px; }
      @media (max-width: 720px) { :host { bottom: 72px; } }
    `,
  ]

  @state() private toasts: readonly (Toast & { readonly id: number })[] = []
  #next = 0

  show(toast: Toast): void {
    const id = this.#next++
    this.toasts = [...this.toasts, { ...toast, id }].slice(-MOST)
    if (toast.level !== 'error') setTimeout(() => this.#drop(id), toast.undo === undefined ? STAY_MS : STAY_WITH_UNDO_MS)
  }

  #drop(id: number): void {
    this.toasts = this.toasts.filter((toast) => toast.id !== id)
  }

  override render() {
    return repeat(
      this.toasts,
      ({ id }) => id,
      ({ id, text, level, undo }) => html`<div class="toast" data-level=${level} role=${level === 'error' ? 'alert' : 'status'}>
        <span class="text">${text}</span>
        ${
          undo === undefined
            ? nothing
            : html`<button @click=${() => {
                undo()
                this.#drop(id)
              }}>Undo</button>`
        }
        <button class="quiet" aria-label="Dismiss" @click=${() => this.#drop(id)}>×</button>
      </div>`,
    )
  }
}
