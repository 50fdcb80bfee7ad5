/**
 * Joining a mesh and showing others the way in: paste or scan a link or an address, take up a recent mesh, see honestly how
 * far it got; and the link of this mesh with a QR code. What was typed stays until it worked.
 */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { unsafeHTML } from 'lit/directives/unsafe-html.js'
import { ago, duration } from '../elements/format.ts'
import type { JoinTarget, Session } from '../session/types.ts'
import { Store } from '../state/store.ts'
import { StoreController } from '../state/store-controller.ts'
import { shared } from '../theme/shared.ts'
import { showModal } from './modal.ts'
import { canScan, scanLink } from './scan.ts'
import { DEFAULT_MESH, targetOfText } from './typed-target.ts'

/** Outlives the dialog: closing it to look something up loses nothing. */
const typed = new Store<{ readonly text: string; readonly mesh: string }>({ text: '', mesh: '' })

@customElement('cyx-connection-dialog')
class ConnectionDialog extends LitElement {
  static override styles = [
    shared,
    css`
      dialog > * + * { margin-top: 16px; }
      form { display: grid; gap: 12px; }
      textarea { width: 100%; font-family: var(--cyx-mono); font-size: 13px; }
      ul { list-style: none; margin: 8px 0 0; padding: 0; display: grid; gap: 6px; }
      li { display: flex; align-items: center; gap: 12px; }
      li span:nth-child(2) { flex: 1; }
      video { width: 100%; border-radius: var(--cyx-radius); background: var(--cyx-surface-2); }
      .qr { width: 220px; background: #fff; padding: 8px; border-radius: var(--cyx-radius); }
      .qr svg { display: block; width: 100%; height: auto; }
      .state { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 0; }
      .state dd { margin: 0; overflow-wrap: anywhere; }
      .link { width: 100%; font-family: var(--cyx-mono); font-size: 13px; }
    `,
  ]

  @property({ attribute: false }) session!: Session
  @property() view: 'connection' | 'share' = 'connection'
  @state() private fault: string | null = null
  @state() private busy = false
  @state() private scanning = false
  @state() private qr: string | null = null
  @state() private copied = ''
  @query('video') private video!: HTMLVideoElement | null
  #scan: AbortController | null = null

  constructor() {
    super()
    new StoreController(this, () => [this.session.connection, this.session.peers, this.session.recentMeshes, typed])
  }

  override connectedCallback(): void {
    super.connectedCallback()
    const link = this.session.joinLink()
    if (this.view === 'share' && link !== null)
      void import('uqr').then(({ renderSVG }) => {
        this.qr = renderSVG(link, { border: 1 })
      })
  }

  override disconnectedCallback(): void {
    this.#scan?.abort()
    super.disconnectedCallback()
  }

  override render() {
    return html`<dialog aria-labelledby="title">
      ${this.view === 'share' ? this.#share() : this.#join()}
      <div class="row" style="justify-content:flex-end"><button @click=${this.#close}>Close</button></div>
    </dialog>`
  }

