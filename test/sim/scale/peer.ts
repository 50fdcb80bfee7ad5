/**
 * One peer of a large simulated mesh: the real cores of presence, election, registry and scheduling, with as much of the
 * drivers around them (`protocol/peer.ts` and the services) as traffic and agreement depend on. Training itself is left
 * out: a member that is assigned has done its part.
 */
import { encodeClaim, encodeClaimMessage, encodeAnnouncement as encodeCommit, encodeRaft, type SignedClaim } from '../../../protocol/coordinator/codec.ts'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { LogEntry, RaftMessage } from '../../../protocol/coordinator/types.ts'
import { viewOf } from '../../../protocol/jobs/capacity.ts'
import { decodeCommand, encodeCommand, type JobCommand } from '../../../protocol/jobs/commands.ts'
import { JobManager, type ManagerInput } from '../../../protocol/jobs/manager.ts'
import { encodeJobMessage, encodeOffer, type JobEnvelope, type JobMessage, type Offer } from '../../../protocol/jobs/messages.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { encodeAnnouncement, encodeDigest, encodeFrame } from '../../../protocol/presence/codec.ts'
import { PresenceCore } from '../../../protocol/presence/core.ts'
import type { Announcement, PresenceInput, PresenceRecord } from '../../../protocol/presence/types.ts'
import { Coordination, type SimClaim } from '../coordination.ts'
import { Disk } from '../disk.ts'
import type { ScaleMesh } from './mesh.ts'

/** How long a peer introduces itself to the mesh that it found. */
export const INTRODUCING_MS = 2000
const DISCOVERY_MS = INTRODUCING_MS + 2500
const SNAPSHOT_MIN_BYTES = 256 * 1024
/** Envelope, key and signature around a signed record. */
const SIGNATURE_BYTES = 110
const NEED = { bytes: 1 << 20, vectorBytes: 1 << 10 }

export class ScalePeer {
  readonly index: number
  readonly id: string
  readonly presence: PresenceCore
  readonly coordination: Coordination
  readonly registry = new Registry()
  readonly links = new Set<number>()
  alive = true
  /** When it began to follow the coordinator that it follows. */
  followsSince = 0
  /** Peers that it took for dead or gone. */
  readonly left: string[] = []
  private readonly mesh: ScaleMesh
  private readonly record: PresenceRecord
  private manager: JobManager | null = null
  /** The attempt that holds this peer's only slot. */
  private taken: string | null = null

  constructor(mesh: ScaleMesh, index: number, record: PresenceRecord, incarnationId: string) {
    this.mesh = mesh
    this.index = index
    this.id = record.peerId
    this.record = record
    const { world } = mesh
    this.presence = new PresenceCore({
      describe: () => this.record,
      incarnation: { id: incarnationId, startedAtMs: 1 },
      random: world.random,
      now: 0,
    })
    const core = new RaftCore({
      self: this.id,
      mayVote: true,
      hard: null,
      snapshot: null,
      log: [],
      snapshotMinBytes: SNAPSHOT_MIN_BYTES,
      keepEntries: 256,
      random: world.random,
      now: 0,
      discoveryMs: index === 0 ? 0 : DISCOVERY_MS,
      recoveryTimeoutMs: 30_000,
    })
    this.coordination = new Coordination(core, new Disk(world), () => world.now, {
      send: (to, message) => this.sendRaft(to, message),
      tellClaim: (to, claim) =>
        this.mesh.send(this, to, 'raft', encodeClaimMessage(signed(claim)).byteLength, (peer) => peer.coordination.hearClaim(claim, this.id)),
      gossipClaim: (claim) => this.mesh.publish(this, 'claim', encodeClaim(signed(claim)).byteLength, (peer) => peer.coordination.hearClaim(claim, this.id)),
      gossipAnnouncement: (announcement) =>
        this.mesh.publish(this, 'commit', encodeCommit(announcement).byteLength, (peer) => peer.coordination.hearAnnouncement(announcement, this.id)),
      onCommitted: (entry) => this.onCommitted(entry),
      onLeader: (leader) => this.onLeader(leader),
      onAbandon: () => {},
      onReset: () => this.registry.clear(),
      takeSnapshot: () => this.registry.snapshot(),
      onRestore: (_, data) => void this.registry.restore(data),
      observe: () => {},
      whenAwake: (task) => task(),
      diesNow: () => false,
      die: () => {},
    })
  }

  get leader(): string | null {
    return this.coordination.core.leader
  }

  get leads(): boolean {
    return this.coordination.leads
  }

  // ---- time ----

  tickRaft(): void {
    if (this.alive) this.coordination.run({ type: 'tick' })
  }

  tickPresence(): void {
    this.run({ type: 'tick' })
  }

  tickJobs(): void {
    if (this.manager === null || !this.leads) return
    this.drive({ type: 'tick', peers: [this.record, ...this.presence.list().filter(({ state }) => state === 'alive')].map(viewOf) })
  }

  /** As `protocol/peer.ts` tells coordinator and presence of one another. */
  lookAround(): void {
    const { core } = this.coordination
    const connected = [...this.links].map((index) => this.mesh.peers[index]?.id as string).filter((id) => this.presence.get(id) !== undefined)
    this.coordination.run({ type: 'followers', learners: connected, mayVote: connected })
    this.run({ type: 'leader', leader: core.leader, fence: core.fence, voters: core.voters })
  }

  // ---- presence ----

