/**
 * Raft messages and claims as protobuf, log bodies as bytes for the store. Decoders check everything they read: numbers
 * are safe integers, ids are short, kinds are known.
 */
import { ownBytes } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import {
  WireAnnouncement,
  type WireCertificate,
  WireClaim,
  type WireConsent,
  WireEntry,
  WireRaft,
  type WireSnapshot,
  type WireSnapshotConfig,
  type WireStep,
} from './pb/raft.ts'
import type { Announcement, Certificate, ConfigStep, Consent, EntryBody, Epoch, LogEntry, RaftMessage, SnapshotConfig } from './types.ts'

const TYPES = [
  '',
  'preVote',
  'preVoteReply',
  'vote',
  'voteReply',
  'append',
  'appendReply',
  'electNow',
  'claim',
  'leaving',
  'snapshot',
  'snapshotReply',
  'certify',
  'certified',
  'pull',
  'feed',
  'feedSnapshot',
  'askSteps',
  'steps',
] as const
const STATEMENTS = ['', 'commit', 'snapshot', 'config'] as const
const MAX_ID_LENGTH = 128
/** Of a hash, or the names of a committee in its place. */
const MAX_HASH_LENGTH = 512

/** A claim as it travels: votes with signatures, not yet checked. */
export interface SignedClaim {
  readonly epoch: Epoch
  readonly term: number
  readonly leader: string
  /** The committee that elected the leader. */
  readonly voters: readonly string[]
  readonly votes: readonly { readonly voter: string; readonly signature: Uint8Array }[]
}

export type WireContent = { readonly kind: 'raft'; readonly message: RaftMessage } | { readonly kind: 'claim'; readonly claim: SignedClaim }

export function encodeRaft(message: RaftMessage): Uint8Array {
  const base = { type: TYPES.indexOf(message.type), epochId: message.epochId, term: message.term }
  switch (message.type) {
    case 'preVote':
      return WireRaft.encode({ ...base, index: message.lastIndex, logTerm: message.lastTerm })
    case 'vote':
      return WireRaft.encode({ ...base, index: message.lastIndex, logTerm: message.lastTerm, flag: message.transfer })
    case 'preVoteReply':
      return WireRaft.encode({ ...base, flag: message.granted })
    case 'voteReply':
      return WireRaft.encode({ ...base, flag: message.granted, ...(message.signature ? { signature: ownBytes(message.signature) } : {}) })
    case 'append':
      return WireRaft.encode({
        ...base,
        index: message.prevIndex,
        logTerm: message.prevTerm,
        commit: message.commit,
        entries: message.entries.map(encodeEntry),
      })
    case 'appendReply':
      return WireRaft.encode({ ...base, flag: message.success, index: message.matchIndex })
    case 'electNow':
    case 'leaving':
    case 'askSteps':
      return WireRaft.encode(base)
    case 'steps':
      return WireRaft.encode({ ...base, steps: message.steps.map(wireStep) })
    case 'snapshot':
      return WireRaft.encode({ ...base, index: message.index, logTerm: message.logTerm, snapshot: wireSnapshot(message) })
    case 'certify':
    case 'certified': {
      const { statement, voters } = message
      const signature = message.type === 'certified' ? message.signature : undefined
      return WireRaft.encode({
        ...base,
        certificate: wireCertificate({ statement, voters, votes: [] }),
        ...(signature === undefined ? {} : { signature: ownBytes(signature) }),
      })
    }
    case 'pull':
      return WireRaft.encode({ ...base, index: message.after, logTerm: message.snapshotIndex + 1, commit: message.offset })
    case 'feed': {
      const { after, entries, certificate } = message
      const proof = certificate === null ? {} : { certificate: wireCertificate(certificate) }
      return WireRaft.encode({ ...base, index: after, entries: entries.map(encodeEntry), ...proof })
    }
    case 'feedSnapshot': {
      const { index, logTerm, certificate } = message
      return WireRaft.encode({ ...base, index, logTerm, snapshot: wireSnapshot(message), certificate: wireCertificate(certificate) })
    }
    case 'snapshotReply':
      return WireRaft.encode({ ...base, index: message.index, commit: message.offset })
    default:
      return message satisfies never
  }
}

