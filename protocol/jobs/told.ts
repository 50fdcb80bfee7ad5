/**
 * What this peer has told about each job, so that a log that is replayed (after a restart, or because another line won)
 * tells nothing twice: each state once, each round once, each result once.
 */
import type { RegistryEvent } from './registry.ts'

export class Told {
  private readonly states = new Map<string, string>()
  private readonly rounds = new Map<string, number>()
  private readonly results = new Set<string>()

  /** True when this is news; remembers it. */
  isNews(event: RegistryEvent, attempt: number): boolean {
    const { jobId } = event
    if (event.event === 'job.state') {
      const key = `${event.attempt}/${event.state}`
      if (this.states.get(jobId) === key) return false
      this.states.set(jobId, key)
      return true
    }
    if (event.event === 'job.round') {
      if (!event.committed) return true
      const key = `${jobId}/${attempt}`
      if ((this.rounds.get(key) ?? 0) >= event.round) return false
      this.rounds.set(key, event.round)
      return true
    }
    if (this.results.has(jobId)) return false
    this.results.add(jobId)
    return true
  }
}
