/**
 * Which connections a peer keeps. In a small mesh everybody is connected to everybody. In a large one each peer keeps a
 * dozen drawn at random, as many as gossip uses, and the voters take up a bounded number of the others: who those are is
 * drawn by hash, so that no voter has to turn thousands away. What a job needs stays. A pure function.
 */
import { CLOSE_PER_TURN, FULL_MESH_MAX_PEERS, KEPT_CONNECTIONS, MAX_CONNECTIONS, MAX_VOTER_CONNECTIONS, SETTLED_AFTER_MS, VOTER_LINKS } from './constants.ts'

export interface Degree {
  readonly self: string
  /** All other peers of the mesh, as presence knows them. */
  readonly known: readonly string[]
  /** To whom there is a connection, and for how long. */
  readonly connected: ReadonlyMap<string, number>
  /** The committee, the coordinator included. */
  readonly voters: readonly string[]
  /** Must stay connected: members of jobs, tabs that are reached through this peer. */
  readonly isNeeded: (peer: string) => boolean
  /** Not to be dialled now: failed a moment ago, shut out, or being dialled already. */
  readonly isResting: (peer: string) => boolean
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface DegreePlan {
  readonly dial: readonly string[]
  readonly close: readonly string[]
}

/** Whether this is a mesh in which everybody is connected to everybody. */
export function isSmallMesh(others: number): boolean {
  return others < FULL_MESH_MAX_PEERS
}

export function planConnections(degree: Degree): DegreePlan {
  const { self, known, connected, voters, isResting, random } = degree
  const missing = known.filter((peer) => peer !== self && !connected.has(peer) && !isResting(peer))
  if (isSmallMesh(known.length)) return { dial: missing, close: [] }
  const votes = voters.includes(self)
  const wanted = new Set(voters.filter((voter) => voter !== self && (votes || takesUp(voter, self, known.length))))
  const dial = missing.filter((peer) => wanted.has(peer))
  const lacking = KEPT_CONNECTIONS - connected.size - dial.length
  if (lacking > 0) {
    const others = missing.filter((peer) => !wanted.has(peer) && !voters.includes(peer))
    dial.push(...sample(others, lacking, random))
  }
  return { dial, close: surplus(degree, wanted, votes) }
}

/** Drawn by hash: of any two peers, both know whether this voter takes up that peer. */
function takesUp(voter: string, peer: string, peers: number): boolean {
  return hash(`${voter} ${peer}`) < VOTER_LINKS / peers
}

function surplus({ connected, voters, isNeeded, random }: Degree, wanted: ReadonlySet<string>, votes: boolean): string[] {
  const count = Math.min(CLOSE_PER_TURN, connected.size - (votes ? MAX_VOTER_CONNECTIONS : MAX_CONNECTIONS))
  if (count <= 0) return []
  const spare = [...connected].filter(([peer, ageMs]) => ageMs >= SETTLED_AFTER_MS && !wanted.has(peer) && !voters.includes(peer) && !isNeeded(peer))
  return sample(
    spare.map(([peer]) => peer),
    count,
    random,
  )
}

function sample(from: readonly string[], count: number, random: () => number): string[] {
  const drawn = [...from]
  for (let i = 0; i < Math.min(count, drawn.length); i++) {
    const j = i + Math.floor(random() * (drawn.length - i))
    ;[drawn[i], drawn[j]] = [drawn[j] as string, drawn[i] as string]
  }
  return drawn.slice(0, count)
}

/** Uniform in [0, 1): FNV-1a with murmur3's last mixing. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return ((value ^ (value >>> 16)) >>> 0) / 2 ** 32
}
