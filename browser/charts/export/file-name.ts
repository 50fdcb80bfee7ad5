/** `<job>_<metric>_<from>-<to>.<ext>`: names that every file system takes, whatever a job is called. */
import type { ChartOptions } from '../types.ts'

const MAX_PART = 60

/** Letters of any script, digits, dot, dash and underscore stay. Never empty, never hidden, never a device of Windows. */
export function safePart(text: string): string {
  const safe = text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
  const short = [...safe]
    .slice(0, MAX_PART)
    .join('')
    .replace(/[-.]+$/, '')
  if (short === '') return 'unnamed'
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(short) ? `_${short}` : short
}

/** A bound of x without characters that names cannot hold: 12, 3600s, 20261123T213000. */
export function boundText(options: Pick<ChartOptions, 'xAxis' | 'wallTime'>, x: number): string {
  if (options.xAxis !== 'time') return String(Math.round(x))
  if (!options.wallTime) return `${Math.round(x)}s`
  return new Date(x * 1_000).toISOString().replace(/[-:]|\.\d+Z$/g, '')
}

export interface FileNameParts {
  readonly job: string
  readonly metric: string
  readonly from: string
  readonly to: string
}

export function fileName({ job, metric, from, to }: FileNameParts, extension: string): string {
  return `${safePart(job)}_${safePart(metric)}_${from}-${to}.${extension}`
}
