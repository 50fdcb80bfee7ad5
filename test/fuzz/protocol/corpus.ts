/**
 * One valid message of every kind that peers send each other, made by the encoders that peers use.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { encodeFrame, KIND_PART } from '../../../protocol/collective/frames.ts'
import { signAction } from '../../../protocol/control/service.ts'
import { signStatement, signVote } from '../../../protocol/coordinator/claim.ts'
import { encodeAnnouncement, encodeClaim, encodeClaimMessage, encodeRaft, type SignedClaim } from '../../../protocol/coordinator/codec.ts'
import { type EntryProof, proveEntry } from '../../../protocol/coordinator/entry-proof.ts'
import { RaftLog } from '../../../protocol/coordinator/log.ts'
import type { Announcement, Certificate, ConfigStep, Fence, LogEntry, RaftMessage } from '../../../protocol/coordinator/types.ts'
import { encodeCommand } from '../../../protocol/jobs/commands.ts'
import { encodeJobMessage, encodeOffer, type JobMessage } from '../../../protocol/jobs/messages.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { encodeDigest, encodeAnnouncement as encodePresence, encodeFrame as encodePresenceFrame, type RawFrame } from '../../../protocol/presence/codec.ts'
import { BUCKETS } from '../../../protocol/presence/constants.ts'
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

const mark = { peerId: A, incarnation: { id: '0123456789abcdef', startedAtMs: 1000 }, revision: 3 }
const beat = {
  peerId: B,
  incarnationId: mark.incarnation.id,
  revision: 3,
  visible: true,
  ageMs: 200,
  hops: 1,
  load: { activeJobs: 1, usedBytes: 1e6, freeBytes: 1e9 },
}

/** What a peer says of itself, before it is signed. */
export const PRESENCE = encodePresence({
  peerId: A,
  incarnation: mark.incarnation,
  revision: 3,
  leaving: false,
  contests: '',
  bytes: new Uint8Array(),
  record: {
    peerId: A,
    kind: 'native',
    version: '1.0.0',
    speed: 100,
    slots: 1,
    activeJobs: 0,
    visible: true,
    mayVote: true,
    addresses: ['/ip4/127.0.0.1/tcp/4001'],
    epochId: EPOCH.id,
    device: {
      vendor: 'v',
      architecture: 'a',
      description: 'd',
      backend: 'vulkan',
      type: 'cpu',
      features: ['shader-f16'],
      limits: { maxBufferSize: 1e9 },
    },
    memory: {
      totalBytes: 2e9,
      freeBytes: 1e9,
      source: 'host',
      limitBytes: 1e9,
      usedBytes: 0,
      maxBufferSize: 1e9,
      maxStorageBufferBindingSize: 1e8,
    },
  },
})
const presenceRecord = await sign(KEYS[0] as never, 'cyxwiz/presence/1', PRESENCE)
const PRESENCE_FRAMES: readonly RawFrame[] = [
  { kind: 'beats', beats: [beat] },
  { kind: 'route', leader: A, distance: 2 },
  { kind: 'closing' },
  { kind: 'poll', target: B },
  { kind: 'sums', sums: Array.from({ length: BUCKETS }, (_, i) => i) },
  { kind: 'marks', buckets: [0, 3], marks: [mark] },
  { kind: 'gone', marks: [mark] },
  { kind: 'pull', peers: [A, B] },
  { kind: 'records', signed: [presenceRecord] },
]

/** A job that completed in another line, with the signatures under its end. */
export const ENDED = await endedElsewhere()

async function endedElsewhere(): Promise<JobRecord> {
  const complete = {
    type: 'complete',
    jobId: JOB.jobId,
    attempt: 1,
    at: 2,
    result: { steps: 40, samples: 480, seconds: 1, trainLoss: 0.5, testLoss: null, testAccuracy: null, weights: blob },
  } as const
  const registry = new Registry()
  const commands = [{ type: 'submit', jobId: JOB.jobId, signed: JOB.signed, at: 1 } as const, complete]
  const log = new RaftLog(commands.map((command, i) => ({ index: i + 1, term: 3, body: { kind: 'command', command: encodeCommand(command) } })))
  for (const command of commands) registry.apply(command)
  const said = { kind: 'commit', epochId: EPOCH.id, index: 2, hash: log.hashAt(2) as string } as const
  const votes = await Promise.all(KEYS.map(async (key, i) => ({ voter: IDS[i] as string, signature: await signStatement(key, said, IDS) })))
  const proof = { ...(proveEntry(log, { statement: said, voters: IDS, votes }, 2) as EntryProof), command: new TextDecoder().decode(encodeCommand(complete)) }
  registry.apply({ type: 'proved', jobId: JOB.jobId, proof, at: 3 })
  return registry.list()[0] as JobRecord
}

const announcement: Announcement = { commit: certificate, snapshot: null, ageMs: 20 }

export const BYTES = {
  announcement: [encodeAnnouncement(announcement)],
  raft: [...RAFT.map(encodeRaft), encodeClaimMessage(CLAIM)],
  claim: [encodeClaim(CLAIM)],
  job: JOB_MESSAGES.map((message) => encodeJobMessage({ jobId: JOB.jobId, attempt: 1, fence: FENCE, message })),
  offer: [encodeOffer({ fence: FENCE, jobId: JOB.jobId, attempt: 1, needBytes: 1000 })],
  frame: [encodeFrame(frame, Float32Array.from([1, 2, 3, 4])).subarray()],
  spec: [JOB.bytes],
  presence: PRESENCE_FRAMES.map(encodePresenceFrame),
  digest: [
    encodeDigest({
      fence: FENCE,
      sequence: 7,
      entries: [
        { mark, state: 'alive' },
        { mark: { ...mark, peerId: B }, state: 'suspect' },
      ],
      count: 2,
      sum: 5,
    }),
  ],
  presenceRecord: [presenceRecord],
  action: [await signAction(KEYS[0] as never, 'cancel', { jobId: JOB.jobId, attempt: 1 })],
  other: [await sign(KEYS[0] as never, 'cyxwiz/vote/1', new Uint8Array([1, 2, 3]))],
} as const satisfies Record<string, readonly Uint8Array[]>
