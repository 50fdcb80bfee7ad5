/**
 * Which key does what. Single keys are off while somebody types and where they were turned off in the settings; `g` waits
 * for a second key. Pure: the shell feeds it keys and runs what it names.
 */
import type { PageName } from './router.ts'

export type Command =
  | { readonly kind: 'go'; readonly page: PageName }
  | { readonly kind: 'pause' | 'help' | 'log' | 'palette' | 'filter' }
  /** For the charts that are shown: follow the newest data, smooth or not. */
  | { readonly kind: 'page'; readonly key: 'f' | 's' }

export interface KeyPress {
  readonly key: string
  readonly ctrl: boolean
  readonly meta: boolean
  readonly alt: boolean
  /** The focus is in a field. */
  readonly typing: boolean
  /** The focus is on something that Space presses. */
  readonly onControl: boolean
  readonly timeMs: number
}

export const GO_KEYS: Readonly<Record<string, PageName>> = { j: 'jobs', n: 'new-job', c: 'contribute', p: 'peers', m: 'compare', l: 'log', s: 'settings' }

/** `g`, then the page's letter within so long. Chosen by feel. */
export const SEQUENCE_MS = 1200

export const SHORTCUTS: readonly { readonly keys: readonly string[]; readonly what: string }[] = [
  { keys: ['Ctrl/Cmd', 'K'], what: 'Command palette' },
  { keys: ['?'], what: 'This sheet' },
  { keys: ['Space'], what: 'Pause or resume contributing' },
  { keys: ['l'], what: 'Log drawer' },
  { keys: ['/'], what: 'Filter what is shown' },
  { keys: ['f'], what: 'Charts follow the newest data' },
  { keys: ['s'], what: 'Smoothing of charts on or off' },
  { keys: ['g', 'j'], what: 'Jobs' },
  { keys: ['g', 'n'], what: 'New job' },
  { keys: ['g', 'c'], what: 'Contribute' },
  { keys: ['g', 'p'], what: 'Peers' },
  { keys: ['g', 'm'], what: 'Compare' },
  { keys: ['g', 'l'], what: 'Log' },
  { keys: ['g', 's'], what: 'Settings' },
]

export class Shortcuts {
  #goSinceMs: number | null = null

  /** What the key asks for; null = nothing of ours. */
  press({ key, ctrl, meta, alt, typing, onControl, timeMs }: KeyPress, singleKeys: boolean): Command | null {
    const waiting = this.#goSinceMs !== null && timeMs - this.#goSinceMs <= SEQUENCE_MS
    this.#goSinceMs = null
    if ((ctrl || meta) && !alt && key.toLowerCase() === 'k') return { kind: 'palette' }
    if (ctrl || meta || alt || typing || !singleKeys) return null
    if (waiting) {
      const page = GO_KEYS[key]
      return page === undefined ? null : { kind: 'go', page }
    }
    switch (key) {
      case 'g':
        this.#goSinceMs = timeMs
        return null
      case '?':
        return { kind: 'help' }
      case ' ':
        return onControl ? null : { kind: 'pause' }
      case 'l':
        return { kind: 'log' }
      case '/':
        return { kind: 'filter' }
      case 'f':
      case 's':
        return { kind: 'page', key }
      default:
        return null
    }
  }
}
