/**
 * Drives the presence core from libp2p: gossip for records and digests, a kept stream per neighbour for the rest, timers,
 * signatures. Everything that is decided is decided in `core.ts`.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Libp2p, Logger, PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import * as lp from 'it-length-prefixed'
import type { Clock } from '../clock.ts'
import type { Fence } from '../coordinator/types.ts'
import { Channels, toError } from '../mesh/channels.ts'
import { OPEN_STREAM_TIMEOUT_MS } from '../mesh/constants.ts'
import { GossipTopic } from '../mesh/gossip.ts'
import { protocolId, topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import { WireError } from '../wire/errors.ts'
import { sign } from '../wire/signed.ts'
import { announced } from './addresses.ts'
import { decodeDigest, decodeFrame, encodeAnnouncement, encodeDigest, encodeFrame, openAnnouncement, type RawFrame } from './codec.ts'
import * as C from './constants.ts'
import { PresenceCore } from './core.ts'
import { PresenceError } from './errors.ts'
import type { Announcement, Digest, Frame, Incarnation, PresenceEffect, PresenceInfo, PresenceInput, PresenceRecord } from './types.ts'

export type { PresenceInfo, PresenceRecord } from './types.ts'

export interface PresenceInit {
  readonly mesh: string
  readonly incarnation: Incarnation
  /** Everything about this peer but its id and addresses. */
  readonly describe: () => Omit<PresenceRecord, 'peerId' | 'addresses'>
  readonly onJoined: (record: PresenceRecord) => void
  readonly onLeft: (peer: string) => void
  readonly onUpdated: (record: PresenceRecord) => void
  /** Another process has this peer's identity, and had it first. */
  readonly onTwin: (error: PresenceError) => void
}

export interface PresenceComponents {
  readonly libp2p: Pick<
    Libp2p,
    'peerId' | 'getMultiaddrs' | 'getConnections' | 'addEventListener' | 'removeEventListener' | 'handle' | 'unhandle' | 'dialProtocol'
  >
  readonly pubsub: GossipSub
  readonly privateKey: PrivateKey
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly offences: Pick<Offences, 'report' | 'guard'>
}

export class PresenceService {
  private readonly init: PresenceInit
  private readonly components: PresenceComponents
  private readonly core: PresenceCore
  private readonly channels: Channels
  private readonly records: GossipTopic<Announcement>
  private readonly digests: GossipTopic<Digest>
  private readonly protocol: string
  private leader: string | null = null
  private signing: { readonly of: Announcement; readonly bytes: Promise<Uint8Array> } | null = null
  private cancelTimers: (() => void)[] = []
  private cancelPending: (() => void) | null = null

  constructor(init: PresenceInit, components: PresenceComponents) {
    this.init = init
    this.components = components
    this.protocol = protocolId(init.mesh, 'presence')
    this.core = new PresenceCore({
      describe: () => this.self(),
      incarnation: init.incarnation,
      random: components.random,
      now: components.clock.now(),
    })
    this.channels = new Channels({ protocol: this.protocol, maxFrameBytes: C.MAX_FRAME_BYTES, onFrame: (from, frame) => this.onFrame(from, frame) }, components)
    this.records = new GossipTopic<Announcement>(
      {
        topic: topicName(init.mesh, 'presence'),
        encode: ({ bytes }) => bytes ?? new Uint8Array(),
        decode: async (bytes, from) => {
          const announcement = await openAnnouncement(bytes)
          // Only what a twin must hear, wherever it is, travels under another's name.
          if (announcement.peerId !== from && announcement.contests === '')
            throw new WireError('BAD_SIGNATURE', `presence record of ${announcement.peerId} gossiped by ${from}`)
          return announcement
        },
        onMessage: (announcement, from) => this.run({ type: 'announcement', announcement, from }),
      },
      components,
    )
    this.digests = new GossipTopic<Digest>(
      {
        topic: topicName(init.mesh, 'digest'),
        encode: encodeDigest,
        decode: (bytes, from) => {
          const digest = decodeDigest(bytes)
          // Who has just been elected may be ahead of its own claim: nobody's fault.
          if (from !== this.leader) throw new WireError('NOT_COORDINATOR', `digest of ${from}, which does not coordinate`, 'ignore')
          return digest
        },
        onMessage: (digest, from) => this.run({ type: 'digest', digest, from }),
      },
      components,
    )
  }

