/**
 * What tests of real processes ask of a mesh and of the jobs in it. Everything is seen as people see it: events that peers
 * print, answers that they give. Waits are generous; nothing is judged by how long it took.
 */
import { expect } from 'vitest'
import { type Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import type { CoordinatorInfo, JobSummary } from '../../protocol/control/types.ts'
import type { JobEvent } from '../../protocol/events/types.ts'
import { digitsJob, specOf } from './jobs.ts'

const WAIT_MS = 60_000
const TERMINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled'])

export async function coordinatorOf(mesh: Cluster): Promise<ClusterPeer> {
  const { peerId } = await (mesh.living[0] as ClusterPeer).once('coordinator', {})
  return mesh.living.find((peer) => peer.id === peerId) as ClusterPeer
}

/** Waits until these peers follow the same coordinator under the same fence, it is none of `not`, and the epoch is `epoch`, where that is given. */
export async function agreement(peers: readonly ClusterPeer[], { not = [] as readonly ClusterPeer[], epoch = 0 } = {}): Promise<CoordinatorInfo> {
  let infos: CoordinatorInfo[] = []
  const agreed = async (): Promise<boolean> => {
    infos = await Promise.all(peers.map((peer) => peer.once('coordinator', {})))
    const [first, ...others] = infos
    if (first === undefined || first.peerId === null || not.some((peer) => peer.id === first.peerId)) return false
    if (epoch > 0 && first.epoch !== epoch) return false
    return others.every((other) => other.peerId === first.peerId && other.epoch === first.epoch && other.term === first.term)
  }
  await waitFor(agreed, WAIT_MS, `${peers.map(({ name }) => name).join(', ')} did not agree on a coordinator`)
  return infos[0] as CoordinatorInfo
}

/** A job that needs a GPU, and more peers than there are: it stays where it is. */
export async function waitingJob(): Promise<unknown> {
  return specOf(digitsJob({ name: 'waiting', peers: { min: 8, max: 8 } }))
}

export async function submitWaiting(peer: ClusterPeer): Promise<string> {
  return (await peer.once('submit', { spec: await waitingJob() })).jobId
}

/** Committed rounds of a job, as this peer told them. */
export function roundsTold(peer: ClusterPeer, jobId: string): number {
  return peer.events.filter((event) => event.event === 'job.round' && event.jobId === jobId && event.committed).length
}

/** Waits for further rounds, told by this peer. */
export async function goesOn(peer: ClusterPeer, jobId: string, more = 2): Promise<void> {
  const before = roundsTold(peer, jobId)
  await waitFor(() => roundsTold(peer, jobId) >= before + more, WAIT_MS, `job ${jobId} did not go on, as ${peer.name} sees it`)
}

/**
 * Waits until so many members train it. The weights of one that trains alone are nowhere else: killed, it takes them along
 * until it is back, and the job has nothing to go on with.
 */
export async function trainsOn(peer: ClusterPeer, jobId: string, members: number): Promise<void> {
  const joined = async (): Promise<boolean> => (await peer.once('job', { jobId })).members.length === members
  await waitFor(joined, WAIT_MS, `job ${jobId} has not ${members} members, as ${peer.name} sees it`)
}

export async function jobAt(peer: ClusterPeer, jobId: string): Promise<JobSummary | undefined> {
  return (await peer.once('jobs', {})).find((job) => job.jobId === jobId)
}

/** Waits until each of these peers, asked for its own copy, has the job and tells such a state. */
export async function knownBy(
  peers: readonly ClusterPeer[],
  jobId: string,
  states: readonly string[] = ['queued', 'offered'],
  timeoutMs = WAIT_MS,
): Promise<void> {
  for (const peer of peers) {
    const known = async (): Promise<boolean> => states.includes((await jobAt(peer, jobId))?.state ?? '')
    await waitFor(known, timeoutMs, `${peer.name} does not know job ${jobId} as ${states.join(' or ')}`)
  }
}

/** Every peer has the job in this terminal state, and no peer ever told another one, or one twice. */
export async function endsOnce(peers: readonly ClusterPeer[], jobId: string, state: string, timeoutMs = WAIT_MS): Promise<void> {
  await knownBy(peers, jobId, [state], timeoutMs)
  for (const peer of peers) {
    const told = peer.events.filter((event): event is JobEvent & { event: 'job.state' } => event.event === 'job.state' && event.jobId === jobId)
    const ends = told.map((event) => event.state).filter((name) => TERMINAL.has(name))
    expect(ends, `terminal states told by ${peer.name}`).toEqual([state])
  }
}
