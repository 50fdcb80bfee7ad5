/**
 * Presence cores on a network that loses and delays, under one seed: links, frames over them, gossip that floods what is
 * connected. Who leads is said from outside.
 */
import * as C from '../../../../protocol/presence/constants.ts'
import { PresenceCore } from '../../../../protocol/presence/core.ts'
import type { Announcement, Digest, Frame, Incarnation, PresenceEffect, PresenceInput, PresenceRecord } from '../../../../protocol/presence/types.ts'
import { World } from '../../../sim/world.ts'

export interface Told {
  readonly at: number
  readonly effect: PresenceEffect
}

export class Node {
  readonly id: string
  readonly told: Told[] = []
  core: PresenceCore
  record: PresenceRecord
  alive = true
  paused = false
  /** Its clock stands ahead of the world's by so much. */
  clockAheadMs = 0
  runs = 1
  private readonly mesh: PresenceMesh

  constructor(mesh: PresenceMesh, id: string, kind: 'native' | 'browser') {
    this.mesh = mesh
    this.id = id
    this.record = recordOf(id, kind)
    this.core = this.makeCore()
  }

  makeCore(): PresenceCore {
    const { world } = this.mesh
    return new PresenceCore({ describe: () => this.record, incarnation: incarnationOf(this.id, this.runs), random: world.random, now: this.now })
  }

  get now(): number {
    return this.mesh.world.now + this.clockAheadMs
  }

  get names(): string[] {
    return this.core.list().map(({ peerId }) => peerId)
  }

  events(type: PresenceEffect['type']): Told[] {
    return this.told.filter(({ effect }) => effect.type === type)
  }

  run(input: PresenceInput): void {
    if (!this.alive || this.paused) return
    const output = this.core.step(input, this.now)
    for (const { to, frame } of output.frames) this.mesh.send(this, to, frame)
    for (const announcement of output.announcements) this.mesh.gossip(this, { type: 'announcement', announcement: signed(announcement), from: this.id })
    for (const digest of output.digests) this.mesh.gossip(this, { type: 'digest', digest, from: this.id })
    for (const effect of output.effects) this.told.push({ at: this.mesh.world.now, effect })
  }
}

export class PresenceMesh {
  readonly world: World
  readonly nodes: Node[] = []
  loss = 0
  maxDelayMs = 20
  /** Every digest and frame that was sent. */
  readonly digests: Digest[] = []
  framesSent = 0
  onFrame: (from: string, to: string, frame: Frame) => void = () => {}
  private readonly links = new Set<string>()
  private term = 0
  /** What a node that starts is told of the leader. */
  private following = new Map<string, { leader: string | null; term: number }>()

  constructor(seed: number) {
    this.world = new World(seed)
  }

  node(name: string): Node {
    return this.nodes[Number(name.slice(1))] as Node
  }

  add(count: number, kind: 'native' | 'browser' = 'native'): Node[] {
    const added = Array.from({ length: count }, () => {
      const node = new Node(this, `p${this.nodes.length}`, kind)
      this.nodes.push(node)
      this.tick(node)
      return node
    })
    return added
  }

  private tick(node: Node): void {
    node.run({ type: 'tick' })
    this.world.after(C.TICK_MS, () => this.tick(node))
  }

  run(ms: number): void {
    this.world.runUntil(this.world.now + ms)
  }

  connect(a: Node, b: Node): void {
    if (a === b || !a.alive || !b.alive || this.isLinked(a, b)) return
    this.links.add(key(a, b))
    a.run({ type: 'connected', peer: b.id })
    b.run({ type: 'connected', peer: a.id })
  }

  connectAll(nodes: readonly Node[] = this.nodes): void {
    for (const a of nodes) for (const b of nodes) if (a.id < b.id) this.connect(a, b)
  }

  disconnect(a: Node, b: Node): void {
    if (!this.links.delete(key(a, b))) return
    a.run({ type: 'disconnected', peer: b.id })
    b.run({ type: 'disconnected', peer: a.id })
  }

  isLinked(a: Node, b: Node): boolean {
    return this.links.has(key(a, b))
  }

  neighbours(node: Node): Node[] {
    return this.nodes.filter((other) => other !== node && this.isLinked(node, other))
  }

  /** A partition that everybody notices at once. */
  split(group: readonly Node[]): void {
    for (const a of group) for (const b of this.nodes) if (!group.includes(b)) this.disconnect(a, b)
  }

  kill(node: Node): void {
    node.alive = false
    for (const other of this.nodes) if (other !== node) this.disconnect(node, other)
  }

  restart(node: Node): void {
    node.alive = true
    node.runs += 1
    node.core = node.makeCore()
    const follows = this.following.get(node.id)
    if (follows !== undefined) this.tellLeader(node, follows)
  }

  lead(leader: Node | null, nodes: readonly Node[] = this.nodes): void {
    this.term += 1
    for (const node of nodes) {
      this.following.set(node.id, { leader: leader?.id ?? null, term: this.term })
      this.tellLeader(node, { leader: leader?.id ?? null, term: this.term })
    }
  }

  private tellLeader(node: Node, { leader, term }: { leader: string | null; term: number }): void {
    node.run({ type: 'leader', leader, fence: { epoch: 1, epochId: 'e', term }, voters: leader === null ? [] : [leader] })
  }

  send(from: Node, to: string, frame: Frame): void {
    const target = this.node(to)
    this.framesSent += 1
    this.onFrame(from.id, to, frame)
    const carried: Frame = frame.kind === 'records' ? { ...frame, announcements: frame.announcements.map(signed) } : frame
    if (!this.isLinked(from, target) || this.world.chance(this.loss)) return
    this.world.after(this.world.uniform(1, this.maxDelayMs), () => {
      if (this.isLinked(from, target)) target.run({ type: 'frame', from: from.id, frame: carried })
    })
  }

  gossip(from: Node, input: PresenceInput): void {
    if (input.type === 'digest') this.digests.push(input.digest)
    const hops = new Map<Node, number>([[from, 0]])
    for (const [node, distance] of hops) {
      for (const next of this.neighbours(node)) if (!hops.has(next) && next.alive && !next.paused) hops.set(next, distance + 1)
    }
    for (const [node, distance] of hops) {
      // Several ways lead to everybody: a message is lost seldom.
      if (distance === 0 || this.world.chance(this.loss ** 2)) continue
      this.world.after(this.world.uniform(1, this.maxDelayMs) * distance, () => node.run(input))
    }
  }
}

export function incarnationOf(id: string, run: number): Incarnation {
  return { id: `${id}/${run}`, startedAtMs: run }
}

/** What a signature weighs is all that matters here. */
export function signed(announcement: Announcement): Announcement {
  return announcement.bytes === null ? { ...announcement, bytes: SIGNED } : announcement
}
const SIGNED = new Uint8Array(1200)

export function recordOf(peerId: string, kind: 'native' | 'browser'): PresenceRecord {
  return {
    peerId,
    kind,
    version: '0.1.0',
    device: null,
    memory: { totalBytes: null, freeBytes: null, source: 'host', limitBytes: 1, usedBytes: 0, maxBufferSize: 1, maxStorageBufferBindingSize: 1 },
    speed: 0,
    slots: 1,
    activeJobs: 0,
    visible: true,
    mayVote: kind === 'native',
    addresses: [],
    epochId: 'e',
  }
}

function key(a: Node, b: Node): string {
  return a.id < b.id ? `${a.id} ${b.id}` : `${b.id} ${a.id}`
}
