/** Styles that the pages about jobs share beyond `shared.ts`: links that look like chief or quiet buttons, regions that scroll. */
import { css } from 'lit'

export const controls = css`
  a.button.primary { background: var(--cyx-accent); border-color: var(--cyx-accent); color: var(--cyx-on-accent); font-weight: 600; }
  a.button.primary:hover { background: color-mix(in srgb, var(--cyx-accent) 88%, var(--cyx-text)); }
  a.button.quiet { background: transparent; border-color: transparent; }
  a.button.quiet:hover { background: var(--cyx-surface-2); }
  button.quiet.danger { border-color: transparent; }
  .number { text-align: right; }
  .scroll:focus-visible { outline-offset: -2px; }
`
