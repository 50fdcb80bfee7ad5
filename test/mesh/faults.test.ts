/**
 * Real processes on loopback that are killed, frozen and joined while they train: the job must complete all the same.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { follow } from '../../node/demo/follow.ts'
import type { JobEvent, JobResultEvent } from '../../protocol/events/types.ts'
import { digitsJob, specOf } from './jobs.ts'

const TIMEOUT_MS = 180_000
let cluster: Cluster | null = null

afterEach(async () => {
  await cluster?.stop()
  cluster = null
}, TIMEOUT_MS)

async function started(peers: number): Promise<Cluster> {
  cluster = await Cluster.create()
  for (let i = 0; i < peers; i++) await cluster.add()
  await cluster.settled()
  return cluster
}

interface Running {
  readonly jobId: string
  readonly events: JobEvent[]
  readonly end: Promise<JobResultEvent>
}

async function submit(mesh: Cluster, job: Record<string, unknown>): Promise<Running> {
  const { jobId } = await (mesh.living[0] as ClusterPeer).once('submit', { spec: await specOf(job) })
  const events: JobEvent[] = []
  const end = follow(mesh, jobId, AbortSignal.timeout(TIMEOUT_MS), (event) => events.push(event)).then(({ result, state, reason }) => {
    if (result === null) throw new Error(`job ${state}: ${reason}`)
    return result
  })
  end.catch(() => {}) // awaited by the test, which may fail before
  return { jobId, events, end }
}

function rounds(running: Running): number {
  return running.events.filter((event) => event.event === 'job.round' && event.committed).length
}

async function coordinatorOf(mesh: Cluster): Promise<ClusterPeer> {
  const { peerId } = await (mesh.living[0] as ClusterPeer).once('coordinator', {})
  return mesh.living.find((peer) => peer.id === peerId) as ClusterPeer
}

function expectComplete(running: Running, result: JobResultEvent, steps: number): void {
  expect(result.steps).toBe(steps)
  expect(result.samples).toBe(steps * 64)
  expect(result.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(result.samples)
  expect(result.testAccuracy).toBeGreaterThan(0.85)
  const terminal = running.events.filter((event) => event.event === 'job.state' && ['completed', 'failed', 'cancelled'].includes(event.state))
  expect(terminal).toHaveLength(1)
}

describe('a job among real processes', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['a member', 'SIGKILL'],
    ['the coordinator', 'SIGKILL'],
    ['a member', 'SIGSTOP'],
    ['the coordinator', 'SIGSTOP'],
  ] as const)('completes when %s gets %s', async (who, signal) => {
    const mesh = await started(3)
    const running = await submit(mesh, digitsJob({ steps: 500, sync: { mode: 'allreduce', roundSteps: 20 } }))
    await waitFor(() => rounds(running) >= 3, 60_000, 'three rounds did not commit')
    const leader = await coordinatorOf(mesh)
    const victim = who === 'the coordinator' ? leader : (mesh.living.find((peer) => peer !== leader) as ClusterPeer)
    await mesh.signal(victim, signal)
    if (signal === 'SIGSTOP') victim.ready = null // not to be asked any more
    const result = await running.end
    expectComplete(running, result, 500)
  })

  it('takes in a peer that joins while it trains', async () => {
    const mesh = await started(1)
    // Long: how many steps one peer does before the other is ready depends on the machine.
    const running = await submit(mesh, digitsJob({ steps: 1_000_000, sync: { mode: 'allreduce', roundSteps: 50 } }))
    await waitFor(() => rounds(running) >= 2, 60_000, 'two rounds did not commit')
    const joiner = await mesh.add()
    const together = (): boolean => running.events.some((event) => event.event === 'job.round' && event.committed && event.members.length === 2)
    await waitFor(together, 90_000, 'no round of both was committed')
    const [peer] = mesh.living as [ClusterPeer]
    await peer.once('action', { action: 'cancel', jobId: running.jobId })
    const job = await peer.once('job', { jobId: running.jobId })
    expect(job.state).toBe('cancelled')
    expect(job.attempt).toBe(1)
    expect(job.samples).toBe(job.step * 64)
    expect(job.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(job.samples)
    expect(job.receipts.find((receipt) => receipt.peerId === joiner.id)?.samples).toBeGreaterThan(0)
  })

  it('goes on from its last checkpoint when all peers were killed and started again', async () => {
    const mesh = await started(3)
    const running = await submit(mesh, digitsJob({ steps: 600, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 2 }))
    await waitFor(() => rounds(running) >= 6, 60_000, 'six rounds did not commit')
    const { peers } = mesh
    await Promise.all(peers.map((peer) => mesh.signal(peer, 'SIGKILL')))
    for (const peer of peers) await mesh.run(peer)
    const end = await follow(mesh, running.jobId, AbortSignal.timeout(TIMEOUT_MS), () => {})
    expect(end.state).toBe('completed')
    expect(end.result?.steps).toBe(600)
    const job = await (mesh.living[0] as ClusterPeer).once('job', { jobId: running.jobId })
    expect(job.attempt).toBe(2)
    expect(job.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(600 * 64)
  })
})
