/**
 * A job that one process trains alone, and that process killed: another one goes on from the copy of its last checkpoint;
 * where there is no copy the job waits until the process is back, and no retry is used up by that.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import type { JobDetail } from '../../protocol/control/types.ts'
import { digitsJob, specOf } from './jobs.ts'
import { coordinatorOf, endsOnce, goesOn, roundsTold } from './running.ts'

const TIMEOUT_MS = 180_000
const WAIT_MS = 90_000
/** Longer than all retries of a job took that used them up. */
const STILL_WAITS_MS = 8000
const STEPS = 800

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

/** Rounds of 20 steps, a checkpoint after every second one. */
async function submit(peer: ClusterPeer, more: Record<string, unknown>): Promise<string> {
  const job = digitsJob({ steps: STEPS, sync: { mode: 'allreduce', roundSteps: 20 }, checkpointEveryRounds: 2, ...more })
  return (await peer.once('submit', { spec: await specOf(job) })).jobId
}

const samplesOf = ({ receipts }: JobDetail): number => receipts.reduce((sum, { samples }) => sum + samples, 0)

describe('a job that one process trains alone', { timeout: TIMEOUT_MS }, () => {
  it.concurrent('ends on another one, from its last checkpoint, when that process is gone for good', async () => {
    const mesh = await meshOf([], [], ['--gpu', 'none'])
    const jobId = await submit(mesh.peers[2] as ClusterPeer, { peers: { min: 1, max: 1 } })
    let before: JobDetail | null = null
    const kept = async (): Promise<boolean> => {
      before = await (mesh.peers[2] as ClusterPeer).once('job', { jobId })
      return (before.checkpoint?.holders.length ?? 0) >= 2
    }
    await waitFor(kept, WAIT_MS, 'no checkpoint is on two peers', 20)
    const { members, checkpoint } = before as unknown as JobDetail
    const trainer = mesh.peers.find((peer) => peer.id === members[0]?.peerId) as ClusterPeer
    expect(checkpoint?.holders).toContain(trainer.id)
    await mesh.signal(trainer, 'SIGKILL')
    await endsOnce(mesh.living, jobId, 'completed', WAIT_MS)
    const job = await (mesh.peers[2] as ClusterPeer).once('job', { jobId })
    expect(job.result?.steps).toBe(STEPS)
    expect(samplesOf(job)).toBe(STEPS * 64)
    const done = job.receipts.find(({ peerId }) => peerId === trainer.id)?.samples
    expect(done, 'what it had done up to the checkpoint').toBeGreaterThanOrEqual((checkpoint?.step ?? 0) * 64)
    expect(done).toBeLessThan(STEPS * 64)
  })

  it.concurrent('waits for the only process that holds its checkpoint', async () => {
    // The other one has no room for a copy; it coordinates, and cannot train itself.
    const mesh = await meshOf(['--gpu', 'none', '--disk-limit', '1000'], [])
    const [other, trainer] = mesh.peers as [ClusterPeer, ClusterPeer]
    expect(await coordinatorOf(mesh)).toBe(other)
    const jobId = await submit(other, { limits: { maxRetries: 1 } })
    await waitFor(() => roundsTold(other, jobId) >= 5, WAIT_MS, 'five rounds did not commit', 20)
    await mesh.signal(trainer, 'SIGKILL')
    const waits = async (): Promise<boolean> => {
      const { state, attempt, waiting } = await other.once('job', { jobId })
      return state === 'queued' && attempt === 2 && (waiting?.startsWith('waits for a peer that holds checkpoint ') ?? false)
    }
    await waitFor(waits, WAIT_MS, 'the job does not wait for its checkpoint')
    const since = performance.now()
    while (performance.now() - since < STILL_WAITS_MS) {
      const { waiting } = await other.once('job', { jobId })
      expect(waiting).toMatch(new RegExp(`of step \\d+: ${trainer.id}, last seen \\d+ s ago$`))
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    await mesh.run(trainer)
    await goesOn(other, jobId)
    await endsOnce(mesh.living, jobId, 'completed', WAIT_MS)
    const job = await other.once('job', { jobId })
    expect(job.attempt).toBe(2)
    expect(job.result?.steps).toBe(STEPS)
    expect(samplesOf(job)).toBe(STEPS * 64)
  })
})
