/** Which entries of the log are shown, and how they are written as text. Pure. */
import type { LogEntry, LogLevel } from '../../session/types.ts'

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

export interface LogFilter {
  /** This level and above. */
  readonly level: LogLevel
  /** Empty = all. */
  readonly source: string
  readonly jobId: string
  readonly text: string
}

export function filterLog(entries: readonly LogEntry[], { level, source, jobId, text }: LogFilter): readonly LogEntry[] {
  const least = LEVELS.indexOf(level)
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return entries.filter(
    (entry) =>
      LEVELS.indexOf(entry.level) >= least &&
      (source === '' || entry.source === source) &&
      (jobId === '' || entry.jobId === jobId) &&
      words.every((word) => `${entry.source} ${entry.text} ${entry.jobId ?? ''} ${entry.peerId ?? ''}`.toLowerCase().includes(word)),
  )
}

export const logText = (entries: readonly LogEntry[]): string =>
  entries.map(({ timeMs, level, source, text }) => `${new Date(timeMs).toISOString()} ${level.padEnd(5)} ${source}: ${text}\n`).join('')
