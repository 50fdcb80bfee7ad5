/**
 * Whether this tab gives its GPU, how much of it, and why not. Pure: what the owner said (`Intent`), what is so at the
 * moment (`Facts`) and what the owner chose (`Settings`) go in; one decision with one sentence comes out.
 *
 * Rules it keeps: nothing starts by itself (only `contribute`, which a person presses, leaves `off`; a reloaded page is
 * off); the owner's word beats every other reason; a pause by the owner leaves at once, all others at the end of the
 * round; while something is wrong the sentence says what, and what would help.
 */

import type { Settings } from '../session/settings.ts'
import type { ContributionPhase, ContributionReason } from '../session/types.ts'
import { inSchedule, nextStart, whenText } from './schedule.ts'

// ---- what the owner wants ----

export type Wish = 'off' | 'on' | 'finishing' | 'paused'

export interface Intent {
  readonly wish: Wish
  /** Of a pause: resumes by itself then; null = when somebody resumes. Milliseconds since 1970. */
  readonly pausedUntilMs: number | null
}

export const OFF: Intent = { wish: 'off', pausedUntilMs: null }
const ON: Intent = { wish: 'on', pausedUntilMs: null }

export type IntentInput =
  /** Contribute was pressed, and agreed to. */
  | { readonly type: 'contribute' }
  | { readonly type: 'pause'; readonly untilMs: number | null }
  | { readonly type: 'resume' }
  | { readonly type: 'finish-round' }
  /** Gives the GPU back altogether. */
  | { readonly type: 'stop' }
  /** Time went by, or facts changed. */
  | { readonly type: 'tick' }

// ---- what is so ----

export interface BatteryState {
  /** False where the browser keeps it to itself: then it is taken for mains. */
  readonly supported: boolean
  readonly charging: boolean
  /** 0 to 1. */
  readonly level: number
}

export interface Facts {
  readonly visible: boolean
  readonly online: boolean
  readonly battery: BatteryState
  /** Somebody typed or pointed in this tab a moment ago. */
  readonly inUse: boolean
  readonly phone: boolean
  /** What to switch on; null = WebGPU is there. */
  readonly webgpuProblem: string | null
  /** Another tab of this browser contributes. */
  readonly otherTab: boolean
  readonly storageFull: boolean
  readonly device: 'none' | 'opening' | 'ready'
  /** Why an opened device does not work at the moment; it is being opened again. */
  readonly deviceTrouble: string | null
  /** The mesh answers. */
  readonly connected: boolean
  /** Peers of the mesh besides this one. */
  readonly peers: number
  /** Jobs that hold this tab's GPU. */
  readonly jobs: readonly { readonly name: string }[]
  /** Jobs wait that this tab has not the memory for. */
  readonly memoryShort: boolean
}

export const INITIAL_FACTS: Facts = {
  visible: true,
  online: true,
  battery: { supported: false, charging: true, level: 1 },
  inUse: false,
  phone: false,
  webgpuProblem: null,
  otherTab: false,
  storageFull: false,
  device: 'none',
  deviceTrouble: null,
  connected: false,
  peers: 0,
  jobs: [],
  memoryShort: false,
}

export type ContributionSettings = Pick<Settings, 'dutyPercent' | 'whileOnBattery' | 'yieldWhileInUse' | 'schedule'>

// ---- what follows ----

export interface Decision {
  readonly phase: ContributionPhase
  readonly reason: ContributionReason | null
  /** One sentence, or two: what this tab does now and why; what would help. */
  readonly status: string
  readonly pausedUntilMs: number | null
  /** The Worker should be open. */
  readonly deviceOn: boolean
  readonly slots: 0 | 1
  /** Share of the time in which the GPU may work, 1 to 100. */
  readonly dutyPercent: number
  /** Take this tab out of its jobs; null = stay. */
  readonly leave: 'now' | 'round-end' | null
  /** What presence tells the mesh. */
  readonly visible: boolean
}

/** A quarter is still progress for the job, and leaves the page smooth. */
const YIELD_FACTOR = 0.25
const LEAST_PERCENT = 1

export function stepIntent(intent: Intent, input: IntentInput, facts: Facts, nowMs: number): Intent {
  switch (input.type) {
    case 'contribute':
      return refusal(facts) === null ? ON : intent
    case 'resume':
      return intent.wish === 'off' ? intent : ON
    case 'pause':
      return intent.wish === 'off' ? intent : { wish: 'paused', pausedUntilMs: input.untilMs }
    case 'finish-round':
      if (intent.wish !== 'on') return intent
      return { wish: facts.jobs.length > 0 ? 'finishing' : 'paused', pausedUntilMs: null }
    case 'stop':
      return OFF
    case 'tick':
      if (intent.wish !== 'off' && refusal(facts) !== null) return OFF
      if (intent.wish === 'finishing' && facts.jobs.length === 0) return { wish: 'paused', pausedUntilMs: null }
      if (intent.wish === 'paused' && intent.pausedUntilMs !== null && intent.pausedUntilMs <= nowMs) return ON
      return intent
  }
}

/** Why this tab cannot contribute at all; null = it can. */
export function refusal(facts: Facts): { readonly reason: ContributionReason; readonly text: string } | null {
  if (facts.phone) return { reason: 'phone', text: 'Phones and tablets watch only: training would drain and heat them. Contribute from a computer.' }
  if (facts.webgpuProblem !== null) return { reason: 'no-webgpu', text: facts.webgpuProblem }
  if (facts.otherTab)
    return { reason: 'other-tab', text: 'Another tab of this browser is its peer; this one watches. Contribute there, or close it to contribute from here.' }
  return null
}

