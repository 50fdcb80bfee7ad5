/**
 * A simulated mesh from one seed: how many peers, which of them vote, how they start, and the faults they go through.
 */
import { RaftCore } from '../../protocol/coordinator/raft.ts'
import type { LogEntry } from '../../protocol/coordinator/types.ts'
import { Attacker } from './attacker.ts'
import type { FaultKind } from './fault-kinds.ts'
import { Faults } from './faults.ts'
import { Invariants } from './invariants.ts'
import { Network } from './network.ts'
import { type Application, type ApplicationFactory, type CoreFactory, type PeerSettings, SimPeer } from './peer.ts'
import { sameEntry } from './same-entry.ts'
import { Draws, Violation, World } from './world.ts'

export interface MeshOptions {
  readonly seed: number
  readonly makeCore?: CoreFactory
  readonly makeApplication?: ApplicationFactory
  readonly print?: (line: string) => void
  /** For whoever wants to look at a mesh that failed. */
  readonly made?: (mesh: Mesh) => void
  /** Else drawn from the seed. */
  readonly peers?: number
  /** Of the faults that the seed plans only these strike. */
  readonly keep?: ReadonlySet<number>
  /** Faults end by then, however long the seed would go on. */
  readonly untilMs?: number
  /** Kinds of faults that not every run has. */
  readonly also?: readonly FaultKind[]
  /** So many of the first peers never leave for good. */
  readonly staying?: number
  readonly recoveryTimeoutMs?: number
  /** Two groups that cannot see each other at first. */
  readonly apart?: boolean
  readonly allVote?: boolean
  /** Else some runs are. */
  readonly mayBeHostile?: boolean
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

/** Share of runs with a hostile peer, and with data directories that are copied. */
const HOSTILE_RUNS = 0.25
const TWIN_RUNS = 0.1
const MAX_TWINS = 2
const MAX_USUAL_PEERS = 9
/** A mesh of hundreds costs a hundred times what a small one does: its faults are few, and soon over. */
const LARGE_FAULTS_MS = 8000
const LARGE_EVERY_MS = 3000
/** When the last of those who come late has come. */
const JOINS_UNTIL_MS = 30_000

const TWIN_SALT = 0x7717

/** Mostly five to nine peers; small ones have committees of their own kind, and a few are large. */
function drawSize(world: World): number {
  const draw = world.random()
  if (draw < 0.003) return world.integer(60, 201)
  if (draw < 0.15) return world.integer(2, 5)
  return world.integer(5, MAX_USUAL_PEERS + 1)
}

export class Mesh {
  readonly world: World
  readonly peers: SimPeer[] = []
  readonly network: Network
  readonly faults: Faults
  readonly invariants = new Invariants()
  readonly recoveryTimeoutMs: number
  /** Not in every run. */
  readonly attacker: Attacker | null = null
  /** Processes that may come to life with the identity of others. Not in every run. */
  readonly twins: readonly SimPeer[] = []
  faultsUntil = 0
  private readonly options: MeshOptions
  private readonly byId = new Map<string, SimPeer>()

