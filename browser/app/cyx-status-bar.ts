/**
 * The line on top of every page: how this tab is connected, who coordinates, and the one sentence about contributing, with
 * the button that changes it.
 */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { ago, shortId } from '../elements/format.ts'
import { isRefusal } from '../pages/contribute/reasons.ts'
import type { ConnectionPhase, Session } from '../session/types.ts'
import { StoreController } from '../state/store-controller.ts'
import { shared } from '../theme/shared.ts'

const PHASE_WORDS: Readonly<Record<ConnectionPhase, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  connected: 'Connected',
  lost: 'Connection lost',
  failed: 'Could not connect',
}

@customElement('cyx-status-bar')
export class CyxStatusBar extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 16px; padding: 8px 20px; font-size: 13px; background: var(--cyx-surface); border-bottom: 1px solid var(--cyx-border); }
      button { min-height: 28px; padding: 3px 10px; font-size: 13px; }
      .line { display: flex; align-items: center; justify-content: flex-end; gap: 8px; flex: 1 1 280px; min-width: 0; }
      .line > span:nth-child(2) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 46ch; }
      @media (max-width: 1500px) { .widest { display: none; } }
      @media (max-width: 720px) {
        :host { padding: 8px 12px; column-gap: 8px; }
        button { min-width: 0; }
        button strong { overflow: hidden; text-overflow: ellipsis; max-width: 16ch; }
        button.quiet { padding-inline: 6px; }
        .wide { display: none; }
        .line { flex-basis: 100%; }
        .line > span:nth-child(2) { flex: 1; max-width: none; }
      }
    `,
  ]

  @property({ attribute: false }) session!: Session
  #timer: ReturnType<typeof setInterval> | undefined

  constructor() {
    super()
    new StoreController(this, () => [this.session.connection, this.session.peers, this.session.coordinator, this.session.contribution, this.session.viewer])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#timer = setInterval(() => this.requestUpdate(), 15_000)
  }

  override disconnectedCallback(): void {
    clearInterval(this.#timer)
    super.disconnectedCallback()
  }

  override render() {
    const { connection, peers, coordinator, contribution, viewer } = this.session
    const { phase, mesh, detail } = connection.value
    const { peerId, sinceMs } = coordinator.value
    const transports = [...new Set(peers.value.flatMap(({ transport }) => (transport === null ? [] : [transport])))]
    const { phase: giving, reason, status } = contribution.value
    return html`
      <span class="visually-hidden" role="status">${PHASE_WORDS[phase]}${mesh === null ? '' : `: mesh ${mesh}`}</span>
      <button @click=${() => this.#ask('connection')} title=${detail ?? 'Connection'}>
        <span class="chip" data-state=${phase}>${PHASE_WORDS[phase]}</span>
        ${mesh === null ? 'Join a mesh' : html`<strong>${mesh}</strong>`}
      </button>
      ${
        phase === 'connected'
          ? html`<span><span class="number">${peers.value.length}</span> ${peers.value.length === 1 ? 'peer' : 'peers'}</span>
            <span class="wide muted" title=${peerId ?? ''}>${peerId === null ? 'no coordinator yet' : html`coordinator <span class="mono">${shortId(peerId)}</span>, ${sinceMs === null ? '–' : `since ${ago(sinceMs)}`}`}</span>
            <span class="widest muted">${transports.length === 0 ? 'no direct connection' : transports.join(', ')}</span>
            <button class="quiet" @click=${() => this.#ask('share')}>Share</button>`
          : detail === null
            ? nothing
            : html`<span class="muted">${detail}</span>`
      }
      <span class="line">
        <span class="chip" data-state=${giving}>${giving}</span>
        <span title=${status} class="muted">${viewer.value ? 'Another tab of this browser is the peer; this one watches.' : status}</span>
        ${giving === 'off' || giving === 'paused' ? html`<a class="button" href="#/contribute" style="min-height:28px;padding:3px 10px">${giving === 'paused' ? 'Resume…' : isRefusal(reason) ? 'Why?' : 'Contribute…'}</a>` : html`<button @click=${() => this.#ask('pause')}>Pause</button>`}
      </span>
    `
  }

  #ask(what: 'connection' | 'share' | 'pause'): void {
    this.dispatchEvent(new CustomEvent('cyx-ask', { detail: what, bubbles: true, composed: true }))
  }
}
