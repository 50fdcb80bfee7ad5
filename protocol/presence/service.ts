/**
 * Who is in the mesh: every peer gossips a record of what it is and can do when that changes, and every few seconds; who
 * is silent for too long, or says goodbye, has left.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p, Logger, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { DeviceReport, MemoryReport, MemorySource } from '../../kernels/report.ts'
import type { Clock } from '../clock.ts'
import { GossipTopic } from '../mesh/gossip.ts'
import { topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import { WireError } from '../wire/errors.ts'
import { announced } from './addresses.ts'
import * as C from './constants.ts'
import { Presence as Wire } from './pb/presence.ts'

/** One peer as the mesh knows it (DESIGN 8.4). */
export interface PresenceRecord {
  readonly peerId: string
  readonly kind: 'native' | 'browser'
  readonly version: string
  readonly device: DeviceReport | null
  readonly memory: MemoryReport
  readonly speed: number
  readonly slots: number
  readonly activeJobs: number
  readonly visible: boolean
  readonly mayVote: boolean
  readonly addresses: readonly string[]
  readonly epochId: string
}

export interface PresenceInit {
  readonly mesh: string
  /** Everything about this peer but its id and addresses. */
  readonly describe: () => Omit<PresenceRecord, 'peerId' | 'addresses'>
  readonly onJoined: (record: PresenceRecord) => void
  readonly onLeft: (peer: string) => void
  readonly onUpdated?: (record: PresenceRecord) => void
}

export interface PresenceComponents {
  readonly libp2p: Pick<Libp2p, 'peerId' | 'getMultiaddrs' | 'getConnections' | 'addEventListener' | 'removeEventListener'>
  readonly pubsub: GossipSub
  readonly clock: Clock
  readonly log: Logger
  readonly offences: Pick<Offences, 'report'>
}

interface Known {
  record: PresenceRecord
  heardAt: number
  disconnectedAt: number | null
}

interface Announcement {
  readonly record: PresenceRecord
  readonly leaving: boolean
}

export class PresenceService {
  private readonly init: PresenceInit
  private readonly components: PresenceComponents
  private readonly topic: GossipTopic<Announcement>
  private readonly known = new Map<string, Known>()
  private cancelTimers: (() => void)[] = []
  private cancelPending: (() => void) | null = null
  private lastSaid: PresenceRecord | null = null

  constructor(init: PresenceInit, components: PresenceComponents) {
    this.init = init
    this.components = components
    this.topic = new GossipTopic<Announcement>(
      { topic: topicName(init.mesh, 'presence'), encode: encodePresence, decode: decodePresence, onMessage: (said) => this.hear(said) },
      components,
    )
  }

  start(): void {
    const { clock, libp2p } = this.components
    this.topic.start()
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    libp2p.addEventListener('peer:identify', this.onIdentify)
    this.cancelTimers = [clock.every(C.ANNOUNCE_EVERY_MS, () => this.announce()), clock.every(C.SWEEP_EVERY_MS, () => this.sweep())]
    this.announce()
  }

  /** Says goodbye, so that nobody has to wait for the silence. */
  async leave(): Promise<void> {
    await this.topic.publish({ record: this.self(), leaving: true })
  }

  stop(): void {
    const { libp2p } = this.components
    for (const cancel of this.cancelTimers) cancel()
    this.cancelTimers = []
    this.cancelPending?.()
    this.cancelPending = null
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    libp2p.removeEventListener('peer:identify', this.onIdentify)
    this.topic.stop()
  }

  self(): PresenceRecord {
    const { libp2p } = this.components
    return { ...this.init.describe(), peerId: libp2p.peerId.toString(), addresses: announced(libp2p.getMultiaddrs().map((address) => address.toString())) }
  }

  /** All peers of the mesh, this one first. */
  list(): PresenceRecord[] {
    return [this.self(), ...[...this.known.values()].map(({ record }) => record)]
  }

  /** When a peer was last heard of, on this peer's clock; this one always is. */
  heardAt(peer: string): number {
    return this.known.get(peer)?.heardAt ?? this.components.clock.now()
  }

  get(peer: string): PresenceRecord | undefined {
    return this.known.get(peer)?.record
  }

  /** Something about this peer changed: gossiped soon, if it is worth telling. */
  changed(): void {
    if (this.cancelPending !== null) return
    this.cancelPending = this.components.clock.after(C.ANNOUNCE_DELAY_MS, () => {
      this.cancelPending = null
      const record = this.self()
      if (this.lastSaid === null || noteworthy(this.lastSaid, record)) this.announce()
    })
  }

  private announce(): void {
    const record = this.self()
    this.lastSaid = record
    void this.topic.publish({ record, leaving: false }).catch((error: Error) => this.components.log.error('presence: %s', error.message))
  }

  private hear({ record, leaving }: Announcement): void {
    if (leaving) {
      this.forget(record.peerId)
      return
    }
    const known = this.known.get(record.peerId)
    const now = this.components.clock.now()
    if (known === undefined) {
      this.known.set(record.peerId, { record, heardAt: now, disconnectedAt: null })
      this.init.onJoined(record)
      this.lastSaid = null // the newcomer does not know us yet: what we said last was before it listened
      this.changed()
    } else {
      known.record = record
      known.heardAt = now
      known.disconnectedAt = null
      this.init.onUpdated?.(record)
    }
  }

