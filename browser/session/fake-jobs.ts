/**
 * Generated jobs: one that runs with a noisy falling loss on three members, one that waits, one paused, one done, one
 * failed; and whatever is submitted here runs too. Fake data only.
 */
import type { JobDetail, JobSummary } from '../../protocol/control/types.ts'
import type { JobProgressEvent, JobStateName } from '../../protocol/events/types.ts'
import type { JobAction } from '../../protocol/jobs/actions.ts'
import { type JobSpec, parseJobSpec } from '../../protocol/jobs/spec.ts'
import { MetricRecorder } from '../metrics/recorder.ts'
import { Store } from '../state/store.ts'
import { PEERS, SELF, seeded } from './fake-mesh.ts'
import { fakeDataParts } from './fake-model.ts'

const TICK_MS = 500
const STEPS_PER_TICK = 4
const MEMBERS = [PEERS.workstation, PEERS.mini, PEERS.laptop] as const
const SPEEDS: Readonly<Record<string, number>> = { [PEERS.workstation]: 21_400, [PEERS.mini]: 9_800, [PEERS.laptop]: 1_900, [SELF]: 3_600 }
const STEPS_PER_ROUND = 20
const SAMPLES_PER_STEP = 256

interface FakeJob {
  readonly jobId: string
  readonly name: string
  readonly submitter: string
  readonly submittedMs: number
  readonly totalSteps: number
  state: JobStateName
  step: number
  attempt: number
  reason: string | undefined
  waiting: string | null
  members: readonly string[]
  history: { at: string; state: JobStateName; attempt: number; reason: string | null }[]
  spec: JobSpec
}

const idOf = (seed: number): string => {
  const next = seeded(seed)
  return Array.from({ length: 64 }, () => Math.floor(next() * 16).toString(16)).join('')
}

export function fakeSpec(name: string, dataset: string, totalSteps: number, change: Record<string, unknown> = {}): JobSpec {
  return parseJobSpec({
    name,
    model: {
      kind: 'sequential',
      input: [dataset === 'digits' ? 64 : 784],
      layers: [{ type: 'linear', units: 256 }, { type: 'relu' }, { type: 'linear', units: 10 }],
    },
    optimizer: { type: 'adamw', lr: 0.001 },
    batchSize: SAMPLES_PER_STEP,
    steps: totalSteps,
    version: 1,
    nonce: idOf(name.length + totalSteps).slice(0, 32),
    createdAt: new Date(Date.now() - 3_600_000).toISOString(),
    data: { label: dataset, dataset, labelColumn: null, parts: fakeDataParts(dataset), limit: null, testLimit: null },
    init: null,
    totalSteps,
    stepsPerEpoch: 234,
    trainSamples: 60_000,
    testSamples: 10_000,
    ...change,
  })
}

const lossAt = (step: number, random: () => number): number => 0.28 + 2.02 * Math.exp(-step / 260) + (random() - 0.5) * 0.09 * (0.4 + Math.exp(-step / 400))
const accuracyAt = (loss: number): number => Math.min(0.995, Math.max(0.08, 1 - loss * 0.385))

export class FakeJobs {
  readonly jobs = new Store<readonly JobSummary[]>([])
  readonly onState: (job: { jobId: string; name: string; state: JobStateName; reason?: string }) => void
  readonly #all = new Map<string, FakeJob>()
  readonly #recorders = new Map<string, MetricRecorder>()
  readonly #random = seeded(11)
  #timer: ReturnType<typeof setInterval> | null = null
  #contributes = false