  async start(): Promise<void> {
    const { clock, libp2p } = this.components
    await this.channels.start()
    this.records.start()
    this.digests.start()
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    libp2p.addEventListener('peer:identify', this.onIdentify)
    libp2p.addEventListener('self:peer:update', this.onSelf)
    this.cancelTimers = [clock.every(C.TICK_MS, () => this.run({ type: 'tick' }))]
    this.run({ type: 'changed' })
  }

  /** Says goodbye, so that nobody has to wait for the silence. */
  async leave(): Promise<void> {
    await Promise.all(this.run({ type: 'leave' }))
  }

  async stop(): Promise<void> {
    const { libp2p } = this.components
    for (const cancel of this.cancelTimers) cancel()
    this.cancelTimers = []
    this.cancelPending?.()
    this.cancelPending = null
    libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    libp2p.removeEventListener('peer:identify', this.onIdentify)
    libp2p.removeEventListener('self:peer:update', this.onSelf)
    this.records.stop()
    this.digests.stop()
    await this.channels.stop()
  }

  self(): PresenceRecord {
    const { libp2p } = this.components
    return { ...this.init.describe(), peerId: libp2p.peerId.toString(), addresses: announced(libp2p.getMultiaddrs().map((address) => address.toString())) }
  }

  /** All peers of the mesh, this one first; those too that are not heard of just now, or come and go (`state`). */
  list(): PresenceInfo[] {
    return [{ ...this.self(), state: 'alive' }, ...this.core.list()]
  }

  /** Those that may be given work. */
  available(): PresenceInfo[] {
    return this.list().filter(({ state }) => state === 'alive')
  }

  /** When a peer was last heard of, on this peer's clock; this one always is. */
  heardAt(peer: string): number {
    return this.components.clock.now() - this.core.silentMs(peer)
  }

  get(peer: string): PresenceInfo | undefined {
    return this.core.get(peer)
  }

  /** Something about this peer changed: gossiped soon, if it is worth telling. */
  changed(): void {
    this.run({ type: 'changed' })
    this.cancelPending ??= this.components.clock.after(C.ANNOUNCE_DELAY_MS, () => {
      this.cancelPending = null
      this.run({ type: 'tick' })
    })
  }

  /** Whom this peer follows now. */
  follow(leader: string | null, fence: Fence, voters: readonly string[]): void {
    this.leader = leader
    this.run({ type: 'leader', leader, fence, voters })
  }

  /** The connection to this peer is about to be closed to make room: the other side must not take that for a death. */
  closing(peer: string): void {
    this.run({ type: 'closing', peer })
  }

  // ---- the core ----

  private run(input: PresenceInput): Promise<void>[] {
    const output = this.core.step(input, this.components.clock.now())
    const sent: Promise<void>[] = []
    for (const { to, frame, everywhere } of output.frames) {
      // Only records wait for a signature; the order among the others is kept.
      if (frame.kind !== 'records') this.channels.send(to, encodeFrame(frame))
      else sent.push(this.sendRecords(to, frame, everywhere === true))
    }
    for (const announcement of output.announcements) sent.push(this.announce(announcement))
    for (const digest of output.digests) void this.digests.publish(digest).catch((error: Error) => this.failed('digest', error))
    for (const effect of output.effects) this.act(effect)
    return sent
  }

  private act(effect: PresenceEffect): void {
    switch (effect.type) {
      case 'joined':
        this.init.onJoined(effect.record)
        break
      case 'left':
        this.components.log('%s left: %s', effect.peer, effect.reason)
        this.init.onLeft(effect.peer)
        break
      case 'updated':
        this.init.onUpdated(effect.record)
        break
      case 'offence':
        this.components.offences.report(effect.peer, new WireError(effect.code, `presence: ${effect.reason}`))
        break
      case 'twin':
        this.onTwin(effect.fatal, new Date(effect.startedAtMs).toISOString())
        break
      default:
        effect satisfies never
    }
  }

