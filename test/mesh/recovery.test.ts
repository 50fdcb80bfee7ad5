/**
 * Meshes that lose their majority for good, are split in halves, or never had one: what the README promises of each, seen
 * on real processes with a job in flight. Each case has a mesh of its own.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import type { JobDetail } from '../../protocol/control/types.ts'
import { digitsJob, specOf } from './jobs.ts'
import { Partitions } from './partition/partitions.ts'
import { agreement, coordinatorOf, endsOnce, goesOn, jobAt, knownBy, submitWaiting, trainsOn } from './running.ts'

const TIMEOUT_MS = 180_000
const WAIT_MS = 90_000
/** Long enough for a mesh on a busy machine to elect somebody where it can. */
const RECOVERY_SECONDS = 5
const OPTIONS = { peerArguments: ['--http', 'off', '--recovery-timeout', String(RECOVERY_SECONDS)], fixedPorts: true }
const NO_GPU = ['--gpu', 'none']

const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()))
}, TIMEOUT_MS)

async function startAll(mesh: Cluster, peers: readonly (readonly string[])[]): Promise<ClusterPeer[]> {
  const [first, ...others] = peers
  await mesh.add(first)
  for (const more of others) await mesh.add(more)
  await mesh.settled(WAIT_MS)
  return [...mesh.peers]
}

async function meshOf(...peers: readonly (readonly string[])[]): Promise<{ mesh: Cluster; peers: ClusterPeer[] }> {
  const mesh = await Cluster.create(OPTIONS)
  stops.push(() => mesh.stop())
  return { mesh, peers: await startAll(mesh, peers) }
}

/** A job that never ends by itself; with checkpoints soon. */
async function submitLong(peer: ClusterPeer, more: Record<string, unknown> = {}): Promise<string> {
  const job = digitsJob({ steps: 1_000_000, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 2, ...more })
  return (await peer.once('submit', { spec: await specOf(job) })).jobId
}

async function hasCheckpoint(peer: ClusterPeer, jobId: string, holders: readonly ClusterPeer[]): Promise<JobDetail> {
  let job: JobDetail | null = null
  const stored = async (): Promise<boolean> => {
    job = await peer.once('job', { jobId })
    return holders.every(({ id }) => job?.checkpoint?.holders.includes(id))
  }
  await waitFor(stored, WAIT_MS, `no checkpoint of job ${jobId} is on ${holders.map(({ name }) => name).join(' and ')}`)
  return job as unknown as JobDetail
}

async function cancelled(peer: ClusterPeer, peers: readonly ClusterPeer[], ...jobs: readonly string[]): Promise<void> {
  for (const jobId of jobs) await peer.once('action', { action: 'cancel', jobId })
  for (const jobId of jobs) await endsOnce(peers, jobId, 'cancelled')
}

