/**
 * Content by hash between peers: data files, checkpoints, weights. The receiver pulls chunk by chunk, a few at a time,
 * so that memory stays bounded at both ends and a break costs one chunk (mesh.md section 4); the whole is checked
 * against its hash, and what was received survives a restart. Several holders are tried in turn.
 *
 * A second request gives the training state of a running job at a step: a new member starts from it. The holder writes it
 * to its blob store and answers with its hash.
 */

import { protocolId } from '../mesh/names.ts'
import { ask, type RequestComponents, type RequestProtocol, serve } from '../mesh/requests.ts'
import type { BlobStore } from '../store.ts'
import { isSha256 } from '../store.ts'
import { StoreError } from '../store-errors.ts'
import { ownBytes } from '../wire/bytes.ts'
import { FRAME_OVERHEAD_BYTES, MAX_CHUNK_BYTES } from '../wire/constants.ts'
import { CHUNK_BYTES, CHUNK_TIMEOUT_MS, CHUNKS_IN_FLIGHT, MAX_UPLOADS, STATE_TIMEOUT_MS } from './constants.ts'
import { ContentError } from './errors.ts'
import { ContentReply, ContentRequest } from './pb/content.ts'

const STATUS = { here: 0, absent: 1, busy: 2, refused: 3 } as const

/** Something bytes can be read from by hash: the blob store, installed data sets. */
export type ContentSource = Pick<BlobStore, 'sizeBytes' | 'read'>

export interface ContentInit {
  readonly mesh: string
  /** Where served bytes come from, first match wins. The blob store comes first by itself. */
  readonly sources: readonly ContentSource[]
  /** Makes the state of a job this peer trains, at exactly this step; null when it does not hold it. */
  readonly exportState: (jobId: string, step: number) => Promise<Uint8Array | null>
  /** Such a state is in the blob store now, for whoever asked. */
  readonly stateStored: (jobId: string, sha256: string) => void
}

export interface ContentComponents extends RequestComponents {
  readonly blobs: BlobStore
}

export interface FetchOptions {
  readonly signal: AbortSignal
  readonly onProgress?: (receivedBytes: number, totalBytes: number) => void
}

export class Content {
  private readonly init: ContentInit
  private readonly components: ContentComponents
  private readonly kind: RequestProtocol<ContentRequest, ContentReply>
  private uploads = 0

  constructor(init: ContentInit, components: ContentComponents) {
    this.init = init
    this.components = components
    this.kind = { protocol: protocolId(init.mesh, 'content'), request: ContentRequest, answer: ContentReply, maxBytes: MAX_CHUNK_BYTES + FRAME_OVERHEAD_BYTES }
  }

  async start(): Promise<void> {
    await serve(this.components, this.kind, (request) => this.answer(request))
  }

  async stop(): Promise<void> {
    await this.components.libp2p.unhandle(this.kind.protocol)
  }

  /** Fetches a blob into the blob store from the first of `peers` that has it. Returns at once when it is here. */
  async fetch(sha256: string, sizeBytes: number, peers: readonly string[], options: FetchOptions): Promise<void> {
    const { blobs } = this.components
    if (await blobs.has(sha256)) return
    const reasons: string[] = []
    for (const peer of peers) {
      options.signal.throwIfAborted()
      try {
        await this.fetchFrom(peer, sha256, sizeBytes, options)
        return
      } catch (error) {
        options.signal.throwIfAborted()
        // No room here, say: no other peer would help. Bytes that are not what was asked for are that peer's fault.
        if (error instanceof StoreError && error.code !== 'CORRUPT') throw error
        reasons.push(`${peer}: ${(error as Error).message}`)
      }
    }
    throw new ContentError('NOT_FOUND', `no peer gave ${sha256} (${sizeBytes} bytes)${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`)
  }

