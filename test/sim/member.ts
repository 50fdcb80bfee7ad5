/**
 * One peer's part in an attempt of a job: the real `MemberCore`, and work that takes virtual time instead of a GPU. Keep
 * in step with `protocol/training/runtime.ts`: what is prepared, where weights come from, what a cancelled step leaves.
 */
import type { Fence } from '../../protocol/coordinator/types.ts'
import type { JobMessage, JobMessageOf } from '../../protocol/jobs/messages.ts'
import { STALL_FIRST_MS, STALL_MIN_MS } from '../../protocol/training/constants.ts'
import { MemberCore, type MemberInput, type Work, type WorkFailure, type WorkResult } from '../../protocol/training/member.ts'
import { type GroupFrame, type Lost, SimGroup } from './group.ts'
import type { SimPeer } from './peer.ts'
import type { Weights, WeightsLedger } from './weights.ts'
import { Violation } from './world.ts'

export interface MemberSurroundings {
  readonly peer: SimPeer
  readonly ledger: WeightsLedger
  readonly sendFrame: (peer: string, frame: GroupFrame) => boolean
  readonly fetchState: (holder: string, jobId: string, step: number, done: (weights: Weights | null) => void) => void
  /** Content by hash from a connected peer: here the id of weights in a checkpoint. */
  readonly fetchBlob: (sha256: string, done: (found: boolean) => void) => void
  readonly report: (member: SimMember, message: JobMessage) => void
  readonly stopped: (member: SimMember) => void
  /** Memory for the job from now on; null when there is not even what it needs. */
  readonly fit: (member: SimMember) => number | null
}

interface Task {
  readonly id: number
  readonly kind: Work['kind']
  aborted: boolean
}

const CONNECT_TIMEOUT_MS = 8000

export class SimMember {
  readonly jobId: string
  readonly attempt: number
  readonly core: MemberCore
  leaving = false
  /** Of the coordinator that said something of it last. */
  lastFence: Fence | null = null
  /** Promised to the job here, and held. */
  reservedBytes: number
  memoryBytes = 0
  private readonly around: MemberSurroundings
  private step = 0
  private oldestStep = 0
  private holdsState = false
  /** By step: the newest weights and those one step before. */
  private held = new Map<number, Weights>()
  private members: readonly string[] = []
  private group: SimGroup | null = null
  private groupStart = 0
  private attemptKey = ''
  private running: Task | null = null
  private released = false

  constructor(jobId: string, attempt: number, leastBytes: number, around: MemberSurroundings) {
    this.jobId = jobId
    this.reservedBytes = leastBytes
    this.attempt = attempt
    this.around = around
    this.core = new MemberCore(around.peer.id)
  }

  get alone(): boolean {
    return this.members.length <= 1
  }

  /** At a round or an evaluation, and not told to end it. */
  get working(): boolean {
    return this.running !== null && !this.running.aborted && (this.running.kind === 'round' || this.running.kind === 'evaluate')
  }

  command(message: JobMessage): void {
    this.run({ type: 'command', message })
  }

  frame(from: string, frame: GroupFrame): void {
    if (frame.attempt === this.attempt && frame.membership === this.core.membership) this.group?.receive(from, frame)
  }

  peerGone(peer: string): void {
    if (this.members.includes(peer)) this.group?.close({ peerId: peer, reason: 'its connection closed' })
  }

  exportState(step: number): Weights | null {
    return this.holdsState && this.step === step ? (this.held.get(step) ?? null) : null
  }

  release(): void {
    this.released = true
    if (this.running !== null) this.running.aborted = true
    this.group?.close({ peerId: this.around.peer.id, reason: 'the job was stopped on this peer' })
  }

  private run(input: MemberInput): void {
    const out = this.core.step(input)
    for (const message of out.messages) this.around.report(this, message)
    if (out.cancel !== null && this.running?.id === out.cancel) {
      const task = this.running
      task.aborted = true
      this.group?.close({ peerId: this.around.peer.id, reason: 'superseded by the coordinator' })
      // What the adapter has begun it ends; now and then that takes long.
      const { world } = this.around.peer
      const takesMs = world.chance(0.05) ? world.uniform(500, 4000) : world.uniform(0, 40)
      this.around.peer.after(takesMs, () => this.settle(task, null, { reason: 'superseded by the coordinator', peerId: null, fatal: false }))
    }
    if (out.start !== null) this.perform({ id: out.start.id, kind: out.start.work.kind, aborted: false }, out.start.work)
    if (out.release) this.around.stopped(this)
  }

