/**
 * What survives a crash of a simulated peer: exactly what its core asked to persist before the crash, and a few keys of
 * the job service. Entries are kept by reference: cores never change one, which `Invariants` checks.
 */
import { RaftLog } from '../../protocol/coordinator/log.ts'
import type { HardState, LogEntry, PersistRequest, StoredSnapshot } from '../../protocol/coordinator/types.ts'

export class Disk {
  hard: HardState | null = null
  snapshot: StoredSnapshot | null = null
  readonly log = new RaftLog()
  /** Durable values of the services above (jobs of a line that lost, checkpoints). */
  readonly values = new Map<string, string>()

  save(request: PersistRequest): void {
    const { log } = this
    if (request.hard !== undefined) this.hard = JSON.parse(JSON.stringify(request.hard)) as HardState
    if (request.truncateFrom !== undefined) log.truncateFrom(request.truncateFrom)
    if (request.snapshot !== undefined) {
      const { snapshot } = request
      this.snapshot = snapshot
      const base = snapshot?.base ?? 0
      if (base > log.lastIndex || snapshot === null) log.restart(base, snapshot?.baseTerm ?? 0)
      else log.compact(base)
    }
    for (const entry of request.append ?? []) {
      if (entry.index !== log.lastIndex + 1) throw new Error(`disk: entry ${entry.index} does not follow ${log.lastIndex}`)
      log.append([entry])
    }
  }

  /** The entry itself, or a snapshot in which it is. */
  holds(entry: LogEntry): boolean {
    return entry.index <= (this.snapshot?.index ?? 0) || this.log.entry(entry.index) === entry
  }
}
