/**
 * What must be true after every step of every peer (mesh.md section 10). The checker sees disks and memories of all
 * peers at once and remembers everything that ever was: who led, what was committed, who voted for whom.
 *
 * Entries are compared by what they say and where they stand (`same-entry.ts`). Books are kept by process, not by name:
 * where one identity runs twice, `twins.ts` says what a line in which it has contradicted itself is excused from.
 */
import { majority } from '../../protocol/coordinator/lines.ts'
import type { RaftCore } from '../../protocol/coordinator/raft.ts'
import type { Fence, LogEntry, PersistRequest, RaftInput, RaftOutput } from '../../protocol/coordinator/types.ts'
import { Disruption } from './disruption.ts'
import { holdsAlone } from './faults.ts'
import type { SimPeer } from './peer.ts'
import { sameEntry } from './same-entry.ts'
import { Excused, Twinned } from './twins.ts'
import { Violation } from './world.ts'

interface Seen {
  epochId: string
  term: number
  role: string
  lastIndex: number
  lastEntry: LogEntry | undefined
  commitIndex: number
}

/** One line of history: an epoch. */
interface Line {
  /** By `index * 2^20 + term`: the one entry there may be, and the term of the one before it. */
  readonly entries: Map<number, { entry: LogEntry; previousTerm: number }>
  /** By index - 1. */
  readonly committed: (LogEntry | undefined)[]
  /** By index - 1: the term whose leader committed it. One elected for an earlier term, late, need not have it. */
  readonly committedIn: number[]
}

export class Invariants {
  readonly leaders = new Map<string, string>()
  readonly lines = new Map<string, Line>()
  elections = 0
  resets = 0
  /** What decoders refused. */
  refusals = 0
  /** Claims that a peer could not but believe, and did not get. */
  untried = 0
  /** Peers that lie: they may be called what they are. */
  readonly liars = new Set<string>()
  liesRefused = 0
  fed = 0
  readonly twinned = new Twinned()
  /** By epoch, term and name; with the process. */
  private readonly votes = new Map<string, { readonly candidate: string; readonly by: SimPeer }>()
  /** By epoch and term: the process that leads. */
  private readonly leading = new Map<string, SimPeer>()
  private readonly sums = new Map<string, number>()
  private readonly fences = new Map<string, number>()
  /** By peer and epoch: the newest term whose coordinator it obeyed. */
  private readonly obeyed = new Map<string, number>()
  private readonly seen = new Map<SimPeer, Seen>()
  private readonly disruption = new Disruption()
  private peers: readonly SimPeer[] = []

  watch(peers: readonly SimPeer[]): void {
    this.peers = peers
  }

  /** Another process of that name that has not left for good. */
  processOf(id: string, but: SimPeer): SimPeer | undefined {
    return this.peers.find((peer) => peer.id === id && peer !== but && !peer.retired)
  }

  /** A process ends for good because of its other self, with what it holds. */
  goesAsTwin(peer: SimPeer): void {
    if (holdsAlone(peer, this.peers)) this.twinned.tookAlong.add(peer.id)
  }

  /** A rule of consensus is broken in this line: nothing promises otherwise where one voter spoke with two tongues. */
  private broken(epochId: string, invariant: string, detail: string): never {
    const how = this.twinned.contradicted.get(epochId)
    throw how === undefined ? new Violation(invariant, detail) : new Excused(`${invariant}: ${detail}, after ${how}`)
  }

  line(epochId: string): Line {
    let line = this.lines.get(epochId)
    if (line === undefined) {
      line = { entries: new Map(), committed: [], committedIn: [] }
      this.lines.set(epochId, line)
    }
    return line
  }

  /** A peer came up: what it remembers is what was on its disk. */
  started(peer: SimPeer): void {
    const core = peer.core as RaftCore
    this.seen.set(peer, look(core, {}))
    this.disruption.started(peer, core)
    this.checkFence(peer, core)
    if (core.epoch?.parent != null) this.inherit(core, core.epoch.parent, core.commitIndex)
  }

  /** A recovery: the new line starts with what its founder had applied of the old one. */
  private inherit(core: RaftCore, parent: string, upTo: number): void {
    const { committed, committedIn } = this.line(core.epoch?.id ?? '')
    const former = this.line(parent).committed
    for (let i = 0; i < upTo; i++) {
      committed[i] ??= core.log.entry(i + 1) ?? former[i]
      committedIn[i] ??= 0
    }
  }