  private settle(task: Task, result: WorkResult | null, failure: WorkFailure | null): void {
    if (this.running !== task || this.released) return
    this.running = null
    const { step, oldestStep, holdsState } = this
    this.run({ type: 'settled', id: task.id, holding: { step, oldestStep, holdsState }, result, failure })
  }

  private fail(task: Task, reason: string, peerId: string | null = null, lacksCheckpoint = false): void {
    if (!task.aborted) this.settle(task, null, { reason, peerId, fatal: false, lacksCheckpoint })
  }

  /** Later in the same work, unless it was cancelled meanwhile. */
  private soon(task: Task, delayMs: number, next: () => void): void {
    this.around.peer.after(delayMs, () => {
      if (!task.aborted && !this.released) next()
    })
  }

  private perform(task: Task, work: Work): void {
    this.running = task
    const { world } = this.around.peer
    switch (work.kind) {
      case 'prepare':
        this.soon(task, world.uniform(20, 1500), () => {
          if (world.chance(0.02) || !this.takeMemory()) this.fail(task, 'the adapter has no room')
          else this.settle(task, { kind: 'prepare', samplesPerSecond: world.uniform(10, 100), memoryBytes: this.memoryBytes }, null)
        })
        break
      case 'setup':
        this.setup(task, work.assign, work.holdsState)
        break
      case 'round':
        this.round(task, work.go)
        break
      case 'evaluate':
        this.soon(task, world.uniform(20, 400), () => this.evaluate(task))
        break
      default:
        work satisfies never
    }
  }

  /** As many rows at a time as there is room for. */
  private takeMemory(): boolean {
    const bytes = this.around.fit(this)
    if (bytes !== null) this.memoryBytes = bytes
    return bytes !== null
  }

  // ---- setup ----

  private setup(task: Task, assign: JobMessageOf<'assign'>, holder: boolean): void {
    const { peer, ledger } = this.around
    const { startStep } = assign
    this.group?.close({ peerId: peer.id, reason: 'a new group was formed' })
    const others = assign.holders.filter((other) => other !== peer.id)
    const have = (weights: Weights): void => {
      if (weights.depth !== startStep) throw new Violation('steps are merged once', `${peer.id} starts at step ${startStep} with ${weights.depth} steps`)
      this.held = new Map([[startStep, weights]])
      this.step = startStep
      this.oldestStep = startStep
      this.groupStart = startStep
      this.holdsState = true
      this.connect(task, assign, peer.now() + CONNECT_TIMEOUT_MS)
    }
    if (holder) {
      const weights = this.held.get(startStep)
      if (weights === undefined) this.soon(task, 1, () => this.fail(task, `step ${startStep} is not at hand`))
      else this.soon(task, 5, () => have(weights))
    } else if (others.length > 0) {
      this.fetch(task, others, startStep, have)
    } else if (assign.checkpoint !== undefined) {
      const { sha256 } = assign.checkpoint
      this.around.fetchBlob(sha256, (found) => {
        const weights = found ? ledger.find(sha256) : undefined
        this.soon(task, 30, () => (weights === undefined ? this.fail(task, `no peer gave ${sha256}`, null, true) : have(weights)))
      })
    } else if (startStep === 0) {
      this.soon(task, this.step === 0 ? 1 : 200, () => have(ledger.initial(this.jobId)))
    } else {
      throw new Violation('weights come from somewhere', `${peer.id} is to start at step ${startStep} with nobody to take it from`)
    }
  }

  private fetch(task: Task, holders: readonly string[], step: number, have: (weights: Weights) => void): void {
    const [holder, ...rest] = holders
    if (holder === undefined) {
      this.fail(task, `the weights of step ${step} could not be fetched`)
      return
    }
    this.around.fetchState(holder, this.jobId, step, (weights) => {
      if (task.aborted || this.released) return
      if (weights === null) this.fetch(task, rest, step, have)
      else have(weights)
    })
  }

