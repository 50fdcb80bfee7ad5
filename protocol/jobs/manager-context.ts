/**
 * What all parts of the job manager share: the registry to read, the runs, the peers of this tick, and the output of this
 * step.
 */
import type { JobCommand } from './commands.ts'
import type { JobMessage } from './messages.ts'
import type { Need, PeerView } from './placement.ts'
import type { JobRecord } from './record.ts'
import type { Registry } from './registry.ts'
import type { Run } from './run.ts'
import type { JobSpec } from './spec.ts'

export interface ManagerInit {
  readonly registry: Registry
  /** GPU bytes that a job needs on a peer. */
  readonly estimateBytes: (spec: JobSpec) => number
}

/** `proposals` and the rest are to be done in order. */
export interface ManagerOutput {
  readonly proposals: JobCommand[]
  readonly messages: { to: string; jobId: string; attempt: number; message: JobMessage }[]
  readonly offers: { jobId: string; attempt: number }[]
}

export class ManagerContext {
  readonly registry: Registry
  readonly estimateBytes: (spec: JobSpec) => number
  readonly runs = new Map<string, Run>()
  /** Why jobs do not run, in words with numbers. */
  readonly waitingFor = new Map<string, string>()
  peers: ReadonlyMap<string, PeerView> = new Map()
  now = 0
  wall = 0
  out: ManagerOutput = { proposals: [], messages: [], offers: [] }

  constructor(init: ManagerInit) {
    this.registry = init.registry
    this.estimateBytes = init.estimateBytes
  }

  need(record: JobRecord): Need {
    const spec = this.registry.spec(record.jobId)
    return { bytes: this.estimateBytes(spec), minPeers: spec.peers.min, maxPeers: spec.peers.max, batchSize: spec.batchSize }
  }

  /** Slots in use by all runs of this coordinator: counted here and now, not from the last report. */
  busySlots(except?: Run): Map<string, number> {
    const busy = new Map<string, number>()
    for (const run of this.runs.values()) {
      if (run === except) continue
      for (const peer of run.involved()) busy.set(peer, (busy.get(peer) ?? 0) + 1)
    }
    return busy
  }

  send(to: string, run: Run, message: JobMessage): void {
    this.out.messages.push({ to, jobId: run.jobId, attempt: run.attempt, message })
  }

  propose(command: JobCommand): void {
    this.out.proposals.push(command)
  }
}
