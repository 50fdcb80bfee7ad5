/**
 * A square to draw in: mouse, pen, finger, or keyboard (arrows move a cross, space holds the pen down). Also shows a
 * picked test image, until the first stroke. Fires `cyx-ink` after each change.
 */
import { css, html, LitElement, type PropertyValues } from 'lit'
import { customElement, property, query, state } from 'lit/decorators.js'
import { Sketch } from '../../model/image.ts'
import { shared } from '../../theme/shared.ts'

/** Cells of the drawing; four per pixel of a 28×28 image. */
const CELLS = 112
/** Of the drawing's side. */
const KEY_STEP = 1 / 28

export interface Pixels {
  readonly values: ArrayLike<number>
  readonly width: number
  readonly height: number
}

@customElement('cyx-draw-pad')
export class CyxDrawPad extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; width: 100%; max-width: 336px; }
      canvas { display: block; width: 100%; aspect-ratio: 1; touch-action: none; cursor: crosshair; border: 1px solid var(--cyx-control-border); border-radius: var(--cyx-radius); background: var(--cyx-surface-2); box-sizing: border-box; }
      canvas:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; }
      p { margin: 6px 0 0; font-size: 0.85em; }
    `,
  ]

  /** Brush radius as part of the drawing's side. */
  @property({ type: Number }) brush = 0.045
  /** Shown instead of the drawing; null = the drawing. */
  @property({ attribute: false }) picture: Pixels | null = null
  @state() private penDown = false
  @query('canvas') private canvas!: HTMLCanvasElement
  readonly sketch = new Sketch(CELLS)
  #last: { x: number; y: number } | null = null
  #cursor = { x: 0.5, y: 0.5 }
  #keyboard = false
  #frame = 0
  readonly #scheme = window.matchMedia('(prefers-color-scheme: dark)')
  #themeObserver: MutationObserver | null = null

  override connectedCallback(): void {
    super.connectedCallback()
    // Ink has the colour of text: drawn again when the theme changes.
    this.#scheme.addEventListener('change', this.#paintSoon)
    this.#themeObserver = new MutationObserver(this.#paintSoon)
    this.#themeObserver.observe(document.documentElement, { attributes: true })
  }

  override disconnectedCallback(): void {
    cancelAnimationFrame(this.#frame)
    this.#scheme.removeEventListener('change', this.#paintSoon)
    this.#themeObserver?.disconnect()
    super.disconnectedCallback()
  }

  override render() {
    return html`
      <canvas width=${CELLS * 3} height=${CELLS * 3} tabindex="0" role="application"
        aria-label=${`Drawing area. Arrow keys move the pen, space puts it ${this.penDown ? 'up' : 'down'}, Delete clears.`} aria-describedby="keys"
        @pointerdown=${this.#onDown} @pointermove=${this.#onMove} @pointerup=${this.#onUp} @pointercancel=${this.#onUp}
        @keydown=${this.#onKey} @focus=${this.#paintSoon} @blur=${this.#onBlur}></canvas>
      <p id="keys" class="muted">Draw here. Keys: arrows move, space pen ${this.penDown ? 'up (now down)' : 'down'}, Delete clears.</p>
    `
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('picture') || !this.hasUpdated) this.#paintSoon()
  }

  override firstUpdated(): void {
    this.#paintSoon()
  }

  clear(): void {
    this.sketch.clear()
    this.#changed()
  }

  #changed(): void {
    this.#paintSoon()
    this.dispatchEvent(new CustomEvent('cyx-ink', { bubbles: true, composed: true }))
  }

  /** Where a pointer is, from 0 to 1. */
  #place(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect()
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height }
  }

  readonly #onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return
    this.#keyboard = false
    this.canvas.setPointerCapture(event.pointerId)
    this.#last = this.#place(event)
    this.#stroke(this.#last, this.#last)
  }

  readonly #onMove = (event: PointerEvent): void => {
    if (this.#last === null) return
    const all = event.getCoalescedEvents?.() ?? []
    for (const one of all.length > 0 ? all : [event]) {
      const to = this.#place(one)
      this.#stroke(this.#last, to)
      this.#last = to
    }
  }

  readonly #onUp = (): void => {
    this.#last = null
  }

  readonly #onBlur = (): void => {
    this.penDown = false
    this.#paintSoon()
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const step: Record<string, readonly [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    const move = step[event.key]
    if (move !== undefined) {
      const clamp = (value: number) => Math.min(1 - KEY_STEP / 2, Math.max(KEY_STEP / 2, value))
      const from = this.#cursor
      this.#keyboard = true
      this.#cursor = { x: clamp(from.x + move[0] * KEY_STEP), y: clamp(from.y + move[1] * KEY_STEP) }
      if (this.penDown) this.#stroke(from, this.#cursor)
      else this.#paintSoon()
    } else if (event.key === ' ') {
      this.#keyboard = true
      this.penDown = !this.penDown
      if (this.penDown) this.#stroke(this.#cursor, this.#cursor)
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.clear()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  #stroke(from: { x: number; y: number }, to: { x: number; y: number }): void {
    if (this.picture !== null) this.sketch.clear()
    this.sketch.stroke(from.x * CELLS, from.y * CELLS, to.x * CELLS, to.y * CELLS, this.brush * CELLS)
    this.#changed()
  }

  readonly #paintSoon = (): void => {
    cancelAnimationFrame(this.#frame)
    this.#frame = requestAnimationFrame(() => this.#paint())
  }

  #paint(): void {
    const canvas = this.canvas
    const context = canvas?.getContext('2d')
    if (!context) return
    const { picture, sketch } = this
    context.clearRect(0, 0, canvas.width, canvas.height)
    const style = getComputedStyle(this)
    paintPixels(
      context,
      picture ?? { values: sketch.ink, width: CELLS, height: CELLS },
      canvas.width,
      canvas.height,
      style.getPropertyValue('--cyx-text').trim(),
    )
    if (!this.#keyboard || this.renderRoot instanceof ShadowRoot === false || this.shadowRoot?.activeElement !== canvas) return
    const x = this.#cursor.x * canvas.width
    const y = this.#cursor.y * canvas.height
    context.strokeStyle = style.getPropertyValue(this.penDown ? '--cyx-danger' : '--cyx-accent').trim()
    context.lineWidth = 2
    context.beginPath()
    context.moveTo(x - 12, y)
    context.lineTo(x + 12, y)
    context.moveTo(x, y - 12)
    context.lineTo(x, y + 12)
    context.stroke()
  }
}

/** Values 0 to 1 as the opacity of one colour, without blur. */
export function paintPixels(context: CanvasRenderingContext2D, { values, width, height }: Pixels, wide: number, high: number, colour: string): void {
  const cell = Math.min(wide / width, high / height)
  const left = (wide - width * cell) / 2
  const top = (high - height * cell) / 2
  context.fillStyle = colour
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = values[y * width + x] as number
      if (value <= 0.004) continue
      context.globalAlpha = Math.min(1, value)
      const [x0, y0] = [Math.round(left + x * cell), Math.round(top + y * cell)]
      context.fillRect(x0, y0, Math.round(left + (x + 1) * cell) - x0, Math.round(top + (y + 1) * cell) - y0)
    }
  }
  context.globalAlpha = 1
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-draw-pad': CyxDrawPad
  }
}
