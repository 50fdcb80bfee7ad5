/**
 * What a person may choose, with defaults. Kept in this browser only (Dexie, table `settings`).
 */
export interface Settings {
  readonly theme: 'system' | 'light' | 'dark' | 'contrast'
  // ---- contributing ----
  /** Share of the time the GPU may work: 5 to 100. */
  readonly dutyPercent: number
  /** GPU memory to give at most; null = what the probe found. */
  readonly memoryLimitBytes: number | null
  readonly whileOnBattery: boolean
  /** Works less while this tab is being used. */
  readonly yieldWhileInUse: boolean
  readonly keepAwake: boolean
  /** Hours in which to contribute, per weekday (0 = Sunday), local time; null = always. */
  readonly schedule: readonly { readonly weekday: number; readonly fromHour: number; readonly toHour: number }[] | null
  // ---- the page ----
  readonly singleKeyShortcuts: boolean
  readonly notifications: boolean
  readonly reducedMotion: 'system' | 'on' | 'off'
  /** 0 to 0.99; the raw line stays behind. */
  readonly smoothing: number
  readonly xAxis: 'step' | 'samples' | 'time'
  readonly logX: boolean
  readonly logY: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export const defaultSettings: Settings = {
  theme: 'system',
  dutyPercent: 50,
  memoryLimitBytes: null,
  whileOnBattery: false,
  yieldWhileInUse: true,
  keepAwake: false,
  schedule: null,
  singleKeyShortcuts: true,
  notifications: false,
  reducedMotion: 'system',
  smoothing: 0.6,
  xAxis: 'step',
  logX: false,
  logY: false,
  logLevel: 'info',
}
