/**
 * A large mesh in virtual time: peers with the connections that `protocol/mesh/degree.ts` gives them, links that take a
 * few to fifty milliseconds and lose nothing, gossip by the model of `gossip.ts`. Everything that is sent is counted.
 */
import { toString as baseOf } from 'uint8arrays/to-string'
import { KEPT_CONNECTIONS, SETTLED_AFTER_MS } from '../../../protocol/mesh/constants.ts'
import { planConnections } from '../../../protocol/mesh/degree.ts'
import type { Announcement, PresenceRecord } from '../../../protocol/presence/types.ts'
import type { SignedJob } from '../specs.ts'
import { World } from '../world.ts'
import { Gossip } from './gossip.ts'
import { INTRODUCING_MS, ScalePeer } from './peer.ts'
import { type Kind, STREAM_BYTES, Traffic } from './traffic.ts'

const LATENCY_MIN_MS = 5
const LATENCY_MAX_MS = 50
/** Handshakes of a new connection: five round trips over a link of middling length. */
const DIAL_MS = 250
const CLOSING_NOTICE_MS = 500
/** As in production, but for learners: their elections and heartbeats bear a slower step, and thousands of them are many. */
const RAFT_TICK_MS = 20
const LEARNER_TICK_MS = 500
const PRESENCE_TICK_MS = 100
const JOBS_TICK_MS = 50
const LOOK_EVERY_MS = 500
const AWAKE_STEP_MS = 500
const LEARNER_LOOK_EVERY_MS = 2000
const CLAIM_EVERY_MS = 1000

export class ScaleMesh {
  readonly world: World
  readonly peers: ScalePeer[]
  readonly traffic: Traffic
  private readonly gossip: Gossip
  private readonly byId: ReadonlyMap<string, ScalePeer>
  private readonly jobs = new Map<string, { readonly job: SignedJob; readonly assignedAt: Map<string, number> }>()

  constructor(size: number, seed: number) {
    this.world = new World(seed)
    this.traffic = new Traffic(size)
    const { world } = this
    this.gossip = new Gossip(size, {
      world,
      traffic: this.traffic,
      links: (peer) => (this.peers[peer] as ScalePeer).links,
      latencyMs: (from, to) => this.latencyMs(from, to),
    })
    this.peers = Array.from({ length: size }, (_, i) => new ScalePeer(this, i, recordOf(peerId(world)), hex(world, 16)))
    this.byId = new Map(this.peers.map((peer) => [peer.id, peer]))
  }

  /** Everybody knows everybody, as after hours; one peer founds the mesh, the committee grows, connections find their place. */
  start(): void {
    const { world, peers } = this
    this.introduce()
    this.settleLinks([peers[0]?.id as string])
    this.introductionsAreOver()
    for (const peer of peers) {
      const every = (periodMs: () => number, task: () => void): void => {
        const again = (): void => {
          if (!peer.alive) return
          task()
          world.after(periodMs(), again)
        }
        world.after(world.random() * periodMs(), again)
      }
      const votes = (): boolean => peer.coordination.core.isVoter()
      every(
        () => (votes() ? RAFT_TICK_MS : LEARNER_TICK_MS),
        () => peer.tickRaft(),
      )
      every(
        () => (votes() ? PRESENCE_TICK_MS : LEARNER_TICK_MS),
        () => peer.tickPresence(),
      )
      every(
        () => JOBS_TICK_MS * (peer.leads ? 1 : 20),
        () => peer.tickJobs(),
      )
      every(
        () => (votes() ? LOOK_EVERY_MS : LEARNER_LOOK_EVERY_MS),
        () => peer.lookAround(),
      )
      every(
        () => CLAIM_EVERY_MS,
        () => peer.coordination.publishClaim(),
      )
    }
    const heartbeat = (): void => {
      this.gossip.heartbeat()
      world.after(1000, heartbeat)
    }
    heartbeat()
  }

  run(ms: number): void {
    this.world.runUntil(this.world.now + ms)
  }

