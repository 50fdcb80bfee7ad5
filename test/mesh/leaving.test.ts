/**
 * Processes that leave in good order, one after the other, and one that is frozen for so long that everybody takes it for
 * dead: a job trains all the while.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { digitsJob, specOf } from './jobs.ts'
import { agreement, coordinatorOf, endsOnce, goesOn, jobAt, knownBy, submitWaiting, trainsOn } from './running.ts'

const TIMEOUT_MS = 180_000
const WAIT_MS = 90_000
const NO_GPU = ['--gpu', 'none']

const clusters: Cluster[] = []
afterAll(async () => {
  await Promise.all(clusters.map((cluster) => cluster.stop()))
}, TIMEOUT_MS)

async function meshOf(...peers: readonly (readonly string[])[]): Promise<Cluster> {
  const mesh = await Cluster.create({ peerArguments: ['--http', 'off'] })
  clusters.push(mesh)
  const [first, ...others] = peers
  await mesh.add(first)
  await Promise.all(others.map((more) => mesh.add(more)))
  await mesh.settled(WAIT_MS)
  return mesh
}

async function submitLong(peer: ClusterPeer): Promise<string> {
  const job = digitsJob({ steps: 1_000_000, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 2 })
  return (await peer.once('submit', { spec: await specOf(job) })).jobId
}

describe('a job goes on', { timeout: TIMEOUT_MS }, () => {
  it.concurrent('while coordinator after coordinator leaves in good order, in the same epoch and the same attempt', async () => {
    const mesh = await meshOf(NO_GPU, NO_GPU, [])
    const last = mesh.peers[2] as ClusterPeer
    const training = await submitLong(last)
    await goesOn(last, training)
    const acknowledged: string[] = []
    while (mesh.living.length > 1) {
      const coordinator = await coordinatorOf(mesh)
      // The one that trains stays: its job cannot.
      const leaving = coordinator === last ? (mesh.living.find((peer) => peer !== last) as ClusterPeer) : coordinator
      acknowledged.push(await submitWaiting(leaving))
      await mesh.signal(leaving, 'SIGTERM')
      expect(leaving.process?.exitCode, `${leaving.name} ended in good order`).toBe(0)
      const { epoch, voters } = await agreement(mesh.living, { not: [leaving] })
      expect([epoch, voters.includes(leaving.id)], `after ${leaving.name} left`).toEqual([1, false])
      await goesOn(last, training)
      for (const jobId of acknowledged) await knownBy(mesh.living, jobId)
    }
    expect(await jobAt(last, training)).toMatchObject({ state: 'running', attempt: 1 })
    await last.once('action', { action: 'cancel', jobId: training })
    await endsOnce([last], training, 'cancelled')
  })

  it.concurrent('without a member that is frozen for so long that it is given up, and takes it in again when it is thawed', async () => {
    const mesh = await meshOf(NO_GPU, [], [])
    const [coordinator, second, third] = mesh.peers as [ClusterPeer, ClusterPeer, ClusterPeer]
    const training = await submitLong(coordinator)
    await trainsOn(coordinator, training, 2)
    await goesOn(coordinator, training)
    const frozen = (await coordinatorOf(mesh)) === third ? second : third
    const waiting = await submitWaiting(frozen)
    await mesh.signal(frozen, 'SIGSTOP')
    const givenUp = (): boolean => coordinator.events.some((event) => event.event === 'peer.left' && event.peerId === frozen.id)
    await waitFor(givenUp, WAIT_MS, 'the frozen peer is not taken for dead')
    await goesOn(coordinator, training)
    await trainsOn(coordinator, training, 1)
    await mesh.signal(frozen, 'SIGCONT')
    await trainsOn(coordinator, training, 2)
    await goesOn(frozen, training)
    const job = await coordinator.once('job', { jobId: training })
    expect(job.attempt).toBe(1)
    expect(
      job.receipts.reduce((sum, { samples }) => sum + samples, 0),
      'nothing is counted twice',
    ).toBe(job.samples)
    await knownBy(mesh.peers, waiting)
    await coordinator.once('action', { action: 'cancel', jobId: training })
    await endsOnce(mesh.peers, training, 'cancelled')
  })
})
