/**
 * Real processes on loopback that are killed, frozen and joined while they train: the job must complete all the same. The
 * cases share one mesh, and run in this order.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { follow } from '../../node/demo/follow.ts'
import type { JobEvent, JobResultEvent } from '../../protocol/events/types.ts'
import { digitsJob, specOf } from './jobs.ts'
import { coordinatorOf, trainsOn } from './running.ts'

const TIMEOUT_MS = 180_000
/** Enough for the accuracy, and for some rounds after the fault. */
const STEPS = 240
let mesh: Cluster

beforeAll(async () => {
  mesh = await Cluster.create({ peerArguments: ['--http', 'off'] })
  await mesh.start(3)
  await mesh.settled()
}, TIMEOUT_MS)

afterAll(() => mesh?.stop(), TIMEOUT_MS)

interface Running {
  readonly jobId: string
  readonly events: JobEvent[]
  readonly end: Promise<JobResultEvent>
}

async function submit(job: Record<string, unknown>): Promise<Running> {
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

function expectComplete(running: Running, result: JobResultEvent): void {
  expect(result.steps).toBe(STEPS)
  expect(result.samples).toBe(STEPS * 64)
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
    const running = await submit(digitsJob({ steps: STEPS, peers: { min: 3, max: 3 }, sync: { mode: 'allreduce', roundSteps: 20 } }))
    await waitFor(() => rounds(running) >= 3, 60_000, 'three rounds did not commit', 20)
    const leader = await coordinatorOf(mesh)
    const victim = who === 'the coordinator' ? leader : (mesh.living.find((peer) => peer !== leader) as ClusterPeer)
    await mesh.signal(victim, signal)
    expectComplete(running, await running.end)
    if (signal === 'SIGKILL') await mesh.run(victim)
    else await mesh.signal(victim, 'SIGCONT')
    await mesh.settled(TIMEOUT_MS)
  })

  it('goes on from its last checkpoint when all peers were killed and started again', async () => {
    const steps = 2 * STEPS
    const running = await submit(digitsJob({ steps, peers: { min: 3, max: 3 }, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 2 }))
    await waitFor(() => rounds(running) >= 5, 60_000, 'five rounds did not commit', 20)
    const peers = [...mesh.peers]
    await Promise.all(peers.map((peer) => mesh.signal(peer, 'SIGKILL')))
    const [first, ...others] = peers as [ClusterPeer, ...ClusterPeer[]]
    await mesh.run(first)
    await Promise.all(others.map((peer) => mesh.run(peer)))
    const end = await follow(mesh, running.jobId, AbortSignal.timeout(TIMEOUT_MS), () => {})
    expect(end.state).toBe('completed')
    expect(end.result?.steps).toBe(steps)
    const job = await first.once('job', { jobId: running.jobId })
    expect(job.attempt).toBe(2)
    expect(job.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(steps * 64)
  })

  it('takes in a peer that joins while it trains', async () => {
    // Long: how many steps the others do before it is ready depends on the machine.
    const running = await submit(digitsJob({ steps: 1_000_000, sync: { mode: 'allreduce', roundSteps: 20 } }))
    const [peer] = mesh.living as [ClusterPeer]
    await trainsOn(peer, running.jobId, 3)
    await waitFor(() => rounds(running) >= 2, 60_000, 'two rounds did not commit', 20)
    const joiner = await mesh.add()
    const together = (): boolean => running.events.some((event) => event.event === 'job.round' && event.committed && event.members.length === 4)
    await waitFor(together, 90_000, 'no round of all four was committed')
    await peer.once('action', { action: 'cancel', jobId: running.jobId })
    const job = await peer.once('job', { jobId: running.jobId })
    expect(job.state).toBe('cancelled')
    expect(job.attempt).toBe(1)
    expect(job.samples).toBe(job.step * 64)
    expect(job.receipts.reduce((sum, receipt) => sum + receipt.samples, 0)).toBe(job.samples)
    expect(job.receipts.find((receipt) => receipt.peerId === joiner.id)?.samples).toBeGreaterThan(0)
  })
})