export function encodeClaimMessage(claim: SignedClaim): Uint8Array {
  return WireRaft.encode({ type: TYPES.indexOf('claim'), claim: wireClaim(claim) })
}

export function encodeClaim(claim: SignedClaim): Uint8Array {
  return WireClaim.encode(wireClaim(claim))
}

export function decodeRaft(bytes: Uint8Array): WireContent {
  const wire = decoded(() => WireRaft.decode(bytes), 'raft message')
  const { term, epochId } = wire
  const type = TYPES[wire.type]
  if (type === 'claim') {
    if (wire.claim === undefined) throw new WireError('MALFORMED', 'claim message without a claim')
    return { kind: 'claim', claim: readClaim(wire.claim) }
  }
  integer(term, 'term')
  integer(wire.index, 'index')
  integer(wire.logTerm, 'log term')
  integer(wire.commit, 'commit')
  short(epochId, 'epoch id')
  const raft = (message: RaftMessage): WireContent => ({ kind: 'raft', message })
  switch (type) {
    case 'preVote':
      return raft({ type, epochId, term, lastIndex: wire.index, lastTerm: wire.logTerm })
    case 'vote':
      return raft({ type, epochId, term, lastIndex: wire.index, lastTerm: wire.logTerm, transfer: wire.flag })
    case 'preVoteReply':
      return raft({ type, epochId, term, granted: wire.flag })
    case 'voteReply':
      return raft({ type, epochId, term, granted: wire.flag, signature: wire.signature })
    case 'append':
      return raft({ type, epochId, term, prevIndex: wire.index, prevTerm: wire.logTerm, commit: wire.commit, entries: entriesOf(wire) })
    case 'appendReply':
      return raft({ type, epochId, term, success: wire.flag, matchIndex: wire.index })
    case 'electNow':
    case 'leaving':
    case 'askSteps':
      return raft({ type, epochId, term })
    case 'steps':
      return raft({ type, epochId, term, steps: wire.steps.map(stepOf) })
    case 'snapshot':
      return raft({ type, epochId, term, index: wire.index, logTerm: wire.logTerm, ...snapshotOf(wire.snapshot) })
    case 'snapshotReply':
      return raft({ type, epochId, term, index: wire.index, offset: wire.commit })
    case 'certify':
    case 'certified': {
      const { statement, voters } = certificateOf(wire.certificate)
      return raft({ type, epochId, term, statement, voters, ...(type === 'certified' ? { signature: wire.signature } : {}) })
    }
    case 'pull':
      return raft({ type, epochId, term, after: wire.index, snapshotIndex: wire.logTerm - 1, offset: wire.commit })
    case 'feed': {
      const certificate = wire.certificate === undefined ? null : certificateOf(wire.certificate)
      return raft({ type, epochId, term, after: wire.index, entries: entriesOf(wire), certificate })
    }
    case 'feedSnapshot': {
      const certificate = certificateOf(wire.certificate)
      return raft({ type, epochId, term, index: wire.index, logTerm: wire.logTerm, ...snapshotOf(wire.snapshot), certificate })
    }
    default:
      throw new WireError('UNKNOWN_VERSION', `raft message of unknown type ${wire.type}`, 'ignore')
  }
}

export function decodeClaim(bytes: Uint8Array): SignedClaim {
  return readClaim(decoded(() => WireClaim.decode(bytes), 'claim'))
}

export function encodeAnnouncement({ commit, snapshot, ageMs }: Announcement): Uint8Array {
  return WireAnnouncement.encode({
    commit: wireCertificate(commit),
    ageMs: Math.round(ageMs),
    ...(snapshot === null ? {} : { snapshot: wireCertificate(snapshot) }),
  })
}

export function decodeAnnouncement(bytes: Uint8Array): Announcement {
  const wire = decoded(() => WireAnnouncement.decode(bytes), 'announcement')
  return {
    commit: certificateOf(wire.commit),
    snapshot: wire.snapshot === undefined ? null : certificateOf(wire.snapshot),
    ageMs: integer(wire.ageMs, 'age'),
  }
}

/** 1 was a config that did not name its epoch, 3 one without consent. */
const STORED_CONFIG = 4

