/**
 * Does the work that `MemberCore` asks for: prepares the compute host, gets weights, runs the steps of a round with the
 * group, evaluates and stores. One runtime per attempt of a job on this peer.
 */

import { AllReduce, type Reduced } from '../collective/allreduce.ts'
import { MemberLostError } from '../collective/errors.ts'
import type { Frame } from '../collective/frames.ts'
import type { ComputeClient } from '../compute/client.ts'
import type { JobProgressEvent } from '../events/types.ts'
import type { JobMessage, JobMessageOf } from '../jobs/messages.ts'
import { type JobSpec, mayLeaveOut, trainingSpecOf } from '../jobs/spec.ts'
import { PROGRESS_EVERY_MS, STALL_FACTOR, STALL_FIRST_MS, STALL_MIN_MS, STEP_TIME_WEIGHT } from './constants.ts'
import { figuresOf, MeanFigures, type StepFigures } from './figures.ts'
import { type Holding, MemberCore, type MemberInput, type Work, type WorkFailure, type WorkResult } from './member.ts'
import type { RuntimeComponents } from './types.ts'

export class MemberRuntime {
  readonly jobId: string
  readonly attempt: number
  readonly spec: JobSpec
  readonly core: MemberCore
  /** Training samples per second of this peer alone, measured; 0 = not yet. */
  speed = 0
  memoryBytes = 0
  /** What this peer has promised to the job: never less than it holds. */
  reservedBytes: number
  private readonly components: RuntimeComponents
  private compute: ComputeClient | null = null
  private group: AllReduce | null = null
  private members: readonly { peerId: string; share: number }[] = []
  private step = 0
  private oldestStep = 0
  private groupStart = 0
  /** Steps left out so far. */
  private skippedSteps = 0
  /** Of the last step that had a finite loss. */
  private lastFigures: StepFigures | null = null
  private holdsState = false
  private stepMs = 0
  private computeMs = 0
  /** Set when this peer is about to go: alone, it leaves its state behind as a checkpoint. */
  leaving = false
  private running: { id: number; abort: AbortController } | null = null
  private lastProgressAt = -Infinity
  private round = 0
  private bytesBefore = { sent: 0, received: 0 }
  private released: Promise<void> | null = null

  constructor(jobId: string, attempt: number, spec: JobSpec, leastBytes: number, components: RuntimeComponents) {
    this.jobId = jobId
    this.attempt = attempt
    this.spec = spec
    this.reservedBytes = leastBytes
    this.components = components
    this.core = new MemberCore(components.self)
  }

  /** Nobody else holds the weights of this attempt. */
  get alone(): boolean {
    return this.members.length <= 1
  }

  /** A command of the coordinator. */
  command(message: JobMessage): void {
    this.run({ type: 'command', message })
  }

  /** A frame of the group's all-reduce. */
  frame(from: string, frame: Frame): void {
    if (frame.head.attempt === this.attempt && frame.head.membership === this.core.membership) this.group?.receive(from, frame)
  }

  /** A member's connection closed: no need to wait for its silence. */
  peerGone(peer: string): void {
    if (this.members.some((member) => member.peerId === peer)) this.group?.close(new MemberLostError(peer, 'its connection closed'))
  }

  /** The state at exactly `step`, for a new member; null when it is not at hand. */
  async exportState(step: number): Promise<Uint8Array | null> {
    if (this.compute === null || !this.holdsState || this.step !== step) return null
    const state = await this.compute.exportState(this.jobId)
    return state.step === step ? state.bytes : null
  }

  /** Cancels what runs and frees the compute host; idempotent. */
  release(): Promise<void> {
    this.released ??= (async () => {
      this.running?.abort.abort(new Error('the job was stopped on this peer'))
      this.group?.close(new Error('the job was stopped on this peer'))
      await this.components.compute.release(this.jobId)
    })()
    return this.released
  }