  run(input: PresenceInput): void {
    if (!this.alive) return
    const { frames, announcements, digests, effects } = this.presence.step(input, this.mesh.world.now)
    for (const { to, frame: own } of frames) {
      const frame = own.kind === 'records' ? { ...own, announcements: own.announcements.map(withBytes) } : own
      const raw = frame.kind === 'records' ? { kind: frame.kind, signed: frame.announcements.map(({ bytes }) => bytes as Uint8Array) } : frame
      this.mesh.send(this, to, 'presence', encodeFrame(raw).byteLength, (peer) => peer.run({ type: 'frame', from: this.id, frame }))
    }
    for (const own of announcements) {
      const announcement = withBytes(own)
      const bytes = (announcement.bytes as Uint8Array).byteLength
      this.mesh.publish(this, 'presence', bytes, (peer) => peer.run({ type: 'announcement', announcement, from: this.id }))
    }
    for (const digest of digests)
      this.mesh.publish(this, 'digest', encodeDigest(digest).byteLength, (peer) => peer.run({ type: 'digest', digest, from: this.id }))
    for (const effect of effects) if (effect.type === 'left') this.onLeft(effect.peer)
  }

  private onLeft(peer: string): void {
    this.left.push(peer)
    if (this.manager !== null) this.drive({ type: 'gone', peer })
  }

  connected(peer: ScalePeer): void {
    this.links.add(peer.index)
    this.run({ type: 'connected', peer: peer.id })
    this.coordination.tellClaim(peer.id)
  }

  disconnected(peer: ScalePeer): void {
    this.links.delete(peer.index)
    if (!this.alive) return
    this.run({ type: 'disconnected', peer: peer.id })
    this.coordination.run({ type: 'disconnected', peer: peer.id })
    if (this.manager !== null) this.drive({ type: 'gone', peer: peer.id })
  }

  // ---- coordination ----

  private sendRaft(to: string, message: RaftMessage): void {
    this.mesh.send(this, to, 'raft', encodeRaft(message).byteLength, (peer) => peer.coordination.receive(this.id, message))
  }

  private onLeader(leader: string | null): void {
    this.followsSince = this.mesh.world.now
    this.manager = leader === this.id ? new JobManager({ registry: this.registry, needOf: () => NEED }) : null
    const { core } = this.coordination
    this.run({ type: 'leader', leader, fence: core.fence, voters: core.voters })
  }

  private onCommitted({ body }: LogEntry): void {
    if (body.kind !== 'command') return
    this.registry.apply(decodeCommand(body.command))
    if (this.manager !== null) this.drive({ type: 'applied' })
  }

  propose(command: JobCommand): void {
    this.coordination.propose(encodeCommand(command), () => {})
  }

  // ---- jobs ----

  private drive(input: ManagerInput): void {
    if (this.manager === null || !this.leads) return
    const { now } = this.mesh.world
    const { fence } = this.coordination.core
    const { proposals, messages, offers } = this.manager.step(input, now, now)
    for (const command of proposals) this.propose(command)
    for (const { to, jobId, attempt, message } of messages) this.say(to, { jobId, attempt, fence, message: this.filled(jobId, message) })
    for (const { jobId, attempt } of offers) {
      const offer: Offer = { fence, jobId, attempt, needBytes: NEED.bytes }
      this.mesh.publish(this, 'offer', encodeOffer(offer).byteLength, (peer) => peer.onOffer(offer, this.id))
    }
  }

  /** As the driver does: the manager knows no bytes. */
  private filled(jobId: string, message: JobMessage): JobMessage {
    return message.type === 'prepare' ? { ...message, signedSpec: this.mesh.specBytes(jobId) } : message
  }

  private say(to: string, envelope: JobEnvelope): void {
    this.mesh.reach(this, to, 'jobs', encodeJobMessage(envelope).byteLength, (peer) => peer.hear(this.id, envelope))
  }

  private onOffer({ fence, jobId, attempt }: Offer, from: string): void {
    if (from !== this.leader || !this.coordination.accepts(fence) || this.registry.get(jobId) === undefined) return
    const bid: JobMessage = {
      type: 'bid',
      freeBytes: this.record.memory.limitBytes,
      speed: this.record.speed,
      cached: true,
      freeSlots: this.taken === null ? 1 : 0,
      refusal: this.taken === null ? '' : 'its slot is taken',
      diskBytes: 2 ** 30,
    }
    this.say(from, { jobId, attempt, fence, message: bid })
  }

  private hear(from: string, { jobId, attempt, fence, message }: JobEnvelope): void {
    const answer = (said: JobMessage): void => this.say(from, { jobId, attempt, fence, message: said })
    switch (message.type) {
      case 'prepare':
        this.taken = jobId
        answer({ type: 'prepared', error: '', samplesPerSecond: this.record.speed, memoryBytes: NEED.bytes })
        break
      case 'assign':
        this.mesh.assigned(jobId, this.id)
        answer({ type: 'ready', membership: message.membership, error: '', lacksCheckpoint: false })
        break
      case 'stop':
        if (this.taken === jobId) this.taken = null
        break
      case 'query':
        answer({ type: 'status', nonce: message.nonce, prepared: true, step: 0, oldestStep: 0, holdsState: false, memoryBytes: NEED.bytes })
        break
      default:
        if (this.manager !== null) this.drive({ type: 'message', from, jobId, attempt, message })
    }
  }
}

/** As long as a signed one. */
function withBytes(announcement: Announcement): Announcement {
  if (announcement.bytes !== null) return announcement
  return { ...announcement, bytes: new Uint8Array(encodeAnnouncement(announcement).byteLength + SIGNATURE_BYTES) }
}

function signed({ epoch, term, leader, voters, votes }: SimClaim): SignedClaim {
  return { epoch, term, leader, voters, votes: votes.map(({ voter }) => ({ voter, signature: SIGNATURE })) }
}
const SIGNATURE = new Uint8Array(64)