  #join() {
    const { phase, mesh, detail, bootstrap } = this.session.connection.value
    const peers = this.session.peers.value.filter(({ self }) => !self)
    const linked = peers.filter(({ path }) => path === 'direct' || path === 'relayed')
    const direct = linked.filter(({ path }) => path === 'direct').length
    const rtts = linked.flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]))
    const recent = this.session.recentMeshes.value.filter((target) => phase !== 'connected' || target.mesh !== mesh)
    return html`<h2 id="title">Join a mesh</h2>
      <div role="status"><dl class="state">
        <dt class="muted">State</dt><dd><span class="chip" data-state=${phase}>${phase}</span> ${mesh === null ? 'no mesh chosen' : html`<strong>${mesh}</strong>`}</dd>
        ${phase === 'connected' ? html`<dt class="muted">Links</dt><dd>${direct} direct, ${linked.length - direct} relayed, ${rtts.length === 0 ? 'RTT –' : `fastest RTT ${duration(Math.min(...rtts))}`}</dd>` : nothing}
        ${bootstrap.length === 0 ? nothing : html`<dt class="muted">Through</dt><dd class="mono">${bootstrap.join(', ')}</dd>`}
        ${detail === null ? nothing : html`<dt class="muted">Detail</dt><dd>${detail}</dd>`}
      </dl></div>
      <form @submit=${this.#submit} novalidate>
        <label class="field" for="text">Join link or address
          <textarea id="text" rows="3" spellcheck="false" autofocus placeholder="https://…#/join?mesh=…   or   /ip4/…/tcp/…/ws/p2p/…" aria-invalid=${this.fault !== null} aria-describedby=${this.fault === null ? 'hint' : 'fault'}
            .value=${typed.value.text} @input=${(event: InputEvent) => this.#type({ text: (event.target as HTMLTextAreaElement).value })}></textarea>
        </label>
        <p id="hint" class="muted">A peer prints its addresses when it starts; Share in another dashboard makes a link.</p>
        ${this.fault === null ? nothing : html`<p id="fault" class="error" role="alert">${this.fault}</p>`}
        <label class="field" for="mesh">Mesh name <span class="muted">(for a bare address; a link names it)</span>
          <input id="mesh" autocomplete="off" spellcheck="false" placeholder="${mesh ?? DEFAULT_MESH}" .value=${typed.value.mesh} @input=${(event: InputEvent) => this.#type({ mesh: (event.target as HTMLInputElement).value })} />
        </label>
        <div class="row">
          <button class="primary" ?disabled=${this.busy}>${this.busy ? 'Connecting…' : 'Connect'}</button>
          <button type="button" @click=${this.#startScan} ?disabled=${!canScan() || this.scanning}>Scan a code</button>
          ${mesh === null ? nothing : html`<button type="button" class="danger" @click=${() => void this.session.disconnect()}>Leave ${mesh}</button>`}
        </div>
        ${canScan() ? nothing : html`<p class="muted">This browser cannot scan codes here: paste the link instead.</p>`}
        ${this.scanning ? html`<video muted playsinline aria-label="Camera"></video><button type="button" @click=${() => this.#scan?.abort()}>Stop the camera</button>` : nothing}
      </form>
      ${
        recent.length === 0
          ? nothing
          : html`<section><h3>Recent meshes</h3><ul>${recent.map((target) => html`<li><strong>${target.mesh}</strong><span class="muted">${ago(target.lastUsedMs)}</span><button aria-label=${`Join ${target.mesh}`} ?disabled=${this.busy} @click=${() => void this.#connect(target)}>Join</button></li>`)}</ul></section>`
      }`
  }

  #share() {
    const link = this.session.joinLink()
    if (link === null) return html`<h2 id="title">Share this mesh</h2><p>Join a mesh first: then there is something to share.</p>`
    return html`<h2 id="title">Share this mesh</h2>
      <p class="muted">Who opens this link joins the mesh ${this.session.connection.value.mesh}. Mesh and addresses are behind the #: no server sees them.</p>
      <label class="field" for="link">Join link <input id="link" class="link" readonly .value=${link} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} /></label>
      <div class="row"><button class="primary" autofocus @click=${() => void this.#copy(link)}>Copy link</button><span role="status" class="muted">${this.copied}</span></div>
      ${this.qr === null ? nothing : html`<div class="qr" role="img" aria-label="QR code of the join link">${unsafeHTML(this.qr)}</div>`}`
  }

  #type(change: Partial<{ text: string; mesh: string }>): void {
    this.fault = null
    typed.update((before) => ({ ...before, ...change }))
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    void (async () => {
      const { text, mesh } = typed.value
      await this.#connect(await targetOfText(text, mesh.trim() || (this.session.connection.value.mesh ?? DEFAULT_MESH)))
    })().catch((error: Error) => {
      this.fault = error.message
    })
  }

  async #connect(target: JoinTarget): Promise<void> {
    this.fault = null
    this.busy = true
    try {
      await this.session.connect(target)
      typed.set({ text: '', mesh: '' })
      this.#close()
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error)
    } finally {
      this.busy = false
    }
  }

  readonly #startScan = async (): Promise<void> => {
    this.scanning = true
    this.#scan = new AbortController()
    await this.updateComplete
    try {
      if (this.video !== null) this.#type({ text: await scanLink(this.video, this.#scan.signal) })
    } catch (error) {
      if (!this.#scan.signal.aborted) this.fault = `the camera could not be used: ${(error as Error).message}`
    } finally {
      this.scanning = false
    }
  }

  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link)
      this.copied = 'Copied.'
    } catch {
      this.copied = 'This browser does not let the page copy: select the link and copy it.'
    }
  }

  readonly #close = (): void => {
    this.renderRoot.querySelector('dialog')?.close()
  }
}

export function showConnection(root: ParentNode, session: Session, view: 'connection' | 'share'): void {
  const dialog = new ConnectionDialog()
  dialog.session = session
  dialog.view = view
  void showModal(root, dialog)
}
