/**
 * Puts the theme a person chose on `<html>` and keeps it right while the system's own choice changes. Fires `cyx-theme`
 * on `window` after each change, for whoever draws with resolved colours (canvases).
 */
import type { Settings } from '../session/settings.ts'
import { tokensCss } from './tokens.ts'

export interface SystemLook {
  readonly dark: boolean
  readonly moreContrast: boolean
}

export interface ShownTheme {
  readonly theme: 'light' | 'dark' | 'contrast'
  readonly scheme: 'light' | 'dark'
}

export function resolveTheme(chosen: Settings['theme'], { dark, moreContrast }: SystemLook): ShownTheme {
  const scheme = dark ? 'dark' : 'light'
  if (chosen === 'contrast') return { theme: 'contrast', scheme }
  if (chosen !== 'system') return { theme: chosen, scheme: chosen }
  return { theme: moreContrast ? 'contrast' : scheme, scheme }
}

/** Kept outside the session, so that the first paint already has the right ground. */
const REMEMBERED = 'cyx-theme'

const QUERIES = { dark: '(prefers-color-scheme: dark)', moreContrast: '(prefers-contrast: more)' } as const

class Theme {
  #chosen: Settings['theme'] = 'system'
  #motion: Settings['reducedMotion'] = 'system'

  /** Once, before anything is rendered. */
  install(): void {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(tokensCss)
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    for (const query of Object.values(QUERIES)) matchMedia(query).addEventListener('change', () => this.#show())
    this.#chosen = remembered()
    this.#show()
  }

  choose({ theme, reducedMotion }: Pick<Settings, 'theme' | 'reducedMotion'>): void {
    if (theme === this.#chosen && reducedMotion === this.#motion) return
    this.#chosen = theme
    this.#motion = reducedMotion
    try {
      localStorage.setItem(REMEMBERED, theme)
    } catch {
      // Storage may be forbidden; then the first paint follows the system.
    }
    this.#show()
  }

  #show(): void {
    const { dataset } = document.documentElement
    const shown = resolveTheme(this.#chosen, { dark: matchMedia(QUERIES.dark).matches, moreContrast: matchMedia(QUERIES.moreContrast).matches })
    dataset.theme = shown.theme
    dataset.scheme = shown.scheme
    if (this.#motion === 'system') delete dataset.motion
    else dataset.motion = this.#motion === 'on' ? 'reduced' : 'full'
    window.dispatchEvent(new CustomEvent('cyx-theme'))
  }
}

function remembered(): Settings['theme'] {
  try {
    const text = localStorage.getItem(REMEMBERED)
    if (text === 'light' || text === 'dark' || text === 'contrast') return text
  } catch {
    // As above.
  }
  return 'system'
}

export const theme = new Theme()