  private run(input: MemberInput): void {
    const out = this.core.step(input)
    for (const message of out.messages) this.components.report(this, message)
    if (out.cancel !== null && this.running?.id === out.cancel) {
      this.running.abort.abort(new Error('superseded by the coordinator'))
      this.group?.close(new Error('superseded by the coordinator'))
    }
    if (out.start !== null) void this.perform(out.start.id, out.start.work)
    if (out.release) this.components.stopped(this)
  }

  private async perform(id: number, work: Work): Promise<void> {
    const abort = new AbortController()
    this.running = { id, abort }
    let result: WorkResult | null = null
    let failure: WorkFailure | null = null
    try {
      result = await this.work(work, abort.signal)
    } catch (error) {
      failure = blame(error as Error & { code?: string })
      this.components.log('%s of job %s: %s', work.kind, this.jobId, failure.reason)
    }
    this.running = null
    const holding: Holding = { step: this.step, oldestStep: this.oldestStep, holdsState: this.holdsState }
    this.run({ type: 'settled', id, holding, result, failure })
  }

  private async work(work: Work, signal: AbortSignal): Promise<WorkResult> {
    switch (work.kind) {
      case 'prepare':
        return this.prepare(work.share, signal)
      case 'setup':
        await this.setup(work.assign, work.holdsState, signal)
        return { kind: 'setup', memoryBytes: this.memoryBytes }
      case 'round':
        return { kind: 'round', done: await this.runRound(work.go, signal) }
      case 'evaluate':
        return { kind: 'evaluate', evaluated: await this.evaluate(signal) }
      default:
        return work satisfies never
    }
  }

  // ---- prepare ----

  private async prepare(share: number, signal: AbortSignal): Promise<WorkResult & { kind: 'prepare' }> {
    this.compute = await this.components.compute.acquire(this.jobId, signal)
    const prepared = await this.load(share, true, signal)
    this.memoryBytes = prepared.memoryBytes
    this.speed = prepared.samplesPerSecond ?? 0
    return { kind: 'prepare', samplesPerSecond: this.speed, memoryBytes: prepared.memoryBytes }
  }

  private async load(share: number, measure: boolean, signal: AbortSignal) {
    const { spec } = this
    const parts = await Promise.all(spec.data.parts.map(async (part) => ({ ...part, location: await this.locate(part, signal) })))
    const initial = spec.init === null ? ({ kind: 'seed' } as const) : ({ kind: 'weights', location: await this.locate(spec.init, signal) } as const)
    return this.client().prepare(
      {
        jobKey: this.jobId,
        spec: trainingSpecOf(spec, spec.totalSteps),
        batch: this.components.fit(this, share),
        batchSize: spec.batchSize,
        shuffle: spec.shuffle,
        initial,
        measure,
        data: { parts, limit: spec.data.limit, testLimit: spec.data.testLimit, label: spec.data.labelColumn, regression: spec.loss.type !== 'cross-entropy' },
      },
      { signal },
    )
  }

  /** Bytes by hash: what is on this machine, else fetched from whoever has them. */
  private async locate(part: { sha256: string; bytes: number }, signal: AbortSignal): Promise<string> {
    const { data, content, peers } = this.components
    const here = await data.locate(part)
    if (here !== null) return here
    await content.fetch(part.sha256, part.bytes, peers(), { signal })
    const fetched = await data.locate(part)
    if (fetched === null) throw new Error(`content ${part.sha256} was fetched but cannot be found`)
    return fetched
  }

  // ---- setup ----

