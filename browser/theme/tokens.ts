/**
 * The look in one place: custom properties on `:root`, one set per theme. Elements and charts use the names, never a
 * colour of their own, so a theme is one attribute on `<html>`.
 *
 *   data-theme   light | dark | contrast: what is shown (a person's `system` is resolved before it is written)
 *   data-scheme  light | dark: which of the two a browser draws its own parts in, and which high contrast is meant
 *
 * Text on its ground holds 4.5:1 and controls and lines 3:1 in every set; `test/unit/browser/app` checks the figures.
 */
export interface ThemeColours {
  readonly bg: string
  readonly surface: string
  readonly 'surface-2': string
  readonly text: string
  readonly muted: string
  /** Hairlines between things; not the edge of a control. */
  readonly border: string
  /** Edges of inputs and buttons. */
  readonly 'control-border': string
  readonly accent: string
  readonly 'on-accent': string
  /** A ground for what is chosen; text on it is `text`. */
  readonly 'accent-soft': string
  readonly ok: string
  readonly warn: string
  readonly danger: string
  readonly focus: string
  readonly series: readonly [string, string, string, string, string, string, string, string]
}

export type ThemeName = 'light' | 'dark' | 'contrast-light' | 'contrast-dark'

export const THEMES: Readonly<Record<ThemeName, ThemeColours>> = {
  light: {
    bg: '#f4f6f8',
    surface: '#ffffff',
    'surface-2': '#edf0f4',
    text: '#171b21',
    muted: '#545e6a',
    border: '#d5dbe3',
    'control-border': '#818b98',
    accent: '#1a5fd0',
    'on-accent': '#ffffff',
    'accent-soft': '#e3edfd',
    ok: '#146c38',
    warn: '#855300',
    danger: '#b3261e',
    focus: '#1a5fd0',
    series: ['#1a66d6', '#c2410c', '#137a3a', '#8338c4', '#b8256f', '#0a7883', '#8a6100', '#5b6572'],
  },
  dark: {
    bg: '#0e1116',
    surface: '#161a20',
    'surface-2': '#20262e',
    text: '#e7eaee',
    muted: '#a2acb8',
    border: '#2d343e',
    'control-border': '#6f7a88',
    accent: '#7db1ff',
    'on-accent': '#0a1526',
    'accent-soft': '#1c2f4d',
    ok: '#62d191',
    warn: '#f0b94a',
    danger: '#ff8f85',
    focus: '#9cc4ff',
    series: ['#6ea8ff', '#ff9b61', '#58cf8b', '#c59bff', '#ff86bf', '#4ecfda', '#e2bd4c', '#a9b3bf'],
  },
  'contrast-light': {
    bg: '#ffffff',
    surface: '#ffffff',
    'surface-2': '#f0f0f0',
    text: '#000000',
    muted: '#262626',
    border: '#000000',
    'control-border': '#000000',
    accent: '#00349c',
    'on-accent': '#ffffff',
    'accent-soft': '#dbe6ff',
    ok: '#004d1c',
    warn: '#5c3a00',
    danger: '#8f0000',
    focus: '#00349c',
    series: ['#003fc0', '#9c2f00', '#005a22', '#6311a8', '#93004f', '#005560', '#604200', '#333333'],
  },
  'contrast-dark': {
    bg: '#000000',
    surface: '#000000',
    'surface-2': '#191919',
    text: '#ffffff',
    muted: '#dedede',
    border: '#ffffff',
    'control-border': '#ffffff',
    accent: '#ffe14d',
    'on-accent': '#000000',
    'accent-soft': '#3d3500',
    ok: '#7dffb0',
    warn: '#ffd166',
    danger: '#ffa8a0',
    focus: '#ffe14d',
    series: ['#8ebcff', '#ffb380', '#7dffb0', '#dcbcff', '#ffa6d2', '#7ef2fc', '#ffe14d', '#e0e0e0'],
  },
}

const SELECTORS: Readonly<Record<ThemeName, string>> = {
  light: ':root',
  dark: ':root[data-theme="dark"]',
  'contrast-light': ':root[data-theme="contrast"]',
  'contrast-dark': ':root[data-theme="contrast"][data-scheme="dark"]',
}

function rule(name: ThemeName): string {
  const { series, ...colours } = THEMES[name]
  const lines = Object.entries(colours).map(([token, colour]) => `--cyx-${token}:${colour};`)
  series.forEach((colour, index) => {
    lines.push(`--cyx-series-${index + 1}:${colour};`)
  })
  return `${SELECTORS[name]}{${lines.join('')}}`
}

/** What does not change with the theme, and the page's own ground. */
const COMMON = `
:root {
  --cyx-font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --cyx-mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace;
  --cyx-radius: 8px;
  --cyx-gap: 16px;
  --cyx-motion: 140ms;
  color-scheme: light;
}
:root[data-scheme="dark"] { color-scheme: dark; }
:root[data-motion="reduced"] { --cyx-motion: 0ms; }
@media (prefers-reduced-motion: reduce) { :root:not([data-motion="full"]) { --cyx-motion: 0ms; } }
html, body { margin: 0; height: 100%; }
body { background: var(--cyx-bg); color: var(--cyx-text); font: 14px/1.5 var(--cyx-font); -webkit-text-size-adjust: 100%; }
`

export const tokensCss: string = [COMMON, ...(Object.keys(THEMES) as ThemeName[]).map(rule)].join('\n')