/** Body of a log entry for the store: one byte of kind, then the command or the voters. */
export function encodeBody(body: EntryBody): Uint8Array {
  if (body.kind === 'noop') return new Uint8Array([0])
  const rest = body.kind === 'config' ? WireEntry.encode(encodeEntry({ index: 0, term: 0, body })) : body.command
  const bytes = new Uint8Array(rest.length + 1)
  bytes[0] = body.kind === 'config' ? STORED_CONFIG : 2
  bytes.set(rest, 1)
  return bytes
}

export function decodeBody(bytes: Uint8Array): EntryBody {
  const rest = bytes.subarray(1)
  if (bytes[0] === 0) return { kind: 'noop' }
  if (bytes[0] === 1) throw new WireError('UNKNOWN_VERSION', 'the log in this data directory was written by an older version: start with a new one', 'ignore')
  if (bytes[0] === 3) {
    const [epochId = '', ...voters] = new TextDecoder().decode(rest).split('\n')
    return { kind: 'config', epochId, voters }
  }
  if (bytes[0] === STORED_CONFIG) {
    const { body } = decodeEntry(decoded(() => WireEntry.decode(rest), 'log entry'))
    if (body.kind === 'config') return body
  }
  if (bytes[0] === 2) return { kind: 'command', command: rest }
  throw new WireError('MALFORMED', `log entry of unknown kind ${bytes[0]}`)
}

function encodeEntry(entry: LogEntry): WireEntry {
  const { index, term, body } = entry
  const none = ownBytes(new Uint8Array())
  if (body.kind === 'config') {
    const { epochId, voters, consent } = body
    return { index, term, kind: 1, epochId, voters: [...voters], command: none, ...(consent === undefined ? {} : { consent: wireConsent(consent) }) }
  }
  if (body.kind === 'command') return { index, term, kind: 2, epochId: '', voters: [], command: ownBytes(body.command) }
  return { index, term, kind: 0, epochId: '', voters: [], command: none }
}

function decodeEntry(wire: WireEntry): LogEntry {
  const index = integer(wire.index, 'entry index')
  const term = integer(wire.term, 'entry term')
  if (wire.kind === 0) return { index, term, body: { kind: 'noop' } }
  if (wire.kind === 1) {
    const voters = wire.voters.map((voter) => short(voter, 'voter'))
    const consent = wire.consent === undefined ? {} : { consent: consentOf(wire.consent) }
    return { index, term, body: { kind: 'config', epochId: short(wire.epochId, 'epoch id'), voters, ...consent } }
  }
  if (wire.kind === 2) return { index, term, body: { kind: 'command', command: wire.command } }
  throw new WireError('MALFORMED', `log entry of unknown kind ${wire.kind}`)
}

function entriesOf(wire: WireRaft): LogEntry[] {
  const entries = wire.entries.map(decodeEntry)
  entries.forEach((entry, i) => {
    if (entry.index !== wire.index + 1 + i) throw new WireError('MALFORMED', `entry ${i} of a message has index ${entry.index}, expected ${wire.index + 1 + i}`)
  })
  return entries
}

function certificateOf(wire: WireCertificate | undefined): Certificate {
  const kind = STATEMENTS[wire?.kind ?? 0]
  if (wire === undefined || kind === undefined || kind === '') throw new WireError('MALFORMED', `certificate of unknown kind ${wire?.kind ?? 'none'}`)
  return {
    statement: { kind, epochId: short(wire.epochId, 'epoch id'), index: integer(wire.index, 'index of a certificate'), hash: hashOf(wire.hash) },
    voters: wire.voters.map((voter) => short(voter, 'voter')),
    votes: wire.votes.map(({ voter, signature }) => ({ voter: short(voter, 'voter'), signature })),
  }
}

function wireCertificate({ statement, voters, votes }: Certificate): WireCertificate {
  const { kind, epochId, index, hash } = statement
  return {
    kind: STATEMENTS.indexOf(kind),
    epochId,
    index,
    hash,
    voters: [...voters],
    votes: votes.map(({ voter, signature }) => ({ voter, signature: ownBytes(signature) })),
  }
}

interface SnapshotPiece {
  readonly hash: string
  readonly config: SnapshotConfig | null
  readonly totalBytes: number
  readonly offset: number
  readonly data: Uint8Array
}

