/**
 * Heartbeats: this peer's own, to its keeper (and to everybody connected while there is no coordinator), and those of
 * others, which it passes on towards the coordinator.
 */
import * as C from './constants.ts'
import type { Roster } from './roster.ts'
import type { Silence } from './silence.ts'
import type { Beat, Frame } from './types.ts'
import type { View } from './view.ts'

export class Heartbeats {
  private readonly view: View
  private readonly roster: Roster
  private readonly silence: Pick<Silence, 'answerAskers'>
  private dueAt = 0

  constructor(view: View, roster: Roster, silence: Pick<Silence, 'answerAskers'>) {
    this.view = view
    this.roster = roster
    this.silence = silence
  }

  tick(): void {
    const { routes, now, own, random } = this.view
    const turned = routes.choose(now)
    routes.routeFrames((to, frame) => this.view.send(to, frame))
    if (!this.view.leads && (now >= this.dueAt || turned)) {
      this.dueAt = now + C.HEARTBEAT_MS * (1 - C.HEARTBEAT_JITTER + 2 * C.HEARTBEAT_JITTER * random())
      const frame: Frame = { kind: 'beats', beats: [own.beat()] }
      const { keeper } = routes
      if (keeper !== null) this.view.send(keeper, frame)
      if (this.view.direct) for (const peer of routes.pick(C.DIRECT_BEATS, (peer) => peer !== keeper)) this.view.send(peer, frame)
    }
    routes.passOn(now, (to, frame) => this.view.send(to, frame))
  }

  /** The coordinator takes this peer for silent or dead, wrongly: another way must be found, at once. */
  unheard(): void {
    this.view.routes.avoidKeeper(this.view.now)
    this.dueAt = this.view.now
  }

  onBeats(from: string, beats: readonly Beat[]): void {
    for (const beat of beats) {
      if (beat.peerId === this.view.self) continue
      if ((beat.hops === 0) !== (beat.peerId === from)) {
        this.view.offence(from, 'MALFORMED', beat.hops === 0 ? 'a heartbeat in the name of another peer' : 'a passed-on heartbeat of its own')
        continue
      }
      if (beat.hops === 0 && !this.view.rates.beat(from, this.view.now)) {
        this.view.offence(from, 'FLOODING', 'more heartbeats than a peer has reason to send')
        continue
      }
      this.onBeat(from, beat)
    }
  }

  private onBeat(from: string, beat: Beat): void {
    const { members, routes, sync, now } = this.view
    const { peerId } = beat
    const at = now - beat.ageMs
    let member = members.get(peerId)
    if (member === undefined) {
      const last = members.tombstone(peerId)
      // It lives, though it was taken for dead: what was known of it holds.
      if (last !== undefined && last.incarnation.id === beat.incarnationId && beat.revision >= last.revision && !last.leaving && this.takesWord(from, beat)) {
        if (members.diedBefore(peerId, at)) this.roster.admit(last, from, true)
      }
      member = members.get(peerId)
    }
    if (member === undefined || member.announcement.incarnation.id !== beat.incarnationId || member.announcement.revision < beat.revision) {
      const known = member?.announcement ?? members.tombstone(peerId)
      // A new incarnation has no start time in a heartbeat: any newer one will do.
      const incarnation = known?.incarnation.id === beat.incarnationId ? known.incarnation : { id: beat.incarnationId, startedAtMs: Number.MAX_SAFE_INTEGER }
      if (known?.leaving !== true || known.incarnation.id !== beat.incarnationId) {
        // What is new of a known one comes by gossip as a rule.
        sync.want({ peerId, incarnation, revision: beat.revision }, from, member === undefined ? now : now + C.PULL_AFTER_MS)
      }
    }
    if (member !== undefined && member.announcement.incarnation.id === beat.incarnationId) {
      if (at > member.heardAt) {
        member.load = beat.load
        member.visible = beat.visible
      }
      this.roster.heard(peerId, member, at)
      this.silence.answerAskers(peerId, beat, from)
    }
    if (!this.view.leads) routes.enqueue(beat, from, now)
  }

  /** Whether a heartbeat may bring a peer back: from itself, or on its way to the coordinator. */
  private takesWord(from: string, beat: Beat): boolean {
    return beat.hops === 0 || this.view.leads || from === this.view.routes.keeper
  }
}
