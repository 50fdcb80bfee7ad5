/**
 * What every element looks like: buttons, fields, tables, cards, chips. Elements add layout of their own and nothing else.
 * Colours are tokens only (tokens.ts).
 */
import { css } from 'lit'

export const shared = css`
  :host { box-sizing: border-box; font: 14px/1.5 var(--cyx-font); color: var(--cyx-text); }
  *, *::before, *::after { box-sizing: border-box; }
  [hidden] { display: none !important; }

  h1, h2, h3 { margin: 0; line-height: 1.25; font-weight: 600; text-wrap: balance; }
  h1 { font-size: 22px; letter-spacing: -0.01em; }
  h2 { font-size: 16px; }
  h3 { font-size: 14px; }
  p { margin: 0; }
  a { color: var(--cyx-accent); text-underline-offset: 2px; }
  code, .mono { font-family: var(--cyx-mono); font-size: 0.93em; }
  .number { font-variant-numeric: tabular-nums; }
  .muted { color: var(--cyx-muted); }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
  .stack { display: grid; gap: var(--cyx-gap); min-width: 0; }
  .grow { flex: 1 1 auto; min-width: 0; }

  :focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 2px; border-radius: 4px; }

  button, .button {
    font: inherit; font-weight: 500; line-height: 20px; color: var(--cyx-text); text-decoration: none;
    display: inline-flex; align-items: center; justify-content: center; gap: 6px;
    min-height: 32px; padding: 5px 12px; cursor: pointer; white-space: nowrap;
    background: var(--cyx-surface); border: 1px solid var(--cyx-control-border); border-radius: 6px;
    transition: background var(--cyx-motion), border-color var(--cyx-motion);
  }
  button:hover:not(:disabled), .button:hover { background: var(--cyx-surface-2); }
  button:active:not(:disabled) { border-color: var(--cyx-text); }
  button.primary { background: var(--cyx-accent); border-color: var(--cyx-accent); color: var(--cyx-on-accent); font-weight: 600; }
  button.primary:hover:not(:disabled) { background: color-mix(in srgb, var(--cyx-accent) 88%, var(--cyx-text)); }
  button.danger { color: var(--cyx-danger); border-color: var(--cyx-danger); }
  button.quiet { background: transparent; border-color: transparent; }
  button.quiet:hover:not(:disabled) { background: var(--cyx-surface-2); }
  button.big { min-height: 44px; padding: 10px 20px; font-size: 16px; }
  button:disabled { cursor: default; color: var(--cyx-muted); background: var(--cyx-surface-2); border-color: var(--cyx-border); border-style: dashed; }
  button[aria-pressed='true'] { background: var(--cyx-accent-soft); border-color: var(--cyx-accent); }

  input, select, textarea {
    font: inherit; color: var(--cyx-text); background: var(--cyx-surface); max-width: 100%;
    border: 1px solid var(--cyx-control-border); border-radius: 6px; padding: 5px 8px; min-height: 32px;
  }
  textarea { line-height: 1.45; resize: vertical; }
  input::placeholder, textarea::placeholder { color: var(--cyx-muted); opacity: 1; }
  input[aria-invalid='true'], textarea[aria-invalid='true'], select[aria-invalid='true'] { border-color: var(--cyx-danger); box-shadow: inset 0 0 0 1px var(--cyx-danger); }
  input[type='checkbox'], input[type='radio'] { min-height: 0; width: 18px; height: 18px; margin: 3px; padding: 0; accent-color: var(--cyx-accent); flex: none; }
  input[type='range'] { padding: 0; border: 0; background: transparent; accent-color: var(--cyx-accent); min-height: 28px; }
  label { cursor: default; }
  label.field { display: grid; gap: 4px; font-weight: 500; }
  label.check { display: flex; align-items: flex-start; gap: 8px; min-height: 24px; }
  .error { color: var(--cyx-danger); }

  .card { background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); padding: 16px; min-width: 0; }

  table { border-collapse: collapse; width: 100%; font-size: 13px; }
  th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--cyx-border); vertical-align: middle; }
  thead th { font-weight: 500; color: var(--cyx-muted); white-space: nowrap; }
  tbody th { font-weight: 500; }
  tbody tr:last-child > * { border-bottom: 0; }
  th.number, td.number { text-align: right; }
  .scroll { overflow-x: auto; }

  .chip {
    display: inline-flex; align-items: center; gap: 6px; padding: 1px 8px; border-radius: 999px; font-size: 12px; line-height: 18px; font-weight: 500;
    white-space: nowrap; border: 1px solid var(--cyx-border); background: var(--cyx-surface-2); color: var(--cyx-text);
  }
  .chip::before { content: ''; width: 7px; height: 7px; border-radius: 50%; background: var(--cyx-muted); flex: none; }
  .chip:is([data-state='running'], [data-state='computing'], [data-state='connected'], [data-state='completed'], [data-state='ok'])::before { background: var(--cyx-ok); }
  .chip:is([data-state='offered'], [data-state='connecting'], [data-state='finishing'], [data-state='info'])::before { background: var(--cyx-accent); }
  .chip:is([data-state='paused'], [data-state='lost'], [data-state='warn'])::before { background: var(--cyx-warn); border-radius: 1px; }
  .chip:is([data-state='failed'], [data-state='error'])::before { background: var(--cyx-danger); border-radius: 1px; transform: rotate(45deg); }
  .chip:is([data-state='queued'], [data-state='waiting'], [data-state='cancelled'], [data-state='off'], [data-state='idle'])::before { background: transparent; box-shadow: inset 0 0 0 2px var(--cyx-muted); }
  .chip[data-state='running'] { border-color: color-mix(in srgb, var(--cyx-ok) 55%, var(--cyx-border)); }
  .chip[data-state='failed'] { border-color: color-mix(in srgb, var(--cyx-danger) 55%, var(--cyx-border)); }

  dialog {
    color: var(--cyx-text); background: var(--cyx-surface); border: 1px solid var(--cyx-control-border); border-radius: 12px;
    padding: 20px; width: min(560px, calc(100vw - 24px)); max-height: calc(100dvh - 24px); overflow: auto;
    box-shadow: 0 16px 48px rgb(0 0 0 / 0.3);
  }
  dialog::backdrop { background: rgb(0 0 0 / 0.5); }

  details > summary { cursor: pointer; min-height: 24px; }

  .visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; border: 0; }

  @media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
  :host-context([data-motion='reduced']) * { animation: none !important; transition: none !important; }
`