  constructor(options: MeshOptions) {
    const world = new World(options.seed, options.print ?? null)
    this.world = world
    this.options = options
    const drawn = drawSize(world)
    const count = Math.max(options.peers ?? drawn, options.staying ?? 0)
    this.recoveryTimeoutMs = options.recoveryTimeoutMs ?? world.pick([5000, 10_000, 30_000])
    this.network = new Network(world)
    const skew = world.chance(0.4) ? 0.25 : 0.01
    const snapshotMinBytes = world.pick([400, 2000, 10_000, 262_144])
    const keepEntries = world.pick([0, 3, 20])
    const standbys = world.integer(2, 5) // with a single one a committee of one cannot come to three
    const lateMs = world.chance(0.4) ? JOINS_UNTIL_MS : 0
    const slowest = world.chance(0.5) ? world.pick([2, 10, 40]) : 0
    const add = (settings: PeerSettings): SimPeer => {
      const surroundings = { world, network: this.network, byId: this.byId, invariants: this.invariants }
      const peer = new SimPeer(settings, { ...surroundings, makeApplication: options.makeApplication ?? ((one) => new Sum(one, this.invariants)) })
      this.peers.push(peer)
      this.network.add(peer)
      return peer
    }
    for (let index = 0; index < count; index++) {
      const mayVote = options.allVote === true || index === 0 || !world.chance(0.15)
      const settings = {
        index,
        mayVote,
        // Of two, the other one would have nobody else to ask.
        feedsLies: !mayVote && world.chance(0.5) && count > 2,
        discoveryMs: index === 0 || world.chance(0.2) ? 0 : 2500,
        recoveryTimeoutMs: this.recoveryTimeoutMs,
        clockRate: world.uniform(1 - skew, 1 + skew),
        makeCore: options.makeCore ?? ((init) => new RaftCore(init)),
        snapshotMinBytes,
        keepEntries,
        standbys,
      }
      const peer = add(settings)
      if (world.chance(0.5)) peer.disk.syncMs = slowest
      this.byId.set(peer.id, peer)
    }
    // Of randomness of its own: runs without twins are what they were before there were any.
    const draws = new Draws(options.seed ^ TWIN_SALT)
    if (options.also?.includes('twins') || (options.mayBeHostile !== false && draws.chance(TWIN_RUNS))) {
      this.twins = Array.from({ length: draws.integer(1, MAX_TWINS + 1) }, (_, i) => {
        const original = draws.pick(this.peers.slice(0, count))
        const twin = add({ ...original.settings, id: original.id, index: count + i, clockRate: draws.uniform(1 - skew, 1 + skew) })
        twin.retired = true // until somebody copies a data directory
        return twin
      })
    }
    if (options.also?.includes('hostile') || (options.mayBeHostile !== false && world.chance(HOSTILE_RUNS))) {
      const attacker = new Attacker(this.peers.length, { world, network: this.network, peers: this.peers })
      this.attacker = attacker
      this.network.add(attacker)
      this.network.overheard = (payload) => attacker.overhear(payload)
      this.invariants.liars.add(attacker.id)
    }
    options.made?.(this)
    this.invariants.watch(this.peers)
    this.faults = new Faults(world, this.network, this.peers, { staying: options.staying ?? 0, attacker: this.attacker, twins: this.twins })
    const apart = options.apart ?? world.chance(0.25)
    if (apart) {
      const border = world.integer(1, count)
      for (const a of this.peers) for (const b of this.peers) if (a.index < border !== b.index < border) this.network.cut(a.index, b.index)
      world.note(() => `mesh    starts in two groups, p0-p${border - 1} and the rest`)
    }
    for (const peer of this.peers.slice(0, count)) {
      const late = lateMs > 0 && peer.index >= 3 && world.chance(0.4)
      world.at(late ? world.uniform(3000, lateMs) : world.uniform(0, apart || world.chance(0.5) ? 100 : 3000), () => peer.start())
    }
    this.attacker?.start()
  }

  get large(): boolean {
    return this.peers.length - this.twins.length > MAX_USUAL_PEERS
  }

  /** Those who have not left for good. */
  get members(): SimPeer[] {
    return this.peers.filter((peer) => !peer.retired)
  }

  /** Faults from `from` on, for as long as the seed says; runs them, and ends them. */
  suffer(from: number, forMs: number, everyMs: number): void {
    const { options, world } = this
    const to = from + (this.large ? Math.min(forMs, LARGE_FAULTS_MS) : forMs)
    const also: readonly FaultKind[] = [...(options.also ?? []), ...(this.twins.length > 0 ? (['twins'] as const) : [])]
    this.faults.plan({ from, to, everyMs: this.large ? LARGE_EVERY_MS : everyMs, also }, options.keep ?? null)
    this.faultsUntil = Math.min(to, options.untilMs ?? Infinity)
    world.runUntil(this.faultsUntil)
    this.faults.end()
  }

  /** Everybody's leader, if all follow the same one under the same fence and it has settled; else who differs. */
  agreement(): { leader: SimPeer } | { problem: string } {
    const follows = this.members.map((peer) => {
      const core = peer.core
      if (core === null) return `${peer.id}: down`
      return `${core.leader ?? 'nobody'} in term ${core.term} of ${core.epoch?.id ?? 'no epoch'}`
    })
    if (new Set(follows).size > 1) return { problem: this.members.map((peer, i) => `${peer.id} (${peer.core?.role}) follows ${follows[i]}`).join('; ') }
    const leader = this.peers.find((peer) => peer.core?.role === 'leader')
    if (leader === undefined || !leader.core?.settled) return { problem: `no settled leader: all follow ${follows[0]}` }
    return { leader }
  }

  /** All have applied the same entries, up to `upTo` at least; else up to the last that anybody has. */
  sameLogs(upTo = Math.max(...this.members.map((peer) => peer.core?.lastIndex ?? 0))): string | null {
    const first = this.members[0]?.core?.log
    for (const peer of this.members) {
      const { core } = peer
      if (core === null || core.commitIndex < upTo) return `${peer.id} has applied ${core?.commitIndex} of ${upTo} entries`
      const odd = core.log
        .after(core.log.base)
        .find((entry) => entry.index <= upTo && entry.index > (first?.base ?? 0) && !sameEntry(entry, first?.entry(entry.index)))
      if (odd !== undefined) return `${peer.id} has another entry ${odd.index} than ${this.members[0]?.id}`
    }
    return null
  }

  /** Of each identity that runs twice: who has to end has, or what is amiss. */
  get twice(): string | null {
    for (const twin of this.twins) {
      const alive = this.peers.filter(({ id, alive }) => id === twin.id && alive)
      if (alive.length > 1) return `${twin.id} runs as processes ${alive.map(({ index }) => index)}`
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
