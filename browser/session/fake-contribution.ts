/**
 * Contribution verbs that behave: the phases and reasons of the real thing on a timer, without a GPU. Fake data only.
 */
import { Store } from '../state/store.ts'
import { device, memory } from './fake-mesh.ts'
import type { Settings } from './settings.ts'
import type { ContributionState, Preflight } from './types.ts'

const GIB = 1024 ** 3
const START_MS = 700
const FINISH_MS = 2500
const TICK_MS = 1000

const OFF: ContributionState = {
  phase: 'off',
  reason: 'user',
  status: 'Not contributing: this tab only watches until you press Contribute.',
  pausedUntilMs: null,
  jobs: [],
  device: null,
  memory: null,
  measuredDutyPercent: 0,
  today: { samples: 48_640, rounds: 19, bytesSent: 102_500_000, bytesReceived: 98_300_000, gpuSeconds: 312 },
}

export interface FakeContributionInit {
  readonly settings: () => Settings
  readonly running: () => ContributionState['jobs'][number] | null
  readonly connected: () => boolean
  readonly onChange: (state: ContributionState) => void
}

export class FakeContribution {
  readonly state = new Store<ContributionState>(OFF)
  readonly #init: FakeContributionInit

  constructor(init: FakeContributionInit) {
    this.#init = init
    setInterval(() => this.#tick(), TICK_MS)
  }

  async preflight(): Promise<Preflight> {
    return {
      webgpu: true,
      problem: null,
      device: device('intel', 'xe', '', 'webgpu', 'unknown'),
      memory: memory('probe', null, 1.5, 0),
      f16: true,
      phone: matchMedia('(pointer: coarse) and (max-width: 500px)').matches,
      storageQuotaBytes: 61.4 * GIB,
      storageUsedBytes: 0.21 * GIB,
    }
  }

  async contribute(): Promise<void> {
    this.#set({
      phase: 'connecting',
      reason: null,
      status: 'Opening the GPU and measuring its speed.',
      device: device('intel', 'xe', '', 'webgpu', 'unknown'),
      memory: memory('probe', null, 1.5, 0),
    })
    await new Promise((resolve) => setTimeout(resolve, START_MS))
    await this.resume()
  }

  async pause(forMs?: number): Promise<void> {
    const until = forMs === undefined ? null : Date.now() + forMs
    this.#set({
      phase: 'paused',
      reason: 'user',
      status: until === null ? 'Paused by you. Nothing runs until you resume.' : 'Paused by you for a while; it resumes by itself.',
      pausedUntilMs: until,
      jobs: [],
      measuredDutyPercent: 0,
    })
  }

  async resume(): Promise<void> {
    const job = this.#init.running()
    if (!this.#init.connected()) this.#set({ phase: 'waiting', reason: 'offline', status: 'Waiting: this tab is in no mesh.', jobs: [], pausedUntilMs: null })
    else if (job === null) this.#set({ phase: 'waiting', reason: 'no-job', status: 'Waiting for a job that fits this GPU.', jobs: [], pausedUntilMs: null })
    else this.#set({ phase: 'computing', reason: null, status: `Computing: training ${job.name} with the mesh.`, jobs: [job], pausedUntilMs: null })
  }

  async finishRound(): Promise<void> {
    this.#set({ phase: 'finishing', reason: 'user', status: 'Finishing the round under way, then pausing.' })
    setTimeout(() => this.state.value.phase === 'finishing' && void this.pause(), FINISH_MS)
  }

  #tick(): void {
    const { value: state } = this.state
    if (state.phase === 'paused' && state.pausedUntilMs !== null && state.pausedUntilMs <= Date.now()) void this.resume()
    if (state.phase === 'waiting') void this.resume()
    if (state.phase !== 'computing' && state.phase !== 'finishing') return
    const job = this.#init.running()
    if (job === null) return void this.resume()
    const duty = this.#init.settings().dutyPercent * (0.93 + Math.random() * 0.1)
    const { today } = state
    this.#set({
      jobs: [job],
      measuredDutyPercent: Math.min(100, duty),
      memory: memory('probe', null, 1.5, 126_000_000),
      today: {
        samples: today.samples + 640,
        rounds: today.rounds + (job.step % 20 < 8 ? 1 : 0),
        bytesSent: today.bytesSent + 1_080_000,
        bytesReceived: today.bytesReceived + 1_080_000,
        gpuSeconds: today.gpuSeconds + duty / 100,
      },
    })
  }

  #set(change: Partial<ContributionState>): void {
    this.state.update((state) => ({ ...state, ...change }))
    this.#init.onChange(this.state.value)
  }
}
