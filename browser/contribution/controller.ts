/**
 * Brings the core (what to do and why), the environment and time together, and has its decisions carried out through a
 * small set of effects. Holds no knowledge of libp2p, Workers or storage: the session gives those.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { Settings } from '../session/settings.ts'
import type { ContributionReason } from '../session/types.ts'
import type { Readable } from '../state/store.ts'
import { type Decision, decide, type Facts, INITIAL_FACTS, type Intent, type IntentInput, OFF, refusal, stepIntent } from './contribution-core.ts'
import type { Environment } from './environment.ts'

/** A tab counts as being used for so long after the last input. */
const IN_USE_MS = 10_000
/** Schedules and battery levels change slowly; a snooze has a timer of its own. */
const TICK_MS = 15_000
/** A tick that comes so much late: the computer slept, or the page was frozen. */
const SLEPT_MS = 60_000
/** Timers beyond 2³¹ ms fire at once; ticks see to the rest. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface ContributionEffects {
  /** Opens or closes the compute Worker; rejects with a message for people. */
  setDevice(on: boolean): Promise<void>
  setSlots(slots: 0 | 1): void
  setDuty(percent: number): void
  /** Resolves when no job holds the GPU any more. */
  leaveJobs(when: 'now' | 'round-end'): Promise<void>
  /** The decision has changed; presence may have to tell. */
  changed(decision: Decision): void
  /** The computer slept or the page was frozen: connections may be dead. */
  woke?(): void
  /** Something could not be done; for the log. */
  report?(error: unknown): void
}

/** Facts that the session tells; the others come from the environment. */
export type SessionFacts = Pick<
  Facts,
  'phone' | 'webgpuProblem' | 'otherTab' | 'storageFull' | 'deviceTrouble' | 'connected' | 'peers' | 'jobs' | 'memoryShort'
>

export interface ContributionControllerInit {
  readonly settings: Readable<Settings>
  readonly environment: Environment
  readonly clock: Clock
  readonly effects: ContributionEffects
  readonly facts?: Partial<SessionFacts>
}

/** Contribute was pressed where it cannot be; `code` is the reason. */
export class ContributionRefused extends Error {
  readonly code: ContributionReason

  constructor(code: ContributionReason, message: string) {
    super(message)
    this.name = 'ContributionRefused'
    this.code = code
  }
}

export class ContributionController {
  readonly #settings: Readable<Settings>
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #effects: ContributionEffects
  readonly #closers: (() => void)[] = []
  #facts: Facts
  #intent: Intent = OFF
  #decision: Decision
  #told: string | null = null
  /** As told; null = not yet: who carries decisions out may begin with another number. */
  #slots: 0 | 1 | null = null
  #dutyPercent: number | null = null
  #leaving: 'now' | 'round-end' | null = null
  #lastInputMs = Number.NEGATIVE_INFINITY
  #cancelInUse: (() => void) | null = null
  #cancelSnooze: (() => void) | null = null
  #lastTickWallMs: number
  /** Opening and closing the device, one after the other. */
  #device: Promise<void> = Promise.resolve()
  #deviceWanted = false

  constructor({ settings, environment, clock, effects, facts = {} }: ContributionControllerInit) {
    this.#settings = settings
    this.#environment = environment
    this.#clock = clock
    this.#effects = effects
    this.#facts = { ...INITIAL_FACTS, ...facts }
    this.#lastTickWallMs = clock.wall()
    this.#decision = decide(this.#intent, this.#facts, settings.value, clock.wall())
  }

  get decision(): Decision {
    return this.#decision
  }

