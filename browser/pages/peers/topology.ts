/** The mesh as a picture: who is there, who votes, who coordinates, how this tab reaches each. The table says the same. */
import { css, html, LitElement, nothing, svg } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { shortId } from '../../elements/format.ts'
import type { PeerView } from '../../session/types.ts'
import { shared } from '../../theme/shared.ts'
import { MOST_DRAWN, placePeers, SIZE } from './layout.ts'

@customElement('cyx-topology')
export class CyxTopology extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      svg { display: block; width: 100%; height: auto; max-height: 380px; }
      line { stroke: var(--cyx-control-border); stroke-width: 1.5; }
      line[data-path='relayed'] { stroke-dasharray: 5 5; }
      .shape { fill: var(--cyx-surface); stroke: var(--cyx-text); stroke-width: 1.5; }
      .computes { fill: var(--cyx-accent-soft); stroke: var(--cyx-accent); }
      .ring { fill: none; stroke: var(--cyx-ok); stroke-width: 2; }
      text { font: 11px var(--cyx-font); fill: var(--cyx-text); text-anchor: middle; paint-order: stroke; stroke: var(--cyx-surface); stroke-width: 4px; stroke-linejoin: round; }
      text.sub { fill: var(--cyx-muted); }
      .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12px; margin-top: 8px; }
    `,
  ]

  @property({ attribute: false }) peers: readonly PeerView[] = []

  override render() {
    const placed = placePeers(this.peers)
    const self = placed.find(({ peer }) => peer.self)
    const direct = this.peers.filter(({ path }) => path === 'direct').length
    const relayed = this.peers.filter(({ path }) => path === 'relayed').length
    const words = `${this.peers.length} peers: this tab reaches ${direct} directly and ${relayed} through a relay. The table has the same facts.`
    return html`<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label=${words}>
        ${placed.map(({ peer, x, y }) => (self === undefined || peer.self || peer.path === 'none' ? nothing : svg`<line data-path=${peer.path} x1=${self.x} y1=${self.y} x2=${x} y2=${y}></line>`))}
        ${placed.map(({ peer, x, y }) => this.#node(peer, x, y))}
      </svg>
      <p class="legend muted"><span>square: native</span><span>circle: tab</span><span>filled: computes</span><span>ring: voter</span><span>C: coordinator</span><span>dashed: through a relay</span>${this.peers.length > MOST_DRAWN ? html`<span>the first ${MOST_DRAWN} of ${this.peers.length} are drawn</span>` : nothing}</p>`
  }

  #node(peer: PeerView, x: number, y: number) {
    const look = peer.device === null ? 'shape' : 'shape computes'
    return svg`<g>
      ${peer.voter ? svg`<circle class="ring" cx=${x} cy=${y} r="19"></circle>` : nothing}
      ${peer.kind === 'native' ? svg`<rect class=${look} x=${x - 11} y=${y - 11} width="22" height="22" rx="4"></rect>` : svg`<circle class=${look} cx=${x} cy=${y} r="12"></circle>`}
      ${peer.coordinator ? svg`<text x=${x} y=${y + 4} font-weight="700" style="stroke:none">C</text>` : nothing}
      <text x=${x} y=${y + 33}>${peer.self ? 'this tab' : shortId(peer.peerId)}</text>
      ${peer.rttMs === null ? nothing : svg`<text class="sub" x=${x} y=${y + 46}>${peer.rttMs < 10 ? peer.rttMs.toFixed(1) : peer.rttMs.toFixed(0)} ms</text>`}
    </g>`
  }
}