  private onTwin(fatal: boolean, startedAt: string): void {
    const { peerId } = this.components.libp2p
    if (fatal) {
      this.init.onTwin(
        new PresenceError(
          'DUPLICATE_IDENTITY',
          `another process with this peer's identity ${peerId.toString()} has been in the mesh since ${startedAt}: its data directory was copied. ` +
            'Start this one with another --data-dir (a new one makes a new identity), or end the other one first.',
        ),
      )
    } else {
      this.components.log.error(
        'another process with the identity of this peer (%p) was started at %s, from a copy of its data directory; this one was first and goes on',
        peerId,
        startedAt,
      )
    }
  }

  // ---- signed records ----

  private async announce(announcement: Announcement): Promise<void> {
    try {
      await this.records.publish({ ...announcement, bytes: await this.signed(announcement) })
    } catch (error) {
      this.failed('record', toError(error))
    }
  }

  private async sendRecords(to: string, { announcements }: Frame & { kind: 'records' }, everywhere: boolean): Promise<void> {
    try {
      const bytes = encodeFrame({ kind: 'records', signed: await Promise.all(announcements.map((announcement) => this.signed(announcement))) })
      if (everywhere) await this.sendEverywhere(to, bytes)
      else this.channels.send(to, bytes)
    } catch (error) {
      this.failed('record', toError(error))
    }
  }

  /** Two processes behind one peer id have a connection each; a channel goes to one of them only. */
  private async sendEverywhere(to: string, frame: Uint8Array): Promise<void> {
    const connections = this.components.libp2p.getConnections(peerIdFromString(to))
    await Promise.all(
      connections.map(async (connection) => {
        try {
          const signal = AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)
          const stream = await connection.newStream(this.protocol, { signal })
          stream.send(lp.encode.single(frame))
          await stream.close({ signal })
        } catch (error) {
          this.components.log('presence to %s over %a: %s', to, connection.remoteAddr, toError(error).message)
        }
      }),
    )
  }

  private signed(announcement: Announcement): Promise<Uint8Array> {
    if (announcement.bytes !== null) return Promise.resolve(announcement.bytes)
    if (this.signing?.of !== announcement) {
      this.signing = { of: announcement, bytes: sign(this.components.privateKey, 'cyxwiz/presence/1', encodeAnnouncement(announcement)) }
    }
    return this.signing.bytes
  }

  private failed(what: string, error: Error): void {
    this.components.log.error('presence, %s: %s', what, error.message)
  }

  // ---- what comes in ----

  private onFrame(from: string, bytes: Uint8Array): void {
    this.components.offences.guard(from, () => {
      const frame = decodeFrame(bytes)
      if (frame.kind === 'records') void this.onRecords(from, frame)
      else this.run({ type: 'frame', from, frame })
    })
  }

  private async onRecords(from: string, { signed }: RawFrame & { kind: 'records' }): Promise<void> {
    const opened = await Promise.all(
      signed.map((bytes) =>
        openAnnouncement(bytes).catch((error: unknown) => {
          if (error instanceof WireError) this.components.offences.report(from, error)
          else this.failed(`record from ${from}`, toError(error))
          return null
        }),
      ),
    )
    const announcements = opened.filter((announcement) => announcement !== null)
    if (this.cancelTimers.length > 0) this.run({ type: 'frame', from, frame: { kind: 'records', announcements } })
  }

  private readonly onIdentify = (event: CustomEvent<{ peerId: PeerId }>): void => {
    this.run({ type: 'connected', peer: event.detail.peerId.toString() })
  }

  private readonly onDisconnect = (event: CustomEvent<PeerId>): void => {
    const peer = event.detail.toString()
    this.channels.drop(peer)
    this.run({ type: 'disconnected', peer })
  }

  private readonly onSelf = (): void => {
    this.changed()
  }
}
