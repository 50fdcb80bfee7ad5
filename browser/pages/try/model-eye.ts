/** What the model is shown, pixel by pixel: after centring and scaling it may not be what was drawn. */
import { css, html, LitElement } from 'lit'
import { customElement, property, query } from 'lit/decorators.js'
import { shared } from '../../theme/shared.ts'
import { type Pixels, paintPixels } from './draw-pad.ts'

const SIDE = 112

@customElement('cyx-model-eye')
export class CyxModelEye extends LitElement {
  static override styles = [
    shared,
    css`
      figure { margin: 0; width: ${SIDE}px; }
      canvas { display: block; width: ${SIDE}px; height: ${SIDE}px; border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); background: var(--cyx-surface-2); box-sizing: border-box; }
      @media (max-width: 560px) {
        figure { width: auto; display: flex; align-items: center; gap: 12px; }
        canvas { width: 64px; height: 64px; }
      }
      figcaption { margin-top: 6px; font-size: 0.85em; color: var(--cyx-muted); }
    `,
  ]

  @property({ attribute: false }) pixels: Pixels | null = null
  @property({ type: Number }) width = 0
  @property({ type: Number }) height = 0
  @query('canvas') private canvas!: HTMLCanvasElement

  override render() {
    return html`<figure>
      <canvas width=${SIDE * 2} height=${SIDE * 2} role="img" aria-label=${this.pixels === null ? 'The model is shown nothing yet' : `What the model is shown, ${this.width} by ${this.height} pixels`}></canvas>
      <figcaption>What the model sees, ${this.width} × ${this.height}</figcaption>
    </figure>`
  }

  override updated(): void {
    const context = this.canvas.getContext('2d')
    if (context === null) return
    context.clearRect(0, 0, this.canvas.width, this.canvas.height)
    if (this.pixels !== null)
      paintPixels(context, this.pixels, this.canvas.width, this.canvas.height, getComputedStyle(this).getPropertyValue('--cyx-text').trim())
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-model-eye': CyxModelEye
  }
}
