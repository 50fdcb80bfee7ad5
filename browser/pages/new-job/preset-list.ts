/** Places to start from, as cards; choosing one fills the form (with undo, as something may have been typed there). */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement } from 'lit/decorators.js'
import { PRESETS } from '../../jobs/presets.ts'
import { shared } from '../../theme/shared.ts'

@customElement('cyx-job-presets')
export class PresetList extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: 12px; }
      li { display: grid; grid-template-rows: auto 1fr auto auto; gap: 8px; align-items: start; }
      h2 { margin: 0; font-size: 1rem; }
      p { margin: 0; font-size: 0.88rem; }
      button { justify-self: start; }
      .mono { font-family: var(--cyx-mono); font-size: 0.78rem; overflow-wrap: anywhere; }
    `,
  ]

  override render(): TemplateResult {
    return html`<ul>
      ${PRESETS.map(
        (preset) => html`<li class="card">
          <h2>${preset.title}</h2>
          <p>${preset.text}${preset.needs === null ? nothing : html` <span class="muted">Needs ${preset.needs}.</span>`}</p>
          <p class="mono muted">${layersOf(preset.job)}</p>
          <button type="button" aria-label="Use this: ${preset.title}" @click=${() => this.dispatchEvent(new CustomEvent('cyx-preset', { detail: preset, bubbles: true, composed: true }))}>Use this</button>
        </li>`,
      )}
    </ul>`
  }
}

function layersOf(job: (typeof PRESETS)[number]['job']): string {
  const { input, layers } = job.model as unknown as { input: number[]; layers: { type: string; units?: number }[] }
  return [`[${input.join(', ')}]`, ...layers.map(({ type, units }) => units ?? type)].join(' → ')
}