  constructor(onState: FakeJobs['onState']) {
    this.onState = onState
    const now = Date.now()
    const add = (
      job: Omit<FakeJob, 'jobId' | 'spec' | 'history' | 'attempt' | 'waiting' | 'reason'> & Partial<FakeJob>,
      seed: number,
      dataset: string,
    ): void => {
      const at = new Date(job.submittedMs).toISOString()
      const history: FakeJob['history'] = [{ at, state: 'queued', attempt: 1, reason: null }]
      if (job.state !== 'queued') history.push({ at: new Date(job.submittedMs + 2_000).toISOString(), state: 'running', attempt: 1, reason: null })
      if (job.state !== 'queued' && job.state !== 'running')
        history.push({ at: new Date(job.submittedMs + 180_000).toISOString(), state: job.state, attempt: 1, reason: job.reason ?? null })
      const jobId = idOf(seed)
      this.#all.set(jobId, { attempt: 1, reason: undefined, waiting: null, ...job, jobId, history, spec: fakeSpec(job.name, dataset, job.totalSteps) })
    }
    add(
      { name: 'fashion-mlp', submitter: SELF, submittedMs: now - 340_000, totalSteps: 2340, state: 'running', step: 860, members: MEMBERS },
      1,
      'fashion-mnist',
    )
    add(
      {
        name: 'digits-wide',
        submitter: PEERS.mini,
        submittedMs: now - 120_000,
        totalSteps: 1200,
        state: 'queued',
        step: 0,
        members: [],
        waiting: 'needs 3.2 GiB on 2 peers, 1 has that much free; the next slot frees when fashion-mlp ends',
        reason: 'waiting for memory on a second peer',
      },
      2,
      'digits',
    )
    add(
      { name: 'digits-baseline', submitter: SELF, submittedMs: now - 5_400_000, totalSteps: 900, state: 'completed', step: 900, members: MEMBERS },
      3,
      'digits',
    )
    add(
      {
        name: 'fashion-lr-sweep',
        submitter: SELF,
        submittedMs: now - 7_900_000,
        totalSteps: 1500,
        state: 'completed',
        step: 1500,
        members: MEMBERS.slice(0, 2),
      },
      4,
      'fashion-mnist',
    )
    add(
      {
        name: 'fashion-too-hot',
        submitter: PEERS.workstation,
        submittedMs: now - 9_000_000,
        totalSteps: 1500,
        state: 'failed',
        step: 212,
        members: MEMBERS,
        reason: 'the loss is not a finite number since step 208 (learning rate 3)',
      },
      5,
      'fashion-mnist',
    )
    add(
      {
        name: 'digits-night',
        submitter: PEERS.mini,
        submittedMs: now - 86_400_000,
        totalSteps: 4000,
        state: 'paused',
        step: 1310,
        members: [],
        reason: 'paused by its owner',
      },
      6,
      'digits',
    )
    this.#publish()
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#advance(), TICK_MS)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  contributes(yes: boolean): void {
    this.#contributes = yes
  }

