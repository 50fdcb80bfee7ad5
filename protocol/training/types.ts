/**
 * What a member runtime needs from its surroundings, and no more.
 */
import type { Logger } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Clock } from '../clock.ts'
import type { Content } from '../content/service.ts'
import type { JobProgressEvent } from '../events/types.ts'
import type { JobMessage } from '../jobs/messages.ts'
import type { BlobStore } from '../store.ts'
import type { ComputeProvider, DataAccess } from './compute-provider.ts'
import type { MemberRuntime } from './runtime.ts'

export interface RuntimeComponents {
  readonly self: string
  readonly clock: Clock
  readonly log: Logger
  readonly compute: ComputeProvider
  readonly data: DataAccess
  readonly content: Pick<Content, 'fetch' | 'fetchState'>
  readonly blobs: BlobStore
  /** Length of the job's flat parameter vector. */
  readonly vectorLength: number
  /** Rows this peer can work on at a time, at most `rows`, with what its jobs hold; throws when not even one fits. */
  readonly fit: (runtime: MemberRuntime, rows: number) => number
  /** Peers that may have content, nearest guess first. */
  readonly peers: () => string[]
  /** Makes sure there is a connection; rejects with the reason. */
  readonly connect: (peer: string, signal: AbortSignal) => Promise<void>
  readonly sendFrame: (peer: string, frame: Uint8ArrayList) => boolean
  /** An answer or report for the coordinator. */
  readonly report: (runtime: MemberRuntime, message: JobMessage) => void
  /** `reporter`: this member tells watchers elsewhere for the group. */
  readonly progress: (runtime: MemberRuntime, event: JobProgressEvent, reporter: boolean) => void
  /** The coordinator ended this peer's part. */
  readonly stopped: (runtime: MemberRuntime) => void
}
