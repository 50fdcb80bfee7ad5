/** How the page for trying models is laid out. */
import { css } from 'lit'

export const tryStyles = css`
  :host > * { margin-bottom: var(--cyx-gap); }
  header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; }
  header h1, header p { margin: 0; }
  .model { align-items: end; }
  .pick, .file { display: grid; gap: 4px; font-size: 0.85em; color: var(--cyx-muted); min-width: 0; }
  .pick select { max-width: 100%; min-width: 16em; }
  .file input { max-width: 20em; min-height: 32px; }
  .inline { display: inline-flex; align-items: center; gap: 8px; min-height: 28px; }
  .inline input[type='checkbox'] { width: 18px; height: 18px; margin: 0; }
  .inline input[type='range'] { width: 7em; accent-color: var(--cyx-accent); }
  .index { width: 6em; }
  .status { margin: 12px 0 0; }
  progress { width: 12em; accent-color: var(--cyx-accent); }
  .columns {
    display: grid; gap: var(--cyx-gap); align-items: start;
    grid-template: 'input answer' auto 'samples answer' 1fr / minmax(0, 3fr) minmax(0, 2fr);
  }
  .input { grid-area: input; }
  .samples { grid-area: samples; }
  .answer { grid-area: answer; }
  .columns > .card { min-width: 0; margin: 0; }
  .draw { display: flex; flex-wrap: wrap; gap: 16px; margin-bottom: 12px; }
  .draw cyx-draw-pad { flex: 1 1 240px; }
  .card > h2 { margin-bottom: 10px; }
  .samples p { margin: 8px 0 0; }
  .answer > p { margin-top: 12px; }
  .error { color: var(--cyx-danger); overflow-wrap: anywhere; }
  .empty { text-align: center; padding: 40px 16px; display: grid; gap: 12px; justify-items: center; }
  .empty p { margin: 0; max-width: 44em; }
  @media (max-width: 820px) { .columns { grid-template: 'input' auto 'answer' auto 'samples' auto / minmax(0, 1fr); } }
  @media (max-width: 560px) { .pick, .file, .pick select { width: 100%; min-width: 0; } }
`
