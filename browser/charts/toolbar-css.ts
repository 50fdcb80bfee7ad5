/** The row of controls over a grid of charts. */
import { css } from 'lit'

export const toolbarCss = css`
  .toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-block-end: 10px; font-size: 0.85rem; color: var(--cyx-text); font-family: var(--cyx-font); }
  .toolbar label { display: inline-flex; align-items: center; gap: 8px; color: var(--cyx-muted); }
  .toolbar input[type='range'] { width: 130px; min-height: 24px; accent-color: var(--cyx-accent); }
  .toolbar output { min-width: 2.4em; color: var(--cyx-text); font-variant-numeric: tabular-nums; }
  .toolbar select, .toolbar button { font: inherit; min-height: 30px; padding: 3px 10px; color: var(--cyx-text); background: var(--cyx-surface); border: 1px solid var(--cyx-control-border, var(--cyx-muted)); border-radius: var(--cyx-radius); cursor: pointer; }
  .toolbar button:hover:not(:disabled, [aria-pressed='true']) { background: var(--cyx-surface-2); }
  .toolbar button:disabled { color: var(--cyx-muted); cursor: default; opacity: 0.6; }
  .toolbar .toggle[aria-pressed='true'] { color: var(--cyx-on-accent); background: var(--cyx-accent); border-color: var(--cyx-accent); }
  .toolbar .toggle[aria-pressed='true']:hover { text-decoration: underline; }
  .toolbar .set, .toolbar .end { display: inline-flex; flex-wrap: wrap; gap: 4px; }
  .toolbar .end { margin-inline-start: auto; }
  .toolbar :focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; }
  .menu { position: fixed; inset: auto; margin: 0; padding: 4px; background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); }
  .toolbar .menu button { display: block; width: 100%; text-align: start; background: transparent; border-color: transparent; }
`
