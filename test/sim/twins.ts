/**
 * Two processes with one identity: a data directory was copied to another machine, and both run. Neither can see the other,
 * for nobody dials itself; they are found by presence, with the rule of production (`protocol/presence/twins.ts`): whoever
 * hears of a younger process under a known name tells the elder, the elder objects by name, and the younger one ends.
 *
 * What may break until then, and nothing else does (`Twinned`): a voter and its copy keep one vote and one memory twice, so
 * that they can contradict each other. Raft promises nothing of a line in which a voter has
 *
 * 1. voted for two candidates in one term, or led one term twice;
 * 2. voted without an entry that its other self holds, which may be committed by that;
 * 3. confirmed entries under a term that its other self has left behind.
 *
 * 4. And a process that ends for its other self takes along what it alone holds: what a committee of one acknowledged.
 *
 * A run ends where after that, and in that line, an invariant of consensus breaks (`Excused`): what follows nobody promises,
 * and a person has to choose between two histories. Books are kept by process, so whatever one process does alone is never
 * excused. Where nothing breaks all invariants hold to the end: one of the two ends soon after links are whole, the
 * mesh comes to rest, nothing that was acknowledged is lost, and every job ends once.
 */
import type { RaftCore } from '../../protocol/coordinator/raft.ts'
import type { RaftOutput } from '../../protocol/coordinator/types.ts'
import { Twins } from '../../protocol/presence/twins.ts'
import type { Announcement, Incarnation } from '../../protocol/presence/types.ts'
import type { View } from '../../protocol/presence/view.ts'
import type { Network } from './network.ts'
import type { Payload, SimPeer } from './peer.ts'

/** Nothing is promised of this line any more. */
export class Excused extends Error {
  override readonly name = 'Excused'
}

/** Of a presence record what twins are known by. */
export interface Said {
  readonly peerId: string
  readonly incarnation: Incarnation
  /** The process that it objects to; empty: none. */
  readonly contests: string
}

const STARTED_KEY = 'presence/started'

/** As `newIncarnation` makes it: later than every start before on the same disk. */
export function incarnationOf(peer: SimPeer): Incarnation {
  const last = Number(peer.disk.values.get(STARTED_KEY) ?? -1)
  const startedAtMs = Math.max(Math.floor(peer.wall()), last + 1)
  peer.disk.values.set(STARTED_KEY, String(startedAtMs))
  return { id: `${peer.index}/${startedAtMs}`, startedAtMs }
}

export interface WatchSurroundings {
  readonly network: Network
  /** It must end: another process of its name was there before it. */
  readonly end: () => void
}

/** One process's part in finding twins: its own, and those of others. */
export class TwinWatch {
  readonly said: Said
  private readonly peer: SimPeer
  private readonly around: WatchSurroundings
  private readonly own: Twins
  private readonly view: { leaving: boolean }

  constructor(peer: SimPeer, incarnation: Incarnation, around: WatchSurroundings) {
    this.peer = peer
    this.around = around
    this.said = { peerId: peer.id, incarnation, contests: '' }
    // Of the view of production only what the rule reads.
    const view = {
      incarnation,
      leaving: false,
      get now() {
        return peer.now()
      },
      own: {
        announcement: { revision: 0 },
        refute: (_now: number, _revision: number, contests: string): Said => ({ ...this.said, contests }),
      },
      out: { announcements: { push: (objection: Said) => peer.broadcast({ kind: 'presence', said: objection }) } },
      routes: { neighbours: new Set<string>(), pick: () => [] },
      send: () => {},
      tell: ({ fatal }: { fatal: boolean }): void => {
        if (fatal) around.end()
      },
    }
    this.view = view
    this.own = new Twins(view as unknown as View)
  }

  /** A record, from the process at that station. */
  hear(said: Said, station: number): void {
    const { peer, around } = this
    if (said.peerId === peer.id) {
      if (!this.view.leaving) this.own.hear({ ...said, leaving: false } as unknown as Announcement, around.network.idOf(station))
      return
    }
    // Its namesakes hear of it, as of everything that goes round.
    const told: Payload = { kind: 'presence', said }
    for (const other of around.network.namesakes(peer.index, said.peerId)) if (other !== station) around.network.send(peer.index, other, 'loose', told)
  }
}

/** Keeps count of how identities that run twice have contradicted themselves. */
export class Twinned {
  /** Lines in which a voter and its copy have contradicted each other, and how. */
  readonly contradicted = new Map<string, string>()
  /** Those that ended as the second of their name with something on their disk that was on no other. */
  readonly tookAlong = new Set<string>()
  found = 0
  /** By identity; only those that have run twice. */
  private readonly processes = new Map<string, SimPeer[]>()

  began(original: SimPeer, twin: SimPeer): void {
    const known = this.processes.get(original.id)
    if (known === undefined) this.processes.set(original.id, [original, twin])
    else if (!known.includes(twin)) known.push(twin)
  }

  contradict(epochId: string, how: string): void {
    if (!this.contradicted.has(epochId)) this.contradicted.set(epochId, how)
  }

  /** Before what a process says is judged: does it contradict its other self? `before`: its term and its log in this line. */
  observe(peer: SimPeer, core: RaftCore, output: RaftOutput, before: { readonly term: number; readonly lastIndex: number }): void {
    const others = this.processes.get(peer.id)
    if (others === undefined || core.epoch === null) return
    const epochId = core.epoch.id
    const stands = core.votedFor === peer.id && core.term > before.term
    const votes = stands || output.messages.some(({ message }) => message.type === 'voteReply' && message.granted)
    const leads = core.role === 'leader' && output.persist.some(({ append }) => append !== undefined)
    const confirms = leads || output.messages.some(({ message }) => message.type === 'appendReply' && message.success)
    if (!votes && !confirms) return
    for (const other of others) {
      if (other === peer) continue
      const promised = promisesOf(other, epochId)
      if (promised === null) continue
      const held = other.disk.log
      if (votes && promised.current) {
        const lastTerm = core.log.termAt(before.lastIndex) ?? 0
        const behind = held.lastTerm > lastTerm || (held.lastTerm === lastTerm && held.lastIndex > before.lastIndex)
        if (behind) this.contradict(epochId, `${peer.id} votes in term ${core.term} without entry ${held.lastIndex} of its other self`)
      } else if (votes && promised.lastIndex > core.lastIndex) {
        this.contradict(epochId, `${peer.id} votes in term ${core.term} without entry ${promised.lastIndex} that its other self held`)
      }
      if (confirms && promised.term > core.term) {
        this.contradict(epochId, `${peer.id} stores entries under term ${core.term}, its other self is in term ${promised.term}`)
      }
    }
  }
}

/** What a process has promised in a line, whether it lives or not. */
function promisesOf({ disk }: SimPeer, epochId: string): { term: number; lastIndex: number; current: boolean } | null {
  const { hard, log } = disk
  if (hard?.epoch?.id === epochId) return { term: hard.term, lastIndex: log.lastIndex, current: true }
  const past = hard?.past?.find((line) => line.epochId === epochId)
  return past === undefined ? null : { ...past, current: false }
}