  private async setup(assign: JobMessageOf<'assign'>, holder: boolean, signal: AbortSignal): Promise<void> {
    const { startStep } = assign
    const own = assign.members.find((member) => member.peerId === this.components.self)
    if (own === undefined) throw new Error('this peer is not among the members')
    this.group?.close(new Error('a new group was formed'))
    const compute = this.client()
    const others = assign.holders.filter((peer) => peer !== this.components.self)
    if (holder) {
      if (this.step !== startStep) await compute.rollback(this.jobId, startStep, { signal })
    } else if (others.length > 0) {
      await this.importFrom(others, startStep, signal)
    } else if (assign.checkpoint !== undefined) {
      const { sha256, bytes } = assign.checkpoint
      await this.components.content.fetch(sha256, bytes, this.components.peers(), { signal })
      await compute.importState(this.jobId, startStep, await this.components.blobs.get(sha256), { signal })
    } else if (this.step !== 0) {
      await this.load(own.share, false, signal)
    }
    this.step = startStep
    this.groupStart = startStep
    this.oldestStep = startStep
    this.holdsState = true
    await Promise.all(assign.members.map(({ peerId }) => (peerId === this.components.self ? undefined : this.components.connect(peerId, signal))))
    const { memoryBytes } = await compute.resize(this.jobId, this.components.fit(this, own.share), { signal })
    this.memoryBytes = memoryBytes
    this.members = assign.members
    this.bytesBefore = this.bytes()
    this.group = new AllReduce({
      jobId: this.jobId,
      attempt: this.attempt,
      membership: assign.membership,
      members: assign.members.map((member) => member.peerId),
      self: this.components.self,
      vectorLength: this.components.vectorLength,
      startStep,
      send: this.components.sendFrame,
    })
  }

  private async importFrom(holders: readonly string[], step: number, signal: AbortSignal): Promise<void> {
    let last: Error = new Error('no holder')
    for (const holder of holders) {
      try {
        const bytes = await this.components.content.fetchState(holder, this.jobId, step, { signal })
        await this.client().importState(this.jobId, step, bytes, { signal })
        return
      } catch (error) {
        signal.throwIfAborted()
        last = error as Error
      }
    }
    throw new Error(`the weights of step ${step} could not be fetched: ${last.message}`)
  }

  // ---- round ----

  private async runRound(go: JobMessageOf<'go'>, signal: AbortSignal): Promise<Omit<JobMessageOf<'roundDone'>, 'type' | 'membership' | 'round'>> {
    const { clock } = this.components
    const startedAt = clock.now()
    const before = this.bytes()
    this.round = go.round
    const mean = new MeanFigures()
    let busyMs = 0
    const each = (figures: StepFigures | null, computeMs: number): void => {
      mean.add(figures)
      busyMs += computeMs
    }
    if (this.members.length === 1) await this.runAlone(go, signal, mean)
    else await this.runTogether(go, signal, each)
    const { thetaHash } = await this.client().hash(this.jobId)
    const after = this.bytes()
    const figures = mean.figures
    const checkpoint = go.checkpoint || (this.leaving && this.members.length === 1) ? await this.storeCheckpoint() : undefined
    return {
      step: this.step,
      thetaHash,
      ...(figures === null ? {} : { loss: figures.loss }),
      ...(figures === null || figures.accuracy === null ? {} : { accuracy: figures.accuracy }),
      ...this.skips(),
      seconds: (clock.now() - startedAt) / 1000,
      computeSeconds: busyMs / 1000,
      bytesSent: after.sent - before.sent,
      bytesReceived: after.received - before.received,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    }
  }

  /** With nobody to merge with, the update stays on the GPU. */
  private async runAlone(go: JobMessageOf<'go'>, signal: AbortSignal, mean: MeanFigures): Promise<void> {
    const { clock } = this.components
    let at = clock.now()
    let from = this.step
    try {
      await this.client().local(
        { jobKey: this.jobId, fromStep: this.step + 1, toStep: go.untilStep, progressEveryMs: PROGRESS_EVERY_MS },
        {
          signal,
          onProgress: (progress) => {
            const now = clock.now()
            this.noteStepTime((now - at) / Math.max(1, progress.step - from))
            at = now
            from = progress.step
            const figures = figuresOf(progress)
            mean.add(figures)
            this.skippedSteps = progress.skippedSteps
            this.progress(progress.step, figures)
          },
        },
      )
      this.step = go.untilStep
    } catch (error) {
      // What was reached is known only to the compute host.
      this.step = (
        await this.client()
          .hash(this.jobId)
          .catch(() => ({ step: this.step }))
      ).step
      throw error
    } finally {
      this.oldestStep = this.step
      this.speed = this.stepMs > 0 ? (this.spec.batchSize * 1000) / this.stepMs : this.speed
    }
  }

