/**
 * Real processes that do not vote: the coordinator does not send them the log, they have it from one another. A job that
 * one of them computes ends on all of them, and they follow the next coordinator.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { digitsJob, specOf } from './jobs.ts'
import { agreement, coordinatorOf, knownBy, submitWaiting } from './running.ts'

const TIMEOUT_MS = 180_000

let mesh: Cluster
let learners: readonly ClusterPeer[]

beforeAll(async () => {
  mesh = await Cluster.create({ peerArguments: ['--http', 'off'] })
  await mesh.add(['--gpu', 'none'])
  await Promise.all([mesh.add(['--gpu', 'none']), mesh.add(['--gpu', 'none']), mesh.add(['--no-vote', '--gpu', 'none']), mesh.add(['--no-vote'])])
  const grown = async (): Promise<boolean> => {
    const infos = await Promise.all(mesh.peers.map((peer) => peer.once('coordinator', {})))
    return infos.every(({ peerId, voters }) => peerId !== null && voters.length === 3)
  }
  await waitFor(grown, TIMEOUT_MS / 2, 'not everybody knows a committee of three')
  learners = mesh.peers.slice(3)
}, TIMEOUT_MS)
afterAll(() => mesh?.stop(), TIMEOUT_MS)

it('peers that do not vote see a job through, and the death of the coordinator', { timeout: TIMEOUT_MS }, async () => {
  const [asked, computing] = learners as [ClusterPeer, ClusterPeer]
  const { jobId } = await asked.once('submit', { spec: await specOf(digitsJob({ steps: 100 })) })
  await knownBy(mesh.peers, jobId, ['completed'])
  const { receipts } = await asked.once('job', { jobId })
  expect(
    receipts.map(({ peerId }) => peerId),
    'only one of them has a GPU',
  ).toEqual([computing.id])
  const waiting = await submitWaiting(computing)
  await knownBy(mesh.peers, waiting)

  const old = await coordinatorOf(mesh)
  expect(learners).not.toContain(old)
  await mesh.signal(old, 'SIGKILL')
  const left = mesh.peers.filter((peer) => peer !== old)
  const next = await agreement(left, { not: [old] })
  expect(learners.map(({ id }) => id)).not.toContain(next.peerId)
  await knownBy(left, await submitWaiting(asked))
  await knownBy(left, waiting)
})
