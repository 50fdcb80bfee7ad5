/** A model's answer: bars with names and percentages, the best one marked; or plain numbers. Read aloud when it settles. */
import { css, html, LitElement, nothing, type PropertyValues } from 'lit'
import { customElement, property, state } from 'lit/decorators.js'
import { type Answer, answerText } from '../../model/answers.ts'
import { shared } from '../../theme/shared.ts'

/** A pen that moves changes the answer at every stroke; what is said waits until it rests. */
const SETTLED_MS = 700
/** Bars of a page; a model of a thousand classes shows its best. */
const MOST_BARS = 20

@customElement('cyx-answer')
export class CyxAnswer extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      ol { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: fit-content(9em) 1fr auto; gap: 4px 12px; }
      li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; min-height: 26px; }
      .name { overflow-wrap: anywhere; }
      .bar { height: 14px; border-radius: 3px; background: var(--cyx-surface-2); border: 1px solid var(--cyx-border); overflow: hidden; }
      .bar > div { height: 100%; background: var(--cyx-muted); }
      li[data-best] { font-weight: 600; }
      li[data-best] .bar > div { background: var(--cyx-accent); }
      .value { text-align: right; min-width: 4em; font-variant-numeric: tabular-nums; }
      .values { grid-template-columns: 1fr auto; }
      ol + p { margin-top: 10px; }
      .headline { font-size: 1.5em; font-weight: 600; margin: 0 0 12px; min-height: 1.3em; }
      @media (prefers-reduced-motion: no-preference) { .bar > div { transition: width 120ms ease-out; } }
    `,
  ]

  @property({ attribute: false }) answer: Answer | null = null
  /** What the right answer is, where it is known. */
  @property({ attribute: false }) truth: string | null = null
  /** Said while there is no answer. */
  @property() hint = ''
  @state() private spoken = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  override disconnectedCallback(): void {
    clearTimeout(this.#timer)
    super.disconnectedCallback()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('answer')) return
    clearTimeout(this.#timer)
    const { answer } = this
    if (answer !== null) {
      this.#timer = setTimeout(() => {
        this.spoken = answerText(answer)
      }, SETTLED_MS)
    }
  }

  override render() {
    const { answer } = this
    const spoken = html`<p class="visually-hidden" role="status">${answer === null ? '' : this.spoken}</p>`
    if (answer === null) return html`<p class="muted">${this.hint}</p>${spoken}`
    return html`${answer.unit === 'value' ? this.#values(answer) : this.#bars(answer)} ${spoken}`
  }

  #bars({ entries, best }: Answer) {
    const winner = entries[best ?? 0]
    const shown = entries.length <= MOST_BARS ? entries : entries.toSorted((a, b) => b.value - a.value).slice(0, MOST_BARS)
    return html`
      <p class="headline">${winner?.name} ${this.truth === null ? nothing : html`<span class="muted">${this.truth === winner?.name ? 'right' : `but it is: ${this.truth}`}</span>`}</p>
      <ol aria-label="Probabilities">
        ${shown.map(
          ({ index, name, value }) => html`<li ?data-best=${index === best}>
            <span class="name">${name}</span>
            <span class="bar" aria-hidden="true"><div style=${`width: ${(value * 100).toFixed(1)}%`}></div></span>
            <span class="value">${(value * 100).toFixed(value > 0.9995 || value < 0.0005 ? 0 : 1)} %</span>
          </li>`,
        )}
      </ol>
      ${shown.length < entries.length ? html`<p class="muted">The ${shown.length} most probable of ${entries.length} classes.</p>` : nothing}
    `
  }

  #values({ entries }: Answer) {
    return html`<ol class="values" aria-label="Outputs">
        ${entries.slice(0, 100).map(({ name, value }) => html`<li><span>${name}</span><span class="value headline">${Number(value.toPrecision(6))}</span></li>`)}
      </ol>
      ${this.truth === null ? nothing : html`<p class="muted">The data set says ${this.truth}.</p>`}`
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'cyx-answer': CyxAnswer
  }
}
