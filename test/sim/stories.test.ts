/**
 * Schedules written by hand: what once went wrong, or what people do every day.
 */
import { describe, expect, it } from 'vitest'
import { Mesh } from './mesh.ts'
import type { SimPeer } from './peer.ts'

function settled(seed: number, peers: number): { mesh: Mesh; leader: () => SimPeer } {
  const mesh = new Mesh({ seed, peers, staying: peers, allVote: true, apart: false, mayBeHostile: false, recoveryTimeoutMs: 30_000 })
  const leader = (): SimPeer => {
    const found = mesh.agreement()
    if ('problem' in found) throw new Error(found.problem)
    return found.leader
  }
  const voters = peers >= 5 ? 5 : peers >= 3 ? 3 : 1
  mesh.await('a whole committee', 90_000, () => {
    const found = mesh.agreement()
    if ('problem' in found) return found.problem
    return found.leader.core?.voters.length === voters ? null : `${found.leader.core?.voters.length} voters`
  })
  mesh.world.runUntil(mesh.world.now + 2000) // everybody has heard of everybody
  return { mesh, leader }
}

/** As `Coordinator.leave` does it: until the committee does without the peer, for at most 2.5 s. */
function leaves(mesh: Mesh, peer: SimPeer): void {
  peer.coordination?.leave()
  mesh.await(`${peer.id} may go`, 2500, () => (peer.core?.mayGo ? null : 'not yet'))
  peer.die()
  peer.retired = true
}

describe('stories', () => {
  it('voters leave in good order, one after the other: the last one leads, and nobody waits for a recovery', () => {
    for (const peers of [2, 3, 5]) {
      for (let seed = 1; seed <= 15; seed++) {
        const { mesh, leader } = settled(seed, peers)
        for (let left = 1; left < peers; left++) {
          const victim = seed % 2 === 0 ? leader() : (mesh.members.find((peer) => peer !== leader()) as SimPeer)
          leaves(mesh, victim)
          mesh.await(`the others go on without ${victim.id} (seed ${seed})`, 5000, () => {
            const found = mesh.agreement()
            return 'problem' in found ? found.problem : null
          })
        }
        expect(leader().core?.epoch?.number, `seed ${seed}: no new epoch`).toBe(1)
        expect(leader().core?.voters).toEqual([leader().id])
      }
    }
  })

  it('a peer that was away while the log was compacted comes back by a snapshot, and holds what the others hold', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const { mesh, leader } = settled(seed, 4)
      const leads = leader()
      const away = mesh.members.find((peer) => peer !== leads) as SimPeer
      away.die()
      mesh.world.runUntil(mesh.world.now + 3000)
      const { core, coordination } = leads
      for (let i = 0; i < 40; i++) coordination?.propose(new Uint8Array(20_000), () => {})
      const missed = away.disk.log.lastIndex
      mesh.await('what it needs is gone', 5000, () => ((core?.log.base ?? 0) > missed ? null : `the log begins after ${core?.log.base}, ${missed} are there`))
      away.start()
      mesh.await('all hold the same', 20_000, () => mesh.sameLogs())
      expect(away.core?.snapshot?.index).toBeGreaterThan(missed)
    }
  })
})
