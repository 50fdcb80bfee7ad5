/**
 * What all parts of the job manager share: the registry to read, the runs, the peers and the plan of this tick, and the
 * output of this step.
 */
import { type JobNeed, Load, type Need, type PeerView } from './capacity.ts'
import { CheckpointWatch } from './checkpoint-watch.ts'
import type { JobCommand } from './commands.ts'
import type { JobMessage } from './messages.ts'
import type { JobRecord } from './record.ts'
import type { Registry } from './registry.ts'
import type { Run } from './run.ts'
import { NO_PLAN, type Plan } from './schedule.ts'
import type { JobSpec } from './spec.ts'
import { Stops } from './stops.ts'

export interface ManagerInit {
  readonly registry: Registry
  /** What a job needs on a peer. */
  readonly needOf: (spec: JobSpec) => JobNeed
}

/** `proposals` and the rest are to be done in order. */
export interface ManagerOutput {
  readonly proposals: JobCommand[]
  readonly messages: { to: string; jobId: string; attempt: number; message: JobMessage }[]
  readonly offers: { jobId: string; attempt: number }[]
}

/** Since when this coordinator has known a job that has not ended, and has seen it wait without a break; by its own clock. */
export interface Seen {
  readonly knownAt: number
  readonly waitsAt: number | null
}

export class ManagerContext {
  readonly registry: Registry
  readonly needOf: (spec: JobSpec) => JobNeed
  readonly runs = new Map<string, Run>()
  readonly checkpoints = new CheckpointWatch()
  private readonly needs = new Map<string, Need>()
  peers: ReadonlyMap<string, PeerView> = new Map()
  plan: Plan = NO_PLAN
  seen: ReadonlyMap<string, Seen> = new Map()
  plannedAt = Number.NEGATIVE_INFINITY
  now = 0
  wall = 0
  out: ManagerOutput = { proposals: [], messages: [], offers: [] }
  readonly stops = new Stops()

  constructor(init: ManagerInit) {
    this.registry = init.registry
    this.needOf = init.needOf
  }

  /** Of a job, whose spec never changes. */
  need(jobId: string): Need {
    let need = this.needs.get(jobId)
    if (need === undefined) {
      const spec = this.registry.spec(jobId)
      need = { ...this.needOf(spec), minPeers: spec.peers.min, maxPeers: spec.peers.max, batchSize: spec.batchSize }
      this.needs.set(jobId, need)
    }
    return need
  }

  forget(jobId: string): void {
    this.runs.delete(jobId)
    this.needs.delete(jobId)
  }

  /** Slots and memory in use by all runs of this coordinator: counted here and now, not from the last report. */
  load(except?: Run): Load {
    const load = new Load()
    for (const run of this.runs.values()) {
      if (run === except) continue
      const { bytes } = this.need(run.jobId)
      for (const peer of run.involved()) load.take(peer, Math.max(bytes, run.memory.get(peer) ?? 0))
    }
    return load
  }

  /** As `load`, with what is promised to other jobs that wait: to those before `run` in their turns, or to all of them. */
  promised(run: Run): Load {
    const load = this.load(run)
    for (const [jobId, peers] of this.plan.allotted) {
      if (jobId === run.jobId) break
      // Who has its members by now is in the load already.
      const other = this.runs.get(jobId)
      if (other !== undefined && other.phase !== 'offering') continue
      for (const peer of peers) load.take(peer, this.need(jobId).bytes)
    }
    const { kept } = this.plan
    if (kept !== null && kept.jobId !== run.jobId) for (const peer of kept.peers) load.take(peer, kept.bytes)
    return load
  }

  send(to: string, run: Pick<Run, 'jobId' | 'attempt'>, message: JobMessage): void {
    this.out.messages.push({ to, jobId: run.jobId, attempt: run.attempt, message })
  }

  /** Until the peer says that it holds nothing. */
  stop(to: string, { jobId, attempt }: Pick<Run, 'jobId' | 'attempt'>, reason: string): void {
    this.stops.add({ to, jobId, attempt, reason }, this.now)
    this.send(to, { jobId, attempt }, { type: 'stop', reason })
  }

  propose(command: JobCommand): void {
    this.out.proposals.push(command)
  }
}

/** Peers that attempts before this one failed on. */
export function avoidedBy(record: JobRecord): ReadonlySet<string> {
  return new Set(record.failedOn ?? [])
}