  private connect(task: Task, assign: JobMessageOf<'assign'>, deadline: number): void {
    const { peer } = this.around
    const connected = peer.connectedPeers()
    const missing = assign.members.find(({ peerId }) => peerId !== peer.id && !connected.includes(peerId))
    if (missing !== undefined) {
      if (peer.now() > deadline) this.fail(task, `member ${missing.peerId} cannot be reached`)
      else this.soon(task, 100, () => this.connect(task, assign, deadline))
      return
    }
    this.soon(task, 10, () => {
      this.members = assign.members.map((member) => member.peerId)
      this.attemptKey = `${this.jobId}/${this.attempt}/${peer.core?.epoch?.id}`
      const { jobId, attempt } = this
      const { membership, startStep } = assign
      this.group = new SimGroup({ jobId, attempt, membership, members: this.members, self: peer.id, startStep, send: this.around.sendFrame })
      if (this.takeMemory()) this.settle(task, { kind: 'setup', memoryBytes: this.memoryBytes }, null)
      else this.fail(task, 'the adapter has no room')
    })
  }

  // ---- round ----

  private round(task: Task, go: JobMessageOf<'go'>): void {
    const startedAt = this.around.peer.now()
    if (this.around.peer.world.chance(0.003)) {
      this.soon(task, 20, () => this.fail(task, 'the adapter was lost'))
      return
    }
    this.nextStep(task, go, startedAt)
  }

  private nextStep(task: Task, go: JobMessageOf<'go'>, startedAt: number): void {
    const { peer } = this.around
    if (this.step >= go.untilStep) {
      this.roundDone(task, go, startedAt)
      return
    }
    const step = this.step + 1
    const weights = this.held.get(this.step) as Weights
    this.soon(task, peer.world.uniform(2, 12), () => {
      const group = this.group as SimGroup
      const alone = this.members.length === 1
      let waiting = true
      const stallMs = step <= this.groupStart + 1 ? STALL_FIRST_MS : STALL_MIN_MS
      this.soon(task, stallMs, () => {
        const silent = waiting && this.step === step - 1 ? group.missing(step) : null
        if (silent !== null) group.close({ peerId: silent, reason: `sent nothing in step ${step}` })
      })
      const merged = (lost: Lost | null): void => {
        waiting = false
        if (lost !== null) {
          this.fail(task, lost.reason, lost.peerId === peer.id ? null : lost.peerId)
          return
        }
        // From here the update is applied, even if the work is cancelled meanwhile.
        this.around.ledger.completed(this.attemptKey, go.membership, step)
        const next = this.around.ledger.after(weights, `${this.attemptKey}/${go.membership}/${this.members.join()}`)
        this.held = new Map(alone ? [[step, next]] : [...([[step - 1, weights]] as const), [step, next]])
        this.step = step
        this.oldestStep = alone ? step : step - 1
        this.soon(task, 2, () => this.nextStep(task, go, startedAt))
      }
      group.reduce(step, weights, merged)
    })
  }

  private roundDone(task: Task, go: JobMessageOf<'go'>, startedAt: number): void {
    const { peer } = this.around
    const weights = this.held.get(this.step) as Weights
    const checkpoint = go.checkpoint || (this.leaving && this.members.length === 1)
    if (checkpoint) peer.disk.values.set(`blob/${weights.id}`, '')
    const done = {
      step: this.step,
      thetaHash: weights.id,
      loss: 1 / this.step,
      seconds: (peer.now() - startedAt) / 1000,
      computeSeconds: 0,
      bytesSent: 0,
      bytesReceived: 0,
      ...(checkpoint ? { checkpoint: { sha256: weights.id, bytes: 1 } } : {}),
    }
    this.settle(task, { kind: 'round', done }, null)
  }

  private evaluate(task: Task): void {
    const weights = this.held.get(this.step) as Weights
    this.around.peer.disk.values.set(`blob/${weights.id}`, '')
    const evaluated = { lossSum: 1, weight: 10, correct: 5, weights: { sha256: weights.id, bytes: 1 } }
    this.settle(task, { kind: 'evaluate', evaluated }, null)
  }
}
