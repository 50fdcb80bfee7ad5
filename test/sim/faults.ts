/**
 * What goes wrong in a run: a list of faults, planned from the seed, each lasting a while, several at once. Every fault has
 * a number and draws from randomness of its own, so that a failing run can be cut down to the few that it needs
 * (`shrink.ts`). After `end` everything is well again: all peers that have not left live, all links work, and the mesh must
 * come to rest.
 */
import type { Attacker } from './attacker.ts'
import { FAULT_KINDS, type FaultKind, KINDS } from './fault-kinds.ts'
import { CALM, type Network } from './network.ts'
import type { SimPeer } from './peer.ts'
import { Draws, type World } from './world.ts'

export interface PlannedFault {
  readonly id: number
  readonly at: number
  readonly kind: FaultKind
  readonly seed: number
}

export interface FaultPlan {
  readonly from: number
  readonly to: number
  /** On average one fault in so many milliseconds. */
  readonly everyMs: number
  /** Kinds that are not part of every run: they must be asked for. */
  readonly also?: readonly FaultKind[]
}

/** Share of the kinds of faults that a run has: some meet only where others do not drown them. */
const KINDS_PER_RUN = 0.7

export class Faults {
  readonly world: World
  readonly network: Network
  readonly peers: readonly SimPeer[]
  /** Peers that must not leave for good. */
  readonly staying: number
  readonly attacker: Attacker | null
  /** Processes that can come to life as copies of others. */
  readonly twins: readonly SimPeer[]
  planned: readonly PlannedFault[] = []
  private over = false

  constructor(world: World, network: Network, peers: readonly SimPeer[], { staying, attacker, twins }: Pick<Faults, 'staying' | 'attacker' | 'twins'>) {
    this.world = world
    this.twins = twins
    this.network = network
    this.peers = peers
    this.staying = staying
    this.attacker = attacker
  }

  /** Plans faults; of them only those in `keep` strike, where it is given. */
  plan({ from, to, everyMs, also = [] }: FaultPlan, keep: ReadonlySet<number> | null): void {
    const { world } = this
    const draws = new Draws(world.integer(0, 2 ** 32))
    const kinds = FAULT_KINDS.filter((kind) => (KINDS[kind].weight > 0 && draws.chance(KINDS_PER_RUN)) || also.includes(kind)).filter(
      (kind) => (kind !== 'hostile' || this.attacker !== null) && (kind !== 'twins' || this.twins.length > 0),
    )
    const weightOf = (kind: FaultKind): number => KINDS[kind].weight || ASKED_FOR_WEIGHT
    const total = kinds.reduce((sum, kind) => sum + weightOf(kind), 0)
    const planned: PlannedFault[] = []
    let at = from
    for (let id = 0; kinds.length > 0; id++) {
      at += -Math.log(1 - draws.random()) * everyMs
      if (at >= to) break
      let left = draws.random() * total
      const kind = kinds.find((one) => {
        left -= weightOf(one)
        return left < 0
      })
      planned.push({ id, at, kind: kind ?? (kinds[0] as FaultKind), seed: draws.integer(0, 2 ** 32) })
    }
    this.planned = planned.filter(({ id }) => keep === null || keep.has(id))
    for (const fault of this.planned) world.at(fault.at, () => this.strike(fault))
  }

  private strike({ id, kind, seed }: PlannedFault): void {
    if (this.over) return
    this.world.note(() => `fault   ${id} ${kind}`)
    KINDS[kind].strike(this, new Draws(seed))
  }

  /** Undoes a fault after a while, unless everything has been undone by then. */
  later(delayMs: number, undo: () => void): void {
    this.world.after(delayMs, () => {
      if (!this.over) undo()
    })
  }

  holdsAlone(peer: SimPeer): boolean {
    return holdsAlone(peer, this.peers)
  }

  end(): void {
    this.over = true
    this.attacker?.stop()
    this.network.setConditions(CALM)
    this.network.heal()
    for (const peer of this.peers) {
      this.network.setPace(peer.index, 1)
      peer.clock.goOn()
      peer.disk.stalledMs = 0
      if (peer.paused) peer.thaw()
      peer.armed = null
      peer.start()
    }
    this.world.note(() => 'faults  are over')
  }
}

/** As often as a common fault. */
const ASKED_FOR_WEIGHT = 12

/** What this peer has stored may be on no other disk that stays. */
export function holdsAlone(peer: SimPeer, peers: readonly SimPeer[]): boolean {
  const { hard, log, values } = peer.disk
  if ((values.get('orphans') ?? '[]') !== '[]') return true
  const elsewhere = peers.filter((other) => other !== peer && !other.retired && other.disk.hard?.epoch?.id === hard?.epoch?.id)
  const { lastIndex } = log
  const held = ({ disk }: SimPeer): boolean => {
    if ((disk.snapshot?.index ?? 0) >= lastIndex) return true
    return lastIndex > log.base && disk.log.entry(lastIndex) === log.entry(lastIndex)
  }
  return lastIndex > 0 && !elsewhere.some(held)
}
