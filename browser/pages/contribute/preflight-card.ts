/** What this browser could give, before anything runs. */
import { css, html, LitElement, nothing } from 'lit'
import { customElement, property } from 'lit/decorators.js'
import { bytes, count } from '../../elements/format.ts'
import type { Preflight } from '../../session/types.ts'
import { shared } from '../../theme/shared.ts'

const SOURCE_WORDS: Readonly<Record<string, string>> = {
  probe: 'found by trial',
  limits: 'from the adapter’s limits',
  heaps: 'from the driver’s heaps',
}

@customElement('cyx-preflight-card')
export class CyxPreflightCard extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      .card { display: grid; gap: 10px; }
      dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 0; }
      dt { color: var(--cyx-muted); }
      dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
    `,
  ]

  @property({ attribute: false }) flight: Preflight | null = null

  override render() {
    const { flight } = this
    return html`<section class="card"><h2>This browser</h2>${flight === null ? html`<p class="muted" role="status">Looking…</p>` : this.#facts(flight)}</section>`
  }

  #facts({ webgpu, problem, device, memory, f16, storageUsedBytes, storageQuotaBytes }: Preflight) {
    const yes = (good: boolean, word: string) => html`<span class="chip" data-state=${good ? 'ok' : 'warn'}>${word}</span>`
    const adapter = device === null ? '–' : device.description || [device.vendor, device.architecture].filter((part) => part !== '').join(' ') || 'not told'
    return html`
      ${problem === null ? nothing : html`<p role="alert">${problem}</p><div class="row"><button @click=${() => this.dispatchEvent(new CustomEvent('cyx-again'))}>Look again</button></div>`}
      <dl>
        <dt>WebGPU</dt><dd>${yes(webgpu, webgpu ? 'available' : 'missing')}</dd>
        <dt>Secure context</dt><dd>${yes(isSecureContext, isSecureContext ? 'yes' : 'no: needs https or localhost')}</dd>
        <dt>Adapter</dt><dd>${adapter}</dd>
        <dt>16-bit floats</dt><dd>${device === null ? '–' : f16 ? 'yes' : 'no (not needed)'}</dd>
        <dt>Memory budget</dt><dd>${bytes(memory?.limitBytes)}${memory === null ? nothing : html` <span class="muted">${SOURCE_WORDS[memory.source] ?? memory.source}</span>`}</dd>
        <dt>Largest buffer</dt><dd>${bytes(memory?.maxBufferSize)}</dd>
        <dt>Largest binding</dt><dd>${bytes(memory?.maxStorageBufferBindingSize)}</dd>
        <dt>Invocations per workgroup</dt><dd>${count(device?.limits.maxComputeInvocationsPerWorkgroup)}</dd>
        <dt>Storage</dt><dd>${bytes(storageUsedBytes)} of ${bytes(storageQuotaBytes)}</dd>
      </dl>
    `
  }
}
