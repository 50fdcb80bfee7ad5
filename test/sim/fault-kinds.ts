/**
 * The kinds of faults (mesh.md section 11), each with how often it comes and what it does.
 */
import type { Faults } from './faults.ts'
import { CALM } from './network.ts'
import type { SimPeer } from './peer.ts'
import type { Draws } from './world.ts'

type Strike = (faults: Faults, draws: Draws) => void

export const FAULT_KINDS = [
  'crash',
  'crashMidStep',
  'crashAfterAppend',
  'pause',
  'suspend',
  'partition',
  'cutOneWay',
  'isolateLeader',
  'badConditions',
  'slowPeer',
  'slowDisk',
  'powerCut',
  'leave',
  'retire',
  'flap',
  'clockStill',
  'clockLeap',
  'wallJump',
  'hostile',
  'twins',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** `weight`: with how many of a hundred faults each kind comes, more or less; 0 = only in runs that ask for it. */
export const KINDS: Readonly<Record<FaultKind, { readonly weight: number; readonly strike: Strike }>> = {
  crash: { weight: 16, strike: crash },
  crashMidStep: { weight: 9, strike: crashMidStep },
  crashAfterAppend: { weight: 5, strike: crashAfterAppend },
  pause: { weight: 8, strike: pause },
  suspend: { weight: 4, strike: suspend },
  partition: { weight: 13, strike: partition },
  cutOneWay: { weight: 7, strike: cutOneWay },
  isolateLeader: { weight: 7, strike: isolateLeader },
  badConditions: { weight: 8, strike: badConditions },
  slowPeer: { weight: 4, strike: slowPeer },
  slowDisk: { weight: 6, strike: slowDisk },
  powerCut: { weight: 3, strike: powerCut },
  leave: { weight: 5, strike: leave },
  retire: { weight: 3, strike: retire },
  flap: { weight: 6, strike: flap },
  clockStill: { weight: 2, strike: clockStill },
  clockLeap: { weight: 3, strike: clockLeap },
  wallJump: { weight: 2, strike: wallJump },
  hostile: { weight: 15, strike: hostile },
  // Planned in a share of the runs, and in all that ask for it.
  twins: { weight: 0, strike: twins },
}

function victim({ peers }: Faults, draws: Draws): SimPeer {
  const leaders = peers.filter((peer) => peer.core?.role === 'leader')
  return leaders.length > 0 && draws.chance(0.4) ? draws.pick(leaders) : draws.pick(peers)
}

// ---- processes ----

/** Mostly short; now and then long enough for a recovery. */
function crash(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  const downMs = draws.chance(0.15) ? draws.uniform(10_000, 60_000) : draws.uniform(50, 8000)
  peer.die()
  faults.later(downMs, () => peer.start())
}

function crashMidStep(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  const armed = draws.chance(0.5) ? 'before persist' : 'after persist'
  const downMs = draws.uniform(500, 8000)
  if (!peer.alive) return
  peer.armed = armed
  faults.later(downMs, () => {
    peer.armed = null
    peer.start()
  })
}

/** A leader that has stored an entry and told nobody; whoever is elected meanwhile may share its fate. */
function crashAfterAppend(faults: Faults, draws: Draws): void {
  const times = draws.integer(1, 4)
  const next = (left: number): void => {
    const leader = faults.peers.find((peer) => peer.awake && peer.core?.role === 'leader')
    if (leader !== undefined) {
      leader.armed = 'after persist'
      faults.later(draws.uniform(300, 4000), () => {
        leader.armed = null
        leader.start()
      })
    }
    if (left > 1) faults.later(draws.uniform(300, 2500), () => next(left - 1))
  }
  next(times)
}

function pause(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  peer.pause()
  faults.later(draws.uniform(200, 10_000), () => peer.thaw())
}

/** The machine sleeps, and its clock with it. */
function suspend(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  if (!peer.awake) return
  peer.pause()
  peer.clock.standStill()
  faults.later(draws.chance(0.2) ? draws.uniform(10_000, 60_000) : draws.uniform(500, 10_000), () => {
    peer.clock.goOn()
    peer.thaw()
  })
}

function powerCut(faults: Faults, draws: Draws): void {
  for (const peer of faults.peers) {
    peer.die()
    faults.later(draws.uniform(100, 5000), () => peer.start())
  }
}

/** A graceful leave: leadership is handed over, then the process ends. */
function leave(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  const backAfterMs = draws.uniform(500, 10_000)
  if (!peer.awake) return
  peer.coordination?.leave()
  faults.later(600, () => {
    peer.die()
    faults.later(backAfterMs, () => peer.start())
  })
}

/** For good, in good order or not: but not with the only copy of something that was acknowledged. */
function retire(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  const inGoodOrder = draws.chance(0.6)
  const backAfterMs = draws.uniform(500, 10_000)
  const first = faults.peers.findIndex(({ id }) => id === peer.id) // a copy that is left in its place stays as well
  if (first < faults.staying || !peer.awake || faults.peers.filter((one) => !one.retired).length <= 3) return
  if (inGoodOrder) peer.coordination?.leave()
  faults.later(inGoodOrder ? 600 : 0, () => {
    const mayGo = peer.alive && !faults.holdsAlone(peer)
    peer.die()
    if (mayGo) peer.retire()
    else faults.later(backAfterMs, () => peer.start())
  })
}

// ---- network ----

function partition(faults: Faults, draws: Draws): void {
  const { world, network, peers } = faults
  const side = peers.map(() => draws.chance(0.5))
  const bridge = draws.chance(0.15) ? draws.integer(0, peers.length) : -1
  for (const a of peers) {
    for (const b of peers) {
      if (side[a.index] !== side[b.index] && a.index !== bridge && b.index !== bridge) network.cut(a.index, b.index)
    }
  }
  world.note(() => `fault   partition ${side.map((yes) => (yes ? 'A' : 'B')).join('')}${bridge >= 0 ? ` bridge p${bridge}` : ''}`)
  heal(faults, draws.chance(0.3) ? draws.uniform(20_000, 60_000) : draws.uniform(300, 12_000))
}

function cutOneWay(faults: Faults, draws: Draws): void {
  const { world, network, peers } = faults
  const from = victim(faults, draws).index
  const to = peers.filter((peer) => peer.index !== from && draws.chance(0.6)).map((peer) => peer.index)
  const outwards = draws.chance(0.6)
  for (const other of to) {
    if (outwards) network.cut(from, other)
    else network.cut(other, from)
  }
  world.note(() => `fault   p${from} is not ${outwards ? 'heard by' : 'reached by'} p${to}`)
  heal(faults, draws.uniform(500, 10_000))
}

function isolateLeader(faults: Faults, draws: Draws): void {
  const { network, peers } = faults
  const forMs = draws.uniform(1000, 20_000)
  const leader = peers.find((peer) => peer.core?.role === 'leader')
  if (leader === undefined) return
  // Now and then with one follower: what they store together no majority has.
  const company = draws.chance(0.3) ? draws.integer(0, peers.length) : -1
  for (const other of peers) {
    if (other === leader || other.index === company) continue
    for (const inside of [leader.index, ...(company >= 0 ? [company] : [])]) {
      network.cut(inside, other.index)
      network.cut(other.index, inside)
    }
  }
  heal(faults, forMs)
}

function heal(faults: Faults, afterMs: number): void {
  faults.later(afterMs, () => {
    faults.world.note(() => 'fault   links heal')
    faults.network.heal()
  })
}

function badConditions(faults: Faults, draws: Draws): void {
  const { network } = faults
  network.setConditions({
    loss: draws.chance(0.5) ? draws.uniform(0, 0.3) : 0,
    duplication: draws.chance(0.5) ? draws.uniform(0, 0.3) : 0,
    straggling: draws.chance(0.5) ? draws.uniform(0, 0.1) : 0,
    maxDelayMs: draws.uniform(2, 200),
  })
  faults.later(draws.uniform(2000, 20_000), () => network.setConditions(CALM))
}

function slowPeer(faults: Faults, draws: Draws): void {
  const { network } = faults
  const { index } = draws.pick(faults.peers)
  network.setPace(index, draws.uniform(5, 100))
  faults.later(draws.uniform(2000, 15_000), () => network.setPace(index, 1))
}

function flap(faults: Faults, draws: Draws): void {
  const a = draws.pick(faults.peers).index
  const b = draws.pick(faults.peers).index
  if (a === b) return
  faults.network.disconnect(a, b)
  faults.network.dialAll()
}

// ---- disks and clocks ----

function slowDisk(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  peer.disk.stalledMs = draws.chance(0.3) ? draws.uniform(500, 4000) : draws.uniform(5, 300)
  faults.later(draws.uniform(1000, 15_000), () => {
    peer.disk.stalledMs = 0
  })
}

/** A coarse or broken clock: the process goes on, its time does not. */
function clockStill(faults: Faults, draws: Draws): void {
  const peer = victim(faults, draws)
  peer.clock.standStill()
  faults.later(draws.uniform(200, 8000), () => peer.clock.goOn())
}

function clockLeap(faults: Faults, draws: Draws): void {
  victim(faults, draws).clock.leap(draws.chance(0.3) ? draws.uniform(10_000, 600_000) : draws.uniform(100, 5000))
}

function wallJump(faults: Faults, draws: Draws): void {
  const days = draws.chance(0.2) ? draws.uniform(-1000, 1000) : 0
  victim(faults, draws).clock.setWall(days * 86_400_000 + draws.uniform(-20_000, 20_000))
}

// ---- identities ----

/**
 * A data directory is copied as it is now, and the copy runs: at once or a while later, when it has forgotten what happened
 * since, often where the original and some of the others cannot be reached. Now and then the original has died: a backup
 * that was restored. What may break by it, and what not, is said in `twins.ts`.
 */
function twins(faults: Faults, draws: Draws): void {
  const { network, peers } = faults
  const twin = draws.pick(faults.twins)
  const original = peers.find((peer) => peer !== twin && peer.id === twin.id && !peer.retired)
  const laterMs = draws.chance(0.5) ? 0 : draws.uniform(500, 15_000)
  const apart = draws.chance(0.4) ? peers.filter(() => draws.chance(0.5)) : []
  const restored = draws.chance(0.2)
  if (twin.begun || original === undefined || original.disk.hard === null) return
  twin.copyDisk(original)
  faults.later(laterMs, () => {
    if (original.retired || twin.begun) return
    if (restored) original.die()
    for (const other of apart) {
      if (other.id === twin.id) continue
      network.cut(twin.index, other.index)
      network.cut(other.index, twin.index)
    }
    twin.beginAsTwin(original)
    heal(faults, draws.uniform(500, 12_000))
    if (restored) faults.later(draws.uniform(500, 12_000), () => original.start())
  })
}

// ---- hostile peers ----

/** Now a few well-placed messages, now a flood. */
function hostile({ attacker }: Faults, draws: Draws): void {
  attacker?.attack(draws, draws.uniform(500, 15_000), draws.chance(0.3) ? draws.uniform(3, 10) : draws.uniform(20, 300))
}
