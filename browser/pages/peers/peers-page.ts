/** Who is in the mesh: table, picture, and this tab's own card. */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { repeat } from 'lit/directives/repeat.js'
import { ago, bytes, count, shortId } from '../../elements/format.ts'
import { slashFocuses } from '../../elements/slash.ts'
import type { PeerView, Session } from '../../session/types.ts'
import { Store } from '../../state/store.ts'
import { StoreController } from '../../state/store-controller.ts'
import { shared } from '../../theme/shared.ts'
import { deviceName, filterPeers, type SortKey, sortPeers } from './sort.ts'
import './topology.ts'

const COLUMNS: readonly { readonly key: SortKey; readonly title: string; readonly hint: string; readonly number?: boolean }[] = [
  { key: 'peer', title: 'Peer', hint: 'The end of its id; copy gives the whole one' },
  { key: 'kind', title: 'Kind', hint: 'Native process or browser tab' },
  { key: 'device', title: 'Device', hint: 'The GPU it computes with' },
  { key: 'memory', title: 'Memory used / limit', hint: 'What its buffers hold, of what it gives; and where the figure comes from' },
  { key: 'speed', title: 'Speed', hint: 'Its own measure, for sharing out batches', number: true },
  { key: 'load', title: 'Jobs', hint: 'Running now, of as many as it takes', number: true },
  { key: 'rtt', title: 'RTT', hint: 'Round trip from this tab', number: true },
  { key: 'path', title: 'Path', hint: 'How this tab reaches it' },
  { key: 'score', title: 'Score', hint: 'What gossip thinks of it, seen from this tab: 0 is neutral, below that it misbehaved', number: true },
  { key: 'version', title: 'Version', hint: 'CyxWiz version' },
]

const view = new Store<{ readonly key: SortKey; readonly descending: boolean; readonly text: string }>({ key: 'kind', descending: true, text: '' })

