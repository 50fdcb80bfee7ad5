/** How the page of a job is laid out. */
import { css } from 'lit'

export const pageStyles = css`
  :host > *, section, header { margin-bottom: var(--cyx-gap); }
  .title { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; }
  .title h1 { margin: 0; overflow-wrap: anywhere; }
  .title .actions { margin-left: auto; }
  .progress { display: flex; align-items: center; gap: 12px; margin: 12px 0 8px; }
  .bar { flex: 1; height: 8px; border-radius: 4px; background: var(--cyx-surface-2); border: 1px solid var(--cyx-border); overflow: hidden; }
  .bar > div { height: 100%; background: var(--cyx-accent); }
  .bar[data-state='completed'] > div { background: var(--cyx-ok); }
  .bar:is([data-state='failed'], [data-state='cancelled'], [data-state='paused']) > div { background: var(--cyx-muted); }
  .facts { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0; color: var(--cyx-muted); font-size: 0.9em; font-variant-numeric: tabular-nums; }
  .why { margin: 10px 0 0; padding: 8px 12px; border-left: 3px solid var(--cyx-warn); background: var(--cyx-surface-2); border-radius: 4px; overflow-wrap: anywhere; }
  .why[data-state='failed'] { border-left-color: var(--cyx-danger); }
  .alerts p { display: flex; justify-content: space-between; align-items: center; gap: 12px; margin: 0 0 8px; padding: 4px 12px; border: 1px solid var(--cyx-border); border-left: 3px solid var(--cyx-warn); border-radius: var(--cyx-radius); background: var(--cyx-surface); }
  .alerts p[data-level='error'] { border-left-color: var(--cyx-danger); }
  .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: var(--cyx-gap); margin: 0 0 var(--cyx-gap); }
  .figures .card { margin: 0; padding: 12px 16px; }
  .figures dt { color: var(--cyx-muted); font-size: 0.85em; }
  .figures dd { margin: 2px 0 0; font-size: 1.35em; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
  .columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: var(--cyx-gap); }
  .columns > .card { min-width: 0; margin: 0; }
  @media (max-width: 900px) { .columns { grid-template-columns: minmax(0, 1fr); } }
  .card > h2 { margin-bottom: 8px; }
  th, td { white-space: nowrap; }
  tbody th { font-weight: 400; }
  tbody th .muted { font-family: var(--cyx-font); }
  .tall { max-height: 22em; overflow: auto; }
  .timeline, .log { list-style: none; margin: 0; padding: 0; }
  .timeline { max-height: 22em; overflow: auto; }
  .timeline li { display: grid; grid-template-columns: 6.5em 7em 1fr; gap: 8px; padding: 5px 0; align-items: baseline; overflow-wrap: anywhere; }
  .log li { display: grid; grid-template-columns: 6.5em 4em 5em 1fr; gap: 8px; padding: 2px 0; font-size: 0.9em; overflow-wrap: anywhere; }
  .log li[data-level='error'] { color: var(--cyx-danger); }
  .log li[data-level='warn'] { color: var(--cyx-warn); }
  details > summary { cursor: pointer; min-height: 24px; }
  details > summary h2 { display: inline; }
  details > :not(summary) { margin-top: 12px; }
  pre { margin: 12px 0 0; padding: 12px; background: var(--cyx-surface-2); border-radius: var(--cyx-radius); white-space: pre; }
  @media (max-width: 560px) {
    .title .actions { margin-left: 0; width: 100%; }
    .timeline li { grid-template-columns: 5em 1fr; }
    .timeline li > :last-child { grid-column: 1 / -1; }
    .log li { grid-template-columns: 6em 1fr; }
    .log li > :last-child { grid-column: 1 / -1; }
  }
`