  get leader(): ScalePeer | null {
    return this.peers.find((peer) => peer.alive && peer.leads) ?? null
  }

  voters(): ScalePeer[] {
    const voters = this.leader?.coordination.core.voters ?? []
    return voters.flatMap((id) => this.byId.get(id) ?? []).filter(({ alive }) => alive)
  }

  // ---- connections ----

  /** One turn of every peer's dialer. */
  tendLinks(): void {
    const voters = this.leader?.coordination.core.voters ?? []
    for (const peer of this.peers) if (peer.alive) this.plan(peer, voters, true)
  }

  /** As the dialers leave it after a while; before the clock starts, so that nothing of it is counted. */
  private settleLinks(voters: readonly string[]): void {
    for (let turn = 0; turn < 3; turn += 1) for (const peer of this.peers) this.plan(peer, voters, false)
  }

  private plan(peer: ScalePeer, voters: readonly string[], counted: boolean): void {
    if (!counted && peer.links.size >= KEPT_CONNECTIONS && voters.includes(peer.id)) return
    const { random } = this.world
    const connected = new Map([...peer.links].map((index) => [(this.peers[index] as ScalePeer).id, SETTLED_AFTER_MS]))
    const known = this.peers.filter((other) => other !== peer && other.alive).map(({ id }) => id)
    const { dial, close } = planConnections({ self: peer.id, known, connected, voters, isNeeded: () => false, isResting: () => false, random })
    for (const id of dial) this.link(peer, this.byId.get(id) as ScalePeer, counted)
    for (const id of close) {
      const other = this.byId.get(id) as ScalePeer
      peer.run({ type: 'closing', peer: id })
      this.world.after(CLOSING_NOTICE_MS, () => this.unlink(peer, other))
    }
  }

  private link(a: ScalePeer, b: ScalePeer, counted: boolean): void {
    if (a === b || a.links.has(b.index) || !a.alive || !b.alive) return
    if (counted) this.traffic.dial(a.index, b.index)
    a.links.add(b.index)
    b.links.add(a.index)
    a.connected(b)
    b.connected(a)
  }

  private unlink(a: ScalePeer, b: ScalePeer): void {
    if (!a.links.has(b.index)) return
    this.gossip.unlinked(a.index, b.index)
    a.disconnected(b)
    b.disconnected(a)
  }

  /** SIGKILL: every connection closes. */
  kill(peer: ScalePeer): void {
    peer.alive = false
    for (const index of [...peer.links]) this.unlink(this.peers[index] as ScalePeer, peer)
  }

  /** The same both ways and for every message, so that the order on a link is kept. */
  private latencyMs(from: number, to: number): number {
    const pair = Math.imul(Math.min(from, to) + 1, 0x9e3779b1) ^ Math.imul(Math.max(from, to) + 1, 0x85ebca6b)
    const share = ((Math.imul(pair ^ (pair >>> 15), 0xc2b2ae35) >>> 0) % 1000) / 1000
    return LATENCY_MIN_MS + share * (LATENCY_MAX_MS - LATENCY_MIN_MS)
  }

  // ---- messages ----

  send(from: ScalePeer, to: string, kind: Kind, bytes: number, deliver: (peer: ScalePeer) => void): void {
    const target = this.byId.get(to)
    if (target === undefined || !from.alive || !from.links.has(target.index)) return
    this.traffic.count(kind, from.index, target.index, bytes + STREAM_BYTES)
    this.world.after(this.latencyMs(from.index, target.index), () => {
      if (target.alive && target.links.has(from.index)) deliver(target)
    })
  }

  /** Dials first where there is no connection. */
  reach(from: ScalePeer, to: string, kind: Kind, bytes: number, deliver: (peer: ScalePeer) => void): void {
    const target = this.byId.get(to)
    if (target === undefined || !from.alive || !target.alive) return
    if (target === from) this.world.after(0, () => deliver(from))
    else if (from.links.has(target.index)) this.send(from, to, kind, bytes, deliver)
    else {
      this.world.after(DIAL_MS, () => {
        this.link(from, target, true)
        this.send(from, to, kind, bytes, deliver)
      })
    }
  }

