import { describe, expect, it } from 'vitest'
import { findCommands } from '../../../../browser/app/palette-search.ts'
import { hrefOf, placeOf } from '../../../../browser/app/router.ts'
import { type KeyPress, SEQUENCE_MS, Shortcuts } from '../../../../browser/app/shortcuts.ts'
import { filterLog } from '../../../../browser/pages/log/log-filter.ts'
import { readSettings, settingsText } from '../../../../browser/pages/settings/settings-file.ts'
import { defaultSettings } from '../../../../browser/session/settings.ts'
import type { LogEntry } from '../../../../browser/session/types.ts'
import { resolveTheme } from '../../../../browser/theme/theme.ts'
import { THEMES } from '../../../../browser/theme/tokens.ts'

describe('routes', () => {
  it('reads pages with their parts, and comes back from its own links', () => {
    expect(placeOf(hrefOf('job', 'a b/c'))).toEqual({ kind: 'page', route: { page: 'job', params: ['a b/c'] } })
    expect(hrefOf('compare', 'x,y')).toBe('#/compare/x,y')
    expect(placeOf('')).toEqual({ kind: 'page', route: { page: 'jobs', params: [] } })
  })
  it('knows a join link, an unknown page and a broken escape', () => {
    expect(placeOf('#/join?mesh=m&via=/ip4/192.0.2.1').kind).toBe('join')
    expect(placeOf('#/nowhere').kind).toBe('unknown')
    expect(placeOf('#/job/%zz')).toEqual({ kind: 'page', route: { page: 'job', params: ['%zz'] } })
  })
})

describe('shortcuts', () => {
  const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
    key,
    ctrl: false,
    meta: false,
    alt: false,
    typing: false,
    onControl: false,
    timeMs: 0,
    ...change,
  })
  it('goes to a page by g and its letter, if the letter comes soon', () => {
    const keys = new Shortcuts()
    expect(keys.press(press('g'), true)).toBeNull()
    expect(keys.press(press('p', { timeMs: 10 }), true)).toEqual({ kind: 'go', page: 'peers' })
    keys.press(press('g'), true)
    expect(keys.press(press('p', { timeMs: SEQUENCE_MS + 1 }), true)).toBeNull()
  })
  it('leaves keys alone while somebody types, and where single keys are off', () => {
    const keys = new Shortcuts()
    expect(keys.press(press('l', { typing: true }), true)).toBeNull()
    expect(keys.press(press('l'), false)).toBeNull()
    expect(keys.press(press('k', { ctrl: true, typing: true }), false)).toEqual({ kind: 'palette' })
  })
  it('does not take Space from a focused button', () => {
    expect(new Shortcuts().press(press(' ', { onControl: true }), true)).toBeNull()
    expect(new Shortcuts().press(press(' '), true)).toEqual({ kind: 'pause' })
  })
})

describe('the palette', () => {
  it('wants every word and puts titles that begin so first', () => {
    const entries = ['My peers', 'Peers', 'Jobs'].map((title) => ({ group: 'Page', title, run: () => {} }))
    expect(findCommands(entries, 'peer').map(({ title }) => title)).toEqual(['Peers', 'My peers'])
    expect(findCommands(entries, 'peer jobs')).toEqual([])
  })
})

describe('the log', () => {
  it('shows a level and above, of one source and job, with every word', () => {
    const entry = (level: LogEntry['level'], source: string, text: string): LogEntry => ({ timeMs: 0, level, source, text, jobId: 'j1' })
    const entries = [entry('debug', 'mesh', 'a'), entry('warn', 'mesh', 'slow link'), entry('error', 'job', 'slow')]
    expect(filterLog(entries, { level: 'warn', source: 'mesh', jobId: 'j1', text: 'LINK slow' })).toEqual([entries[1]])
  })
})

describe('settings as a file', () => {
  it('reads what it wrote', () => {
    expect(readSettings(settingsText(defaultSettings))).toEqual(defaultSettings)
  })
  it('names the key that is wrong', () => {
    const file = (settings: unknown): string => JSON.stringify({ cyxwiz: 'settings', version: 1, settings })
    expect(() => readSettings(file({ dutyPercent: 400 }))).toThrow('settings.dutyPercent: a number from 5 to 100, got 400')
    expect(() => readSettings(file({ colour: 1 }))).toThrow('settings.colour: not known')
    expect(() => readSettings('{')).toThrow('not JSON')
    expect(() => readSettings('{}')).toThrow('holds no CyxWiz settings')
  })
})

describe('themes', () => {
  it('follows the system where nothing was chosen, more contrast included', () => {
    expect(resolveTheme('system', { dark: true, moreContrast: false })).toEqual({ theme: 'dark', scheme: 'dark' })
    expect(resolveTheme('system', { dark: false, moreContrast: true })).toEqual({ theme: 'contrast', scheme: 'light' })
    expect(resolveTheme('light', { dark: true, moreContrast: true })).toEqual({ theme: 'light', scheme: 'light' })
  })

  const channel = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  const luminance = (hex: string): number => {
    const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255)) as [number, number, number]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (a: string, b: string): number => {
    const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number]
    return (light + 0.05) / (dark + 0.05)
  }
  it.each(Object.entries(THEMES))('holds 4.5:1 for text and 3:1 for controls and lines: %s', (_name, colours) => {
    const grounds = [colours.bg, colours.surface, colours['surface-2']]
    for (const ground of grounds) {
      for (const text of ['text', 'muted', 'accent', 'ok', 'warn', 'danger'] as const)
        expect(contrast(colours[text], ground), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      expect(contrast(colours.focus, ground)).toBeGreaterThanOrEqual(3)
    }
    expect(contrast(colours['on-accent'], colours.accent)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colours.text, colours['accent-soft'])).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colours['control-border'], colours.surface)).toBeGreaterThanOrEqual(3)
    for (const line of colours.series) expect(contrast(line, colours.surface), line).toBeGreaterThanOrEqual(3)
  })
})
