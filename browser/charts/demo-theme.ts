/** Colours of the demo page alone, so that it needs nothing of the dashboard around it. */

const SERIES = {
  light: ['#1f6feb', '#c2410c', '#0f7b4f', '#8b3fc7', '#a16207', '#be185d', '#0e7490', '#57534e'],
  dark: ['#6aa8ff', '#ff9c5b', '#4cd69a', '#c99bff', '#e3c04f', '#ff86bd', '#4fd0e6', '#c4beb8'],
  contrast: ['#7fd1ff', '#ffb000', '#6dff9e', '#e0a8ff', '#ffff66', '#ff9ccf', '#66f5ff', '#ffffff'],
} as const

const BASE = {
  light: {
    bg: '#f6f7f9',
    surface: '#ffffff',
    'surface-2': '#eef1f5',
    text: '#1b1f24',
    muted: '#57606a',
    border: '#d5dae1',
    accent: '#1f5fd0',
    'on-accent': '#ffffff',
    ok: '#0f7b4f',
    warn: '#9a5b00',
    danger: '#c0262d',
    focus: '#1f5fd0',
  },
  dark: {
    bg: '#0e1116',
    surface: '#161b22',
    'surface-2': '#21262d',
    text: '#e6edf3',
    muted: '#9aa4af',
    border: '#30363d',
    accent: '#79b0ff',
    'on-accent': '#0b1220',
    ok: '#4cd69a',
    warn: '#e3b341',
    danger: '#ff7b72',
    focus: '#79b0ff',
  },
  contrast: {
    bg: '#000000',
    surface: '#000000',
    'surface-2': '#1a1a1a',
    text: '#ffffff',
    muted: '#e6e6e6',
    border: '#ffffff',
    accent: '#ffff00',
    'on-accent': '#000000',
    ok: '#6dff9e',
    warn: '#ffb000',
    danger: '#ff8080',
    focus: '#ffff00',
  },
} as const

export function applyTheme(name: string): void {
  const theme = name === 'dark' || name === 'contrast' ? name : 'light'
  const { style, dataset } = document.documentElement
  dataset.theme = theme
  for (const [token, value] of Object.entries(BASE[theme])) style.setProperty(`--cyx-${token}`, value)
  for (const [index, value] of SERIES[theme].entries()) style.setProperty(`--cyx-series-${index + 1}`, value)
  style.setProperty('--cyx-font', "system-ui, 'DejaVu Sans', sans-serif")
  style.setProperty('--cyx-mono', 'monospace')
  style.setProperty('--cyx-radius', '8px')
  style.setProperty('--cyx-gap', '12px')
  style.setProperty('color-scheme', theme === 'light' ? 'light' : 'dark')
  style.setProperty('background', 'var(--cyx-bg)')
  style.setProperty('color', 'var(--cyx-text)')
  style.setProperty('font-family', 'var(--cyx-font)')
  window.dispatchEvent(new CustomEvent('cyx-theme', { detail: theme }))
}
