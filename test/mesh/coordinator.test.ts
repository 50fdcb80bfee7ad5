/**
 * A committee of five real processes, and a job that trains all the while on two of them: its coordinator is frozen,
 * thawed, killed and cut off, and three of the five die at once. The cases share the mesh, and run in this order.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, ClusterPeer } from '../../node/demo/cluster.ts'
import { digitsJob, specOf } from './jobs.ts'
import { Partitions } from './partition/partitions.ts'
import { agreement, coordinatorOf, endsOnce, goesOn, jobAt, knownBy, submitWaiting, trainsOn, waitingJob } from './running.ts'

const TIMEOUT_MS = 180_000

describe('a mesh of five voters with a job in flight', { timeout: TIMEOUT_MS }, () => {
  let mesh: Cluster
  let network: Partitions
  let training = ''
  /** Acknowledged, and never allowed to get lost. */
  const acknowledged: { jobId: string; peer: ClusterPeer }[] = []

  const others = (...without: readonly ClusterPeer[]): ClusterPeer[] => mesh.peers.filter((peer) => !without.includes(peer))
  const acknowledge = async (peer: ClusterPeer): Promise<void> => {
    acknowledged.push({ jobId: await submitWaiting(peer), peer })
  }
  const nothingLost = async (): Promise<void> => {
    for (const { jobId } of acknowledged) await knownBy(mesh.living, jobId)
  }

  beforeAll(async () => {
    const made = await Partitions.create({ peerArguments: ['--http', 'off'] })
    mesh = made.mesh
    network = made.network
    await mesh.add()
    await Promise.all([mesh.add(), ...Array.from({ length: 3 }, () => mesh.add(['--gpu', 'none']))])
    await mesh.settled(TIMEOUT_MS)
    const job = digitsJob({ steps: 1_000_000, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 5 })
    training = (await (mesh.peers[1] as ClusterPeer).once('submit', { spec: await specOf(job) })).jobId
    await goesOn(mesh.peers[4] as ClusterPeer, training)
  }, TIMEOUT_MS)
  afterAll(() => network?.stop(), TIMEOUT_MS)

  it('goes on when its coordinator is frozen; what that one had to say when it is thawed changes nothing', async () => {
    const old = await coordinatorOf(mesh)
    await trainsOn(old, training, 2)
    await acknowledge(old)
    await mesh.signal(old, 'SIGSTOP')
    // Reaches it while it still believes that it coordinates: read when it is thawed.
    const late = old.once('submit', { spec: await waitingJob() }).then(({ jobId }) => jobId)
    late.catch(() => {}) // an error is an answer, too
    const next = await agreement(others(old), { not: [old] })
    await goesOn(others(old)[3] as ClusterPeer, training)
    const attempt = (await jobAt(others(old)[0] as ClusterPeer, training))?.attempt
    await mesh.signal(old, 'SIGCONT')
    expect(await agreement(mesh.peers), 'nobody was disturbed').toMatchObject({ peerId: next.peerId, epoch: next.epoch, term: next.term })
    await goesOn(others(old)[3] as ClusterPeer, training)
    for (const peer of mesh.peers) expect(await jobAt(peer, training), peer.name).toMatchObject({ state: 'running', attempt })
    const jobId = await late.catch(() => null)
    if (jobId !== null) acknowledged.push({ jobId, peer: old })
    await nothingLost()
  })

  it('goes on when its coordinator is killed', async () => {
    const old = await coordinatorOf(mesh)
    await trainsOn(old, training, 2)
    await acknowledge(old)
    await mesh.signal(old, 'SIGKILL')
    await agreement(others(old))
    await nothingLost()
    await goesOn(others(old)[3] as ClusterPeer, training)
    await mesh.run(old, argumentsOf(mesh, old))
    await agreement(mesh.peers)
    await nothingLost()
  })

  it('goes on where the majority is when its coordinator is cut off with the minority, and is one line afterwards', async () => {
    const old = await coordinatorOf(mesh)
    await trainsOn(old, training, 2)
    const computing = mesh.peers.slice(0, 2)
    // One member of the job on each side, where the coordinator is one; else both on the larger side.
    const minority = [old, others(old, ...computing)[0] as ClusterPeer]
    const rest = others(...minority)
    await acknowledge(old)
    await network.split(minority, rest)
    const late = old.once('submit', { spec: await waitingJob() }).then(
      ({ jobId }) => ({ jobId }),
      (error: Error) => ({ error }),
    )
    const next = await agreement(rest, { not: minority })
    await goesOn(rest.at(-1) as ClusterPeer, training)
    await acknowledge(rest[0] as ClusterPeer)
    const settled = await Promise.race([late, Promise.resolve('none yet')])
    expect(settled, 'nothing is acknowledged by a minority').not.toHaveProperty('jobId')
    const stepped = async (): Promise<boolean> => (await old.once('coordinator', {})).peerId !== old.id
    await expect.poll(stepped, { timeout: TIMEOUT_MS / 2, message: 'the old coordinator steps down' }).toBe(true)
    const asked = Date.now()
    const [stale] = await old.once('jobs', {})
    expect(Date.parse(stale?.asOf ?? ''), 'its copy says that it is not new').toBeLessThan(asked)
    await expect(current(old), 'nobody there can say what is current').rejects.toThrow()
    const fresh = await (rest[0] as ClusterPeer).once('jobs', { current: true })
    expect(fresh.map((job) => job.jobId)).toEqual(expect.arrayContaining(acknowledged.map((one) => one.jobId)))
    for (const { asOf } of fresh) expect(Date.parse(asOf ?? '')).toBeGreaterThanOrEqual(asked)
    await network.heal()
    expect(await agreement(mesh.peers)).toMatchObject({ epoch: next.epoch })
    const answer = await late
    if ('jobId' in answer) acknowledged.push({ jobId: answer.jobId, peer: old })
    await nothingLost()
    await goesOn(old, training)
  })

  it('stops when a majority is killed, and goes on when it is back', async () => {
    const old = await coordinatorOf(mesh)
    await trainsOn(old, training, 2)
    const killed = [old, ...others(old).slice(0, 2)]
    const left = others(...killed)
    await acknowledge(old)
    await Promise.all(killed.map((peer) => mesh.signal(peer, 'SIGKILL')))
    const early = (left[0] as ClusterPeer).once('submit', { spec: await waitingJob() }).then(
      ({ jobId }) => ({ jobId }),
      (error: Error) => ({ error }),
    )
    const [first, ...more] = killed as [ClusterPeer, ...ClusterPeer[]]
    await mesh.run(first, argumentsOf(mesh, first))
    await Promise.all(more.map((peer) => mesh.run(peer, argumentsOf(mesh, peer))))
    const { epoch } = await agreement(mesh.peers)
    expect(epoch, 'no recovery was needed').toBe(1)
    const answer = await early
    if ('jobId' in answer) acknowledged.push({ jobId: answer.jobId, peer: left[0] as ClusterPeer })
    await nothingLost()
    await goesOn(left[0] as ClusterPeer, training)
  })

  it('ends each job once, on every peer', async () => {
    await (mesh.peers[1] as ClusterPeer).once('action', { action: 'cancel', jobId: training })
    for (const { jobId, peer } of acknowledged) await peer.once('action', { action: 'cancel', jobId })
    for (const jobId of [training, ...acknowledged.map((one) => one.jobId)]) await endsOnce(mesh.peers, jobId, 'cancelled')
    await mesh.settled()
  })
})

/** The jobs as they are now; rejects where no coordinator answers soon. */
async function current(peer: ClusterPeer): Promise<unknown> {
  for await (const jobs of peer.ask('jobs', { current: true }, AbortSignal.timeout(3000))) return jobs
  throw new Error(`${peer.name} gave no answer`)
}

/** The first two compute; a peer that is started again is what it was. */
function argumentsOf(mesh: Cluster, peer: ClusterPeer): string[] {
  return mesh.peers.indexOf(peer) < 2 ? [] : ['--gpu', 'none']
}
