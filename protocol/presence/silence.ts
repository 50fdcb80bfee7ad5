/**
 * Suspicion and death: who has not been heard for too long, and whose connection closed without a word. Others are asked
 * before a verdict, and the suspect itself where it is connected (SWIM: Das, Gupta and Motivala, 2002).
 *
 * The coordinator judges everybody; where there is none, each peer judges those it is connected to, and nobody dies
 * because nobody reports.
 */
import * as C from './constants.ts'
import type { Member } from './members.ts'
import type { Roster } from './roster.ts'
import type { Beat, Frame } from './types.ts'
import type { View } from './view.ts'

export class Silence {
  private readonly view: View
  private readonly roster: Roster
  private sweptAt = -Infinity
  /** Who asked about whom, and until when an answer is due. */
  private readonly askers = new Map<string, Map<string, number>>()

  constructor(view: View, roster: Roster) {
    this.view = view
    this.roster = roster
  }

  tick(): void {
    const { members, routes, now, directSince, leader } = this.view
    if (now - this.sweptAt < C.SWEEP_EVERY_MS) return
    this.sweptAt = now
    for (const peer of this.roster.closed) this.judgeClosed(peer)
    for (const [peer, asking] of this.askers) {
      for (const [asker, until] of asking) if (until < now) asking.delete(asker)
      if (asking.size === 0) this.askers.delete(peer)
    }
    if (this.view.leads) {
      for (const [peer, member] of members.entries()) this.judge(peer, member, member.heardAt)
    } else if (directSince !== null) {
      for (const peer of routes.neighbours.keys()) {
        const member = members.get(peer)
        // Others begin to speak to everybody when they miss the coordinator; the coordinator itself spoke all the time.
        if (member !== undefined) this.judge(peer, member, peer === leader ? member.heardAt : Math.max(member.heardAt, directSince))
      }
    }
  }

  /** A connection ended, and not to make room. */
  closed(peer: string, member: Member): void {
    member.closedAt = this.view.now
    member.askedAgain = false
    this.roster.closed.add(peer)
    this.ask(peer)
  }

  private judge(peer: string, member: Member, since: number): void {
    const silent = this.view.now - since
    if (silent > (member.visible ? C.DEAD_AFTER_MS : C.DEAD_HIDDEN_AFTER_MS)) {
      this.roster.remove(peer, `silent for ${Math.round(silent / 1000)} s`, this.view.leads)
    } else if (silent > (member.visible ? C.SUSPECT_AFTER_MS : C.SUSPECT_HIDDEN_AFTER_MS)) {
      this.roster.suspect(member)
      this.ask(peer)
    }
  }

  private judgeClosed(peer: string): void {
    const { members, now, leads, direct, size } = this.view
    const member = members.get(peer)
    if (member === undefined || member.closedAt === null) {
      this.roster.closed.delete(peer)
    } else if (now - member.closedAt > C.LOST_AFTER_DISCONNECT_MS) {
      this.roster.reopened(peer, member)
      if (leads || direct || size <= C.SMALL_MESH_PEERS) this.roster.remove(peer, 'its connection closed', leads)
      else member.suspect = true
    } else if (!member.askedAgain && now - member.closedAt > C.ASK_AGAIN_MS) {
      member.askedAgain = true
      this.ask(peer)
    }
  }

  // ---- asking ----

  /** Sends one round of questions about a peer: to itself where it is connected, else to those who may hear it. */
  private ask(target: string): void {
    const { routes, leader } = this.view
    const frame: Frame = { kind: 'poll', target }
    if (routes.neighbours.has(target)) {
      this.view.send(target, frame)
      return
    }
    const helpers = new Set(routes.pick(C.HELPERS))
    if (leader !== null && leader !== target && routes.neighbours.has(leader)) helpers.add(leader)
    for (const helper of helpers) this.view.send(helper, frame)
  }

  onPoll(from: string, target: string): void {
    const { members, routes, now, own } = this.view
    if (target === this.view.self) {
      this.view.send(from, { kind: 'beats', beats: [own.beat()] })
      return
    }
    const member = members.get(target)
    if (member === undefined || member.closedAt !== null) return
    const age = now - member.heardAt
    if (age < C.FRESH_MS) {
      this.view.send(from, { kind: 'beats', beats: [relayed(target, member, age)] })
    } else if (routes.neighbours.has(target)) {
      const asking = this.askers.get(target) ?? new Map<string, number>()
      this.askers.set(target, asking)
      if (asking.size === 0) this.view.send(target, { kind: 'poll', target })
      asking.set(from, now + C.ASKED_FOR_MS)
    }
  }

  /** A heartbeat of this peer has come: those who asked hear of it. */
  answerAskers(peer: string, beat: Beat, from: string): void {
    const asking = this.askers.get(peer)
    if (asking === undefined || from !== peer) return
    this.askers.delete(peer)
    for (const asker of asking.keys()) if (asker !== peer) this.view.send(asker, { kind: 'beats', beats: [{ ...beat, hops: beat.hops + 1 }] })
  }
}

function relayed(peerId: string, member: Member, ageMs: number): Beat {
  const { record, incarnation, revision } = member.announcement
  const { activeJobs, memory } = record
  const load = member.load ?? { activeJobs, usedBytes: memory.usedBytes, freeBytes: memory.freeBytes }
  return { peerId, incarnationId: incarnation.id, revision, visible: member.visible, ageMs: Math.round(ageMs), hops: 1, load }
}
