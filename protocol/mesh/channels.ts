/**
 * Kept one-way streams of length-prefixed frames between peers: one outgoing stream per peer and protocol, opened on the
 * first send and again after a break. Frames to one peer arrive in order or not at all.
 *
 * Back-pressure: at most one write buffer is outstanding (`drain` is awaited each time: mesh.md section 4); what waits
 * behind it is bounded, and a peer that lets it grow past the bound loses the channel.
 */
import type { Connection, Libp2p, Logger, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { type Pushable, pushable } from 'it-pushable'
import { pEvent } from 'p-event'
import type { Uint8ArrayList } from 'uint8arraylist'
import { WireError, type WireErrorCode } from '../wire/errors.ts'
import { DRAIN_TIMEOUT_MS, MAX_CHANNEL_QUEUE_BYTES, OPEN_STREAM_TIMEOUT_MS } from './constants.ts'
import type { Offences } from './offences.ts'

export interface ChannelsInit {
  readonly protocol: string
  readonly maxFrameBytes: number
  /** Called for every frame, in order per peer. Must not throw. */
  readonly onFrame: (from: string, frame: Uint8Array) => void
  /** A channel to or from this peer broke; frames may be lost. */
  readonly onBroken?: (peer: string, reason: string) => void
}

export interface ChannelsComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dialProtocol' | 'getConnections'>
  readonly log: Logger
  readonly offences: Pick<Offences, 'report'>
}

/** What the framing layer says of a frame that is longer than agreed, or has no length. */
const BAD_FRAMES: Readonly<Record<string, WireErrorCode>> = {
  InvalidDataLengthError: 'TOO_LARGE',
  InvalidDataLengthLengthError: 'MALFORMED',
  InvalidMessageLengthError: 'MALFORMED',
}

type Frame = Uint8Array | Uint8ArrayList

interface Outgoing {
  readonly queue: Pushable<Frame>
  readonly abort: AbortController
  queuedBytes: number
}

export class Channels {
  private readonly init: ChannelsInit
  private readonly components: ChannelsComponents
  private readonly outgoing = new Map<string, Outgoing>()
  private readonly incoming = new Set<Stream>()
  bytesSent = 0
  bytesReceived = 0

  constructor(init: ChannelsInit, components: ChannelsComponents) {
    this.init = init
    this.components = components
  }

  async start(): Promise<void> {
    await this.components.libp2p.handle(this.init.protocol, this.onStream, { maxInboundStreams: 8, maxOutboundStreams: 8 })
  }

  async stop(): Promise<void> {
    await this.components.libp2p.unhandle(this.init.protocol)
    for (const out of this.outgoing.values()) {
      out.queue.end()
      out.abort.abort()
    }
    this.outgoing.clear()
    for (const stream of this.incoming) stream.abort(new Error('channel stopped'))
    this.incoming.clear()
  }

  /**
   * Queues a frame; returns false when the peer is not connected or does not read. The bytes must not be changed
   * afterwards.
   */
  send(peer: string, frame: Frame): boolean {
    let out = this.outgoing.get(peer)
    if (out === undefined) {
      if (this.components.libp2p.getConnections(peerIdFromString(peer)).length === 0) return false
      out = { queue: pushable<Frame>({ objectMode: true }), abort: new AbortController(), queuedBytes: 0 }
      this.outgoing.set(peer, out)
      void this.pump(peer, out)
    }
    if (out.queuedBytes > MAX_CHANNEL_QUEUE_BYTES) {
      this.close(peer, out, `${out.queuedBytes} bytes wait for a peer that does not read`)
      return false
    }
    out.queuedBytes += frame.byteLength
    out.queue.push(frame)
    return true
  }

  /** Forgets what waits for a peer, and the stream to it. */
  drop(peer: string): void {
    const out = this.outgoing.get(peer)
    if (out !== undefined) this.close(peer, out, 'dropped')
  }

  private async pump(peer: string, out: Outgoing): Promise<void> {
    let stream: Stream | undefined
    try {
      const signal = AbortSignal.any([out.abort.signal, AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)])
      stream = await this.components.libp2p.dialProtocol(peerIdFromString(peer), this.init.protocol, { signal })
      const opened = stream
      await pipe(
        out.queue,
        (source) => lp.encode(source, { maxDataLength: this.init.maxFrameBytes }),
        (frames) => this.write(opened, frames, out),
      )
      await stream.close({ signal: AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS) })
    } catch (error) {
      stream?.abort(toError(error))
      this.close(peer, out, toError(error).message)
    } finally {
      if (this.outgoing.get(peer) === out) this.outgoing.delete(peer)
    }
  }

  private async write(stream: Stream, frames: AsyncIterable<Frame>, out: Outgoing): Promise<void> {
    for await (const frame of frames) {
      out.abort.signal.throwIfAborted()
      const bytes = frame.byteLength
      this.bytesSent += bytes
      out.queuedBytes -= bytes
      if (!stream.send(frame)) {
        await pEvent(stream, 'drain', { rejectionEvents: ['close'], timeout: DRAIN_TIMEOUT_MS, signal: out.abort.signal })
      }
    }
  }

  private close(peer: string, out: Outgoing, reason: string): void {
    if (this.outgoing.get(peer) !== out) return
    this.outgoing.delete(peer)
    out.queue.end()
    out.abort.abort()
    this.components.log('channel %s to %s closed: %s', this.init.protocol, peer, reason)
    this.init.onBroken?.(peer, reason)
  }

  private readonly onStream = (stream: Stream, connection: Connection): void => {
    this.incoming.add(stream)
    void this.read(stream, connection.remotePeer)
  }

  private async read(stream: Stream, remote: PeerId): Promise<void> {
    const peer = remote.toString()
    let reason = 'closed by the other side'
    try {
      await pipe(
        stream,
        (source) => lp.decode(source as AsyncIterable<Uint8Array>, { maxDataLength: this.init.maxFrameBytes }),
        async (frames) => {
          for await (const frame of frames) {
            this.bytesReceived += frame.byteLength
            this.init.onFrame(peer, frame.subarray())
          }
        },
      )
      await stream.close({ signal: AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS) })
    } catch (error) {
      const { name, message } = toError(error)
      reason = message
      const code = BAD_FRAMES[name]
      if (code !== undefined) this.components.offences.report(peer, new WireError(code, `frame on ${this.init.protocol}: ${message}`))
      stream.abort(toError(error))
    } finally {
      this.incoming.delete(stream)
      this.init.onBroken?.(peer, reason)
    }
  }
}

/** Errors that arrive through a `close` event are events (mesh.md section 3). */
export function toError(value: unknown): Error {
  if (value instanceof Error) return value
  if (typeof value === 'object' && value !== null && 'error' in value && value.error instanceof Error) return value.error
  return new Error(typeof value === 'object' && value !== null && 'type' in value ? `stream ${String(value.type)}` : String(value))
}
