/**
 * Request and answer over a stream of its own: protobuf in, one or more protobufs out, every frame size-limited, every
 * wait bounded and cancellable.
 */
import type { Connection, Libp2p, Logger, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { pbStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import { WireError } from '../wire/errors.ts'
import { toError } from './channels.ts'
import { OPEN_STREAM_TIMEOUT_MS } from './constants.ts'
import type { Offences } from './offences.ts'

export interface Proto<T> {
  encode(value: Partial<T>): Uint8Array
  decode(bytes: Uint8Array): T
}

export interface RequestProtocol<Q, A> {
  readonly protocol: string
  readonly request: Proto<Q>
  readonly answer: Proto<A>
  readonly maxBytes: number
}

export interface RequestComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle' | 'dialProtocol'>
  readonly log: Logger
  /** Counts requests that no honest peer sends; absent where nothing is served. */
  readonly offences?: Pick<Offences, 'report'>
}

/** A stream that ends before a whole request has come: people hang up, connections break. */
const HANGS_UP: ReadonlySet<string> = new Set([
  'UnexpectedEOFError',
  'StreamResetError',
  'StreamAbortedError',
  'StreamClosedError',
  'AbortError',
  'TimeoutError',
])

/** A length above the limit, or one that takes more bytes to write than the limit does. */
const TOO_LONG: ReadonlySet<string> = new Set(['InvalidDataLengthError', 'InvalidDataLengthLengthError'])

/** Yields answers until the server ends its side. One request per stream. */
export async function* ask<Q, A>(
  components: RequestComponents,
  kind: RequestProtocol<Q, A>,
  peer: string | Multiaddr,
  request: Q,
  signal: AbortSignal,
): AsyncGenerator<A> {
  const target = typeof peer === 'string' ? peerIdFromString(peer) : peer
  const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)])
  const stream = await components.libp2p.dialProtocol(target, kind.protocol, { signal: opening })
  const onAbort = (): void => stream.abort(toError(signal.reason))
  signal.addEventListener('abort', onAbort, { once: true })
  let ended = false
  try {
    const messages = pbStream(stream, { maxDataLength: kind.maxBytes })
    await messages.write(request, kind.request as never, { signal })
    for (;;) {
      let answer: A
      try {
        answer = await messages.read(kind.answer as never, { signal })
      } catch (error) {
        signal.throwIfAborted()
        if (toError(error).name === 'UnexpectedEOFError') {
          ended = true
          return
        }
        throw toError(error)
      }
      yield answer
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (ended) await stream.close({ signal: AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS) }).catch(() => stream.abort(new Error('close timed out')))
    else stream.abort(new Error('request ended early'))
  }
}

/** Serves a request protocol; the handler's answers are written one by one, the signal fires when the asker goes. */
export async function serve<Q, A>(
  components: RequestComponents,
  kind: RequestProtocol<Q, A>,
  handler: (request: Q, from: string, signal: AbortSignal) => AsyncIterable<A>,
): Promise<void> {
  const onStream = (stream: Stream, connection: Connection): void => {
    const gone = new AbortController()
    stream.addEventListener('close', () => gone.abort(new Error('the asker closed the stream')), { once: true })
    const messages = pbStream(stream, { maxDataLength: kind.maxBytes })
    void (async () => {
      try {
        const waiting = AbortSignal.any([gone.signal, AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS)])
        const request = await messages.read(kind.request as never, { signal: waiting }).catch((cause: unknown) => {
          const { name, message } = toError(cause)
          if (waiting.aborted || HANGS_UP.has(name)) throw cause
          const code = TOO_LONG.has(name) ? 'TOO_LARGE' : 'MALFORMED'
          throw new WireError(code, `request on ${kind.protocol} cannot be read: ${message}`, 'penalise', { cause })
        })
        for await (const answer of handler(request as Q, connection.remotePeer.toString(), gone.signal)) {
          await messages.write(answer, kind.answer as never, { signal: gone.signal })
        }
        await stream.close({ signal: AbortSignal.timeout(OPEN_STREAM_TIMEOUT_MS) })
      } catch (error) {
        if (error instanceof WireError) components.offences?.report(connection.remotePeer.toString(), error)
        else components.log('request on %s from %p failed: %s', kind.protocol, connection.remotePeer, toError(error).message)
        stream.abort(toError(error))
      }
    })()
  }
  await components.libp2p.handle(kind.protocol, onStream, { maxInboundStreams: 64, maxOutboundStreams: 64 })
}
