/**
 * The charts without a mesh: recorders fed with generated events. Choices in the address: `?peers=5&points=2000&jobs=1`,
 * `&theme=dark`, `&live=1` for a stream of new steps. Served by the dev server only; tests drive it through `window.demo`.
 */
import type { JobProgressEvent } from '../../protocol/events/types.ts'
import { MetricRecorder } from '../metrics/recorder.ts'
import { tokensCss } from '../theme/tokens.ts'
import './cyx-job-charts.ts'
import type { CyxJobCharts } from './cyx-job-charts.ts'
import { type ChartRun, defaultChartOptions } from './types.ts'

const choice = new URLSearchParams(location.search)
const peers = Number(choice.get('peers') ?? 5)
const points = Number(choice.get('points') ?? 2_000)
const jobs = Number(choice.get('jobs') ?? 1)

const MIB = 2 ** 20
/** A fixed moment, so that pictures of two runs are alike. */
const START_MS = Date.UTC(2026, 5, 1, 9, 30)
const STEP_MS = 64

/** Numbers that look like noise and are the same every time (mulberry32). */
function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const peerIds = Array.from({ length: peers }, (_, index) => `12D3KooW${'AbCdEfGhJkLmNpQr'[index % 16]}${(index * 7_919 + 104_729).toString(36)}peer${index}`)

class DemoJob {
  readonly recorder: MetricRecorder
  readonly #random: () => number
  readonly #index: number
  step = 0

  constructor(index: number) {
    this.#index = index
    this.#random = noise(index + 1)
    this.recorder = new MetricRecorder({ jobId: `job${index}` })
  }

  advance(steps: number): void {
    for (let count = 0; count < steps; count++) {
      this.step++
      const timeMs = START_MS + this.step * STEP_MS
      const random = this.#random
      const far = Math.exp(-this.step / (400 + 150 * this.#index))
      const loss = 0.32 + 0.04 * this.#index + 1.95 * far + (random() - 0.5) * 0.25 * (0.3 + far)
      const group = { loss, accuracy: Math.min(1, 0.88 - 0.78 * far + (random() - 0.5) * 0.06) }
      for (const [index, peerId] of peerIds.entries()) {
        // The first member tells every step, the others in turn.
        if (choice.get('dense') !== '1' && index > 0 && (this.step + index * 3) % 10 !== 0) continue
        const event: JobProgressEvent = {
          event: 'job.progress',
          jobId: this.recorder.jobId,
          step: this.step,
          round: Math.ceil(this.step / 10),
          epoch: 1,
          samples: this.step * 64,
          ...group,
          samplesPerSecond: 180 + index * 45 + 30 * random() + (this.step % 700 < 60 ? -90 : 0),
          peers,
          bytesSent: this.step * 1.09e6 * (1 + index * 0.02),
          bytesReceived: this.step * 1.07e6 * (1 + index * 0.03),
          memoryBytes: (210 + index * 35 + Math.min(this.step, 50)) * MIB,
          waitShare: Math.min(1, Math.max(0, 0.08 + index * 0.07 + (random() - 0.5) * 0.05)),
        }
        this.recorder.progress(peerId, event, timeMs)
      }
      if (this.step % 10 === 0) {
        this.recorder.round(
          {
            event: 'job.round',
            jobId: this.recorder.jobId,
            round: this.step / 10,
            committed: true,
            members: peerIds,
            samples: this.step * 64,
            thetaHash: '',
            seconds: 0.6 + random() * 0.15,
            bytes: 1,
          },
          timeMs,
        )
      }
      if (this.step === 150) this.recorder.mark('joined', 'Peer …peer3 joined', timeMs)
      if (this.step % 500 === 0) this.recorder.mark('checkpoint', `Checkpoint of step ${this.step}`, timeMs)
      if (this.step === 900) this.recorder.mark('left', 'Peer …peer2 left', timeMs)
      if (this.step === 1_210) this.recorder.mark('coordinator', 'Peer …peer1 coordinates now', timeMs)
    }
  }
}

const demoJobs = Array.from({ length: jobs }, (_, index) => new DemoJob(index))
for (const job of demoJobs) job.advance(points)

const sheet = new CSSStyleSheet()
sheet.replaceSync(`${tokensCss} main { padding: 16px }`)
document.adoptedStyleSheets = [sheet]

function applyTheme(name: string): void {
  document.documentElement.dataset.theme = name
  document.documentElement.dataset.scheme = name === 'light' ? 'light' : 'dark'
  window.dispatchEvent(new CustomEvent('cyx-theme'))
}
applyTheme(choice.get('theme') ?? 'light')

const charts: CyxJobCharts = document.createElement('cyx-job-charts')
charts.options = defaultChartOptions
charts.runs = demoJobs.map(
  (job, index): ChartRun => ({ jobId: `job${index}`, label: `fashion-mlp ${index + 1}`, metrics: job.recorder, configuration: { batchSize: 64 } }),
)
charts.memoryLimits = Object.fromEntries(peerIds.map((peerId, index) => [peerId, (512 + index * 256) * MIB]))
document.querySelector('#place')?.append(charts)

let timer = 0
const demo = {
  charts,
  jobs: demoJobs,
  applyTheme,
  stream(stepsPerTick: number): void {
    timer = window.setInterval(() => {
      for (const job of demoJobs) job.advance(stepsPerTick)
    }, 50)
  },
  stop(): void {
    window.clearInterval(timer)
  },
}
if (choice.get('live') === '1') demo.stream(1)

declare global {
  interface Window {
    demo: typeof demo
  }
}
window.demo = demo
