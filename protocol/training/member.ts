/**
 * One peer's part in one attempt of one job, as a state machine without I/O: commands of the coordinator come in, work
 * for the compute host and answers go out. At most one piece of work is under way; a newer command cancels it, and what
 * the weights then are is known only when the cancelled work has really ended (`settled`).
 */
import type { JobMessage, JobMessageOf } from '../jobs/messages.ts'

export type Work =
  | { readonly kind: 'prepare'; readonly signedSpec: Uint8Array; readonly share: number }
  /** Get the weights of `startStep`, size the plan for the share, join the group. */
  | { readonly kind: 'setup'; readonly assign: JobMessageOf<'assign'>; readonly holdsState: boolean }
  | { readonly kind: 'round'; readonly go: JobMessageOf<'go'>; readonly fromStep: number }
  | { readonly kind: 'evaluate'; readonly membership: number }

export type WorkResult =
  | { readonly kind: 'prepare'; readonly samplesPerSecond: number; readonly memoryBytes: number }
  | { readonly kind: 'setup'; readonly memoryBytes: number }
  | { readonly kind: 'round'; readonly done: Omit<JobMessageOf<'roundDone'>, 'type' | 'membership' | 'round'> }
  | { readonly kind: 'evaluate'; readonly evaluated: Omit<JobMessageOf<'evaluated'>, 'type' | 'membership' | 'error'> }

export interface WorkFailure {
  readonly reason: string
  /** The peer that is to blame; null = this one. */
  readonly peerId: string | null
  readonly fatal: boolean
  /** Nobody gave the checkpoint to start from. */
  readonly lacksCheckpoint?: boolean
}

/** What the weights are after work ended, however it ended. */
export interface Holding {
  readonly step: number
  readonly oldestStep: number
  readonly holdsState: boolean
}

export type MemberInput =
  | { readonly type: 'command'; readonly message: JobMessage }
  | { readonly type: 'settled'; readonly id: number; readonly holding: Holding; readonly result: WorkResult | null; readonly failure: WorkFailure | null }

export interface MemberOutput {
  readonly messages: JobMessage[]
  /** Start this. */
  start: { readonly id: number; readonly work: Work } | null
  /** Cancel the piece of work with this id; it still has to settle. */
  cancel: number | null
  /** Free everything. */
  release: boolean
}

export class MemberCore {
  readonly self: string
  membership = 0
  prepared = false
  holding: Holding = { step: 0, oldestStep: 0, holdsState: false }
  private running: { readonly id: number; readonly work: Work; cancelled: boolean } | null = null
  /** Work that waits until the cancelled one has settled. */
  private next: Work | null = null
  private pendingQuery: number | null = null
  private ready = false
  private lastPrepared: JobMessageOf<'prepared'> | null = null
  private lastEvaluated: JobMessageOf<'evaluated'> | null = null
  private lastDone: JobMessageOf<'roundDone'> | null = null
  private memoryBytes = 0
  private nextId = 1
  private stopped = false
  private out: MemberOutput = emptyOutput()

  constructor(self: string) {
    this.self = self
  }

  step(input: MemberInput): MemberOutput {
    this.out = emptyOutput()
    if (input.type === 'command') this.command(input.message)
    else this.settled(input)
    return this.out
  }

  private command(message: JobMessage): void {
    if (this.stopped) return
    switch (message.type) {
      case 'prepare':
        if (this.prepared && this.lastPrepared !== null) this.say(this.lastPrepared)
        else if (this.running?.work.kind !== 'prepare') this.begin({ kind: 'prepare', signedSpec: message.signedSpec, share: message.share })
        break
      case 'assign':
        this.onAssign(message)
        break
      case 'go':
        this.onGo(message)
        break
      case 'query':
        if (message.freeze && this.running !== null && this.running.work.kind !== 'prepare') {
          this.pendingQuery = message.nonce
          this.cancelRunning()
        } else {
          this.status(message.nonce)
        }
        break
      case 'evaluate':
        if (message.membership !== this.membership || !this.ready) break
        if (this.lastEvaluated?.membership === message.membership) this.say(this.lastEvaluated)
        else if (this.running?.work.kind !== 'evaluate') this.begin({ kind: 'evaluate', membership: message.membership })
        break
      case 'stop':
        this.stopped = true
        this.out.release = true
        this.cancelRunning()
        break
      default:
        break // reports of members are for the coordinator
    }
  }

