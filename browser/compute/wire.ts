/**
 * What crosses between the page and its compute Worker: the messages of `protocol/compute`, and pieces of large ones. The
 * page's thread is never held up by one large copy: a vector or a state of many megabytes is copied piece by piece, each
 * piece handed over without a further copy, and put together again in the Worker.
 */
import type { FromCompute, ToCompute } from '../../protocol/compute/index.ts'

/** A copy of this many bytes takes a millisecond or two. */
export const PIECE_BYTES = 4 * 2 ** 20

/** Page → Worker. */
export type ToWorker =
  /** `bulkBytes`: the message's large part came before it in pieces, so many bytes in all. */
  | { readonly kind: 'message'; readonly message: ToCompute; readonly bulkBytes?: number }
  | { readonly kind: 'piece'; readonly at: number; readonly totalBytes: number; readonly bytes: ArrayBuffer }

/** Worker → page. */
export type FromWorker =
  /** First of all: the Worker holds the lock of this name for as long as it lives. */
  { readonly kind: 'alive'; readonly lock: string } | { readonly kind: 'message'; readonly message: FromCompute }

/** The part of a message that may be large; null where there is none. */
export function bulkOf(message: ToCompute): Uint8Array | null {
  if (message.type !== 'call') return null
  if (message.method === 'apply') {
    const { buffer, byteOffset, byteLength } = message.params.vector
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
  return message.method === 'importState' ? message.params.bytes : null
}

/** The message with another large part in the place of its own. */
export function withBulk(message: ToCompute, bulk: ArrayBuffer): ToCompute {
  if (message.type !== 'call') return message
  if (message.method === 'apply') return { ...message, params: { ...message.params, vector: new Float32Array(bulk) } }
  if (message.method === 'importState') return { ...message, params: { ...message.params, bytes: new Uint8Array(bulk) } }
  return message
}

/** The Worker's side: pieces in, whole messages out. */
export class Assembler {
  #bulk: Uint8Array<ArrayBuffer> | null = null

  /** Null while a message is still in pieces. */
  receive(incoming: ToWorker): ToCompute | null {
    if (incoming.kind === 'piece') {
      this.#bulk ??= new Uint8Array(incoming.totalBytes)
      this.#bulk.set(new Uint8Array(incoming.bytes), incoming.at)
      return null
    }
    if (incoming.bulkBytes === undefined) return incoming.message
    const bulk = this.#bulk
    this.#bulk = null
    if (bulk?.byteLength !== incoming.bulkBytes)
      throw new RangeError(`compute worker: ${incoming.bulkBytes} bytes were announced, ${bulk?.byteLength ?? 0} came`)
    return withBulk(incoming.message, bulk.buffer)
  }
}

/** The page's side: messages in, pieces out, in order. What is waiting must not be changed. */
export class PieceSender {
  readonly #post: (message: ToWorker, transfer: Transferable[]) => void
  readonly #nextTurn: () => Promise<void>
  readonly #queue: ToCompute[] = []
  #sending = false
  #closed = false

  /** `nextTurn`: lets the page do what else is due, and comes back soon even where the page is hidden. */
  constructor(post: (message: ToWorker, transfer: Transferable[]) => void, nextTurn: () => Promise<void>) {
    this.#post = post
    this.#nextTurn = nextTurn
  }

  send(message: ToCompute): void {
    if (this.#closed) return
    if (!this.#sending && (bulkOf(message)?.byteLength ?? 0) <= PIECE_BYTES) this.#post({ kind: 'message', message }, [])
    else {
      this.#queue.push(message)
      if (!this.#sending) void this.#drain()
    }
  }

  close(): void {
    this.#closed = true
    this.#queue.length = 0
  }

  async #drain(): Promise<void> {
    this.#sending = true
    for (let message = this.#queue.shift(); message !== undefined && !this.#closed; message = this.#queue.shift()) {
      const bulk = bulkOf(message)
      if (bulk === null || bulk.byteLength <= PIECE_BYTES) {
        this.#post({ kind: 'message', message }, [])
        continue
      }
      const totalBytes = bulk.byteLength
      for (let at = 0; at < totalBytes && !this.#closed; at += PIECE_BYTES) {
        const bytes = bulk.slice(at, Math.min(totalBytes, at + PIECE_BYTES)).buffer as ArrayBuffer
        this.#post({ kind: 'piece', at, totalBytes, bytes }, [bytes])
        await this.#nextTurn()
      }
      if (!this.#closed) this.#post({ kind: 'message', message: withBulk(message, new ArrayBuffer(0)), bulkBytes: totalBytes }, [])
    }
    this.#sending = false
  }
}
