/** How a chart looks: one quiet card, a fixed height for the plot (uPlot grows for ever when it measures its own parent). */
import { css } from 'lit'

export const chartCss = css`
  :host { display: flex; flex-direction: column; min-width: 0; color: var(--cyx-text); font-family: var(--cyx-font); }
  .chart { flex: 1; box-sizing: border-box; position: relative; min-width: 0; padding: 12px 12px 8px; background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); }
  header { display: flex; align-items: baseline; gap: 8px; min-height: 28px; }
  h3 { margin: 0; font-size: 0.95rem; font-weight: 600; white-space: nowrap; }
  .hint { color: var(--cyx-muted); font-size: 0.8rem; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .tools { display: flex; align-items: center; gap: 4px; flex: none; }
  .tools button, .menu button { font: inherit; font-size: 0.8rem; line-height: 1; min-height: 26px; min-width: 26px; padding: 4px 8px; color: var(--cyx-text); background: transparent; border: 1px solid transparent; border-radius: calc(var(--cyx-radius) * 0.6); cursor: pointer; }
  .tools button:hover, .menu button:hover { background: var(--cyx-surface-2); }
  .tools .follow { border-color: var(--cyx-control-border, var(--cyx-muted)); }
  .tools button[hidden] { display: none; }
  button:focus-visible, summary:focus-visible, .plot:focus-visible, .scroll:focus-visible { outline: 2px solid var(--cyx-focus); outline-offset: 1px; }
  .menu { position: fixed; inset: auto; margin: 0; padding: 4px; min-width: 150px; color: var(--cyx-text); background: var(--cyx-surface); border: 1px solid var(--cyx-border); border-radius: var(--cyx-radius); box-shadow: 0 6px 24px rgb(0 0 0 / 0.25); }
  .menu button { display: block; width: 100%; min-height: 30px; text-align: start; }
  .frame { position: relative; }
  .plot { height: var(--cyx-chart-height, 220px); min-width: 0; overflow: hidden; border-radius: 4px; }
  .at { margin-inline-start: auto; flex: none; font-size: 0.78rem; font-variant-numeric: tabular-nums; color: var(--cyx-muted); white-space: nowrap; }
  .empty { position: absolute; inset: 0; display: grid; place-content: center; margin: 0; padding: 16px; text-align: center; font-size: 0.875rem; color: var(--cyx-muted); }
  .empty[hidden] { display: none; }
  .tip { position: absolute; inset-block-start: 12px; max-width: min(260px, 70%); padding: 3px 7px; font-size: 0.75rem; color: var(--cyx-text); background: var(--cyx-surface-2); border: 1px solid var(--cyx-border); border-radius: 4px; pointer-events: none; z-index: 2; }
  .tip[hidden] { display: none; }
  .axis { color: var(--cyx-muted); font-size: 0.75rem; text-align: end; padding-inline-end: 18px; margin-block-start: -5px; }
  .legend { display: flex; flex-wrap: wrap; gap: 2px 4px; max-height: 132px; overflow: auto; margin-block-start: 2px; margin-inline-start: -6px; }
  .entry { display: inline-flex; align-items: center; gap: 6px; min-height: 26px; padding: 2px 6px; font: inherit; font-size: 0.8rem; color: var(--cyx-text); background: transparent; border: 1px solid transparent; border-radius: 4px; cursor: pointer; max-width: 100%; }
  .entry:hover { background: var(--cyx-surface-2); }
  .entry[aria-pressed='false'] { color: var(--cyx-muted); }
  .entry[aria-pressed='false'] svg { outline: 1px dashed var(--cyx-muted); outline-offset: -2px; }
  .entry[aria-pressed='false'] svg * { display: none; }
  .entry svg { flex: none; }
  .label { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .value { font-variant-numeric: tabular-nums; color: var(--cyx-muted); white-space: nowrap; }
  details { margin-block-start: 2px; font-size: 0.8rem; }
  summary { display: inline-block; padding: 4px 6px; min-height: 24px; box-sizing: border-box; color: var(--cyx-muted); cursor: pointer; border-radius: 4px; }
  summary::before { content: '▸ '; }
  details[open] > summary::before { content: '▾ '; }
  .scroll { max-height: 260px; overflow: auto; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: 3px 10px; text-align: end; font-weight: 400; border-block-end: 1px solid var(--cyx-border); white-space: nowrap; }
  thead th { position: sticky; inset-block-start: 0; background: var(--cyx-surface); font-weight: 600; }
  tbody.summary { background: var(--cyx-surface-2); }
  .muted { color: var(--cyx-muted); }
  .visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .uplot { font-family: var(--cyx-font); }
  .u-select { background: color-mix(in srgb, var(--cyx-accent) 18%, transparent); border-inline: 1px solid var(--cyx-accent); }
  .u-hz .u-cursor-x, .u-vt .u-cursor-y { border-inline-end: 1px solid var(--cyx-muted); }
  .u-hz .u-cursor-y, .u-vt .u-cursor-x { border-block-end: 1px dashed var(--cyx-border); }
  .u-over { cursor: crosshair; touch-action: pan-y; }
`
