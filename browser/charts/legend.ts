/**
 * The legend: a button per line that shows or hides it, with the line's look and its value now or under the cursor. The
 * entries are rendered when their set changes; values are written into them as text, ten times a second at most.
 */
import { html, svg, type TemplateResult } from 'lit'
import type { LegendEntry } from './prepare.ts'

export interface LegendInit {
  readonly entries: readonly LegendEntry[]
  readonly hidden: ReadonlySet<string>
  readonly onToggle: (entryId: string, alone: boolean) => void
}

function swatch({ style, kind }: LegendEntry): TemplateResult {
  const colour = `var(--cyx-series-${style.colour})`
  const line = svg`<line x1="1" y1="6" x2="23" y2="6" stroke=${colour} stroke-width=${kind === 'mean' ? 3 : 2} stroke-dasharray=${style.dash.join(' ')} />`
  const range = svg`<rect x="1" y="1" width="22" height="10" fill=${colour} opacity="0.3" />`
  return html`<svg width="24" height="12" viewBox="0 0 24 12" aria-hidden="true">${kind === 'line' ? line : kind === 'band' ? range : [range, line]}</svg>`
}

/** Shift or Alt with a click leaves this line alone on the chart. */
export function legendTemplate({ entries, hidden, onToggle }: LegendInit): TemplateResult {
  return html`<div class="legend" role="group" aria-label="Lines">
    ${entries.map(
      (entry) => html`<button
        type="button"
        class="entry"
        aria-pressed=${!hidden.has(entry.id)}
        title="Show or hide; with Shift: only this line"
        @click=${(event: MouseEvent) => onToggle(entry.id, event.shiftKey || event.altKey)}
      >${swatch(entry)}<span class="label">${entry.label}</span><span class="value" data-entry=${entry.id}></span></button>`,
    )}
  </div>`
}

/** Writes values into the entries of `root`; what is the same already is left alone. */
export function writeLegend(root: ParentNode, textOf: (entryId: string) => string): void {
  for (const span of root.querySelectorAll<HTMLElement>('[data-entry]')) {
    const text = textOf(span.dataset.entry ?? '')
    if (span.textContent !== text) span.textContent = text
  }
}