  private onAssign(message: JobMessageOf<'assign'>): void {
    if (!this.prepared || message.membership < this.membership) return
    if (message.membership === this.membership) {
      if (this.ready) this.say({ type: 'ready', membership: this.membership, error: '', lacksCheckpoint: false })
      return
    }
    this.membership = message.membership
    this.ready = false
    this.lastEvaluated = null
    this.begin({ kind: 'setup', assign: message, holdsState: message.holders.includes(this.self) })
  }

  private onGo(message: JobMessageOf<'go'>): void {
    if (message.membership !== this.membership || !this.ready || this.running !== null) return
    if (this.lastDone !== null && this.lastDone.membership === message.membership && this.lastDone.round === message.round) {
      this.say(this.lastDone)
      return
    }
    this.begin({ kind: 'round', go: message, fromStep: this.holding.step })
  }

  private begin(work: Work): void {
    if (this.running !== null) {
      this.next = work
      this.cancelRunning()
      return
    }
    this.running = { id: this.nextId++, work, cancelled: false }
    this.out.start = { id: this.running.id, work }
  }

  private cancelRunning(): void {
    if (this.running === null || this.running.cancelled) return
    this.running.cancelled = true
    this.out.cancel = this.running.id
  }

  private settled(input: MemberInput & { type: 'settled' }): void {
    if (this.running?.id !== input.id) return
    const { work, cancelled } = this.running
    this.running = null
    this.holding = input.holding
    if (this.stopped) return
    if (!cancelled) {
      if (input.result !== null) this.succeeded(work, input.result)
      else if (input.failure !== null) this.failed(work, input.failure)
    }
    if (this.pendingQuery !== null) {
      const nonce = this.pendingQuery
      this.pendingQuery = null
      this.status(nonce)
    }
    if (this.next !== null) {
      const next = this.next
      this.next = null
      this.begin(next)
    }
  }

  private succeeded(work: Work, result: WorkResult): void {
    if (result.kind === 'prepare') {
      this.prepared = true
      this.memoryBytes = result.memoryBytes
      this.lastPrepared = { type: 'prepared', error: '', samplesPerSecond: result.samplesPerSecond, memoryBytes: result.memoryBytes }
      this.say(this.lastPrepared)
    } else if (result.kind === 'setup') {
      this.ready = true
      this.memoryBytes = result.memoryBytes
      this.say({ type: 'ready', membership: this.membership, error: '', lacksCheckpoint: false })
    } else if (result.kind === 'round' && work.kind === 'round') {
      this.lastDone = { type: 'roundDone', membership: work.go.membership, round: work.go.round, ...result.done }
      this.say(this.lastDone)
    } else if (result.kind === 'evaluate' && work.kind === 'evaluate') {
      this.lastEvaluated = { type: 'evaluated', membership: work.membership, error: '', ...result.evaluated }
      this.say(this.lastEvaluated)
    }
  }

  private failed(work: Work, failure: WorkFailure): void {
    switch (work.kind) {
      case 'prepare':
        this.say({ type: 'prepared', error: failure.reason, samplesPerSecond: 0, memoryBytes: 0 })
        break
      case 'setup':
        this.say({ type: 'ready', membership: this.membership, error: failure.reason, lacksCheckpoint: failure.lacksCheckpoint === true })
        break
      case 'round':
        this.say({
          type: 'trouble',
          membership: this.membership,
          step: this.holding.step,
          peerId: failure.peerId ?? this.self,
          reason: failure.reason,
          fatal: failure.fatal,
        })
        break
      case 'evaluate':
        this.say({ type: 'evaluated', membership: work.membership, error: failure.reason, lossSum: 0, weight: 0 })
        break
      default:
        work satisfies never
    }
  }

  private status(nonce: number): void {
    const { step, oldestStep, holdsState } = this.holding
    this.say({ type: 'status', nonce, prepared: this.prepared, step, oldestStep, holdsState, memoryBytes: this.memoryBytes })
  }

  private say(message: JobMessage): void {
    this.out.messages.push(message)
  }
}

function emptyOutput(): MemberOutput {
  return { messages: [], start: null, cancel: null, release: false }
}