  publish(from: ScalePeer, topic: string, bytes: number, deliver: (peer: ScalePeer) => void): void {
    if (!from.alive) return
    this.gossip.publish(from.index, topic, bytes, (index) => {
      const peer = this.peers[index] as ScalePeer
      if (peer.alive) deliver(peer)
    })
  }

  // ---- jobs ----

  /** By a peer that is no voter; returns when each member was assigned, as it happens. */
  submit(from: ScalePeer, job: SignedJob): ReadonlyMap<string, number> {
    const assignedAt = new Map<string, number>()
    this.jobs.set(job.jobId, { job, assignedAt })
    const { leader } = this
    if (leader !== null)
      this.reach(from, leader.id, 'jobs', job.bytes.byteLength, (peer) =>
        peer.propose({ type: 'submit', jobId: job.jobId, signed: job.signed, at: this.world.now }),
      )
    return assignedAt
  }

  specBytes(jobId: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.jobs.get(jobId)?.job.bytes ?? [])
  }

  assigned(jobId: string, peer: string): void {
    const assignedAt = this.jobs.get(jobId)?.assignedAt
    if (assignedAt !== undefined && !assignedAt.has(peer)) assignedAt.set(peer, this.world.now)
  }

  /** Thousands that introduced themselves in the same moment would be a flood of millions, such as no mesh that grew ever sees. */
  private introductionsAreOver(): void {
    const { world, peers } = this
    for (; world.now < INTRODUCING_MS; world.now += AWAKE_STEP_MS) for (const { presence } of peers) presence.step({ type: 'tick' }, world.now + AWAKE_STEP_MS)
  }

  /** Every peer is handed the records of all others. */
  private introduce(): void {
    const announcements: Announcement[] = this.peers.map(({ presence }) => ({ ...presence.announcement, bytes: RECORD }))
    for (const peer of this.peers) {
      const others = announcements.filter(({ peerId: id }) => id !== peer.id)
      peer.run({ type: 'frame', from: others[0]?.peerId as string, frame: { kind: 'records', announcements: others } })
    }
  }
}

/** What a record weighs that its peer has signed: one that a native with a discrete adapter sends. */
const RECORD = new Uint8Array(1400)

function recordOf(id: string): PresenceRecord {
  const limit = 2 ** 31
  return {
    peerId: id,
    kind: 'native',
    version: '0.1.0',
    device: {
      vendor: 'nvidia',
      architecture: 'ampere',
      description: 'a discrete adapter',
      backend: 'vulkan',
      type: 'discrete',
      features: FEATURES,
      limits: LIMITS,
    },
    memory: {
      totalBytes: 12 * 2 ** 30,
      freeBytes: 8 * 2 ** 30,
      source: 'nvml',
      limitBytes: 8 * 2 ** 30,
      usedBytes: 0,
      maxBufferSize: limit,
      maxStorageBufferBindingSize: limit,
    },
    speed: 1000,
    slots: 1,
    activeJobs: 0,
    visible: true,
    mayVote: true,
    addresses: ['/ip4/203.0.113.7/tcp/4001', '/ip4/203.0.113.7/tcp/4002/ws', '/ip4/192.168.1.7/tcp/4001'],
    // What all say again after a new epoch is no part of an idle mesh.
    epochId: 'e',
  }
}

const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'chromium-experimental-subgroup-matrix', 'float32-filterable', 'indirect-first-instance']
const LIMITS = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`maxSomethingPerSomething${i}`, 65_536]))

/** An Ed25519 peer id as it is written, of a key that nobody has. */
function peerId(world: World): string {
  const key = Array.from({ length: 32 }, () => world.integer(0, 256))
  return baseOf(new Uint8Array([0, 36, 8, 1, 18, 32, ...key]), 'base58btc')
}

function hex(world: World, digits: number): string {
  return Array.from({ length: digits }, () => world.integer(0, 16).toString(16)).join('')
}
