/**
 * One mesh from its founding to the death of its coordinator, and what that costs: traffic of each role while nothing
 * happens, time from submitting a job until all members are assigned, time until everybody follows the next coordinator.
 */
import type { SignedJob } from '../specs.ts'
import { ScaleMesh } from './mesh.ts'
import type { ScalePeer } from './peer.ts'
import { KINDS, type Kind, type Rates, spread } from './traffic.ts'

export interface RoleFigures {
  readonly peers: number
  readonly all: Rates
  readonly byKind: Readonly<Record<Kind, Rates>>
}

export interface ScaleFigures {
  readonly peers: number
  readonly voters: number
  readonly connections: { readonly mean: number; readonly max: number }
  /** Per peer and second, nothing but the mesh itself. */
  readonly idle: { readonly learner: RoleFigures; readonly voter: RoleFigures; readonly coordinator: RoleFigures }
  /** Milliseconds from the submitter's request to the last member's assignment, one for each job; null: not within the time. */
  readonly assignedMs: readonly (number | null)[]
  /** The coordinator's own traffic from the first of these jobs to the last. */
  readonly assigning: RoleFigures
  /** Milliseconds from the death of the coordinator until so many of the others followed the next one. */
  readonly failover: { readonly electedMs: number | null; readonly halfMs: number | null; readonly allMs: number | null }
  /** Peers that somebody took for dead or gone, without those that were killed: must be 0. */
  readonly falselyLeft: number
  /** Peers that do not know all others at the end: must be 0. */
  readonly incomplete: number
}

/** The committee grows by a peer at a time, connections to its members follow. */
const FOUNDING_MS = 7000
const LINK_TURNS = 5
const SETTLING_MS = 5000
const IDLE_MS = 10_000
const JOB_MS = 2500
const FAILOVER_MS = 12_000
const STEP_MS = 10

export function measure(size: number, seed: number, jobs: readonly SignedJob[], members: number): ScaleFigures {
  const mesh = new ScaleMesh(size, seed)
  const { traffic, world } = mesh
  mesh.start()
  mesh.run(FOUNDING_MS)
  for (let turn = 0; turn < LINK_TURNS; turn += 1) {
    mesh.tendLinks()
    mesh.run(1000)
  }
  mesh.run(SETTLING_MS)
  traffic.reset()
  mesh.run(IDLE_MS)
  const coordinator = mesh.leader
  if (coordinator === null) throw new Error(`a mesh of ${size} peers with seed ${seed} has no coordinator after ${world.now} ms`)
  const voters = mesh.voters().filter((peer) => peer !== coordinator)
  const learners = mesh.peers.filter((peer) => peer !== coordinator && !voters.includes(peer))
  const figures = (peers: readonly ScalePeer[], seconds: number): RoleFigures => {
    const indices = peers.map(({ index }) => index)
    const byKind = Object.fromEntries(KINDS.map((kind) => [kind, traffic.rates(indices, seconds, [kind])])) as Record<Kind, Rates>
    return { peers: peers.length, all: traffic.rates(indices, seconds), byKind }
  }
  const seconds = IDLE_MS / 1000
  const idle = { learner: figures(learners, seconds), voter: figures(voters, seconds), coordinator: figures([coordinator], seconds) }
  const { mean, max } = spread(mesh.peers.map(({ links }) => links.size))

  traffic.reset()
  const assignedMs = jobs.map((job) => {
    const submitter = learners[world.integer(0, learners.length)] as ScalePeer
    const startedAt = world.now
    const assignedAt = mesh.submit(submitter, job)
    mesh.run(JOB_MS)
    coordinator.propose({ type: 'cancel', jobId: job.jobId, reason: 'measured', at: world.now })
    mesh.run(1000)
    return assignedAt.size < members ? null : Math.max(...assignedAt.values()) - startedAt
  })
  const assigning = figures([coordinator], (jobs.length * (JOB_MS + 1000)) / 1000)

  return {
    peers: size,
    voters: voters.length + 1,
    connections: { mean, max },
    idle,
    assignedMs,
    assigning,
    failover: failover(mesh, coordinator),
    falselyLeft: mesh.peers.reduce((sum, { left }) => sum + left.filter((peer) => peer !== coordinator.id).length, 0),
    incomplete: mesh.peers.filter((peer) => peer !== coordinator && peer.presence.size !== size - 1).length,
  }
}

function failover(mesh: ScaleMesh, coordinator: ScalePeer): ScaleFigures['failover'] {
  const { world } = mesh
  const diedAt = world.now
  const others = mesh.peers.filter((peer) => peer !== coordinator)
  mesh.kill(coordinator)
  let electedMs: number | null = null
  while (world.now < diedAt + FAILOVER_MS && electedMs === null) {
    mesh.run(STEP_MS)
    if (mesh.leader !== null) electedMs = world.now - diedAt
  }
  mesh.run(diedAt + FAILOVER_MS - world.now)
  const { leader } = mesh
  const followed = others.filter((peer) => leader !== null && peer.leader === leader.id).map(({ followsSince }) => followsSince - diedAt)
  followed.sort((a, b) => a - b)
  const at = (share: number): number | null => followed[Math.ceil(share * others.length) - 1] ?? null
  return { electedMs, halfMs: at(0.5), allMs: at(1) }
}
