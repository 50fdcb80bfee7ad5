/**
 * What this browser has contributed today, counted from what the registry has committed and what this tab measured.
 */
import type { CyxEvent } from '../../protocol/events/types.ts'
import type { Registry } from '../../protocol/jobs/registry.ts'
import { dayOf, type PageStore } from '../store/index.ts'
import type { ContributionTotals } from './types.ts'

const NOTHING: ContributionTotals = { samples: 0, rounds: 0, bytesSent: 0, bytesReceived: 0, gpuSeconds: 0 }
const SAVE_EVERY_MS = 5000

export interface CountedPeer {
  readonly peerId: string
  readonly registry: Pick<Registry, 'get'>
}

export class DayCounter {
  private readonly table: PageStore['contributions']
  private readonly onError: (error: Error) => void
  private readonly gpuSeconds: () => number
  private saved: ContributionTotals = NOTHING
  private unsaved = { ...NOTHING }
  private day = dayOf(Date.now())
  private countedGpuSeconds = 0
  /** Per job: what was counted already. */
  private readonly samples = new Map<string, number>()
  private readonly bytes = new Map<string, { sent: number; received: number }>()
  private readonly timer: ReturnType<typeof setInterval>

  constructor(table: PageStore['contributions'], gpuSeconds: () => number, onError: (error: Error) => void) {
    this.table = table
    this.gpuSeconds = gpuSeconds
    this.onError = onError
    this.timer = setInterval(() => void this.save(), SAVE_EVERY_MS)
    void this.begin()
  }

  get today(): ContributionTotals {
    const sum = (key: keyof ContributionTotals): number => this.saved[key] + this.unsaved[key]
    const gpuSeconds = sum('gpuSeconds') + this.gpuSeconds() - this.countedGpuSeconds
    return { samples: sum('samples'), rounds: sum('rounds'), bytesSent: sum('bytesSent'), bytesReceived: sum('bytesReceived'), gpuSeconds }
  }

  /** Events of this tab's peer; its own progress only. */
  event(event: CyxEvent, { peerId, registry }: CountedPeer): void {
    if (event.event === 'job.progress') {
      const before = this.bytes.get(event.jobId) ?? { sent: 0, received: 0 }
      // A new attempt counts from zero again.
      this.unsaved.bytesSent += Math.max(0, event.bytesSent - Math.min(before.sent, event.bytesSent))
      this.unsaved.bytesReceived += Math.max(0, event.bytesReceived - Math.min(before.received, event.bytesReceived))
      // What was merged before this page took part is counted already.
      if (!this.samples.has(event.jobId)) this.samples.set(event.jobId, registry.get(event.jobId)?.receipts[peerId] ?? 0)
      this.bytes.set(event.jobId, { sent: event.bytesSent, received: event.bytesReceived })
    } else if (event.event === 'job.round' && event.committed && event.members.includes(peerId)) {
      this.unsaved.rounds += 1
      const merged = registry.get(event.jobId)?.receipts[peerId] ?? 0
      const before = this.samples.get(event.jobId) ?? 0
      this.unsaved.samples += Math.max(0, merged - Math.min(before, merged))
      this.samples.set(event.jobId, merged)
    }
  }

  /** Under a new identity nothing of before is this peer's. */
  forget(): void {
    this.samples.clear()
    this.bytes.clear()
  }

  async save(): Promise<void> {
    const gpuSeconds = this.gpuSeconds()
    this.unsaved.gpuSeconds += gpuSeconds - this.countedGpuSeconds
    this.countedGpuSeconds = gpuSeconds
    const done = this.unsaved
    if (Object.values(done).every((value) => value === 0) && this.day === dayOf(Date.now())) return
    this.unsaved = { ...NOTHING }
    this.day = dayOf(Date.now())
    try {
      this.saved = await this.table.add(this.day, done)
    } catch (error) {
      for (const key of Object.keys(done) as (keyof ContributionTotals)[]) this.unsaved[key] += done[key]
      this.onError(error as Error)
    }
  }

  stop(): void {
    clearInterval(this.timer)
  }

  private async begin(): Promise<void> {
    try {
      this.saved = await this.table.get(this.day)
    } catch (error) {
      this.onError(error as Error)
    }
  }
}