export function decide(intent: Intent, facts: Facts, settings: ContributionSettings, nowMs: number): Decision {
  const holds = facts.jobs.length > 0
  const base = { pausedUntilMs: null, dutyPercent: effectiveDuty(facts, settings), visible: facts.visible, deviceOn: true, slots: 0, leave: null } as const
  const refused = refusal(facts)
  if (refused !== null || intent.wish === 'off') {
    const status = refused?.text ?? 'Not contributing. Nothing runs on this computer until you press Contribute.'
    return { ...base, phase: 'off', reason: refused?.reason ?? null, status, deviceOn: false, leave: holds ? 'now' : null }
  }
  if (intent.wish === 'paused') {
    const { pausedUntilMs } = intent
    const until = pausedUntilMs === null ? '' : ` until ${whenText(pausedUntilMs, nowMs)}`
    return { ...base, phase: 'paused', reason: 'user', status: `Paused by you${until}.`, pausedUntilMs, leave: holds ? 'now' : null }
  }
  if (intent.wish === 'finishing' && holds) {
    return { ...base, phase: 'finishing', reason: 'user', status: `Finishing the round of ${namesOf(facts)}, then pausing.`, leave: 'round-end' }
  }
  const blocked = blockOf(facts, settings, nowMs)
  if (blocked !== null) {
    // Others would miss this tab's part of the round; it takes about a second to finish.
    if (holds)
      return { ...base, phase: 'finishing', reason: blocked.reason, status: `Finishing the round of ${namesOf(facts)}. ${blocked.text}`, leave: 'round-end' }
    return { ...base, phase: 'paused', reason: blocked.reason, status: blocked.text }
  }
  return { ...base, slots: 1, ...working(facts, settings, base.dutyPercent) }
}

/** What pauses a tab that wants to contribute. */
function blockOf(facts: Facts, settings: ContributionSettings, nowMs: number): { readonly reason: ContributionReason; readonly text: string } | null {
  if (!inSchedule(settings.schedule, nowMs)) {
    const start = nextStart(settings.schedule, nowMs)
    const text = start === null ? 'Paused: your schedule has no hours.' : `Paused by your schedule until ${whenText(start, nowMs)}.`
    return { reason: 'schedule', text }
  }
  if (facts.battery.supported && !facts.battery.charging && !settings.whileOnBattery) {
    const percent = Math.round(facts.battery.level * 100)
    return { reason: 'battery', text: `Paused while on battery (${percent} %). Plug in, or allow it in the settings.` }
  }
  if (facts.storageFull) return { reason: 'quota', text: 'Paused: the storage of this browser is full. Free some in the settings.' }
  return null
}

function working(facts: Facts, settings: ContributionSettings, dutyPercent: number): Pick<Decision, 'phase' | 'reason' | 'status'> {
  if (!facts.online) return { phase: 'connecting', reason: 'offline', status: 'Offline. Goes on by itself when the network is back.' }
  if (facts.device !== 'ready') return { phase: 'connecting', reason: null, status: 'Opening the GPU.' }
  if (facts.deviceTrouble !== null) {
    return { phase: 'waiting', reason: 'device-lost', status: `The GPU was lost and is being opened again (${facts.deviceTrouble}).` }
  }
  if (!facts.connected) return { phase: 'connecting', reason: null, status: 'Looking for the mesh.' }
  if (facts.jobs.length > 0) return computing(facts, settings, dutyPercent)
  if (facts.memoryShort) {
    return {
      phase: 'waiting',
      reason: 'memory',
      status: 'Waiting: the jobs there are need more GPU memory than this tab may take. Raise the limit, if there is more.',
    }
  }
  if (facts.peers === 0) return { phase: 'waiting', reason: 'no-peers', status: 'Waiting: no other peer is in this mesh. Share the join link.' }
  return { phase: 'waiting', reason: 'no-job', status: 'Ready: waiting for a job.' }
}

function computing(facts: Facts, settings: ContributionSettings, dutyPercent: number): Pick<Decision, 'phase' | 'reason' | 'status'> {
  const what = `Training ${namesOf(facts)}`
  if (!facts.visible) {
    return { phase: 'computing', reason: 'hidden', status: `${what} in the background, where browsers slow a tab down. The mesh waits longer for it.` }
  }
  if (dutyPercent < settings.dutyPercent) {
    return { phase: 'computing', reason: 'in-use', status: `${what} with at most ${dutyPercent} % of the GPU while you use this tab.` }
  }
  return { phase: 'computing', reason: null, status: dutyPercent === 100 ? `${what}.` : `${what} with at most ${dutyPercent} % of the GPU.` }
}

function effectiveDuty(facts: Facts, { dutyPercent, yieldWhileInUse }: ContributionSettings): number {
  const chosen = Math.min(100, Math.max(LEAST_PERCENT, dutyPercent))
  const yields = yieldWhileInUse && facts.visible && facts.inUse
  return yields ? Math.max(LEAST_PERCENT, Math.round(chosen * YIELD_FACTOR)) : chosen
}

function namesOf({ jobs }: Facts): string {
  return jobs.map(({ name }) => `“${name}”`).join(' and ')
}
