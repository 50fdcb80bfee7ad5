/**
 * What deserves a word when a job's detail changes: it ended, a member was lost, the loss is no number, a round stalls.
 * Pure: from two looks at the job to the new alerts; each is told once.
 */
import type { EventMark } from '../../metrics/types.ts'
import type { ToastLevel } from '../jobs/act.ts'
import type { ShownDetail } from './loader.ts'

export interface JobAlert {
  /** Equal keys are the same alert. */
  readonly key: string
  readonly level: ToastLevel
  readonly text: string
}

/** A round that takes this many times the mean of the last ones, and at least so long, has stalled. */
const STALL_FACTOR = 5
const STALL_LEAST_MS = 20_000

/** `progressMs`: when the step last changed while this page looked. */
export function alertsOf(
  before: ShownDetail | null,
  now: ShownDetail,
  marks: readonly EventMark[],
  progressMs: number,
  nowMs: number,
  nameOf: (peerId: string) => string,
): JobAlert[] {
  const alerts: JobAlert[] = []
  const at = `${now.jobId}/${now.attempt}`
  if (before !== null && before.state !== now.state) {
    if (now.state === 'completed') alerts.push({ key: `${at}/done`, level: 'ok', text: `“${now.name}” is done${accuracyWords(now)}.` })
    if (now.state === 'failed')
      alerts.push({ key: `${at}/failed`, level: 'error', text: `“${now.name}” failed${now.reason === undefined ? '' : `: ${now.reason}`}.` })
  }
  if (before !== null && now.state === 'running' && before.state === 'running') {
    const present = new Set(now.members.map((member) => member.peerId))
    for (const { peerId } of before.members) {
      if (!present.has(peerId))
        alerts.push({ key: `${at}/${now.step}/lost/${peerId}`, level: 'warn', text: `${nameOf(peerId)} left “${now.name}”; the others go on.` })
    }
  }
  const broken = marks.find((mark) => mark.kind === 'not-finite')
  if (broken !== undefined || (now.loss !== null && !Number.isFinite(now.loss))) {
    alerts.push({
      key: `${at}/nan`,
      level: 'error',
      text: `The loss of “${now.name}” is not a number${broken === undefined ? '' : ` since step ${broken.step}`}: a lower learning rate or clipNorm may help.`,
    })
  }
  const limitMs = Math.max(STALL_LEAST_MS, STALL_FACTOR * meanRoundMs(now))
  if (now.state === 'running' && nowMs - progressMs > limitMs) {
    alerts.push({
      key: `${at}/${now.step}/stalled`,
      level: 'warn',
      text: `“${now.name}” has not moved for ${Math.round((nowMs - progressMs) / 1000)} s: a member may be gone or slow.`,
    })
  }
  return alerts
}

function meanRoundMs({ rounds }: ShownDetail): number {
  return rounds.length === 0 ? 0 : (rounds.reduce((sum, round) => sum + round.seconds, 0) / rounds.length) * 1000
}

function accuracyWords({ result }: ShownDetail): string {
  if (result === null) return ''
  return result.testAccuracy === null ? '' : `, test accuracy ${result.testAccuracy.toFixed(4)}`
}
