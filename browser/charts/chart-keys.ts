/**
 * What a key does in a chart that has the focus. Keys with Ctrl, Alt or Meta belong to the browser.
 */

export type ChartAction =
  | { readonly type: 'move'; readonly direction: -1 | 1; readonly far: boolean }
  | { readonly type: 'edge'; readonly direction: -1 | 1 }
  | { readonly type: 'mark'; readonly direction: -1 | 1 }
  /** Below 1: closer. */
  | { readonly type: 'zoom'; readonly factor: number }
  | { readonly type: 'reset' }
  | { readonly type: 'leave' }

export interface KeyPress {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

export const KEYS_HELP =
  'Arrow keys move the cursor, with Shift further; Home and End go to the edges; M goes to the next event; + and − zoom; 0 shows everything.'

export function chartAction({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyPress): ChartAction | null {
  if (ctrlKey || altKey || metaKey) return null
  switch (key) {
    case 'ArrowLeft':
      return { type: 'move', direction: -1, far: shiftKey }
    case 'ArrowRight':
      return { type: 'move', direction: 1, far: shiftKey }
    case 'Home':
      return { type: 'edge', direction: -1 }
    case 'End':
      return { type: 'edge', direction: 1 }
    case 'm':
      return { type: 'mark', direction: 1 }
    case 'M':
      return { type: 'mark', direction: -1 }
    case '+':
    case '=':
      return { type: 'zoom', factor: 0.5 }
    case '-':
    case '_':
      return { type: 'zoom', factor: 2 }
    case '0':
      return { type: 'reset' }
    case 'Escape':
      return { type: 'leave' }
    default:
      return null
  }
}
