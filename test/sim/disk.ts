/**
 * What survives a crash of a simulated peer: what its core asked to persist and what was synced before the crash, and a
 * few keys of the job service. A save takes time; a crash while it is under way loses all of it, or, now and then, nothing
 * (it was on the disk, and nobody had been told). Entries and promises are kept by reference: cores never change one,
 * which `Invariants` checks.
 */
import { RaftLog } from '../../protocol/coordinator/log.ts'
import type { HardState, LogEntry, PersistRequest, StoredSnapshot } from '../../protocol/coordinator/types.ts'
import { sameEntry } from './same-entry.ts'
import type { World } from './world.ts'

/** How often a save that a crash interrupts has made it to the disk all the same. */
const SYNCED_UNTOLD = 0.25

export class Disk {
  hard: HardState | null = null
  snapshot: StoredSnapshot | null = null
  log = new RaftLog([], 0, 0, undefined, () => '')
  /** Durable values of the services above (jobs of a line that lost, checkpoints). */
  readonly values = new Map<string, string>()
  /** The longest a save takes; 0 is a store that has synced when its call returns, as the native one. */
  syncMs = 0
  /** While a fault lasts every save takes this long. */
  stalledMs = 0
  private readonly world: World
  private saving: PersistRequest | null = null

  constructor(world: World) {
    this.world = world
  }

  /** Calls `done` when the request is durable, at once where the disk needs no time. */
  save(request: PersistRequest, done: () => void): void {
    const { world } = this
    if (this.saving !== null) throw new Error('disk: a save overtakes another')
    const takesMs = this.stalledMs > 0 ? this.stalledMs * world.uniform(0.5, 1) : this.syncMs > 0 ? this.syncMs * world.random() : 0
    if (takesMs === 0) {
      this.write(request)
      done()
      return
    }
    this.saving = request
    world.after(takesMs, () => {
      if (this.saving !== request) return // the process died meanwhile
      this.saving = null
      this.write(request)
      done()
    })
  }

  /** Another disk takes on what is on this one. */
  copyTo(other: Disk): void {
    const { base, baseTerm } = this.log
    other.hard = this.hard
    other.snapshot = this.snapshot
    other.log = new RaftLog(this.log.after(base), base, baseTerm, '', () => '')
    other.syncMs = this.syncMs
    other.values.clear()
    for (const [key, value] of this.values) other.values.set(key, value)
  }

  crash(): void {
    const { saving } = this
    this.saving = null
    if (saving !== null && this.world.chance(SYNCED_UNTOLD)) this.write(saving)
  }

  private write(request: PersistRequest): void {
    const { log } = this
    if (request.hard !== undefined) this.hard = request.hard
    if (request.truncateFrom !== undefined) log.truncateFrom(request.truncateFrom)
    if (request.snapshot !== undefined) {
      const { snapshot } = request
      this.snapshot = snapshot
      const base = snapshot?.base ?? 0
      if (base > log.lastIndex || snapshot === null) log.restart(base, snapshot?.baseTerm ?? 0, '')
      else log.compact(base)
    }
    for (const entry of request.append ?? []) {
      if (entry.index !== log.lastIndex + 1) throw new Error(`disk: entry ${entry.index} does not follow ${log.lastIndex}`)
      log.append([entry])
    }
  }

  /** The entry itself, or a snapshot in which it is. */
  holds(entry: LogEntry): boolean {
    return entry.index <= (this.snapshot?.index ?? 0) || sameEntry(this.log.entry(entry.index), entry)
  }
}
