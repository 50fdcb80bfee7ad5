/**
 * The way of heartbeats to the coordinator: who is connected, how far each is from the coordinator, and through whom this
 * peer reports (its **keeper**). Nobody keeps thousands of connections: a keeper passes on, twice a second, what others
 * told it. Distances as in RIP (RFC 2453), with a poisoned way back and a small infinity, so that a circle dies at once.
 */
import * as C from './constants.ts'
import type { Beat, Frame } from './types.ts'

interface Waiting {
  readonly beat: Beat
  readonly since: number
}

export class Routes {
  readonly neighbours = new Map<string, { leader: string; distance: number }>()
  keeper: string | null = null
  private readonly self: string
  private readonly random: () => number
  /** Steps that a way through this peer counts for: a tab passes on only where there is no native. */
  private readonly cost: number
  private readonly avoided = new Map<string, number>()
  private readonly waiting = new Map<string, Waiting>()
  private readonly told = new Map<string, string>()
  private passOnAt = 0
  private leader: string | null = null
  private voters: readonly string[] = []

  constructor(init: { readonly self: string; readonly random: () => number; readonly cost: number }) {
    this.self = init.self
    this.random = init.random
    this.cost = init.cost
  }

  follow(leader: string | null, voters: readonly string[]): void {
    if (leader !== this.leader) {
      this.avoided.clear()
      this.keeper = null
    }
    this.leader = leader
    this.voters = voters
  }

  connected(peer: string): void {
    this.neighbours.set(peer, { leader: '', distance: C.MAX_DISTANCE })
    this.told.delete(peer)
  }

  disconnected(peer: string): void {
    this.neighbours.delete(peer)
    this.told.delete(peer)
    this.avoided.delete(peer)
    if (this.keeper === peer) this.keeper = null
  }

  hear(peer: string, leader: string, distance: number): void {
    if (this.neighbours.has(peer)) this.neighbours.set(peer, { leader, distance: Math.min(C.MAX_DISTANCE, distance) })
  }

  private distanceOf(peer: string): number {
    if (peer === this.leader) return 0
    const neighbour = this.neighbours.get(peer)
    // A distance to somebody else says nothing.
    return neighbour === undefined || neighbour.leader !== this.leader ? C.MAX_DISTANCE : neighbour.distance
  }

  /** The coordinator did not hear this peer though its keeper was told: another way must be found. */
  avoidKeeper(now: number): void {
    if (this.keeper === null || this.keeper === this.leader) return
    this.avoided.set(this.keeper, now + C.AVOID_KEEPER_MS)
    this.keeper = null
  }

  /** Returns true when the keeper is another one than before. */
  choose(now: number): boolean {
    const before = this.keeper
    if (this.leader === null || this.leader === this.self) {
      this.keeper = null
    } else {
      let best = C.MAX_DISTANCE - 1
      for (const peer of this.neighbours.keys()) if (!this.isAvoided(peer, now)) best = Math.min(best, this.distanceOf(peer))
      const kept = this.keeper !== null && this.neighbours.has(this.keeper) && !this.isAvoided(this.keeper, now) && this.distanceOf(this.keeper) <= best
      if (!kept) {
        const nearest = [...this.neighbours.keys()].filter((peer) => !this.isAvoided(peer, now) && this.distanceOf(peer) <= best)
        const voters = nearest.filter((peer) => this.voters.includes(peer))
        const from = voters.length > 0 ? voters : nearest
        this.keeper = from.length === 0 ? null : (from[Math.floor(this.random() * from.length)] as string)
      }
    }
    return this.keeper !== before
  }

  private isAvoided(peer: string, now: number): boolean {
    const until = this.avoided.get(peer)
    return until !== undefined && now < until
  }

  get distance(): number {
    if (this.leader === this.self) return 0
    if (this.keeper === null) return C.MAX_DISTANCE
    return Math.min(C.MAX_DISTANCE, this.distanceOf(this.keeper) + this.cost)
  }

  /** What each neighbour has not been told yet; a keeper is told that there is no way through the one it keeps. */
  routeFrames(out: (to: string, frame: Frame) => void): void {
    if (this.leader === null) return
    const own = this.distance
    for (const peer of this.neighbours.keys()) {
      const distance = peer === this.keeper ? C.MAX_DISTANCE : own
      const key = `${this.leader} ${distance}`
      if (this.told.get(peer) === key || (distance === C.MAX_DISTANCE && !this.told.has(peer))) continue
      this.told.set(peer, key)
      out(peer, { kind: 'route', leader: this.leader, distance })
    }
  }

  /** A heartbeat to be passed on. */
  enqueue(beat: Beat, from: string, now: number): void {
    if (from === this.keeper || this.distance >= C.MAX_DISTANCE || beat.hops + 1 > C.MAX_DISTANCE) return
    const before = this.waiting.get(beat.peerId)
    if (before === undefined && this.waiting.size >= C.MAX_WAITING_BEATS) return
    if (before !== undefined && before.beat.ageMs + (now - before.since) <= beat.ageMs) return
    this.waiting.set(beat.peerId, { beat, since: now })
  }

  passOn(now: number, out: (to: string, frame: Frame) => void): void {
    if (now < this.passOnAt || this.waiting.size === 0) return
    this.passOnAt = now + C.PASS_ON_EVERY_MS
    const { keeper } = this
    const beats = [...this.waiting.values()].map(({ beat, since }) => ({ ...beat, hops: beat.hops + 1, ageMs: Math.round(beat.ageMs + now - since) }))
    this.waiting.clear()
    if (keeper === null) return
    const good = beats.filter((beat) => beat.ageMs <= C.MAX_BEAT_AGE_MS)
    for (let i = 0; i < good.length; i += C.MAX_BEATS_PER_FRAME) out(keeper, { kind: 'beats', beats: good.slice(i, i + C.MAX_BEATS_PER_FRAME) })
  }

  /** Some connected peers, drawn at random. */
  pick(count: number, fits: (peer: string) => boolean = () => true): string[] {
    const from = [...this.neighbours.keys()].filter(fits)
    for (let i = 0; i < Math.min(count, from.length); i++) {
      const j = i + Math.floor(this.random() * (from.length - i))
      ;[from[i], from[j]] = [from[j] as string, from[i] as string]
    }
    return from.slice(0, count)
  }
}