  start(): void {
    const apply = (): void => this.#apply({ type: 'tick' })
    this.#closers.push(
      this.#settings.subscribe(apply),
      this.#environment.onChange(apply),
      this.#environment.onInput(() => this.#used()),
      this.#environment.onBack(() => this.#woke()),
      this.#clock.every(TICK_MS, () => this.#tick()),
    )
    apply()
  }

  /** Leaves the jobs to the session, which stops the peer; the device is closed. */
  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0)) close()
    this.#cancelInUse?.()
    this.#cancelSnooze?.()
    this.#environment.keepAwake(false)
    this.#intent = OFF
    this.#setDevice(false)
    await this.#device
  }

  /** What the mesh and the browser say now. */
  update(change: Partial<SessionFacts>): void {
    this.#facts = { ...this.#facts, ...change }
    this.#apply({ type: 'tick' })
  }

  /** Only from a person's click. Resolves when the GPU is open; rejects with what to do, and is off then. */
  async contribute(): Promise<void> {
    const refused = refusal(this.#facts)
    if (refused !== null) throw new ContributionRefused(refused.reason, refused.text)
    this.#apply({ type: 'contribute' })
    await this.#device
  }

  /** `forMs`: goes on by itself after so long. */
  pause(forMs?: number): void {
    this.#apply({ type: 'pause', untilMs: forMs === undefined ? null : this.#clock.wall() + forMs })
  }

  resume(): void {
    this.#apply({ type: 'resume' })
  }

  finishRound(): void {
    this.#apply({ type: 'finish-round' })
  }

  /** Gives the GPU back; it takes another `contribute` to start again. */
  off(): void {
    this.#apply({ type: 'stop' })
  }

  #used(): void {
    this.#lastInputMs = this.#clock.now()
    this.#cancelInUse?.()
    this.#cancelInUse = this.#clock.after(IN_USE_MS, () => this.#apply({ type: 'tick' }))
    if (!this.#facts.inUse) this.#apply({ type: 'tick' })
  }

  #tick(): void {
    const lateMs = this.#clock.wall() - this.#lastTickWallMs - TICK_MS
    if (lateMs > SLEPT_MS) this.#woke()
    else this.#apply({ type: 'tick' })
    this.#lastTickWallMs = this.#clock.wall()
  }

  #woke(): void {
    this.#lastTickWallMs = this.#clock.wall()
    this.#effects.woke?.()
    this.#apply({ type: 'tick' })
  }

  #apply(input: IntentInput): void {
    const { visible, online, battery } = this.#environment
    const inUse = this.#clock.now() - this.#lastInputMs < IN_USE_MS
    this.#facts = { ...this.#facts, visible, online, battery, inUse }
    const nowMs = this.#clock.wall()
    this.#intent = stepIntent(this.#intent, input, this.#facts, nowMs)
    // What was wanted may be over already: nothing to finish, say.
    this.#intent = stepIntent(this.#intent, { type: 'tick' }, this.#facts, nowMs)
    this.#decision = decide(this.#intent, this.#facts, this.#settings.value, nowMs)
    this.#carryOut(this.#decision)
  }

  #carryOut(decision: Decision): void {
    this.#setSnooze(decision.pausedUntilMs)
    this.#environment.keepAwake(this.#settings.value.keepAwake && decision.phase === 'computing')
    if (decision.dutyPercent !== this.#dutyPercent) {
      this.#dutyPercent = decision.dutyPercent
      this.#effects.setDuty(decision.dutyPercent)
    }
    // No new job before the old ones are left.
    if (decision.slots !== this.#slots) {
      this.#slots = decision.slots
      this.#effects.setSlots(decision.slots)
    }
    this.#setDevice(decision.deviceOn)
    this.#leave(decision.leave)
    const told = JSON.stringify(decision)
    if (told === this.#told) return
    this.#told = told
    this.#effects.changed(decision)
  }

  #setSnooze(untilMs: number | null): void {
    this.#cancelSnooze?.()
    this.#cancelSnooze =
      untilMs === null ? null : this.#clock.after(Math.min(LONGEST_TIMER_MS, Math.max(1, untilMs - this.#clock.wall())), () => this.#apply({ type: 'tick' }))
  }

  /** Once for each way of leaving; "now" may overtake "at the end of the round". */
  #leave(when: 'now' | 'round-end' | null): void {
    if (when === null) {
      this.#leaving = null
      return
    }
    if (this.#leaving === when || this.#leaving === 'now') return
    this.#leaving = when
    this.#effects.leaveJobs(when).catch((error: unknown) => {
      this.#leaving = null
      this.#effects.report?.(error)
    })
  }

  /** The Worker is closed after the jobs were left, so that a round under way is not torn. */
  #setDevice(on: boolean): void {
    if (this.#deviceWanted === on) return
    this.#deviceWanted = on
    const work = this.#device
      .catch(() => {})
      .then(async () => {
        if (!on && this.#facts.jobs.length > 0) await this.#effects.leaveJobs('now').catch((error: unknown) => this.#effects.report?.(error))
        if (on) this.#known('opening')
        await this.#effects.setDevice(on)
        this.#known(on ? 'ready' : 'none')
      })
    this.#device = work
    work.catch((error: unknown) => {
      this.#effects.report?.(error)
      if (!on || this.#device !== work) return
      this.#deviceWanted = false
      this.#facts = { ...this.#facts, device: 'none' }
      this.#apply({ type: 'stop' })
    })
  }

  #known(device: Facts['device']): void {
    this.#facts = { ...this.#facts, device }
    this.#apply({ type: 'tick' })
  }
}
