/**
 * Which connections a peer keeps: all of a small mesh, a bounded number of a large one.
 */
import { describe, expect, it } from 'vitest'
import {
  CLOSE_PER_TURN,
  FULL_MESH_MAX_PEERS,
  KEPT_CONNECTIONS,
  MAX_CONNECTIONS,
  MAX_VOTER_CONNECTIONS,
  SETTLED_AFTER_MS,
} from '../../../protocol/mesh/constants.ts'
import { type Degree, planConnections } from '../../../protocol/mesh/degree.ts'
import { World } from '../../sim/world.ts'

const peer = (i: number): string => `peer-${i}`
const VOTERS = [0, 1, 2, 3, 4].map(peer)

function degree(others: Partial<Degree> & { readonly size: number }): Degree {
  const { size, self = peer(99), ...more } = others
  const known = Array.from({ length: size }, (_, i) => peer(i)).filter((id) => id !== self)
  return { self, known, connected: new Map(), voters: VOTERS, isNeeded: () => false, isResting: () => false, random: new World(1).random, ...more }
}

const linked = (count: number, ageMs = SETTLED_AFTER_MS, from = 5): Map<string, number> =>
  new Map(Array.from({ length: count }, (_, i) => [peer(from + i), ageMs] as const))

/** All peers of a mesh come to rest by their own plans; each sees the links that others made. */
function settle(size: number, turns: number, needed: (a: string, b: string) => boolean = () => false): Map<string, Map<string, number>> {
  const random = new World(7).random
  const links = new Map<string, Map<string, number>>(Array.from({ length: size }, (_, i) => [peer(i), new Map()]))
  const known = [...links.keys()]
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [self, connected] of links) {
      const others = known.filter((id) => id !== self)
      const { dial, close } = planConnections({
        self,
        known: others,
        connected,
        voters: VOTERS,
        isNeeded: (to) => needed(self, to),
        isResting: () => false,
        random,
      })
      for (const to of dial) {
        connected.set(to, SETTLED_AFTER_MS)
        links.get(to)?.set(self, SETTLED_AFTER_MS)
      }
      for (const to of close) {
        connected.delete(to)
        links.get(to)?.delete(self)
      }
    }
  }
  return links
}

describe('connections that a peer keeps', () => {
  it('are all of a small mesh', () => {
    const { dial, close } = planConnections(degree({ size: FULL_MESH_MAX_PEERS - 1, connected: linked(20) }))
    expect(dial).toHaveLength(FULL_MESH_MAX_PEERS - 1 - 20)
    expect(close).toEqual([])
  })

  it('are a dozen in a large mesh, voters among them, and nobody is dialled twice', () => {
    const first = planConnections(degree({ size: 60 }))
    expect(first.dial).toEqual(expect.arrayContaining(VOTERS)) // each voter has room for all of 60
    expect(first.dial).toHaveLength(KEPT_CONNECTIONS)
    const connected = new Map(first.dial.map((id) => [id, 0]))
    expect(planConnections(degree({ size: 60, connected })).dial).toEqual([])
    const resting = planConnections(degree({ size: 60, isResting: (id) => VOTERS.includes(id) })).dial
    expect(resting.filter((id) => VOTERS.includes(id))).toEqual([])
  })

  it('are bounded for everybody in a mesh of a thousand, which hangs together', () => {
    const links = settle(1000, 5)
    for (const [self, { size }] of links) {
      const limit = VOTERS.includes(self) ? MAX_VOTER_CONNECTIONS : MAX_CONNECTIONS
      expect(size, self).toBeLessThanOrEqual(limit)
      expect(size, self).toBeGreaterThanOrEqual(KEPT_CONNECTIONS)
    }
    const mean = [...links.values()].reduce((sum, { size }) => sum + size, 0) / links.size
    expect(mean).toBeLessThan(2 * KEPT_CONNECTIONS)
    for (const voter of VOTERS) expect([...(links.get(voter)?.keys() ?? [])]).toEqual(expect.arrayContaining(VOTERS.filter((id) => id !== voter)))
    const reached = new Set([peer(999)])
    for (const id of reached) for (const next of links.get(id)?.keys() ?? []) reached.add(next)
    expect(reached.size).toBe(1000)
  })

  it('are not closed while they are needed, young, or those of voters', () => {
    const many = linked(MAX_CONNECTIONS + 20)
    const { close } = planConnections(degree({ size: 500, connected: many }))
    expect(close).toHaveLength(CLOSE_PER_TURN)
    const needed = new Set([...many.keys()].slice(0, MAX_CONNECTIONS + 15))
    const spared = planConnections(degree({ size: 500, connected: many, isNeeded: (id) => needed.has(id) })).close
    expect(spared).toHaveLength(5)
    expect(spared.filter((id) => needed.has(id))).toEqual([])
    expect(planConnections(degree({ size: 500, connected: linked(MAX_CONNECTIONS + 20, SETTLED_AFTER_MS - 1) })).close).toEqual([])
    const withVoters = new Map([...VOTERS.map((id) => [id, SETTLED_AFTER_MS] as const), ...linked(MAX_CONNECTIONS, 0)])
    expect(planConnections(degree({ size: 500, connected: withVoters })).close).toEqual([])
  })

  it('are more at a voter', () => {
    const self = VOTERS[0] as string
    expect(planConnections(degree({ size: 500, self, connected: linked(MAX_VOTER_CONNECTIONS) })).close).toEqual([])
    expect(planConnections(degree({ size: 500, self, connected: linked(MAX_VOTER_CONNECTIONS + 3) })).close).toHaveLength(3)
  })
})
