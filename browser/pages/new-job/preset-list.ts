/** Places to start from, as cards; choosing one fills the form (with undo, as something may have been typed there). */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit'
import { customElement } from 'lit/decorators.js'
import { isObject, type JsonObject, valueAt } from '../../jobs/paths.ts'
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

/** The model in a line. */
function layersOf(job: JsonObject): string {
  if (valueAt(job, 'model.kind') === 'gpt2') {
    const of = (key: string) => String(valueAt(job, `model.${key}`))
    return `gpt2: ${of('nLayer')} layers of ${of('nEmbd')}, ${of('nHead')} heads, ${of('nPositions')} positions`
  }
  const input = valueAt(job, 'model.input')
  const layers = valueAt(job, 'model.layers')
  return [`[${Array.isArray(input) ? input.join(', ') : ''}]`, ...(Array.isArray(layers) ? layers : []).filter(isObject).map(wordOf)].join(' → ')
}

function wordOf(layer: JsonObject): string {
  if (layer.type === 'linear') return String(layer.units)
  const size = layer.channels ?? layer.hiddenSize
  return size === undefined ? String(layer.type) : `${String(layer.type)} ${String(size)}`
}