  observe(peer: SimPeer, input: RaftInput, output: RaftOutput, at: number): void {
    const { effects, persist: persisted } = output
    const core = peer.core as RaftCore
    const before = this.seen.get(peer) as Seen
    const epochId = core.epoch?.id ?? ''
    this.twinned.observe(peer, core, output, epochId === before.epochId ? before : core)
    if (persisted.length > 0 || core.role !== before.role || core.term !== before.term || epochId !== before.epochId) {
      this.checkDurable(peer, core)
      this.checkFence(peer, core)
      this.checkVote(peer, core)
      const leading = core.role === 'leader' ? this.leading.get(`${epochId}/${core.term}`) : undefined
      if (leading !== undefined && leading !== peer && leading.id === peer.id) this.twinned.contradict(epochId, `${peer.id} leads term ${core.term} twice`)
      this.checkLog(peer, core, before, persisted)
      this.checkLeader(peer, core, before)
    }
    if (epochId !== before.epochId && core.role === 'leader') this.inherit(core, before.epochId, before.commitIndex)
    if (core.commitIndex !== before.commitIndex && epochId === before.epochId && core.commitIndex < before.commitIndex) {
      throw new Violation('commit index never falls', `${peer.id} fell from ${before.commitIndex} to ${core.commitIndex} on ${input.type}`)
    }
    // Where a snapshot is due, what was committed is applied a step later: others may be faster than their leader.
    if (epochId === before.epochId && (core.role === 'leader' || before.role === 'leader')) {
      for (let index = before.commitIndex + 1; index <= core.commitIndex; index++) {
        const entry = core.log.entry(index)
        if (entry !== undefined) this.checkCommitted(peer, core, before, entry)
      }
    }
    const fromNeighbour = input.type === 'message' && (input.message.type === 'feed' || input.message.type === 'feedSnapshot')
    if (fromNeighbour) this.fed += effects.filter(({ type }) => type === 'committed' || type === 'restore').length
    for (const effect of effects) {
      if (effect.type === 'committed') this.checkCommitted(peer, core, before, effect.entry)
      else if (effect.type === 'reset') this.resets += 1
      else if (effect.type === 'restore') this.checkRestored(peer, core, effect.index)
      else if (
        effect.type === 'refusal' &&
        effect.reason === 'FALSE_ENTRIES' &&
        this.peers.some(({ id, settings }) => id === effect.from && settings.feedsLies)
      ) {
        this.liesRefused += 1
      } else if (
        effect.type === 'refusal' &&
        !this.liars.has(effect.from) &&
        (effect.reason === 'LYING_VOTER' || effect.reason === 'TWO_LEADERS' || effect.reason === 'FALSE_ENTRIES')
      )
        this.broken(epochId, 'honest peers are not called liars', `${peer.id} refused ${effect.detail} of ${effect.from}: ${effect.reason}`)
      else if (effect.type === 'leader' && effect.leader !== null) {
        const known = this.leaders.get(`${effect.fence.epochId}/${effect.fence.term}`)
        if (known !== effect.leader) {
          const detail = `${peer.id} follows ${effect.leader} in term ${effect.fence.term}, elected was ${known}`
          this.broken(effect.fence.epochId, 'followers follow elected leaders', detail)
        }
      }
    }
    this.disruption.observe(peer, core, input, output, at)
    look(core, before)
  }

  /** I16: memory and disk agree before anything is said. */
  private checkDurable(peer: SimPeer, core: RaftCore): void {
    const { hard, log, snapshot } = peer.disk
    if (core.epoch === null) return
    if (hard?.epoch?.id !== core.epoch.id || hard.term !== core.term || hard.votedFor !== core.votedFor) {
      const on = `term ${hard?.term} vote ${hard?.votedFor}`
      throw new Violation('nothing is said before it is durable', `${peer.id}: disk has ${on}, memory term ${core.term} vote ${core.votedFor}`)
    }
    if (log.lastIndex !== core.lastIndex || log.entry(log.lastIndex) !== core.log.entry(core.lastIndex)) {
      throw new Violation('nothing is said before it is durable', `${peer.id}: disk has ${log.lastIndex} entries, memory ${core.lastIndex}`)
    }
    if (snapshot !== core.snapshot || log.base !== core.log.base) {
      const where = `disk has a snapshot at ${snapshot?.index} and a log from ${log.base}, memory ${core.snapshot?.index} and ${core.log.base}`
      throw new Violation('snapshots are durable', `${peer.id}: ${where}`)
    }
  }