  private sweep(): void {
    const now = this.components.clock.now()
    for (const [peer, known] of this.known) {
      const disconnected = known.disconnectedAt !== null && now - known.disconnectedAt > C.LOST_AFTER_DISCONNECT_MS
      if (disconnected || now - known.heardAt > (known.record.visible ? C.LOST_AFTER_MS : C.LOST_HIDDEN_AFTER_MS)) this.forget(peer)
    }
  }

  private forget(peer: string): void {
    if (this.known.delete(peer)) this.init.onLeft(peer)
  }

  private readonly onIdentify = (event: CustomEvent<{ peerId: PeerId }>): void => {
    const known = this.known.get(event.detail.peerId.toString())
    if (known !== undefined) known.disconnectedAt = null
    this.lastSaid = null // tell the newcomer, whatever we said before
    this.changed()
  }

  private readonly onDisconnect = (event: CustomEvent<PeerId>): void => {
    const known = this.known.get(event.detail.toString())
    if (known !== undefined) known.disconnectedAt = this.components.clock.now()
  }
}

function noteworthy(before: PresenceRecord, after: PresenceRecord): boolean {
  const moved = (a: number | null, b: number | null): boolean => Math.abs((a ?? 0) - (b ?? 0)) > C.NOTEWORTHY_CHANGE * Math.max(1, a ?? 0)
  return (
    before.activeJobs !== after.activeJobs ||
    before.slots !== after.slots ||
    (before.device === null) !== (after.device === null) ||
    before.visible !== after.visible ||
    before.epochId !== after.epochId ||
    moved(before.memory.freeBytes, after.memory.freeBytes) ||
    moved(before.memory.usedBytes, after.memory.usedBytes) ||
    moved(before.speed, after.speed) ||
    before.addresses.join() !== after.addresses.join()
  )
}

function encodePresence({ record, leaving }: Announcement): Uint8Array {
  const { device, memory } = record
  return Wire.encode({
    peerId: record.peerId,
    kind: record.kind,
    version: record.version,
    speed: record.speed,
    slots: record.slots,
    activeJobs: record.activeJobs,
    visible: record.visible,
    mayVote: record.mayVote,
    addresses: [...record.addresses],
    epochId: record.epochId,
    leaving,
    ...(device === null
      ? {}
      : { device: { ...device, features: [...device.features], limits: Object.entries(device.limits).map(([name, value]) => ({ name, value })) } }),
    memory: {
      source: memory.source,
      limitBytes: memory.limitBytes,
      usedBytes: memory.usedBytes,
      maxBufferSize: memory.maxBufferSize,
      maxStorageBufferBindingSize: memory.maxStorageBufferBindingSize,
      ...(memory.totalBytes === null ? {} : { totalBytes: memory.totalBytes }),
      ...(memory.freeBytes === null ? {} : { freeBytes: memory.freeBytes }),
    },
  })
}

function decodePresence(bytes: Uint8Array, from: string): Announcement {
  let wire: Wire
  try {
    wire = Wire.decode(bytes)
    for (const address of wire.addresses) if (address.length > 512) throw new Error('address too long')
    peerIdFromString(wire.peerId)
  } catch (cause) {
    throw new WireError('MALFORMED', 'presence record cannot be decoded', 'penalise', { cause })
  }
  if (wire.peerId !== from) throw new WireError('BAD_SIGNATURE', `presence record of ${wire.peerId} was signed by ${from}`)
  const { memory, device } = wire
  if (memory === undefined || (wire.kind !== 'native' && wire.kind !== 'browser')) throw new WireError('MALFORMED', 'presence record without memory or kind')
  const numbers = [wire.speed, wire.slots, wire.activeJobs, memory.limitBytes, memory.usedBytes, memory.maxBufferSize, memory.maxStorageBufferBindingSize]
  if (numbers.some((value) => !Number.isFinite(value) || value < 0)) throw new WireError('MALFORMED', 'presence record with a number that is none')
  return {
    leaving: wire.leaving,
    record: {
      peerId: wire.peerId,
      kind: wire.kind,
      version: wire.version,
      speed: wire.speed,
      slots: wire.slots,
      activeJobs: wire.activeJobs,
      visible: wire.visible,
      mayVote: wire.mayVote,
      addresses: wire.addresses,
      epochId: wire.epochId,
      device: device === undefined ? null : { ...device, limits: Object.fromEntries(device.limits.map(({ name, value }) => [name, value])) },
      memory: {
        totalBytes: memory.totalBytes ?? null,
        freeBytes: memory.freeBytes ?? null,
        source: memory.source as MemorySource,
        limitBytes: memory.limitBytes,
        usedBytes: memory.usedBytes,
        maxBufferSize: memory.maxBufferSize,
        maxStorageBufferBindingSize: memory.maxStorageBufferBindingSize,
      },
    },
  }
}
