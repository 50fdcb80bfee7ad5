/**
 * Who is in the mesh, without I/O: `step(input, now)` returns what to send, gossip and tell. Signatures have been checked
 * before `step`; times are monotonic milliseconds; randomness is injected.
 *
 * Every peer tells its keeper every two seconds that it lives; the coordinator hears of all and gossips one digest of what
 * changed. So a peer's own traffic does not grow with the mesh. Where there is no coordinator, what a peer hears itself is
 * all it knows. After SWIM (Das, Gupta and Motivala, 2002): suspicion before death, others asked before a verdict, and the
 * suspect may refute it.
 *
 * Time counts only while this process is awake: who wakes up has heard nobody for an hour, and nobody has died of that.
 */
import type { Fence } from '../coordinator/types.ts'
import * as C from './constants.ts'
import { DigestReader, DigestWriter } from './digests.ts'
import { Exchange } from './exchange.ts'
import { Heartbeats } from './heartbeats.ts'
import { Roster } from './roster.ts'
import { Silence } from './silence.ts'
import { Twins } from './twins.ts'
import type { Announcement, Frame, PresenceInfo, PresenceInput, PresenceOutput } from './types.ts'
import { emptyOutput, type PresenceCoreInit, View } from './view.ts'

export class PresenceCore {
  readonly self: string
  private readonly view: View
  private readonly roster: Roster
  private readonly silence: Silence
  private readonly heartbeats: Heartbeats
  private readonly writer: DigestWriter
  private readonly reader: DigestReader
  private readonly exchange: Exchange
  private lastStep: number
  /** Their connections end on purpose. */
  private readonly parting = new Set<string>()

  constructor(init: PresenceCoreInit) {
    const view = new View(init)
    this.view = view
    this.self = view.self
    this.lastStep = init.now
    this.writer = new DigestWriter(view)
    this.roster = new Roster(view, this.writer)
    this.silence = new Silence(view, this.roster)
    this.heartbeats = new Heartbeats(view, this.roster, this.silence)
    this.reader = new DigestReader(view, this.roster, this.heartbeats)
    this.exchange = new Exchange(view, { roster: this.roster, twins: new Twins(view), digests: this.reader })
  }

  step(input: PresenceInput, now: number): PresenceOutput {
    const { view } = this
    view.now += Math.max(0, Math.min(C.AWAKE_STEP_MAX_MS, now - this.lastStep))
    this.lastStep = now
    view.out = emptyOutput()
    switch (input.type) {
      case 'tick':
        this.tick()
        break
      case 'frame':
        this.onFrame(input.from, input.frame)
        break
      case 'announcement':
        this.exchange.hear(input.announcement, input.from, 'gossip')
        break
      case 'digest':
        this.reader.onDigest(input.from, input.digest)
        break
      case 'connected':
        this.onConnected(input.peer)
        break
      case 'disconnected':
        this.onDisconnected(input.peer)
        break
      case 'closing':
        this.parting.add(input.peer)
        view.send(input.peer, { kind: 'closing' })
        break
      case 'leader':
        this.onLeader(input.leader, input.fence, input.voters)
        break
      case 'changed':
        view.own.changed(view.now)
        break
      case 'leave':
        this.leave()
        break
      default:
        input satisfies never
    }
    return view.out
  }

  /** All others, held ones included, with what this peer makes of them. */
  list(): PresenceInfo[] {
    const { members } = this.view
    return [...members.entries()].map(([, member]) => members.infoOf(member))
  }

  get(peer: string): PresenceInfo | undefined {
    const member = this.view.members.get(peer)
    return member === undefined ? undefined : this.view.members.infoOf(member)
  }

  /**
   * How long ago a peer was last heard of, at most: by this peer itself, or by the coordinator, whose digests vouch for
   * everybody they do not name.
   */
  silentMs(peer: string): number {
    const member = this.view.members.get(peer)
    if (member === undefined) return 0
    const own = this.view.now - member.heardAt
    const { ageMs } = this.reader
    if (ageMs === null || member.suspect) return own
    return Math.min(own, ageMs + (member.visible ? C.SUSPECT_AFTER_MS : C.SUSPECT_HIDDEN_AFTER_MS))
  }

  get size(): number {
    return this.view.size
  }

  /** How far the coordinator is, in steps of heartbeats. */
  get distance(): number {
    return this.view.routes.distance
  }

  get keeper(): string | null {
    return this.view.routes.keeper
  }

  get announcement(): Announcement {
    return this.view.own.announcement
  }

  private tick(): void {
    const { view } = this
    if (view.leaving) return
    this.reader.tick()
    this.heartbeats.tick()
    const announcement = view.own.due(view.now, view.size)
    if (announcement !== null) view.out.announcements.push(announcement)
    this.roster.sweep()
    this.silence.tick()
    this.writer.tick()
    this.exchange.tick()
  }

  private onConnected(peer: string): void {
    const { view } = this
    if (view.leaving || peer === this.self) return
    const first = view.routes.neighbours.size === 0
    view.routes.connected(peer)
    this.parting.delete(peer)
    const member = view.members.get(peer)
    if (member !== undefined) {
      this.roster.reopened(peer, member)
      this.roster.heard(peer, member, view.now)
    }
    this.exchange.introduce(peer)
    // Whoever was alone is known to nobody beyond this neighbour.
    if (first) view.own.introduce(view.now)
  }

  private onDisconnected(peer: string): void {
    const { view } = this
    view.routes.disconnected(peer)
    view.rates.forget(peer)
    const parting = this.parting.delete(peer)
    const member = view.members.get(peer)
    if (member !== undefined && !parting) this.silence.closed(peer, member)
  }

  private onLeader(leader: string | null, fence: Fence, voters: readonly string[]): void {
    const { view } = this
    const changed = leader !== view.leader || fence.epochId !== view.fence.epochId || fence.term !== view.fence.term
    const before = view.leader
    view.leader = leader
    view.fence = fence
    view.routes.follow(leader, voters)
    if (!changed) return
    this.reader.begin()
    if (!view.leads || before === this.self) return
    this.writer.begin()
    // What others heard of them went to the one before.
    for (const [, member] of view.members.entries()) if (member.closedAt === null) member.heardAt = view.now
  }

  private onFrame(from: string, frame: Frame): void {
    const { view } = this
    if (!view.rates.frame(from, view.now)) {
      view.offence(from, 'FLOODING', 'more messages about presence than a peer has reason to send')
      return
    }
    switch (frame.kind) {
      case 'beats':
        this.heartbeats.onBeats(from, frame.beats)
        break
      case 'route':
        view.routes.hear(from, frame.leader, frame.distance)
        break
      case 'closing':
        this.parting.add(from)
        break
      case 'poll':
        this.silence.onPoll(from, frame.target)
        break
      case 'sums':
        this.exchange.onSums(from, frame.sums)
        break
      case 'marks':
        this.exchange.onMarks(from, frame.buckets, frame.marks)
        break
      case 'gone':
        this.exchange.onGone(from, frame.marks)
        break
      case 'pull':
        this.exchange.onPull(from, frame.peers)
        break
      case 'records':
        this.exchange.onRecords(from, frame.announcements)
        break
      default:
        frame satisfies never
    }
  }

  private leave(): void {
    const { view } = this
    if (view.leaving) return
    view.leaving = true
    const goodbye = view.own.leave(view.now)
    view.out.announcements.push(goodbye)
    // Straight to those who are connected: what gossip has in hand when a process ends may be lost.
    for (const peer of view.routes.neighbours.keys()) view.send(peer, { kind: 'records', announcements: [goodbye] })
  }
}