  /** I6: within an epoch a peer's fence never falls, restarts and returns included. */
  private checkFence(peer: SimPeer, core: RaftCore): void {
    if (core.epoch === null) return
    const key = `${peer.index}/${core.epoch.id}`
    const highest = this.fences.get(key) ?? 0
    if (core.term < highest) throw new Violation('fences never fall', `${peer.id}: term ${core.term} after ${highest} in epoch ${core.epoch.id}`)
    this.fences.set(key, core.term)
  }

  /** One vote per voter and term, restarts and returns included. */
  private checkVote(peer: SimPeer, core: RaftCore): void {
    if (core.epoch === null || core.votedFor === null) return
    const key = `${core.epoch.id}/${core.term}/${peer.id}`
    const earlier = this.votes.get(key)
    if (earlier !== undefined && earlier.candidate !== core.votedFor) {
      const detail = `${peer.id} voted for ${earlier.candidate} and ${core.votedFor} in term ${core.term}`
      if (earlier.by === peer) throw new Violation('one vote per term', detail)
      this.twinned.contradict(core.epoch.id, detail)
    }
    this.votes.set(key, { candidate: core.votedFor, by: peer })
  }

  /** I2 leader append-only, I3 log matching, I11 one config change at a time. */
  private checkLog(peer: SimPeer, core: RaftCore, before: Seen, persisted: readonly PersistRequest[]): void {
    const epochId = core.epoch?.id ?? ''
    if (before.role === 'leader' && core.role === 'leader' && before.epochId === epochId && before.term === core.term) {
      const kept = before.lastIndex <= core.log.base || core.log.entry(before.lastIndex) === before.lastEntry
      if (core.lastIndex < before.lastIndex || !kept) {
        this.broken(epochId, 'leaders only append', `${peer.id} rewrote its log in term ${core.term}`)
      }
    }
    const line = this.line(epochId)
    const entries = before.epochId === epochId ? persisted.flatMap((request) => request.append ?? []) : core.log.after(core.log.base)
    for (const entry of entries) {
      const key = entry.index * 1_048_576 + entry.term
      const previousTerm = core.log.termAt(entry.index - 1) ?? 0
      const known = line.entries.get(key)
      if (known === undefined) {
        line.entries.set(key, { entry, previousTerm })
        if (core.role === 'leader' && entry.body.kind === 'config' && before.epochId === epochId) this.checkConfig(peer, core, line, entry)
      } else if (core.log.entry(entry.index) === entry && (!sameEntry(known.entry, entry) || known.previousTerm !== previousTerm)) {
        this.broken(epochId, 'logs match', `${peer.id}: another entry ${entry.index} of term ${entry.term}`)
      }
    }
  }

  private checkConfig(peer: SimPeer, core: RaftCore, line: Line, entry: LogEntry): void {
    const former = core.log.entry(core.log.newestConfig(core.epoch?.id, entry.index - 1))
    if (former?.body.kind !== 'config' || entry.body.kind !== 'config') return
    const [old, next] = [new Set(former.body.voters), new Set(entry.body.voters)]
    const changed = [...old].filter((voter) => !next.has(voter)).length + [...next].filter((voter) => !old.has(voter)).length
    if (changed !== 1) throw new Violation('one voter at a time', `${peer.id} changes [${[...old]}] to [${[...next]}]`)
    if (!sameEntry(line.committed[former.index - 1], former)) {
      const detail = `${peer.id} changes the committee at ${entry.index} while ${former.index} is not committed`
      this.broken(core.epoch?.id ?? '', 'one config change at a time', detail)
    }
  }