  /** The job this tab would help with. */
  running(): { jobId: string; name: string; submitter: string; step: number; totalSteps: number } | null {
    for (const { jobId, name, submitter, step, totalSteps, state } of this.#all.values())
      if (state === 'running') return { jobId, name, submitter, step, totalSteps }
    return null
  }

  spec(jobId: string): JobSpec | null {
    return this.#all.get(jobId)?.spec ?? null
  }

  mark(kind: 'joined' | 'left' | 'coordinator', text: string): void {
    for (const recorder of this.#recorders.values()) recorder.mark(kind, text, Date.now())
  }

  metrics(jobId: string): MetricRecorder {
    const known = this.#recorders.get(jobId)
    if (known !== undefined) return known
    const recorder = new MetricRecorder({ jobId })
    this.#recorders.set(jobId, recorder)
    const job = this.#all.get(jobId)
    if (job === undefined) return recorder
    const stride = Math.max(1, Math.floor(job.step / 1500))
    const endMs = job.state === 'running' ? Date.now() : job.submittedMs + 180_000
    for (let step = 1; step <= job.step; step += stride) this.#tell(job, recorder, step, endMs - (job.step - step) * (TICK_MS / STEPS_PER_TICK))
    return recorder
  }

  detail(jobId: string): JobDetail {
    const job = this.#all.get(jobId)
    if (job === undefined) throw new Error(`job ${jobId.slice(0, 8)}: not known in this mesh`)
    const random = seeded(job.totalSteps)
    const rounds = Array.from({ length: Math.min(200, Math.floor(job.step / STEPS_PER_ROUND)) }, (_, index) => {
      const round = Math.max(0, Math.floor(job.step / STEPS_PER_ROUND) - 200) + index + 1
      const step = round * STEPS_PER_ROUND
      return {
        round,
        step,
        samples: step * SAMPLES_PER_STEP,
        members: job.members.length === 0 ? MEMBERS : job.members,
        thetaHash: idOf(step),
        loss: lossAt(step, random),
        seconds: 2.4 + random() * 0.4,
      }
    })
    const samples = job.step * SAMPLES_PER_STEP
    const loss = job.step === 0 ? null : lossAt(job.step, random)
    const all = job.members.reduce((sum, peerId) => sum + (SPEEDS[peerId] ?? 0), 0)
    return {
      ...this.#summary(job),
      step: job.step,
      totalSteps: job.totalSteps,
      samples,
      loss,
      accuracy: loss === null ? null : accuracyAt(loss),
      members: job.state === 'running' ? job.members.map((peerId) => ({ peerId, share: Math.round((SAMPLES_PER_STEP * (SPEEDS[peerId] ?? 0)) / all) })) : [],
      rounds,
      history: job.history,
      receipts: job.members.map((peerId) => ({ peerId, samples: Math.round((samples * (SPEEDS[peerId] ?? 0)) / all) })),
      result:
        job.state === 'completed'
          ? {
              steps: job.step,
              samples,
              seconds: 214.6,
              trainLoss: 0.291,
              testLoss: 0.384,
              testAccuracy: 0.8612,
              weights: { sha256: idOf(job.step), bytes: 814_120 },
            }
          : null,
      waiting: job.waiting,
    }
  }

  submit(spec: JobSpec): string {
    const jobId = idOf(Date.now())
    const at = new Date().toISOString()
    const job: FakeJob = {
      jobId,
      name: spec.name,
      submitter: SELF,
      submittedMs: Date.now(),
      totalSteps: spec.totalSteps,
      state: 'queued',
      step: 0,
      attempt: 1,
      reason: undefined,
      waiting: null,
      members: MEMBERS,
      history: [{ at, state: 'queued', attempt: 1, reason: null }],
      spec,
    }
    this.#all.set(jobId, job)
    this.#publish()
    setTimeout(() => job.state === 'queued' && this.#change(job, 'running'), 2500)
    return jobId
  }

  act(jobId: string, action: JobAction): void {
    const job = this.#all.get(jobId)
    if (job === undefined) throw new Error(`job ${jobId.slice(0, 8)}: not known in this mesh`)
    if (job.submitter !== SELF) throw new Error(`job ${job.name} belongs to another peer: only the key that signed it may ${action} it`)
    switch (action) {
      case 'pause':
        this.#change(job, 'paused', 'paused by its owner')
        break
      case 'resume':
        this.#change(job, 'running')
        break
      case 'cancel':
        this.#change(job, 'cancelled', 'cancelled by its owner')
        break
      case 'remove':
        this.#all.delete(jobId)
        this.#publish()
    }
  }

  #change(job: FakeJob, state: JobStateName, reason?: string): void {
    job.state = state
    job.reason = reason
    job.history.push({ at: new Date().toISOString(), state, attempt: job.attempt, reason: reason ?? null })
    this.#publish()
    this.onState({ jobId: job.jobId, name: job.name, state, ...(reason === undefined ? {} : { reason }) })
  }

  #advance(): void {
    for (const job of this.#all.values()) {
      if (job.state !== 'running') continue
      const helped = job.members.includes(SELF)
      if (this.#contributes !== helped) job.members = this.#contributes ? [...job.members, SELF] : job.members.filter((peerId) => peerId !== SELF)
      const recorder = this.#recorders.get(job.jobId)
      for (let i = 0; i < STEPS_PER_TICK && job.step < job.totalSteps; i++) {
        job.step++
        if (recorder) this.#tell(job, recorder, job.step, Date.now())
      }
      if (job.step >= job.totalSteps) this.#change(job, 'completed')
    }
    this.#publish()
  }

  #tell(job: FakeJob, recorder: MetricRecorder, step: number, timeMs: number): void {
    const random = this.#random
    const loss = job.state === 'failed' && step >= 208 ? Number.NaN : lossAt(step, random)
    for (const peerId of job.members.length === 0 ? MEMBERS : job.members) {
      const speed = (SPEEDS[peerId] ?? 2000) * (0.92 + random() * 0.16)
      const event: JobProgressEvent = {
        event: 'job.progress',
        jobId: job.jobId,
        step,
        round: Math.ceil(step / STEPS_PER_ROUND),
        epoch: Math.ceil(step / 234),
        samples: step * SAMPLES_PER_STEP,
        loss,
        accuracy: accuracyAt(loss),
        samplesPerSecond: speed,
        peers: job.members.length,
        bytesSent: step * 542_000,
        bytesReceived: step * 542_000,
        memoryBytes: 96_000_000 + (peerId === PEERS.workstation ? 30_000_000 : 0),
        totalSteps: job.totalSteps,
        waitShare: Math.min(0.9, Math.max(0.02, 0.5 - speed / 45_000 + (random() - 0.5) * 0.06)),
      }
      recorder.progress(peerId, event, timeMs)
    }
    if (step % STEPS_PER_ROUND === 0)
      recorder.round(
        {
          event: 'job.round',
          jobId: job.jobId,
          round: step / STEPS_PER_ROUND,
          committed: true,
          members: [...job.members],
          samples: step * SAMPLES_PER_STEP,
          thetaHash: '',
          seconds: 2.4 + random() * 0.5,
          bytes: 21_700_000,
        },
        timeMs,
      )
    if (step % 200 === 0) recorder.mark('checkpoint', `checkpoint at step ${step}`, timeMs)
  }

  #summary(job: FakeJob): JobSummary {
    return {
      jobId: job.jobId,
      name: job.name,
      state: job.state,
      attempt: job.attempt,
      progress: job.step / job.totalSteps,
      ...(job.reason === undefined ? {} : { reason: job.reason }),
      submitter: job.submitter,
      submittedAt: new Date(job.submittedMs).toISOString(),
    }
  }

  #publish(): void {
    this.jobs.set([...this.#all.values()].map((job) => this.#summary(job)))
  }
}
