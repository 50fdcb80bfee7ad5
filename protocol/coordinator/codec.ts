/**
 * Raft messages and claims as protobuf, log bodies as bytes for the store. Decoders check everything they read: numbers
 * are safe integers, ids are short, kinds are known.
 */
import { ownBytes } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { WireClaim, type WireEntry, WireRaft, type WireSnapshot } from './pb/raft.ts'
import type { EntryBody, Epoch, LogEntry, RaftMessage } from './types.ts'

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
] as const
const MAX_ID_LENGTH = 128

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
      return WireRaft.encode(base)
    case 'snapshot': {
      const { index, logTerm, config, totalBytes, offset, data } = message
      const snapshot = { totalBytes, offset, data: ownBytes(data), ...(config === null ? {} : { config: { ...config, voters: [...config.voters] } }) }
      return WireRaft.encode({ ...base, index, logTerm, snapshot })
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
    case 'append': {
      const entries = wire.entries.map(decodeEntry)
      entries.forEach((entry, i) => {
        if (entry.index !== wire.index + 1 + i) throw new WireError('MALFORMED', `append: entry ${i} has index ${entry.index}, expected ${wire.index + 1 + i}`)
      })
      return raft({ type, epochId, term, prevIndex: wire.index, prevTerm: wire.logTerm, commit: wire.commit, entries })
    }
    case 'appendReply':
      return raft({ type, epochId, term, success: wire.flag, matchIndex: wire.index })
    case 'electNow':
    case 'leaving':
      return raft({ type, epochId, term })
    case 'snapshot':
      return raft({ type, epochId, term, index: wire.index, logTerm: wire.logTerm, ...snapshotOf(wire.snapshot) })
    case 'snapshotReply':
      return raft({ type, epochId, term, index: wire.index, offset: wire.commit })
    default:
      throw new WireError('UNKNOWN_VERSION', `raft message of unknown type ${wire.type}`, 'ignore')
  }
}

export function decodeClaim(bytes: Uint8Array): SignedClaim {
  return readClaim(decoded(() => WireClaim.decode(bytes), 'claim'))
}

/** 1 was a config that did not name its epoch. */
const STORED_CONFIG = 3

/** Body of a log entry for the store: one byte of kind, then the command or the voters. */
export function encodeBody(body: EntryBody): Uint8Array {
  if (body.kind === 'noop') return new Uint8Array([0])
  const rest = body.kind === 'config' ? new TextEncoder().encode([body.epochId, ...body.voters].join('\n')) : body.command
  const bytes = new Uint8Array(rest.length + 1)
  bytes[0] = body.kind === 'config' ? STORED_CONFIG : 2
  bytes.set(rest, 1)
  return bytes
}

export function decodeBody(bytes: Uint8Array): EntryBody {
  const rest = bytes.subarray(1)
  if (bytes[0] === 0) return { kind: 'noop' }
  if (bytes[0] === 1) throw new WireError('UNKNOWN_VERSION', 'the log in this data directory was written by an older version: start with a new one', 'ignore')
  if (bytes[0] === STORED_CONFIG) {
    const [epochId = '', ...voters] = new TextDecoder().decode(rest).split('\n')
    return { kind: 'config', epochId, voters }
  }
  if (bytes[0] === 2) return { kind: 'command', command: rest }
  throw new WireError('MALFORMED', `log entry of unknown kind ${bytes[0]}`)
}

function encodeEntry(entry: LogEntry): WireEntry {
  const { index, term, body } = entry
  const none = ownBytes(new Uint8Array())
  if (body.kind === 'config') return { index, term, kind: 1, epochId: body.epochId, voters: [...body.voters], command: none }
  if (body.kind === 'command') return { index, term, kind: 2, epochId: '', voters: [], command: ownBytes(body.command) }
  return { index, term, kind: 0, epochId: '', voters: [], command: none }
}

function decodeEntry(wire: WireEntry): LogEntry {
  const index = integer(wire.index, 'entry index')
  const term = integer(wire.term, 'entry term')
  if (wire.kind === 0) return { index, term, body: { kind: 'noop' } }
  if (wire.kind === 1) {
    const voters = wire.voters.map((voter) => short(voter, 'voter'))
    return { index, term, body: { kind: 'config', epochId: short(wire.epochId, 'epoch id'), voters } }
  }
  if (wire.kind === 2) return { index, term, body: { kind: 'command', command: wire.command } }
  throw new WireError('MALFORMED', `log entry of unknown kind ${wire.kind}`)
}

function snapshotOf(wire: WireSnapshot | undefined): Pick<RaftMessage & { type: 'snapshot' }, 'config' | 'totalBytes' | 'offset' | 'data'> {
  if (wire === undefined) throw new WireError('MALFORMED', 'snapshot message without a snapshot')
  const { config, data } = wire
  const covered =
    config === undefined
      ? null
      : {
          index: integer(config.index, 'index of a committee'),
          epochId: short(config.epochId, 'epoch id'),
          voters: config.voters.map((voter) => short(voter, 'voter')),
        }
  return { config: covered, totalBytes: integer(wire.totalBytes, 'bytes of a snapshot'), offset: integer(wire.offset, 'offset'), data }
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

function short(text: string, what: string): string {
  if (text.length > MAX_ID_LENGTH) throw new WireError('MALFORMED', `${what}: longer than ${MAX_ID_LENGTH} characters`)
  return text
}