  private async runTogether(go: JobMessageOf<'go'>, signal: AbortSignal, each: (figures: StepFigures | null, computeMs: number) => void): Promise<void> {
    const { clock } = this.components
    const compute = this.client()
    const group = this.group as AllReduce
    const { from, count } = this.rows()
    let gradient = compute.gradient({ jobKey: this.jobId, step: this.step + 1, from, count }, { signal })
    for (let step = this.step + 1; step <= go.untilStep; step++) {
      const startedAt = clock.now()
      const own = await gradient
      signal.throwIfAborted()
      const reduced = await this.reduce(group, step, own.vector, { lossSum: own.lossSum, weight: own.weight, correct: own.correct ?? Number.NaN }, signal)
      // The next gradient is asked for right behind the update: both wait in the compute host's queue, not here.
      const applied = compute.apply({ jobKey: this.jobId, step, vector: reduced.vector, weight: reduced.weight })
      if (step < go.untilStep) {
        gradient = compute.gradient({ jobKey: this.jobId, step: step + 1, from, count }, { signal })
        gradient.catch(() => {}) // awaited in the next turn, or superseded
      }
      this.skippedSteps = (await applied).skippedSteps
      this.step = step
      this.oldestStep = step - 1
      const figures = figuresOf(reduced)
      this.noteStepTime(clock.now() - startedAt)
      this.computeMs = this.computeMs === 0 ? own.seconds * 1000 : (1 - STEP_TIME_WEIGHT) * this.computeMs + STEP_TIME_WEIGHT * own.seconds * 1000
      if (own.seconds > 0) this.noteSpeed(count / own.seconds)
      each(figures, own.seconds * 1000)
      this.progress(step, figures)
    }
  }

  private async reduce(
    group: AllReduce,
    step: number,
    vector: Float32Array,
    sums: { lossSum: number; weight: number; correct: number },
    signal: AbortSignal,
  ): Promise<Reduced> {
    const stallMs = step === this.groupStart + 1 ? STALL_FIRST_MS : Math.max(STALL_MIN_MS, STALL_FACTOR * this.stepMs)
    const cancel = this.components.clock.after(stallMs, () => {
      const peer = group.missing(step)
      if (peer !== null) group.close(new MemberLostError(peer, `sent nothing for ${Math.round(stallMs / 1000)} s in step ${step}`))
    })
    try {
      return await group.reduce(step, vector, sums, signal)
    } finally {
      cancel()
    }
  }

  /** This member's rows of every batch: behind those of the members before it. */
  private rows(): { from: number; count: number } {
    let from = 0
    for (const { peerId, share } of this.members) {
      if (peerId === this.components.self) return { from, count: share }
      from += share
    }
    throw new Error('this peer is not among the members')
  }

  private async storeCheckpoint(): Promise<{ sha256: string; bytes: number }> {
    const { bytes } = await this.client().exportState(this.jobId)
    return { sha256: await this.components.blobs.put(bytes), bytes: bytes.byteLength }
  }

  // ---- end ----

