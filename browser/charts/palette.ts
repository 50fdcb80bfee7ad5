/**
 * The theme's colours as a canvas can use them. Tokens may be `light-dark()` or `color-mix()`, which no canvas
 * understands, so a probe element resolves them; once per change of theme, not per frame.
 */

const NAMES = {
  background: '--cyx-surface',
  text: '--cyx-text',
  muted: '--cyx-muted',
  border: '--cyx-border',
  ok: '--cyx-ok',
  warn: '--cyx-warn',
  danger: '--cyx-danger',
} as const

export interface Colours extends Record<keyof typeof NAMES, string> {
  /** Series 1 is `series[1]`. */
  readonly series: readonly string[]
  readonly fontFamily: string
  /** More contrast was asked for: faint lines are drawn less faintly. */
  readonly strong: boolean
}

/** Told after a change of theme until the returned function is called. */
export type ThemeListener = () => void

class Palette {
  #colours: Colours | null = null
  readonly #listeners = new Set<ThemeListener>()
  #unwatch: (() => void) | null = null

  get colours(): Colours {
    this.#colours ??= readColours()
    return this.#colours
  }

  subscribe(listener: ThemeListener): () => void {
    this.#listeners.add(listener)
    this.#unwatch ??= this.#watch()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#unwatch?.()
      this.#unwatch = null
      // Nobody listens: the next one must not get the colours of an older theme.
      this.#colours = null
    }
  }

  #watch(): () => void {
    const changed = (): void => {
      this.#colours = null
      for (const listener of [...this.#listeners]) listener()
    }
    const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'].map((query) => matchMedia(query))
    for (const query of queries) query.addEventListener('change', changed)
    window.addEventListener('cyx-theme', changed)
    return () => {
      for (const query of queries) query.removeEventListener('change', changed)
      window.removeEventListener('cyx-theme', changed)
    }
  }
}

function readColours(): Colours {
  const probe = document.createElement('span')
  probe.hidden = true
  probe.style.transition = 'none'
  document.body.append(probe)
  const style = getComputedStyle(probe)
  const resolve = (token: string): string => {
    probe.style.color = `var(${token})`
    return style.color
  }
  const named = Object.fromEntries(Object.entries(NAMES).map(([name, token]) => [name, resolve(token)])) as Record<keyof typeof NAMES, string>
  const series = ['', ...Array.from({ length: 8 }, (_, index) => resolve(`--cyx-series-${index + 1}`))]
  probe.style.fontFamily = 'var(--cyx-font)'
  const fontFamily = style.fontFamily
  probe.remove()
  const root = document.documentElement
  const strong = matchMedia('(prefers-contrast: more), (forced-colors: active)').matches || root.dataset.theme === 'contrast'
  return { ...named, series, fontFamily, strong }
}

export const palette = new Palette()
