/**
 * Jobs in words: states, what may be done to one and why not, why it waits, how long it will take. Pure functions over
 * what the session tells.
 */
import type { JobSummary } from '../../../protocol/control/types.ts'
import type { JobStateName } from '../../../protocol/events/types.ts'
import type { JobAction } from '../../../protocol/jobs/actions.ts'

export const STATES = ['running', 'offered', 'queued', 'paused', 'completed', 'failed', 'cancelled'] as const satisfies readonly JobStateName[]

export const isOver = (state: JobStateName): boolean => state === 'completed' || state === 'failed' || state === 'cancelled'

export const ACTION_WORDS: Readonly<Record<JobAction, string>> = { pause: 'Pause', resume: 'Resume', cancel: 'Cancel', remove: 'Remove' }

/** The actions that the mesh would take in this state (`protocol/jobs/actions.ts` decides; this only spares the question). */
export function actionsFor(state: JobStateName): readonly JobAction[] {
  if (state === 'running') return ['pause', 'cancel']
  if (state === 'paused') return ['resume', 'cancel']
  return isOver(state) ? ['remove'] : ['cancel']
}

/** Why a job is not running now, or null. `waiting` is the coordinator's word where a detail was read. */
export function waitingWords(job: Pick<JobSummary, 'state' | 'reason'>, waiting: string | null = null): string | null {
  const why = waiting ?? job.reason ?? null
  switch (job.state) {
    case 'queued':
      return why === null ? 'Waiting for its turn' : sentence(why)
    case 'offered':
      return why === null ? 'Offered to the peers; waiting for their bids' : sentence(why)
    case 'paused':
      return why === null ? 'Paused by its owner' : sentence(why)
    case 'failed':
    case 'cancelled':
      return why === null ? null : sentence(why)
    default:
      return why === null ? null : sentence(why)
  }
}

export function sentence(text: string): string {
  return text === '' ? text : text.charAt(0).toUpperCase() + text.slice(1)
}

/** The coordinator's phases of a run, in plain words. */
const PHASES: Readonly<Record<string, string>> = {
  offering: 'asking peers for bids',
  forming: 'forming the group',
  starting: 'members connect and fetch weights',
  training: 'local steps and merging',
  committing: 'committing the round',
  evaluating: 'evaluating on test data',
  ending: 'writing down the end',
  querying: 'asking members what they hold',
  paused: 'paused at a round’s end',
}

export function phaseWords(phase: string | null | undefined): string | null {
  if (phase === null || phase === undefined || phase === '') return null
  return PHASES[phase] ?? phase
}

/** Points of (step, time), ascending; only the newest stretch counts, as speed changes when members come and go. */
export interface Pace {
  readonly step: ArrayLike<number>
  readonly timeMs: ArrayLike<number>
}

const PACE_WINDOW_MS = 30_000

export function stepsPerSecond({ step, timeMs }: Pace): number | null {
  const last = step.length - 1
  if (last < 1) return null
  const endMs = timeMs[last] as number
  let first = last
  while (first > 0 && (step[first - 1] as number) <= (step[first] as number) && endMs - (timeMs[first - 1] as number) <= PACE_WINDOW_MS) first--
  const seconds = (endMs - (timeMs[first] as number)) / 1000
  const steps = (step[last] as number) - (step[first] as number)
  return seconds > 0 && steps > 0 ? steps / seconds : null
}

/** Null = unknown; never below 0. */
export function etaMs(step: number, totalSteps: number, rate: number | null): number | null {
  if (rate === null || rate <= 0 || !Number.isFinite(rate)) return null
  return Math.max(0, ((totalSteps - step) / rate) * 1000)
}

export type SortKey = 'name' | 'state' | 'progress' | 'attempt' | 'submitter' | 'age'

export interface JobRow {
  readonly job: JobSummary
  readonly mine: boolean
  /** Why it does not run, in words. */
  readonly why: string | null
}

export interface RowFilter {
  readonly text: string
  readonly state: JobStateName | 'all' | 'open' | 'over'
}

export function filterRows(rows: readonly JobRow[], { text, state }: RowFilter): JobRow[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return rows.filter(({ job, mine, why }) => {
    if (state === 'open' ? isOver(job.state) : state === 'over' ? !isOver(job.state) : state !== 'all' && job.state !== state) return false
    const whole = `${job.name} ${job.jobId} ${job.state} ${job.submitter} ${mine ? 'mine you' : ''} ${why ?? ''}`.toLowerCase()
    return words.every((word) => whole.includes(word))
  })
}

/** Equal ones keep the newest first, then the id, so that rows never dance. */
export function sortRows(rows: readonly JobRow[], key: SortKey, descending: boolean): JobRow[] {
  const value = ({ job, mine }: JobRow): string | number => {
    switch (key) {
      case 'name':
        return job.name.toLowerCase()
      case 'state':
        return STATES.indexOf(job.state)
      case 'progress':
        return job.progress
      case 'attempt':
        return job.attempt
      case 'submitter':
        return `${mine ? 0 : 1}${job.submitter}`
      case 'age':
        return job.submittedAt
    }
  }
  const order = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)
  return rows.toSorted((a, b) => {
    const difference = order(value(a), value(b))
    return (descending ? -difference : difference) || order(b.job.submittedAt, a.job.submittedAt) || order(a.job.jobId, b.job.jobId)
  })
}