  /** The training state of a job at a step, from a member that holds it. */
  async fetchState(peer: string, jobId: string, step: number, options: FetchOptions): Promise<Uint8Array> {
    const reply = await this.once(peer, { stateJobId: jobId, stateStep: step }, STATE_TIMEOUT_MS, options.signal)
    if (reply.status !== STATUS.here) throw new ContentError('NOT_FOUND', `${peer} does not hold step ${step} of job ${jobId}`)
    const { blobs } = this.components
    // A checkpoint of the same step is the same bytes: one that this peer keeps is to stay.
    const kept = await blobs.has(reply.sha256)
    await this.fetch(reply.sha256, reply.size, [peer], options)
    const bytes = await blobs.get(reply.sha256)
    if (!kept) await blobs.delete(reply.sha256)
    return bytes
  }

  private async fetchFrom(peer: string, sha256: string, sizeBytes: number, options: FetchOptions): Promise<void> {
    const writer = await this.components.blobs.openWriter(sha256, sizeBytes)
    try {
      const chunk = (offset: number): Promise<ContentReply> => {
        const length = Math.min(CHUNK_BYTES, sizeBytes - offset)
        return this.once(peer, { sha256, offset, length }, CHUNK_TIMEOUT_MS, options.signal)
      }
      const window: Promise<ContentReply>[] = []
      let ahead = writer.receivedBytes
      while (writer.receivedBytes < sizeBytes) {
        while (ahead < sizeBytes && window.length < CHUNKS_IN_FLIGHT) {
          const next = chunk(ahead)
          next.catch(() => {}) // awaited below, in order; a later one may fail first
          window.push(next)
          ahead += Math.min(CHUNK_BYTES, sizeBytes - ahead)
        }
        const reply = await (window.shift() as Promise<ContentReply>)
        const expected = Math.min(CHUNK_BYTES, sizeBytes - writer.receivedBytes)
        if (reply.status !== STATUS.here)
          throw new ContentError(reply.status === STATUS.busy ? 'BUSY' : 'NOT_FOUND', reply.status === STATUS.busy ? 'is busy' : 'does not have it')
        if (reply.chunk.byteLength !== expected) throw new ContentError('BAD_CHUNK', `sent ${reply.chunk.byteLength} bytes, expected ${expected}`)
        await writer.append(reply.chunk)
        options.onProgress?.(writer.receivedBytes, sizeBytes)
      }
      await writer.finish()
    } catch (error) {
      await writer.close()
      throw error
    }
  }

  private async once(peer: string, request: Partial<ContentRequest>, timeoutMs: number, signal: AbortSignal): Promise<ContentReply> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    for await (const reply of ask(this.components, this.kind, peer, request as ContentRequest, limited)) return reply
    throw new ContentError('NO_ANSWER', 'closed the stream without an answer')
  }

  private async *answer(request: ContentRequest): AsyncGenerator<ContentReply> {
    if (this.uploads >= MAX_UPLOADS) {
      yield plain(STATUS.busy)
      return
    }
    this.uploads += 1
    try {
      yield request.stateJobId === '' ? await this.answerChunk(request) : await this.answerState(request)
    } finally {
      this.uploads -= 1
    }
  }

  private async answerChunk({ sha256, offset, length }: ContentRequest): Promise<ContentReply> {
    if (!isSha256(sha256) || length > CHUNK_BYTES) return plain(STATUS.refused)
    for (const source of [this.components.blobs, ...this.init.sources]) {
      const size = await source.sizeBytes(sha256)
      if (size === null) continue
      if (offset > size) return plain(STATUS.refused)
      const chunk = await source.read(sha256, offset, Math.min(length, size - offset))
      return { status: STATUS.here, size, chunk: ownBytes(chunk), sha256 }
    }
    return plain(STATUS.absent)
  }

  private async answerState({ stateJobId, stateStep }: ContentRequest): Promise<ContentReply> {
    const bytes = await this.init.exportState(stateJobId, stateStep)
    if (bytes === null) return plain(STATUS.absent)
    const sha256 = await this.components.blobs.put(bytes)
    this.init.stateStored(stateJobId, sha256)
    return { status: STATUS.here, size: bytes.byteLength, chunk: ownBytes(new Uint8Array()), sha256 }
  }
}

function plain(status: number): ContentReply {
  return { status, size: 0, chunk: ownBytes(new Uint8Array()), sha256: '' }
}
