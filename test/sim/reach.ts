/**
 * What people and failures decide reaches those who work: a second of virtual time after a coordinator has applied a pause,
 * a cancellation or the end of an attempt, no worker that it could reach all the while is still at it.
 *
 * Could reach: both processes are alive and awake, their clocks have gone on, the link between them has been calm and
 * whole, with nothing of worse times still under way, the worker has followed this coordinator, and that is one still.
 *
 * A worker is a member, or has been told to prepare by this coordinator. Who prepares for one that is gone, and is no member
 * yet, works on nothing, and nobody knows of it: it lets go when it has the news, or after a while (`forsaken.ts`).
 */
import type { JobCommand } from '../../protocol/jobs/commands.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { SimJobs } from './jobs.ts'
import type { Network } from './network.ts'
import type { SimPeer } from './peer.ts'
import { Violation } from './world.ts'

export const REACHES_WITHIN_MS = 1000

export class Reach {
  /** Workers that were looked at in the end. */
  checked = 0
  private readonly network: Network
  private readonly peers: readonly SimPeer[]

  constructor(network: Network, peers: readonly SimPeer[]) {
    this.network = network
    this.peers = peers
  }

  /** A coordinator has applied a command; `before`: the job as it was. */
  decided(coordinator: SimJobs, command: JobCommand, before: JobRecord | undefined): void {
    if (before === undefined || !(command.type === 'pause' || command.type === 'cancel' || command.type === 'fail')) return
    const { peer, manager } = coordinator
    const { world } = peer
    const since = world.now
    const fence = peer.core?.fence
    const after = coordinator.registry.get(before.jobId)
    const { attempt } = before
    const workers = this.peers.filter((one) => {
      const member = jobsOf(one)?.memberOf(before.jobId)
      if (member?.attempt !== attempt || !this.reaches(peer, one, since)) return false
      const { lastFence } = member
      return before.members.some(({ peerId }) => peerId === one.id) || (lastFence?.term === fence?.term && lastFence?.epochId === fence?.epochId)
    })
    if (workers.length === 0 || after === undefined) return
    world.after(REACHES_WITHIN_MS, () => {
      const same = peer.core?.fence.term === fence?.term && peer.core?.fence.epochId === fence?.epochId
      if (coordinator.manager !== manager || manager === null || !same || peer.application !== coordinator) return
      if (command.type === 'pause') {
        // Resumed since, or paused once more: of each pause its own.
        const now = coordinator.registry.get(before.jobId)
        if (now?.state !== 'paused' || now.history.length !== after.history.length) return
      }
      for (const worker of workers) {
        if (!this.reaches(peer, worker, since)) continue
        this.checked += 1
        const member = jobsOf(worker)?.memberOf(before.jobId)
        if (member?.attempt !== attempt) continue
        if (command.type === 'pause' && !member.working) continue
        const what = `${worker.id} works on job ${before.jobId}, attempt ${attempt}`
        throw new Violation('pause and cancel reach the workers within a second', `${what}, ${REACHES_WITHIN_MS} ms after ${peer.id} applied ${command.type}`)
      }
    })
  }

  private reaches(coordinator: SimPeer, worker: SimPeer, since: number): boolean {
    if (!coordinator.isWell(since) || !worker.isWell(since)) return false
    if (worker === coordinator) return true
    const { core } = worker
    if (core === null || core.leader !== coordinator.id || core.term !== coordinator.core?.term || core.epoch?.id !== coordinator.core.epoch?.id) return false
    return this.network.isCalm(coordinator.index, worker.index, since)
  }
}

function jobsOf({ application }: SimPeer): SimJobs | null {
  return application as SimJobs | null
}
