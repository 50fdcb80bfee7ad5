/** Styles that all pages about jobs share: links that look like buttons, progress bars, lists of names and values. */
import { css } from 'lit'

export const controls = css`
  a.button {
    display: inline-flex; align-items: center; justify-content: center; box-sizing: border-box; min-height: 36px; padding: 6px 14px;
    border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); background: var(--cyx-surface); color: var(--cyx-text);
    font: inherit; text-decoration: none; cursor: pointer;
  }
  a.button:hover { background: var(--cyx-surface-2); }
  a.button.primary { background: var(--cyx-accent); color: var(--cyx-on-accent); border-color: var(--cyx-accent); }
  a.button.quiet { background: transparent; border-color: transparent; }
  a.button.quiet:hover { background: var(--cyx-surface-2); }
  a.button:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
  .mono { font-family: var(--cyx-mono); font-size: 0.9em; }
  .scroll { overflow-x: auto; }
  .scroll:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; }
`
