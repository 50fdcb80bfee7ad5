/**
 * What survives a crash of a simulated peer: exactly what its core asked to persist before the crash, and a few keys of
 * the job service. Entries are kept by reference: cores never change one, which `Invariants` checks.
 */
import type { HardState, LogEntry, PersistRequest } from '../../protocol/coordinator/types.ts'

export class Disk {
  hard: HardState | null = null
  log: LogEntry[] = []
  /** Durable values of the services above (jobs of a line that lost, checkpoints). */
  readonly values = new Map<string, string>()

  save(request: PersistRequest): void {
    if (request.hard !== undefined) this.hard = JSON.parse(JSON.stringify(request.hard)) as HardState
    if (request.truncateFrom !== undefined && request.truncateFrom <= this.log.length) this.log = this.log.slice(0, request.truncateFrom - 1)
    for (const entry of request.append ?? []) {
      if (entry.index !== this.log.length + 1) throw new Error(`disk: entry ${entry.index} does not follow ${this.log.length}`)
      this.log.push(entry)
    }
  }
}