function wireSnapshot({ hash, config, totalBytes, offset, data }: SnapshotPiece): WireSnapshot {
  return { hash, totalBytes, offset, data: ownBytes(data), ...(config === null ? {} : { config: wireConfig(config) }) }
}

function wireConfig({ index, epochId, voters, steps = [] }: SnapshotConfig): WireSnapshotConfig {
  return { index, epochId, voters: [...voters], steps: steps.map(wireStep) }
}

function snapshotOf(wire: WireSnapshot | undefined): SnapshotPiece {
  if (wire === undefined) throw new WireError('MALFORMED', 'snapshot message without a snapshot')
  const { config, data } = wire
  const covered =
    config === undefined
      ? null
      : {
          index: integer(config.index, 'index of a committee'),
          epochId: short(config.epochId, 'epoch id'),
          voters: config.voters.map((voter) => short(voter, 'voter')),
          steps: config.steps.map(stepOf),
        }
  return {
    hash: hashOf(wire.hash),
    config: covered,
    totalBytes: integer(wire.totalBytes, 'bytes of a snapshot'),
    offset: integer(wire.offset, 'offset'),
    data,
  }
}

function wireClaim(claim: SignedClaim): WireClaim {
  return {
    epoch: { number: claim.epoch.number, id: claim.epoch.id, parent: claim.epoch.parent ?? '' },
    term: claim.term,
    leader: claim.leader,
    voters: [...claim.voters],
    votes: claim.votes.map(({ voter, signature }) => ({ voter, signature: ownBytes(signature) })),
  }
}

function readClaim(wire: WireClaim): SignedClaim {
  const { epoch } = wire
  if (epoch === undefined) throw new WireError('MALFORMED', 'claim without an epoch')
  return {
    epoch: {
      number: integer(epoch.number, 'epoch'),
      id: short(epoch.id, 'epoch id'),
      parent: epoch.parent === '' ? null : short(epoch.parent, 'parent epoch'),
    },
    term: integer(wire.term, 'term'),
    leader: short(wire.leader, 'leader'),
    voters: wire.voters.map((voter) => short(voter, 'voter')),
    votes: wire.votes.map(({ voter, signature }) => ({ voter: short(voter, 'voter'), signature })),
  }
}

function decoded<T>(read: () => T, what: string): T {
  try {
    return read()
  } catch (cause) {
    throw new WireError('MALFORMED', `${what} cannot be decoded`, 'penalise', { cause })
  }
}

function integer(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new WireError('MALFORMED', `${what}: must be a whole number, got ${value}`)
  return value
}

function hashOf(text: string): string {
  if (text.length > MAX_HASH_LENGTH) throw new WireError('MALFORMED', `hash: longer than ${MAX_HASH_LENGTH} characters`)
  return text
}

function wireStep({ index, voters, consent }: ConfigStep): WireStep {
  return { index, voters: [...voters], ...(consent === null ? {} : { consent: wireConsent(consent) }) }
}

function stepOf({ index, voters, consent }: WireStep): ConfigStep {
  return {
    index: integer(index, 'index of a committee'),
    voters: voters.map((voter) => short(voter, 'voter')),
    consent: consent === undefined ? null : consentOf(consent),
  }
}

function wireConsent({ replaces, voters, votes }: Consent): WireConsent {
  return { replaces, voters: [...voters], votes: votes.map(({ voter, signature }) => ({ voter, signature })) }
}

function consentOf({ replaces, voters, votes }: WireConsent): Consent {
  return {
    replaces: integer(replaces, 'index of a committee'),
    voters: voters.map((voter) => short(voter, 'voter')),
    votes: votes.map(({ voter, signature }) => ({ voter: short(voter, 'voter'), signature: hexOf(signature) })),
  }
}

/** An Ed25519 signature. */
function hexOf(text: string): string {
  if (!/^[0-9a-f]{128}$/.test(text)) throw new WireError('MALFORMED', 'signature: must be 128 hex digits')
  return text
}

function short(text: string, what: string): string {
  if (text.length > MAX_ID_LENGTH) throw new WireError('MALFORMED', `${what}: longer than ${MAX_ID_LENGTH} characters`)
  return text
}
