/**
 * Streams of the job service to other peers: messages about jobs, and frames of merges. Who is not connected is dialled
 * first, by the addresses that presence tells: in a large mesh a bidder has no connection to the coordinator yet, nor the
 * coordinator to whom it chooses.
 */
import type { Libp2p, Logger } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Uint8ArrayList } from 'uint8arraylist'
import { Channels } from '../mesh/channels.ts'
import { parsed } from '../mesh/dialer.ts'
import { protocolId } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import type { PresenceService } from '../presence/service.ts'
import { FRAME_OVERHEAD_BYTES, MAX_CHUNK_BYTES, MAX_CONTROL_BYTES } from '../wire/constants.ts'
import { JobError } from './errors.ts'

const CONNECT_TIMEOUT_MS = 8000
/** Messages that wait for one dial: all of them are said again, so that losing the older ones costs a second. */
const MAX_WAITING = 16

export interface LinksInit {
  readonly mesh: string
  readonly onMessage: (from: string, frame: Uint8Array) => void
  readonly onFrame: (from: string, frame: Uint8Array) => void
}

export interface LinksComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dial' | 'dialProtocol' | 'getConnections'>
  readonly log: Logger
  readonly offences: Offences
  readonly presence: () => Pick<PresenceService, 'get'>
}

export class Links {
  private readonly components: LinksComponents
  private readonly messages: Channels
  private readonly frames: Channels
  /** What is to be said to peers that are being dialled. */
  private readonly waiting = new Map<string, Uint8Array[]>()
  private stopping = new AbortController()

  constructor(init: LinksInit, components: LinksComponents) {
    this.components = components
    this.messages = new Channels({ protocol: protocolId(init.mesh, 'job'), maxFrameBytes: MAX_CONTROL_BYTES, onFrame: init.onMessage }, components)
    this.frames = new Channels(
      { protocol: protocolId(init.mesh, 'collective'), maxFrameBytes: MAX_CHUNK_BYTES + FRAME_OVERHEAD_BYTES, onFrame: init.onFrame },
      components,
    )
  }

  async start(): Promise<void> {
    this.stopping = new AbortController()
    await this.messages.start()
    await this.frames.start()
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('this peer is stopping'))
    this.waiting.clear()
    await this.messages.stop()
    await this.frames.stop()
  }

  /** Says it now, or when the peer has been reached; not at all when it cannot be. */
  send(to: string, message: Uint8Array): void {
    const waiting = this.waiting.get(to)
    if (waiting !== undefined) {
      waiting.push(message)
      if (waiting.length > MAX_WAITING) waiting.shift()
    } else if (!this.messages.send(to, message)) {
      this.waiting.set(to, [message])
      void this.reach(to)
    }
  }

  /** False when the peer is not connected or does not read. */
  sendFrame(to: string, frame: Uint8ArrayList): boolean {
    return this.frames.send(to, frame)
  }

  /** The connection to a peer closed. */
  drop(peer: string): void {
    this.messages.drop(peer)
    this.frames.drop(peer)
  }

  /** Everybody this peer has a connection to. */
  connected(): string[] {
    const connected = new Set(this.components.libp2p.getConnections().map((connection) => connection.remotePeer.toString()))
    return [...connected]
  }

  /** Makes sure there is a connection; rejects with the reason. */
  async connect(peer: string, signal: AbortSignal): Promise<void> {
    const { libp2p, presence } = this.components
    const id = peerIdFromString(peer)
    if (libp2p.getConnections(id).length > 0) return
    const addresses = parsed(presence().get(peer)?.addresses ?? [])
    const limited = AbortSignal.any([signal, this.stopping.signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
    await libp2p.dial(addresses.length > 0 ? addresses : id, { signal: limited }).catch((cause: Error) => {
      throw new JobError('UNREACHABLE', `peer ${peer} cannot be reached: ${cause.message}`)
    })
  }

  private async reach(peer: string): Promise<void> {
    const { log } = this.components
    try {
      await this.connect(peer, this.stopping.signal)
      for (const message of this.waiting.get(peer) ?? []) {
        if (!this.messages.send(peer, message)) log('message to %s: its connection closed at once', peer)
      }
    } catch (error) {
      log('message to %s: %s', peer, (error as Error).message)
    } finally {
      this.waiting.delete(peer)
    }
  }
}