@customElement('cyx-peers-page')
export class CyxPeersPage extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: grid; gap: var(--cyx-gap); min-width: 0; }
      header { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px var(--cyx-gap); }
      .scroll { border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); background: var(--cyx-surface); }
      th, td { padding-inline: 8px; }
      td, tbody th { white-space: nowrap; font-variant-numeric: tabular-nums; }
      th button { all: unset; cursor: pointer; min-height: 24px; font-weight: 500; }
      th button:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; border-radius: 4px; }
      .device { max-width: 24ch; overflow: hidden; text-overflow: ellipsis; }
      .copy { min-height: 24px; padding: 0 6px; font-size: 12px; }
      .bar { width: 64px; height: 6px; border-radius: 3px; background: var(--cyx-surface-2); border: 1px solid var(--cyx-control-border); overflow: hidden; display: inline-block; vertical-align: middle; margin-right: 8px; }
      .bar > span { display: block; height: 100%; background: var(--cyx-accent); }
      tbody tr[data-self] { background: var(--cyx-accent-soft); }
      .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(380px, 100%), 1fr)); gap: var(--cyx-gap); align-items: start; }
      .mine { display: grid; gap: 10px; }
      .address { display: grid; grid-template-columns: 1fr auto; gap: 8px; align-items: center; overflow-wrap: anywhere; }
      form { display: grid; grid-template-columns: 1fr auto; gap: 8px; align-items: end; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property({ attribute: false }) params: readonly string[] = []
  @state() private fault: string | null = null
  @state() private dialling = false
  @state() private address = ''
  @query('input[type=search]') private search!: HTMLInputElement

  constructor() {
    super()
    new StoreController(this, () => [this.session.peers, this.session.coordinator, this.session.connection, view])
    slashFocuses(this, { enabled: () => this.session.settings.value.singleKeyShortcuts, focus: () => this.search.focus() })
  }

  override render() {
    const peers = this.session.peers.value
    const { key, descending, text } = view.value
    const shown = sortPeers(filterPeers(peers, text), key, descending)
    const { peerId, epoch, term, voters, sinceMs } = this.session.coordinator.value
    return html`
      <header>
        <h1>Peers</h1>
        <p class="muted">${peerId === null ? 'Nobody coordinates.' : html`<span class="mono" title=${peerId}>${shortId(peerId)}</span> coordinates${sinceMs === null ? '' : `, since ${ago(sinceMs)}`}; epoch ${epoch}, term ${term}, ${voters.length} ${voters.length === 1 ? 'voter' : 'voters'}`}</p>
        <input type="search" aria-label="Filter peers" placeholder="/ to filter" .value=${text} @input=${(event: InputEvent) => view.update((before) => ({ ...before, text: (event.target as HTMLInputElement).value }))} />
      </header>
      <div class="scroll" tabindex="0" role="region" aria-label="Peers table">
        <table>
          <thead><tr>${COLUMNS.map(
            (column) =>
              html`<th scope="col" class=${column.number ? 'number' : ''} aria-sort=${column.key === key ? (descending ? 'descending' : 'ascending') : 'none'}><button title=${column.hint} @click=${() => this.#sort(column.key)}>${column.title}${column.key === key ? (descending ? ' ↓' : ' ↑') : ''}</button></th>`,
          )}</tr></thead>
          <tbody>${repeat(
            shown,
            (peer) => peer.peerId,
            (peer) => this.#row(peer),
          )}</tbody>
        </table>
        ${shown.length === 0 ? html`<p class="muted" style="padding:16px">${peers.length === 0 ? 'No peers: join a mesh from the line above.' : 'No peer fits this filter.'}</p>` : nothing}
      </div>
      <div class="grid">
        <section class="card"><h2>Topology</h2><cyx-topology .peers=${peers}></cyx-topology></section>
        ${this.#mine()}
      </div>
    `
  }

  #row(peer: PeerView) {
    const { usedBytes, limitBytes, source } = peer.memory
    const share = limitBytes === 0 ? 0 : Math.min(1, usedBytes / limitBytes)
    const rtt = peer.rttMs === null ? '–' : `${peer.rttMs < 10 ? peer.rttMs.toFixed(1) : peer.rttMs.toFixed(0)} ms`
    return html`<tr ?data-self=${peer.self}>
      <th scope="row"><span class="mono" title=${peer.peerId}>${shortId(peer.peerId)}</span> <button class="quiet copy" aria-label=${`Copy id of ${shortId(peer.peerId)}`} @click=${() => void this.#copy(peer.peerId)}>Copy</button>
        ${peer.self ? html`<span class="chip" data-state="info">this tab</span>` : nothing} ${peer.coordinator ? html`<span class="chip" data-state="ok">coordinator</span>` : peer.voter ? html`<span class="chip">voter</span>` : nothing}</th>
      <td>${peer.kind === 'browser' ? 'tab' : 'native'}${peer.visible ? '' : html` <span class="muted">hidden</span>`}</td>
      <td class="device" title=${deviceName(peer)}>${deviceName(peer) || html`<span class="muted">does not compute</span>`}</td>
      <td>${limitBytes === 0 ? '–' : html`<span class="bar" aria-hidden="true"><span style=${`width:${(share * 100).toFixed(1)}%`}></span></span>${bytes(usedBytes)} / ${bytes(limitBytes)} <span class="muted">${source}</span>`}</td>
      <td class="number">${peer.speed === 0 ? '–' : count(Math.round(peer.speed))}</td>
      <td class="number">${peer.device === null ? '–' : `${peer.activeJobs} / ${peer.slots}`}</td>
      <td class="number">${rtt}</td>
      <td>${peer.path === 'self' ? '–' : peer.path === 'none' ? html`<span class="muted">not connected</span>` : `${peer.path}${peer.transport === null ? '' : `, ${peer.transport}`}`}</td>
      <td class="number">${peer.score === null ? '–' : peer.score.toFixed(1)}</td>
      <td>${peer.version}</td>
    </tr>`
  }

  #mine() {
    const { peerId, addresses } = this.session.connection.value
    return html`<section class="card mine"><h2>My node</h2>
      ${peerId === null ? html`<p class="muted">This tab has no identity in a mesh yet.</p>` : html`<div class="address"><code>${peerId}</code><button aria-label="Copy my peer id" @click=${() => void this.#copy(peerId)}>Copy</button></div>`}
      <h3>Addresses</h3>
      ${addresses.length === 0 ? html`<p class="muted">None yet: others reach this tab when a relay has taken it in.</p>` : addresses.map((address) => html`<div class="address"><code>${address}</code><button aria-label=${`Copy address ${address.slice(0, 24)}`} @click=${() => void this.#copy(address)}>Copy</button></div>`)}
      <form @submit=${this.#dial} novalidate>
        <label class="field" for="dial">Dial an address<input id="dial" class="mono" spellcheck="false" autocomplete="off" placeholder="/ip4/…/ws/p2p/…" aria-invalid=${this.fault !== null} aria-describedby=${this.fault === null ? nothing : 'dial-fault'} .value=${this.address} @input=${(
          event: InputEvent,
        ) => {
          this.address = (event.target as HTMLInputElement).value
          this.fault = null
        }} /></label>
        <button ?disabled=${this.dialling}>${this.dialling ? 'Dialling…' : 'Dial'}</button>
      </form>
      ${this.fault === null ? nothing : html`<p id="dial-fault" class="error" role="alert">${this.fault}</p>`}
    </section>`
  }

  #sort(key: SortKey): void {
    view.update((before) => ({ ...before, key, descending: before.key === key ? !before.descending : false }))
  }

  readonly #dial = (event: SubmitEvent): void => {
    event.preventDefault()
    void this.#dialNow()
  }

  /** Dialling by hand is joining the same mesh through one address more. */
  async #dialNow(): Promise<void> {
    const { mesh, bootstrap } = this.session.connection.value
    this.dialling = true
    try {
      const { DEFAULT_MESH, targetOfText } = await import('../../app/typed-target.ts')
      const target = await targetOfText(this.address, mesh ?? DEFAULT_MESH)
      await this.session.connect(target.mesh === mesh ? { mesh, addresses: [...new Set([...target.addresses, ...bootstrap])] } : target)
      this.address = ''
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error)
    } finally {
      this.dialling = false
    }
  }

  async #copy(text: string): Promise<void> {
    const copied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
    const detail = copied ? { text: 'Copied.', level: 'ok' } : { text: 'This browser does not let the page copy: select the text instead.', level: 'warn' }
    this.dispatchEvent(new CustomEvent('cyx-toast', { detail, bubbles: true, composed: true }))
  }
}
