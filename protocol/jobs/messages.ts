/**
 * What coordinator and peers say to one another about an attempt of a job, as a union; `jobs.proto` holds the fields.
 */

import type { Fence } from '../coordinator/types.ts'
import { WireError } from '../wire/errors.ts'
import { checked } from './checked.ts'
import {
  type Assign,
  type Bid,
  type Evaluate,
  type Evaluated,
  type Go,
  type Keep,
  type Kept,
  type Leave,
  type Prepare,
  type Prepared,
  type Query,
  type Ready,
  type RoundDone,
  type Status,
  type Stop,
  type Trouble,
  WireJobMessage,
  WireOffer,
} from './pb/jobs.ts'

export type { Evaluated, RoundDone, Status } from './pb/jobs.ts'

interface Bodies {
  bid: Bid
  prepare: Prepare
  prepared: Prepared
  assign: Assign
  ready: Ready
  go: Go
  roundDone: RoundDone
  trouble: Trouble
  query: Query
  status: Status
  evaluate: Evaluate
  evaluated: Evaluated
  stop: Stop
  leave: Leave
  keep: Keep
  kept: Kept
}

export type JobMessageType = keyof Bodies
export type JobMessage = { [T in JobMessageType]: { readonly type: T } & Readonly<Bodies[T]> }[JobMessageType]
export type JobMessageOf<T extends JobMessageType> = Extract<JobMessage, { type: T }>

/** Commands of the coordinator; the rest are answers and reports of peers. */
export const COMMANDS: ReadonlySet<JobMessageType> = new Set(['prepare', 'assign', 'go', 'query', 'evaluate', 'stop', 'keep'])

const TYPES: readonly JobMessageType[] = [
  'bid',
  'prepare',
  'prepared',
  'assign',
  'ready',
  'go',
  'roundDone',
  'trouble',
  'query',
  'status',
  'evaluate',
  'evaluated',
  'stop',
  'leave',
  'keep',
  'kept',
]

export interface JobEnvelope {
  readonly jobId: string
  readonly attempt: number
  readonly fence: Fence
  readonly message: JobMessage
}

export function encodeJobMessage(envelope: JobEnvelope): Uint8Array {
  const { jobId, attempt, fence, message } = envelope
  return WireJobMessage.encode({ jobId, attempt, fence, [message.type]: message })
}

export function decodeJobMessage(bytes: Uint8Array): JobEnvelope {
  let wire: WireJobMessage
  try {
    wire = WireJobMessage.decode(bytes)
  } catch (cause) {
    throw new WireError('MALFORMED', 'job message cannot be decoded', 'penalise', { cause })
  }
  const type = TYPES.find((candidate) => wire[candidate] !== undefined)
  if (type === undefined) throw new WireError('UNKNOWN_VERSION', 'job message of a kind this version does not know', 'ignore')
  if (wire.fence === undefined || !/^[0-9a-f]{32}$/.test(wire.jobId)) throw new WireError('MALFORMED', 'job message without a fence or a job id')
  return { jobId: wire.jobId, attempt: wire.attempt, fence: wire.fence, message: checked({ type, ...wire[type] } as JobMessage) }
}

export interface Offer {
  readonly fence: Fence
  readonly jobId: string
  readonly attempt: number
  readonly needBytes: number
}

export function encodeOffer(offer: Offer): Uint8Array {
  return WireOffer.encode(offer)
}

export function decodeOffer(bytes: Uint8Array): Offer {
  try {
    const wire = WireOffer.decode(bytes)
    if (wire.fence === undefined) throw new Error('no fence')
    return { fence: wire.fence, jobId: wire.jobId, attempt: wire.attempt, needBytes: wire.needBytes }
  } catch (cause) {
    throw new WireError('MALFORMED', 'offer cannot be decoded', 'penalise', { cause })
  }
}

/** The answer to a stop, and of a peer that has no part in the attempt. */
export function holdsNothing(nonce: number): JobMessageOf<'status'> {
  return { type: 'status', nonce, prepared: false, step: 0, oldestStep: 0, holdsState: false, memoryBytes: 0 }
}
