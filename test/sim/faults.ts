/**
 * What goes wrong in a run, drawn from the seed: one fault after the other, each lasting a while, several at once. After
 * `endFaults` everything is well again: all peers live, all links work, and the mesh must come to rest.
 */
import type { Network } from './network.ts'
import type { SimPeer } from './peer.ts'
import type { World } from './world.ts'

type Fault = (faults: Faults) => void

export class Faults {
  readonly world: World
  readonly network: Network
  readonly peers: readonly SimPeer[]
  private over = false

  constructor(world: World, network: Network, peers: readonly SimPeer[]) {
    this.world = world
    this.network = network
    this.peers = peers
  }

  /** Plans faults from `from` to `to`, on average one every `everyMs`. */
  plan(from: number, to: number, everyMs: number): void {
    const { world } = this
    let at = from
    for (;;) {
      at += -Math.log(1 - world.random()) * everyMs
      if (at >= to) break
      const fault = pickFault(world)
      world.at(at, () => {
        if (!this.over) fault(this)
      })
    }
  }

  /** Undoes a fault after a while, unless everything has been undone by then. */
  later(delayMs: number, undo: () => void): void {
    this.world.after(delayMs, () => {
      if (!this.over) undo()
    })
  }

  end(): void {
    this.over = true
    const { conditions } = this.network
    Object.assign(conditions, { minDelayMs: 1, maxDelayMs: 20, loss: 0, duplication: 0, straggling: 0 })
    this.network.slowness.clear()
    this.network.heal()
    for (const peer of this.peers) {
      if (peer.paused) peer.thaw()
      peer.armed = null
      peer.start()
    }
    this.world.note(() => 'faults  are over')
  }
}

/** With how many of a hundred faults each kind comes. */
const KINDS: readonly [number, Fault][] = [
  [18, crash],
  [10, crashMidStep],
  [12, pause],
  [14, partition],
  [8, cutOneWay],
  [7, isolateLeader],
  [10, badConditions],
  [5, slowPeer],
  [3, powerCut],
  [5, leave],
  [8, flap],
]

function pickFault(world: World): Fault {
  let draw = world.random() * KINDS.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, fault] of KINDS) {
    draw -= weight
    if (draw < 0) return fault
  }
  return crash
}

function victim({ world, peers }: Faults): SimPeer {
  const leaders = peers.filter((peer) => peer.core?.role === 'leader')
  return leaders.length > 0 && world.chance(0.4) ? world.pick(leaders) : world.pick(peers)
}

/** Mostly short; now and then long enough for a recovery. */
function crash(faults: Faults): void {
  const { world } = faults
  const peer = victim(faults)
  const downMs = world.chance(0.15) ? world.uniform(10_000, 60_000) : world.uniform(50, 8000)
  peer.die()
  faults.later(downMs, () => peer.start())
}

function crashMidStep(faults: Faults): void {
  const { world } = faults
  const peer = victim(faults)
  if (!peer.alive) return
  peer.armed = world.chance(0.5) ? 'before persist' : 'after persist'
  faults.later(world.uniform(500, 8000), () => {
    peer.armed = null
    peer.start()
  })
}

function pause(faults: Faults): void {
  const { world } = faults
  const peer = victim(faults)
  peer.pause()
  faults.later(world.uniform(200, 10_000), () => peer.thaw())
}

function partition(faults: Faults): void {
  const { world, network, peers } = faults
  const side = peers.map(() => world.chance(0.5))
  const bridge = world.chance(0.15) ? world.integer(0, peers.length) : -1
  for (const a of peers) {
    for (const b of peers) {
      if (side[a.index] !== side[b.index] && a.index !== bridge && b.index !== bridge) network.cut(a.index, b.index)
    }
  }
  world.note(() => `faults  partition ${side.map((yes) => (yes ? 'A' : 'B')).join('')}${bridge >= 0 ? ` bridge p${bridge}` : ''}`)
  faults.later(world.chance(0.3) ? world.uniform(20_000, 60_000) : world.uniform(300, 12_000), () => {
    world.note(() => 'faults  links heal')
    network.heal()
  })
}

function cutOneWay(faults: Faults): void {
  const { world, network, peers } = faults
  const from = victim(faults).index
  for (const to of peers) if (to.index !== from && world.chance(0.6)) network.cut(from, to.index)
  faults.later(world.uniform(500, 10_000), () => network.heal())
}

function isolateLeader(faults: Faults): void {
  const { world, network, peers } = faults
  const leader = peers.find((peer) => peer.core?.role === 'leader')
  if (leader === undefined) return
  for (const other of peers) {
    if (other === leader) continue
    network.cut(leader.index, other.index)
    network.cut(other.index, leader.index)
  }
  faults.later(world.uniform(1000, 20_000), () => network.heal())
}

function badConditions(faults: Faults): void {
  const { world, network } = faults
  const { conditions } = network
  conditions.loss = world.chance(0.5) ? world.uniform(0, 0.3) : 0
  conditions.duplication = world.chance(0.5) ? world.uniform(0, 0.3) : 0
  conditions.straggling = world.chance(0.5) ? world.uniform(0, 0.1) : 0
  conditions.maxDelayMs = world.uniform(2, 200)
  faults.later(world.uniform(2000, 20_000), () => Object.assign(conditions, { maxDelayMs: 20, loss: 0, duplication: 0, straggling: 0 }))
}

function slowPeer(faults: Faults): void {
  const { world, network } = faults
  const { index } = world.pick(faults.peers)
  network.slowness.set(index, world.uniform(5, 100))
  faults.later(world.uniform(2000, 15_000), () => network.slowness.delete(index))
}

function powerCut(faults: Faults): void {
  const { world, peers } = faults
  for (const peer of peers) {
    peer.die()
    faults.later(world.uniform(100, 5000), () => peer.start())
  }
}

/** A graceful leave: leadership is handed over, then the process ends. */
function leave(faults: Faults): void {
  const { world } = faults
  const peer = victim(faults)
  if (!peer.awake) return
  peer.coordination?.leave()
  faults.later(600, () => {
    peer.die()
    faults.later(world.uniform(500, 10_000), () => peer.start())
  })
}

function flap({ world, network, peers }: Faults): void {
  const a = world.pick(peers).index
  const b = world.pick(peers).index
  if (a === b) return
  network.disconnect(a, b)
  network.dialAll()
}
