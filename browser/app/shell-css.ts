/** Where things are: navigation at the side, at the bottom on a phone. */
import { css } from 'lit'

export const shellCss = css`
  :host { display: grid; grid-template-columns: 176px minmax(0, 1fr); min-height: 100dvh; background: var(--cyx-bg); }
  nav { position: sticky; top: 0; z-index: 3; height: 100dvh; display: flex; flex-direction: column; gap: 2px; padding: 12px 10px; background: var(--cyx-surface); border-right: 1px solid var(--cyx-border); }
  nav a { display: flex; align-items: center; min-height: 34px; padding: 4px 10px; border-radius: 6px; color: var(--cyx-text); text-decoration: none; }
  nav a:hover { background: var(--cyx-surface-2); }
  nav a[aria-current] { background: var(--cyx-accent-soft); font-weight: 600; box-shadow: inset 3px 0 0 var(--cyx-accent); }
  nav .brand { font-weight: 700; font-size: 16px; gap: 8px; margin-bottom: 10px; letter-spacing: -0.01em; }
  nav .project { min-height: 34px; margin-bottom: 8px; }
  .mark { width: 16px; height: 16px; border-radius: 50%; border: 4px solid var(--cyx-accent); border-right-color: var(--cyx-ok); }
  .foot { margin-top: auto; display: flex; justify-content: space-between; }
  .foot button { color: var(--cyx-muted); }
  .body { display: flex; flex-direction: column; min-width: 0; min-height: 100dvh; }
  header { position: sticky; top: 0; z-index: 2; }
  main { flex: 1; width: 100%; max-width: 1400px; padding: 20px; outline: none; min-width: 0; }
  main > .card { display: grid; gap: 12px; justify-items: start; }
  .skip { position: fixed; left: 8px; top: -60px; z-index: 5; padding: 8px 12px; background: var(--cyx-surface); border: 2px solid var(--cyx-focus); border-radius: 6px; }
  .skip:focus { top: 8px; }
  .drawer { position: sticky; bottom: 0; height: 38vh; padding: 8px 20px; background: var(--cyx-surface); border-top: 1px solid var(--cyx-control-border); display: flex; flex-direction: column; }
  .drawer cyx-log-view { flex: 1; min-height: 0; }
  .close { align-self: flex-end; min-height: 26px; padding: 2px 8px; }
  @media (max-width: 720px) {
    :host { display: block; padding-bottom: 56px; }
    nav { position: fixed; inset: auto 0 0 0; z-index: 3; height: 56px; flex-direction: row; padding: 4px; gap: 0; border-right: 0; border-top: 1px solid var(--cyx-border); }
    nav a { flex: 1; justify-content: center; font-size: 13px; padding: 4px 2px; min-height: 44px; }
    nav a[aria-current] { box-shadow: inset 0 3px 0 var(--cyx-accent); }
    nav .brand, nav .foot, nav .project, nav a[data-phone='no'] { display: none; }
    .body { min-height: calc(100dvh - 56px); }
    main { padding: 12px; }
  }
`