describe('a mesh that loses its majority', { timeout: TIMEOUT_MS }, () => {
  it.concurrent('carries on in a new epoch when two of three voters are gone for good; the job goes on with its samples', async () => {
    const { mesh, peers } = await meshOf([], [], NO_GPU)
    const [survivor, second, third] = peers as [ClusterPeer, ClusterPeer, ClusterPeer]
    const training = await submitLong(survivor)
    await trainsOn(survivor, training, 2)
    const { checkpoint } = await hasCheckpoint(survivor, training, [survivor, second])
    const waiting = await submitWaiting(survivor)
    await knownBy([survivor], waiting)
    await Promise.all([second, third].map((peer) => mesh.signal(peer, 'SIGKILL')))
    const { epoch, voters } = await agreement([survivor], { not: [second, third], epoch: 2 })
    expect([epoch, voters]).toEqual([2, [survivor.id]])
    await goesOn(survivor, training)
    await knownBy([survivor], waiting)
    const job = await survivor.once('job', { jobId: training })
    expect(job.step).toBeGreaterThan(checkpoint?.step ?? Number.POSITIVE_INFINITY)
    expect(job.receipts.find(({ peerId }) => peerId === second.id)?.samples, 'what the lost one did counts').toBeGreaterThan(0)
    expect(job.receipts.reduce((sum, { samples }) => sum + samples, 0)).toBe(job.samples)
    await cancelled(survivor, [survivor], training, waiting)
  })

  it.concurrent('split in halves it carries on in both, the half without a majority after its recovery, and is one line with all jobs afterwards', async () => {
    const { mesh, network } = await Partitions.create(OPTIONS)
    stops.push(() => network.stop())
    const peers = await startAll(mesh, [[], NO_GPU, NO_GPU, NO_GPU])
    const old = await coordinatorOf(mesh)
    const voters = (await old.once('coordinator', {})).voters
    const learner = peers.find(({ id }) => !voters.includes(id)) as ClusterPeer
    const training = await submitLong(old)
    await goesOn(old, training)
    // Two voters on one side; the other side has one, and the peer that never voted.
    const mate = peers.find((peer) => peer !== old && peer !== learner) as ClusterPeer
    const minority = [mate, learner]
    const majority = peers.filter((peer) => !minority.includes(peer))
    await network.split(majority, minority)
    const recovered = await agreement(minority, { not: majority, epoch: 2 })
    expect(await agreement(majority), 'nobody was disturbed').toMatchObject({ peerId: old.id, epoch: 1 })
    expect(recovered.voters).not.toContain(old.id)
    const here = await submitWaiting(majority[0] as ClusterPeer)
    const there = await submitWaiting(learner)
    await network.heal()
    const one = await agreement(peers)
    expect(one.epoch, 'a majority beats a recovery').toBe(1)
    for (const jobId of [here, there]) await knownBy(peers, jobId)
    await goesOn(learner, training)
    await (majority[0] as ClusterPeer).once('action', { action: 'cancel', jobId: here })
    await learner.once('action', { action: 'cancel', jobId: there })
    await old.once('action', { action: 'cancel', jobId: training })
    for (const jobId of [here, there, training]) await endsOnce(peers, jobId, 'cancelled')
  })
})

describe('a mesh below three peers', { timeout: TIMEOUT_MS }, () => {
  it.concurrent('of one works at once, and goes on with its jobs in the same epoch when it is started again', async () => {
    const { mesh, peers } = await meshOf([])
    const [peer] = peers as [ClusterPeer]
    const training = await submitLong(peer)
    const waiting = await submitWaiting(peer)
    await hasCheckpoint(peer, training, [peer])
    await mesh.signal(peer, 'SIGKILL')
    await mesh.run(peer)
    expect(await agreement([peer])).toMatchObject({ peerId: peer.id, epoch: 1, voters: [peer.id] })
    await goesOn(peer, training)
    await knownBy([peer], waiting)
    await cancelled(peer, [peer], training, waiting)
  })

  it.concurrent('of two loses nothing: without its voter it waits for the recovery, and without the other it goes on', async () => {
    const { mesh, peers } = await meshOf(NO_GPU, [])
    const [voter, other] = peers as [ClusterPeer, ClusterPeer]
    expect((await voter.once('coordinator', {})).voters).toEqual([voter.id])
    const training = await submitLong(other)
    const waiting = await submitWaiting(other)
    await hasCheckpoint(other, training, [voter, other])
    await mesh.signal(voter, 'SIGKILL')
    expect(await agreement([other], { not: [voter], epoch: 2 })).toMatchObject({ peerId: other.id, voters: [other.id] })
    await goesOn(other, training)
    await mesh.run(voter, NO_GPU)
    expect(await agreement(peers)).toMatchObject({ peerId: other.id, epoch: 2 })
    await knownBy(peers, waiting)
    // Now the one without a vote dies.
    await mesh.signal(voter, 'SIGKILL')
    await goesOn(other, training)
    expect((await other.once('coordinator', {})).epoch, 'nobody had to be waited for').toBe(2)
    expect((await jobAt(other, training))?.state).toBe('running')
    await cancelled(other, [other], training, waiting)
  })
})