  /** This member's part of the test set, and the weights into its blob store. */
  private async evaluate(signal: AbortSignal): Promise<Omit<JobMessageOf<'evaluated'>, 'type' | 'membership' | 'error'>> {
    const compute = this.client()
    const place = this.members.findIndex((member) => member.peerId === this.components.self)
    const { testSamples } = this.spec
    const from = Math.floor((testSamples * place) / this.members.length)
    const count = Math.floor((testSamples * (place + 1)) / this.members.length) - from
    const { step, bytes } = await compute.exportWeights(this.jobId, { signal })
    if (step !== this.step) throw new Error(`weights are of step ${step}, expected ${this.step}`)
    const weights = { sha256: await this.components.blobs.put(bytes), bytes: bytes.byteLength }
    const stats = count > 0 ? await compute.evaluate({ jobKey: this.jobId, from, count }, { signal }) : { lossSum: 0, weight: 0, correct: 0 }
    return { lossSum: stats.lossSum, weight: stats.weight, ...(stats.correct === null ? {} : { correct: stats.correct }), weights }
  }

  // ---- figures ----

  /** Where a job does not stop at the first one. */
  private skips(): { skippedSteps?: number } {
    return mayLeaveOut(this.spec) ? { skippedSteps: this.skippedSteps } : {}
  }

  /** `figures`: null for a step that was left out and has none: those of the one before are told then. */
  private progress(step: number, figures: StepFigures | null): void {
    const { clock } = this.components
    const now = clock.now()
    this.lastFigures = figures ?? this.lastFigures
    if (this.lastFigures === null) return
    const { loss, accuracy } = this.lastFigures
    if (now - this.lastProgressAt < PROGRESS_EVERY_MS && step < this.spec.totalSteps) return
    this.lastProgressAt = now
    const { sent, received } = this.bytes()
    const event: JobProgressEvent = {
      event: 'job.progress',
      jobId: this.jobId,
      step,
      round: this.round,
      epoch: Math.floor((step - 1) / this.spec.stepsPerEpoch) + 1,
      samples: step * this.spec.batchSize,
      loss,
      ...(accuracy === null ? {} : { accuracy }),
      samplesPerSecond: this.stepMs > 0 ? (this.spec.batchSize * 1000) / this.stepMs : 0,
      peers: this.members.length,
      bytesSent: sent,
      bytesReceived: received,
      memoryBytes: this.memoryBytes,
      totalSteps: this.spec.totalSteps,
      waitShare: this.members.length > 1 && this.stepMs > 0 ? Math.min(1, Math.max(0, 1 - this.computeMs / this.stepMs)) : 0,
      ...this.skips(),
    }
    this.components.progress(this, event, this.members[0]?.peerId === this.components.self)
  }

  private noteStepTime(ms: number): void {
    this.stepMs = this.stepMs === 0 ? ms : (1 - STEP_TIME_WEIGHT) * this.stepMs + STEP_TIME_WEIGHT * ms
  }

  private noteSpeed(samplesPerSecond: number): void {
    this.speed = this.speed === 0 ? samplesPerSecond : (1 - STEP_TIME_WEIGHT) * this.speed + STEP_TIME_WEIGHT * samplesPerSecond
  }

  /** Merge traffic of this job so far, over all memberships. */
  private bytes(): { sent: number; received: number } {
    if (this.group === null) return this.bytesBefore
    return { sent: this.bytesBefore.sent + this.group.bytesSent, received: this.bytesBefore.received + this.group.bytesReceived }
  }

  private client(): ComputeClient {
    if (this.compute === null) throw new Error(`job ${this.jobId} has no compute host here`)
    return this.compute
  }
}

/** Whose fault: another member's, the job's own (it would fail anywhere), or this peer's. In a set-up `NOT_FOUND` is the checkpoint. */
function blame(error: Error & { code?: string }): WorkFailure {
  if (error instanceof MemberLostError) return { reason: error.message.slice(error.peerId.length + 2), peerId: error.peerId, fatal: false }
  return { reason: error.message, peerId: null, fatal: error.code === 'NON_FINITE', lacksCheckpoint: error.code === 'NOT_FOUND' }
}
