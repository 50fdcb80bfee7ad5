/** A clock whose hands tests turn: timers run in order when time is advanced past them. */
import type { MetricClock } from '../../../../browser/metrics/clock.ts'
import type { JobProgressEvent } from '../../../../protocol/events/types.ts'

export class FakeClock implements MetricClock {
  nowMs = 1_000_000
  #timers: { at: number; task: () => void }[] = []

  now(): number {
    return this.nowMs
  }

  get pending(): number {
    return this.#timers.length
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.nowMs + delayMs, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }

  advance(byMs: number): void {
    const until = this.nowMs + byMs
    while (true) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((one) => one !== next)
      this.nowMs = Math.max(this.nowMs, next.at)
      next.task()
    }
    this.nowMs = until
  }
}

export function progressEvent(step: number, change: Partial<JobProgressEvent> = {}): JobProgressEvent {
  return {
    event: 'job.progress',
    jobId: 'job',
    step,
    round: Math.ceil(step / 10),
    epoch: 1,
    samples: step * 64,
    loss: 2 / step,
    accuracy: 1 - 1 / step,
    samplesPerSecond: 100,
    peers: 2,
    bytesSent: step * 1_000,
    bytesReceived: step * 900,
    memoryBytes: 5_000_000,
    waitShare: 0.1,
    ...change,
  }
}
