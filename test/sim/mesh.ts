/**
 * A simulated mesh from one seed: how many peers, which of them vote, how they start, and the faults they go through.
 */
import { RaftCore } from '../../protocol/coordinator/raft.ts'
import type { LogEntry } from '../../protocol/coordinator/types.ts'
import { Faults } from './faults.ts'
import { Invariants } from './invariants.ts'
import { Network } from './network.ts'
import { type Application, type ApplicationFactory, type CoreFactory, SimPeer } from './peer.ts'
import { Violation, World } from './world.ts'

export interface MeshOptions {
  readonly seed: number
  readonly makeCore?: CoreFactory
  readonly makeApplication?: ApplicationFactory
  readonly print?: (line: string) => void
  /** Else drawn from the seed. */
  readonly peers?: number
  readonly recoveryTimeoutMs?: number
  /** Two groups that cannot see each other at first. */
  readonly apart?: boolean
  readonly allVote?: boolean
}

/** Adds up what is committed: enough for the election core, and it shows whether a snapshot holds what was applied. */
class Sum implements Application {
  private sum = 0
  private readonly peer: SimPeer
  private readonly invariants: Invariants

  constructor(peer: SimPeer, invariants: Invariants) {
    this.peer = peer
    this.invariants = invariants
  }

  onCommitted({ index, term, body }: LogEntry): void {
    const weight = body.kind === 'command' ? body.command.byteLength : 0
    this.sum = (Math.imul(this.sum, 31) + index * 7 + term * 3 + weight) | 0
    this.invariants.applied(this.peer, index, this.sum)
  }

  onReset(): void {
    this.sum = 0
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(String(this.sum).padEnd(200))
  }

  onRestore(index: number, data: Uint8Array): void {
    this.sum = Number(new TextDecoder().decode(data))
    this.invariants.applied(this.peer, index, this.sum)
  }

  onLeader(): void {}
  onAbandon(): void {}
  onMessage(): void {}
  onPeerGone(): void {}
  onPeerSilent(): void {}
  tick(): void {}
  kill(): void {}
}

export class Mesh {
  readonly world: World
  readonly peers: SimPeer[] = []
  readonly network: Network
  readonly faults: Faults
  readonly invariants = new Invariants()
  readonly recoveryTimeoutMs: number

  constructor(options: MeshOptions) {
    const world = new World(options.seed, options.print ?? null)
    this.world = world
    const count = options.peers ?? world.integer(3, 8)
    this.recoveryTimeoutMs = options.recoveryTimeoutMs ?? world.pick([5000, 10_000, 30_000])
    this.network = new Network(world, this.peers)
    const skew = world.chance(0.4) ? 0.25 : 0.01
    const snapshotMinBytes = world.pick([400, 2000, 10_000, 262_144])
    const keepEntries = world.pick([0, 3, 20])
    for (let index = 0; index < count; index++) {
      const settings = {
        index,
        mayVote: options.allVote === true || index === 0 || !world.chance(0.15),
        discoveryMs: index === 0 || world.chance(0.2) ? 0 : 2500,
        recoveryTimeoutMs: this.recoveryTimeoutMs,
        clockRate: world.uniform(1 - skew, 1 + skew),
        makeCore: options.makeCore ?? ((init) => new RaftCore(init)),
        snapshotMinBytes,
        keepEntries,
      }
      const surroundings = { world, network: this.network, peers: this.peers, invariants: this.invariants }
      this.peers.push(new SimPeer(settings, { ...surroundings, makeApplication: options.makeApplication ?? ((peer) => new Sum(peer, this.invariants)) }))
    }
    this.invariants.watch(this.peers)
    this.faults = new Faults(world, this.network, this.peers)
    const apart = options.apart ?? world.chance(0.25)
    if (apart) {
      const border = world.integer(1, count)
      for (const a of this.peers) for (const b of this.peers) if (a.index < border !== b.index < border) this.network.cut(a.index, b.index)
      world.note(() => `mesh    starts in two groups, p0-p${border - 1} and the rest`)
    }
    for (const peer of this.peers) world.at(world.uniform(0, apart || world.chance(0.5) ? 100 : 3000), () => peer.start())
  }

  /** Everybody's leader, if all follow the same one under the same fence and it has settled; else who differs. */
  agreement(): { leader: SimPeer } | { problem: string } {
    const follows = this.peers.map((peer) => {
      const core = peer.core
      if (core === null) return `${peer.id}: down`
      return `${core.leader ?? 'nobody'} in term ${core.term} of ${core.epoch?.id ?? 'no epoch'}`
    })
    if (new Set(follows).size > 1) return { problem: this.peers.map((peer, i) => `${peer.id} (${peer.core?.role}) follows ${follows[i]}`).join('; ') }
    const leader = this.peers.find((peer) => peer.core?.role === 'leader')
    if (leader === undefined || !leader.core?.settled) return { problem: `no settled leader: all follow ${follows[0]}` }
    return { leader }
  }

  /** All have applied the same entries. */
  sameLogs(): string | null {
    const longest = Math.max(...this.peers.map((peer) => peer.core?.lastIndex ?? 0))
    const first = this.peers[0]?.core?.log
    for (const peer of this.peers) {
      const { core } = peer
      if (core?.commitIndex !== longest) return `${peer.id} has applied ${core?.commitIndex} of ${longest} entries`
      const odd = core.log.after(core.log.base).find(({ index }, i, held) => index > (first?.base ?? 0) && held[i] !== first?.entry(index))
      if (odd !== undefined) return `${peer.id} has another entry ${odd.index} than p0`
    }
    return null
  }

  /** Runs until `ready` says null, checking every 100 ms; the last problem becomes the violation. */
  await(what: string, withinMs: number, ready: () => string | null): number {
    const { world } = this
    const from = world.now
    let problem = ready()
    while (problem !== null && world.now < from + withinMs) {
      world.runUntil(world.now + 100)
      problem = ready()
    }
    if (problem !== null) throw new Violation(what, `not within ${withinMs / 1000} s: ${problem}`)
    return world.now - from
  }
}
