/**
 * One valid message of every kind that peers send each other, made by the encoders that peers use.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { encodeFrame, KIND_PART } from '../../../protocol/collective/frames.ts'
import { signAction } from '../../../protocol/control/service.ts'
import { signVote } from '../../../protocol/coordinator/claim.ts'
import { encodeAnnouncement, encodeClaim, encodeClaimMessage, encodeRaft, type SignedClaim } from '../../../protocol/coordinator/codec.ts'
import type { Announcement, Certificate, ConfigStep, Fence, LogEntry, RaftMessage } from '../../../protocol/coordinator/types.ts'
import { encodeCommand } from '../../../protocol/jobs/commands.ts'
import { encodeJobMessage, encodeOffer, type JobMessage } from '../../../protocol/jobs/messages.ts'
import { sign } from '../../../protocol/wire/signed.ts'
import { signJob } from '../../sim/specs.ts'

export const KEYS = await Promise.all([1, 2, 3].map((i) => generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(i))))
export const IDS = KEYS.map((key) => peerIdFromPrivateKey(key).toString())
const [A, B, C] = IDS as [string, string, string]
export const EPOCH = { number: 1, id: 'line', parent: null }
export const FENCE: Fence = { epoch: 1, epochId: EPOCH.id, term: 3 }
export const JOB = await signJob(1)

const sha256 = 'ab'.repeat(32)
const consent = { replaces: 1, voters: [A, B], votes: [A, B].map((voter) => ({ voter, signature: '0a'.repeat(64) })) }
const entries: LogEntry[] = [
  { index: 4, term: 3, body: { kind: 'noop' } },
  { index: 5, term: 3, body: { kind: 'config', epochId: EPOCH.id, voters: [A, B, C], consent } },
  { index: 6, term: 3, body: { kind: 'command', command: encodeCommand({ type: 'submit', jobId: JOB.jobId, signed: JOB.signed, at: 1 }) } },
]
const base = { epochId: EPOCH.id, term: 3 }
const steps: ConfigStep[] = [
  { index: 1, voters: [A, B], consent: null },
  { index: 5, voters: [A, B, C], consent },
]
const statement = { kind: 'commit', epochId: EPOCH.id, index: 6, hash: sha256 } as const
const certificate: Certificate = { statement, voters: IDS, votes: [A, B].map((voter) => ({ voter, signature: new Uint8Array(64) })) }
const snapshot = {
  index: 9,
  logTerm: 3,
  hash: sha256,
  config: { index: 5, epochId: EPOCH.id, voters: [A, B, C], steps },
  totalBytes: 64,
  offset: 0,
  data: new Uint8Array(32),
}

export const RAFT: readonly RaftMessage[] = [
  { type: 'preVote', ...base, lastIndex: 3, lastTerm: 2 },
  { type: 'preVoteReply', ...base, granted: true },
  { type: 'vote', ...base, lastIndex: 3, lastTerm: 2, transfer: false },
  { type: 'voteReply', ...base, granted: true, signature: new Uint8Array(64) },
  { type: 'append', ...base, prevIndex: 3, prevTerm: 2, entries, commit: 3 },
  { type: 'appendReply', ...base, success: true, matchIndex: 3 },
  { type: 'electNow', ...base },
  { type: 'leaving', ...base },
  { type: 'snapshot', ...base, ...snapshot },
  { type: 'snapshotReply', ...base, index: 9, offset: 32 },
  { type: 'certify', ...base, statement, voters: IDS },
  { type: 'certified', ...base, statement, voters: IDS, signature: new Uint8Array(64) },
  { type: 'pull', ...base, after: 3, snapshotIndex: -1, offset: 0 },
  { type: 'feed', ...base, after: 3, entries, certificate },
  { type: 'feed', ...base, after: 3, entries: [], certificate: null },
  { type: 'feedSnapshot', ...base, ...snapshot, certificate: { ...certificate, statement: { ...statement, kind: 'snapshot' } } },
  { type: 'askSteps', ...base },
  { type: 'steps', ...base, steps },
]

export const CLAIM: SignedClaim = {
  epoch: EPOCH,
  term: 3,
  leader: A,
  voters: IDS,
  votes: await Promise.all(
    KEYS.slice(0, 2).map(async (key, i) => ({ voter: IDS[i] as string, signature: await signVote(key, { epoch: EPOCH, term: 3, candidate: A, voters: IDS }) })),
  ),
}

const blob = { sha256, bytes: 100 }
export const JOB_MESSAGES: readonly JobMessage[] = [
  { type: 'bid', freeBytes: 1e9, speed: 100, cached: true, freeSlots: 1, diskBytes: 1e9, refusal: '' },
  { type: 'prepare', signedSpec: JOB.bytes as Uint8Array<ArrayBuffer>, share: 4 },
  { type: 'prepared', error: '', samplesPerSecond: 100, memoryBytes: 1000 },
  {
    type: 'assign',
    membership: 1,
    members: [
      { peerId: A, share: 6 },
      { peerId: B, share: 6 },
    ],
    startStep: 0,
    holders: [A],
    checkpoint: blob,
  },
  { type: 'ready', membership: 1, error: '', lacksCheckpoint: false },
  { type: 'go', membership: 1, round: 1, untilStep: 10, checkpoint: true },
  {
    type: 'roundDone',
    membership: 1,
    round: 1,
    step: 10,
    thetaHash: sha256,
    loss: 0.5,
    accuracy: 0.5,
    seconds: 1,
    computeSeconds: 1,
    bytesSent: 10,
    bytesReceived: 10,
    checkpoint: blob,
  },
  { type: 'trouble', membership: 1, step: 3, peerId: B, reason: 'is silent', fatal: false },
  { type: 'query', nonce: 1, freeze: true },
  { type: 'status', nonce: 1, prepared: true, step: 3, oldestStep: 2, holdsState: true, memoryBytes: 100 },
  { type: 'evaluate', membership: 1 },
  { type: 'evaluated', membership: 1, lossSum: 3, weight: 10, correct: 5, weights: blob, error: '' },
  { type: 'stop', reason: 'cancelled' },
  { type: 'leave', membership: 1, now: false },
  { type: 'keep', ...blob, holders: [A] },
  { type: 'kept', sha256, error: '' },
] as readonly JobMessage[]

const frame = { jobId: JOB.jobId, attempt: 1, membership: 1, step: 1, kind: KIND_PART, offset: 0, lossSum: 1, weight: 6, correct: 3 }

const announcement: Announcement = { commit: certificate, snapshot: null, ageMs: 20 }

export const BYTES = {
  announcement: [encodeAnnouncement(announcement)],
  raft: [...RAFT.map(encodeRaft), encodeClaimMessage(CLAIM)],
  claim: [encodeClaim(CLAIM)],
  job: JOB_MESSAGES.map((message) => encodeJobMessage({ jobId: JOB.jobId, attempt: 1, fence: FENCE, message })),
  offer: [encodeOffer({ fence: FENCE, jobId: JOB.jobId, attempt: 1, needBytes: 1000 })],
  frame: [encodeFrame(frame, Float32Array.from([1, 2, 3, 4])).subarray()],
  spec: [JOB.bytes],
  action: [await signAction(KEYS[0] as never, 'cancel', { jobId: JOB.jobId, attempt: 1 })],
  other: [await sign(KEYS[0] as never, 'cyxwiz/vote/1', new Uint8Array([1, 2, 3]))],
} as const satisfies Record<string, readonly Uint8Array[]>
