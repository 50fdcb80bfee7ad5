/**
 * First layer: the election and replication core alone, under faults, with commands proposed all the time.
 */
import { Mesh, type MeshOptions } from './mesh.ts'
import { Violation } from './world.ts'

export interface ElectionResult {
  readonly virtualMs: number
  readonly events: number
  readonly messages: number
  readonly elections: number
  readonly acknowledged: number
  /** False entries and snapshots that were refused. */
  readonly liesRefused: number
  /** What peers took in that the leader did not replicate to them. */
  readonly fed: number
  /** Processes that ended because another one had their identity, and lines in which such two contradicted each other. */
  readonly twinsFound: number
  readonly contradicted: number
  /** From the end of the faults until all follow one leader. */
  readonly settledAfterMs: number
}

interface Acknowledged {
  readonly epochId: string
  readonly index: number
  readonly term: number
}

/** Presence is announced every four seconds of a peer's own time, and each dials the others within a second. */
const TWINS_FOUND_MS = 15_000

/** So large that one append message holds only two of them. */
const BULK = new Uint8Array(300 * 1024)

export function runElection(options: MeshOptions): ElectionResult {
  const mesh = new Mesh(options)
  const { world, peers } = mesh
  const acknowledged: Acknowledged[] = []
  const bulky = world.chance(0.25)
  const propose = (): void => {
    const peer = world.pick(peers)
    const { coordination } = peer
    if (peer.awake && coordination?.leads) {
      coordination.propose(bulky ? BULK : new Uint8Array(world.integer(1, 40)), (index) => {
        const entry = index === null ? undefined : coordination.core.log.entry(index)
        const { epoch } = coordination.core
        if (entry !== undefined && epoch !== null) acknowledged.push({ epochId: epoch.id, index: entry.index, term: entry.term })
      })
    }
    world.after(world.uniform(5, 400), propose)
  }
  propose()

  mesh.suffer(world.chance(0.5) ? 8000 : 500, world.uniform(10_000, 60_000), world.pick([500, 1500, 4000]))

  const settledAfterMs = comeToRest(mesh)
  for (const { epochId, index, term } of acknowledged) {
    if (mesh.invariants.line(epochId).committed[index - 1]?.term !== term) {
      throw new Violation('acknowledged means committed', `entry ${index} of term ${term} in epoch ${epochId}`)
    }
  }
  const { elections, liesRefused, fed, twinned } = mesh.invariants
  return {
    virtualMs: world.now,
    events: world.events,
    messages: mesh.network.sent,
    elections,
    acknowledged: acknowledged.length,
    liesRefused,
    fed,
    twinsFound: twinned.found,
    contradicted: twinned.contradicted.size,
    settledAfterMs,
  }
}

/** After the faults: a leader soon, one line for all within a recovery, and equal logs with something new in them. */
export function comeToRest(mesh: Mesh): number {
  const { world } = mesh
  // A line whose voters have all gone over to others needs its recovery timeout, by the slowest clock, and the delays that
  // learners add; the lines that are left then meet by the next claims.
  const longest = 1.5 * (mesh.recoveryTimeoutMs + 12_000) + 10_000
  const peace = world.now
  let settledAt = world.now
  mesh.await('of two processes with one identity one ends', TWINS_FOUND_MS, () => mesh.twice)
  const agree = (): string | null => {
    const found = mesh.agreement()
    return 'leader' in found ? null : found.problem
  }
  // It must stay so, too. Messages that were held up for long before the peace may disturb it once more.
  mesh.await('all follow one leader', longest, () => {
    const problem = agree()
    if (problem !== null) settledAt = world.now + 100
    return problem ?? (world.now - settledAt >= 3000 ? null : 'not for three seconds yet')
  })
  const settledAfterMs = Math.max(0, settledAt - peace)
  const after = mesh.agreement()
  if (!('leader' in after)) throw new Violation('all follow one leader', after.problem)
  let committedAt: number | null = null
  after.leader.coordination?.propose(new Uint8Array([1, 2, 3]), (index) => {
    committedAt = index
  })
  // Jobs that are under way add entries all the time: what counts is that everybody has come as far.
  const everywhere = (): string | null => (committedAt === null ? 'the proposal is not committed' : mesh.sameLogs(committedAt))
  mesh.await('what is proposed in peace is committed everywhere', 3000, everywhere)
  return settledAfterMs
}