  /** I1 one leader per fence, I4 leader completeness. */
  private checkLeader(peer: SimPeer, core: RaftCore, before: Seen): void {
    if (core.role !== 'leader' || core.epoch === null) return
    const key = `${core.epoch.id}/${core.term}`
    const known = this.leaders.get(key)
    if (known !== undefined && known !== peer.id) this.broken(core.epoch.id, 'one leader per fence', `${known} and ${peer.id} lead term ${core.term}`)
    this.leaders.set(key, peer.id)
    this.leading.set(key, peer)
    if (before.role === 'leader' && before.term === core.term && before.epochId === core.epoch.id) return
    this.elections += 1
    const { committed, committedIn } = this.line(core.epoch.id)
    for (let i = 0; i < committed.length; i++) {
      const missing = committed[i] !== undefined && (committedIn[i] as number) < core.term
      if (missing && i >= core.log.base && !sameEntry(core.log.entry(i + 1), committed[i])) {
        const detail = `${peer.id} leads term ${core.term} without entry ${i + 1} of term ${committed[i]?.term}`
        this.broken(core.epoch.id, 'leaders have all that was committed', detail)
      }
    }
  }

  /** I5 state-machine safety; and committed means: on the disks of a majority. */
  private checkCommitted(peer: SimPeer, core: RaftCore, before: Seen, entry: LogEntry): void {
    const epochId = core.epoch?.id ?? ''
    const { committed, committedIn } = this.line(epochId)
    const known = committed[entry.index - 1]
    if (sameEntry(known, entry)) return
    if (known !== undefined) {
      const detail = `${peer.id} commits entry ${entry.index} of term ${entry.term}, committed was one of term ${known.term}`
      this.broken(epochId, 'one entry per index', detail)
    }
    committed[entry.index - 1] = entry
    committedIn[entry.index - 1] = core.term
    // A leader that commits its own removal is none any more at the end of the step.
    if (core.role !== 'leader' && before.role !== 'leader')
      this.broken(epochId, 'leaders commit first', `${peer.id} applies entry ${entry.index}, which no leader has committed`)
    const holders = core.voters.filter((voter) => this.holds(voter, epochId, entry))
    if (holders.length < majority(core.voters)) {
      this.broken(epochId, 'a majority holds what is committed', `entry ${entry.index} is held by [${holders}] of [${core.voters}]`)
    }
  }

  private checkRestored(peer: SimPeer, core: RaftCore, index: number): void {
    const { committed } = this.line(core.epoch?.id ?? '')
    if (committed[index - 1] === undefined)
      this.broken(core.epoch?.id ?? '', 'snapshots cover what is committed', `${peer.id} takes over entries up to ${index}`)
  }

  /** What was applied up to an index comes to the same for all peers of a line, by entries or by snapshot. */
  applied(peer: SimPeer, index: number, sum: number): void {
    const epochId = peer.core?.epoch?.id ?? ''
    const key = `${epochId}/${index}`
    const known = this.sums.get(key) ?? sum
    if (known !== sum) this.broken(epochId, 'a snapshot holds what was applied', `${peer.id} comes to ${sum} at entry ${index}, others to ${known}`)
    this.sums.set(key, sum)
  }

  /** I9 and mesh.md section 9, rule 9: commands come from whoever was elected for their fence, and peers obey no older one again. */
  commanded(peer: SimPeer, from: string, fence: Fence, what: string): void {
    const { epochId, term } = fence
    const elected = this.leaders.get(`${epochId}/${term}`)
    if (elected !== from)
      this.broken(epochId, 'commands come from elected coordinators', `${peer.id} obeys ${what} of ${from} in term ${term}, elected was ${elected}`)
    const key = `${peer.index}/${epochId}`
    const highest = this.obeyed.get(key) ?? 0
    if (term < highest) throw new Violation('fences of commands never fall', `${peer.id} obeys ${what} under term ${term} after ${highest} in epoch ${epochId}`)
    this.obeyed.set(key, term)
  }

  private holds(id: string, epochId: string, entry: LogEntry): boolean {
    return this.peers.some(({ id: name, disk }) => {
      if (name !== id) return false
      if (disk.hard?.epoch?.id === epochId && disk.holds(entry)) return true
      // It has left for another line, or is just back: it may not vote in this one before it holds as much as it did.
      return disk.hard?.past?.some((past) => past.epochId === epochId && past.lastIndex >= entry.index) ?? false
    })
  }
}

/** Into an object that is there already: this is done after every step. */
function look(core: RaftCore, into: Partial<Seen>): Seen {
  into.epochId = core.epoch?.id ?? ''
  into.term = core.term
  into.role = core.role
  into.lastIndex = core.lastIndex
  into.lastEntry = core.log.entry(core.lastIndex)
  into.commitIndex = core.commitIndex
  return into as Seen
}
