/** Settings as a file: written whole, read with every value checked. Unknown keys are named and refused. Pure. */
import { defaultSettings, type Settings } from '../../session/settings.ts'

const CHOICES: Readonly<Partial<Record<keyof Settings, readonly string[]>>> = {
  theme: ['system', 'light', 'dark', 'contrast'],
  reducedMotion: ['system', 'on', 'off'],
  xAxis: ['step', 'samples', 'time'],
  logLevel: ['debug', 'info', 'warn', 'error'],
}
const RANGES: Readonly<Partial<Record<keyof Settings, readonly [number, number]>>> = { dutyPercent: [5, 100], smoothing: [0, 0.99] }

export const settingsText = (settings: Settings): string => `${JSON.stringify({ cyxwiz: 'settings', version: 1, settings }, null, 2)}\n`

export function readSettings(text: string): Partial<Settings> {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw new Error(`this file is not JSON: ${(error as Error).message}`)
  }
  const { cyxwiz, version, settings } = (file ?? {}) as Record<string, unknown>
  if (cyxwiz !== 'settings' || typeof settings !== 'object' || settings === null)
    throw new Error('this file holds no CyxWiz settings: choose one that Export wrote')
  if (version !== 1) throw new Error(`settings of version ${String(version)} are not known here, only version 1`)
  const read: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(settings)) {
    if (!(key in defaultSettings)) throw new Error(`settings.${key}: not known`)
    check(key as keyof Settings, value)
    read[key] = value
  }
  return read as Partial<Settings>
}

function check(key: keyof Settings, value: unknown): void {
  const choices = CHOICES[key]
  const range = RANGES[key]
  if (choices !== undefined) {
    if (!choices.includes(value as string)) throw new Error(`settings.${key}: one of ${choices.join(', ')}, got ${JSON.stringify(value)}`)
  } else if (range !== undefined) {
    if (typeof value !== 'number' || !(value >= range[0] && value <= range[1]))
      throw new Error(`settings.${key}: a number from ${range[0]} to ${range[1]}, got ${JSON.stringify(value)}`)
  } else if (key === 'memoryLimitBytes') {
    if (value !== null && !(typeof value === 'number' && Number.isSafeInteger(value) && value > 0))
      throw new Error(`settings.${key}: bytes or null, got ${JSON.stringify(value)}`)
  } else if (key === 'schedule') {
    if (value !== null && !(Array.isArray(value) && value.every(isHours))) throw new Error('settings.schedule: null, or a list of {weekday, fromHour, toHour}')
  } else if (typeof value !== 'boolean') throw new Error(`settings.${key}: true or false, got ${JSON.stringify(value)}`)
}

function isHours(entry: unknown): boolean {
  const { weekday, fromHour, toHour } = (entry ?? {}) as Record<string, unknown>
  const within = (value: unknown, least: number, most: number): boolean =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
  return within(weekday, 0, 6) && within(fromHour, 0, 24) && within(toHour, 0, 24)
}
