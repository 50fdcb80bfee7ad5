/**
 * A model of gossipsub 1.1 with the settings of `protocol/mesh/mesh.ts`: who publishes floods it to everybody it is
 * connected to, everybody else hands a message on once, to the 4 to 12 neighbours of its mesh; once a second some others are
 * told the ids of recent messages. One mesh serves all topics. Links lose nothing here, so nothing is asked for by id.
 */
import type { World } from '../world.ts'
import { STREAM_BYTES, type Traffic } from './traffic.ts'

/** gossipsub's defaults: D, Dlo, Dhi, Dlazy and its gossip factor. */
const DEGREE = 6
const DEGREE_LOW = 4
const DEGREE_HIGH = 12
const LAZY = 6
const LAZY_SHARE = 0.25
/** Sender, sequence number, topic and signature of a signed message, with field tags. */
const MESSAGE_BYTES = 38 + 8 + 46 + 64 + 14
/** Ids of the last three heartbeats are told: sender and sequence number each. */
const ID_BYTES = 48
const ID_WINDOW_MS = 3000
const IHAVE_BYTES = 54

export interface GossipSurroundings {
  readonly world: World
  readonly traffic: Traffic
  readonly links: (peer: number) => ReadonlySet<number>
  readonly latencyMs: (from: number, to: number) => number
}

export class Gossip {
  private readonly around: GossipSurroundings
  private readonly size: number
  private readonly mesh: Set<number>[]
  private readonly recent: { readonly topic: string; readonly at: number }[] = []

  constructor(size: number, around: GossipSurroundings) {
    this.size = size
    this.around = around
    this.mesh = Array.from({ length: size }, () => new Set<number>())
  }

  /** `deliver` runs once at each peer that the message reaches. */
  publish(origin: number, topic: string, bytes: number, deliver: (peer: number) => void): void {
    const { world, traffic, links, latencyMs } = this.around
    const seen = new Uint8Array(this.size)
    seen[origin] = 1
    this.recent.push({ topic, at: world.now })
    const send = (from: number, to: number): void => {
      traffic.count('gossip', from, to, bytes + MESSAGE_BYTES + STREAM_BYTES)
      world.after(latencyMs(from, to), () => {
        if (seen[to] === 1 || !links(to).has(from)) return
        seen[to] = 1
        deliver(to)
        for (const next of this.mesh[to] as Set<number>) if (next !== from) send(to, next)
      })
    }
    for (const to of links(origin)) send(origin, to)
  }

  unlinked(a: number, b: number): void {
    this.mesh[a]?.delete(b)
    this.mesh[b]?.delete(a)
  }

  /** Once a second: meshes are mended, ids of recent messages told. */
  heartbeat(): void {
    const { world, traffic, links } = this.around
    while (this.recent[0] !== undefined && this.recent[0].at < world.now - ID_WINDOW_MS) this.recent.shift()
    const topics = new Map<string, number>()
    for (const { topic } of this.recent) topics.set(topic, (topics.get(topic) ?? 0) + 1)
    const bytes = [...topics.values()].reduce((sum, ids) => sum + IHAVE_BYTES + ids * ID_BYTES, STREAM_BYTES)
    for (let peer = 0; peer < this.size; peer += 1) {
      const mesh = this.mesh[peer] as Set<number>
      if (mesh.size < DEGREE_LOW) this.graft(peer, mesh)
      if (topics.size === 0) continue
      const others = [...links(peer)].filter((other) => !mesh.has(other))
      const count = Math.min(others.length, Math.max(LAZY, Math.floor(others.length * LAZY_SHARE)))
      for (let i = 0; i < count; i += 1)
        traffic.count('gossip', peer, others[(i + Math.floor(world.random() * others.length)) % others.length] as number, bytes)
    }
  }

  private graft(peer: number, mesh: Set<number>): void {
    const { world, links } = this.around
    const others = [...links(peer)].filter((other) => !mesh.has(other) && (this.mesh[other] as Set<number>).size < DEGREE_HIGH)
    while (mesh.size < DEGREE && others.length > 0) {
      const [other] = others.splice(Math.floor(world.random() * others.length), 1) as [number]
      mesh.add(other)
      this.mesh[other]?.add(peer)
    }
  }
}
