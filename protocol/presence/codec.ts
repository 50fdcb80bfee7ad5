/**
 * Presence as protobuf: records as their peers signed them, frames between connected peers, digests of the coordinator.
 * Decoders check everything they read: ids are ids, numbers are numbers, lists are short.
 */

import type { MemorySource } from '../../kernels/report.ts'
import { ownBytes } from '../wire/bytes.ts'
import { WireError } from '../wire/errors.ts'
import { verify } from '../wire/signed.ts'
import * as C from './constants.ts'
import { bytesOfPeer, peerOfBytes } from './ids.ts'
import { Presence as Wire, type WireBeat, WireDigest, type WireMark, WirePresenceFrame } from './pb/presence.ts'
import type { Announcement, Beat, Digest, DigestState, Frame, Mark } from './types.ts'

const KINDS = ['', 'beats', 'route', 'closing', 'poll', 'sums', 'marks', 'gone', 'pull', 'records'] as const
const STATES: readonly DigestState[] = ['alive', 'suspect', 'left']
const MAX_ADDRESS_LENGTH = 512
const INCARNATION = /^[0-9a-f]{16}$/

// ---- records ----

/** What is signed. */
export function encodeAnnouncement({ record, incarnation, revision, leaving, contests }: Announcement): Uint8Array {
  const { device, memory } = record
  return Wire.encode({
    peerId: record.peerId,
    kind: record.kind,
    version: record.version,
    speed: record.speed,
    slots: record.slots,
    activeJobs: record.activeJobs,
    visible: record.visible,
    mayVote: record.mayVote,
    addresses: [...record.addresses],
    epochId: record.epochId,
    leaving,
    incarnation: incarnation.id,
    startedAtMs: incarnation.startedAtMs,
    revision,
    contests,
    ...(device === null
      ? {}
      : { device: { ...device, features: [...device.features], limits: Object.entries(device.limits).map(([name, value]) => ({ name, value })) } }),
    memory: {
      source: memory.source,
      limitBytes: memory.limitBytes,
      usedBytes: memory.usedBytes,
      maxBufferSize: memory.maxBufferSize,
      maxStorageBufferBindingSize: memory.maxStorageBufferBindingSize,
      ...(memory.totalBytes === null ? {} : { totalBytes: memory.totalBytes }),
      ...(memory.freeBytes === null ? {} : { freeBytes: memory.freeBytes }),
    },
  })
}

/** Checks the signature too: whoever handed it on need not be trusted. */
export async function openAnnouncement(bytes: Uint8Array): Promise<Announcement> {
  const { signer, payload } = await verify(bytes, 'cyxwiz/presence/1')
  const announcement = decodeAnnouncement(payload, bytes)
  if (announcement.peerId !== signer) throw new WireError('BAD_SIGNATURE', `presence record of ${announcement.peerId} was signed by ${signer}`)
  return announcement
}

function decodeAnnouncement(payload: Uint8Array, bytes: Uint8Array): Announcement {
  const wire = tryDecode('presence record', () => Wire.decode(payload))
  if (wire.addresses.some((address) => address.length > MAX_ADDRESS_LENGTH))
    throw new WireError('MALFORMED', 'presence record with an address that is too long')
  const { memory, device } = wire
  if (memory === undefined || (wire.kind !== 'native' && wire.kind !== 'browser')) throw new WireError('MALFORMED', 'presence record without memory or kind')
  const numbers = [wire.speed, wire.slots, wire.activeJobs, memory.limitBytes, memory.usedBytes, memory.maxBufferSize, memory.maxStorageBufferBindingSize]
  if (numbers.some((value) => !Number.isFinite(value) || value < 0)) throw new WireError('MALFORMED', 'presence record with a number that is none')
  if (wire.contests !== '' && !INCARNATION.test(wire.contests)) throw new WireError('MALFORMED', 'presence record that contests no incarnation')
  const incarnation = { id: checkIncarnation(wire.incarnation), startedAtMs: checkCount(wire.startedAtMs) }
  return {
    peerId: wire.peerId,
    incarnation,
    revision: wire.revision,
    leaving: wire.leaving,
    contests: wire.contests,
    bytes,
    record: {
      peerId: wire.peerId,
      kind: wire.kind,
      version: wire.version,
      speed: wire.speed,
      slots: wire.slots,
      activeJobs: wire.activeJobs,
      visible: wire.visible,
      mayVote: wire.mayVote,
      addresses: wire.addresses,
      epochId: wire.epochId,
      device: device === undefined ? null : { ...device, limits: Object.fromEntries(device.limits.map(({ name, value }) => [name, value])) },
      memory: {
        totalBytes: memory.totalBytes ?? null,
        freeBytes: memory.freeBytes ?? null,
        source: memory.source as MemorySource,
        limitBytes: memory.limitBytes,
        usedBytes: memory.usedBytes,
        maxBufferSize: memory.maxBufferSize,
        maxStorageBufferBindingSize: memory.maxStorageBufferBindingSize,
      },
    },
  }
}

// ---- frames ----

/** A frame as it came, its records not yet checked. */
export type RawFrame = Exclude<Frame, { kind: 'records' }> | { readonly kind: 'records'; readonly signed: readonly Uint8Array[] }

export function encodeFrame(frame: RawFrame): Uint8Array {
  const kind = KINDS.indexOf(frame.kind)
  switch (frame.kind) {
    case 'beats':
      return encode({ kind, beats: frame.beats.map(encodeBeat) })
    case 'route':
      return encode({ kind, leader: frame.leader, distance: frame.distance })
    case 'closing':
      return encode({ kind })
    case 'poll':
      return encode({ kind, peers: [bytesOfPeer(frame.target)] })
    case 'sums':
      return encode({ kind, sums: ownBytes(new Uint8Array(littleEndian(frame.sums))) })
    case 'marks':
      return encode({ kind, buckets: [...frame.buckets], marks: frame.marks.map(encodeMark) })
    case 'gone':
      return encode({ kind, marks: frame.marks.map(encodeMark) })
    case 'pull':
      return encode({ kind, peers: frame.peers.map(bytesOfPeer) })
    case 'records':
      return encode({ kind, records: frame.signed.map(ownBytes) })
    default:
      return frame satisfies never
  }
}

function encode(wire: Partial<WirePresenceFrame>): Uint8Array {
  return WirePresenceFrame.encode(wire)
}

export function decodeFrame(bytes: Uint8Array): RawFrame {
  const wire = tryDecode('presence frame', () => WirePresenceFrame.decode(bytes))
  const kind = KINDS[wire.kind]
  switch (kind) {
    case 'beats':
      return { kind, beats: wire.beats.map(decodeBeat) }
    case 'route':
      if (wire.leader.length > 128) throw new WireError('MALFORMED', 'presence frame: the leader of a route is no peer id')
      return { kind, leader: wire.leader, distance: wire.distance }
    case 'closing':
      return { kind }
    case 'poll': {
      const [target] = wire.peers
      if (target === undefined) throw new WireError('MALFORMED', 'presence frame: a question about nobody')
      return { kind, target: peerOfBytes(target) }
    }
    case 'sums': {
      const { sums } = wire
      if (sums.byteLength !== 4 * C.BUCKETS) throw new WireError('MALFORMED', `presence frame: ${sums.byteLength} bytes of sums, must be ${4 * C.BUCKETS}`)
      const view = new DataView(sums.buffer, sums.byteOffset, sums.byteLength)
      return { kind, sums: Array.from({ length: C.BUCKETS }, (_, i) => view.getUint32(4 * i, true)) }
    }
    case 'marks':
      if (wire.buckets.some((bucket) => bucket >= C.BUCKETS)) throw new WireError('MALFORMED', 'presence frame: a bucket that there is not')
      return { kind, buckets: wire.buckets, marks: wire.marks.map(decodeMark) }
    case 'gone':
      return { kind, marks: wire.marks.map(decodeMark) }
    case 'pull':
      return { kind, peers: wire.peers.map(peerOfBytes) }
    case 'records':
      return { kind, signed: wire.records }
    default:
      // Of a later version: ignored (DESIGN section 5).
      throw new WireError('MALFORMED', `presence frame of unknown kind ${wire.kind}`, 'ignore')
  }
}

function littleEndian(numbers: readonly number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(4 * numbers.length))
  numbers.forEach((value, i) => {
    view.setUint32(4 * i, value, true)
  })
  return view.buffer
}

function encodeBeat({ peerId, incarnationId, revision, visible, ageMs, hops, load }: Beat): WireBeat {
  return {
    peerId: bytesOfPeer(peerId),
    incarnation: incarnationId,
    revision,
    visible,
    ageMs,
    hops,
    activeJobs: load.activeJobs,
    usedBytes: load.usedBytes,
    ...(load.freeBytes === null ? {} : { freeBytes: load.freeBytes }),
  }
}

function decodeBeat(wire: WireBeat): Beat {
  if (wire.hops > C.MAX_DISTANCE || wire.ageMs > C.MAX_BEAT_AGE_MS) throw new WireError('MALFORMED', `heartbeat ${wire.ageMs} ms old over ${wire.hops} steps`)
  return {
    peerId: peerOfBytes(wire.peerId),
    incarnationId: checkIncarnation(wire.incarnation),
    revision: wire.revision,
    visible: wire.visible,
    ageMs: wire.ageMs,
    hops: wire.hops,
    load: { activeJobs: wire.activeJobs, usedBytes: checkCount(wire.usedBytes), freeBytes: wire.freeBytes === undefined ? null : checkCount(wire.freeBytes) },
  }
}

function encodeMark({ peerId, incarnation, revision }: Mark): WireMark {
  return { peerId: bytesOfPeer(peerId), incarnation: incarnation.id, startedAtMs: incarnation.startedAtMs, revision }
}

function decodeMark(wire: WireMark): Mark {
  return {
    peerId: peerOfBytes(wire.peerId),
    incarnation: { id: checkIncarnation(wire.incarnation), startedAtMs: checkCount(wire.startedAtMs) },
    revision: wire.revision,
  }
}

// ---- digests ----

export function encodeDigest({ fence, sequence, entries, count, sum }: Digest): Uint8Array {
  return WireDigest.encode({
    epoch: fence.epoch,
    epochId: fence.epochId,
    term: fence.term,
    sequence,
    entries: entries.map(({ mark, state }) => ({ mark: encodeMark(mark), state: STATES.indexOf(state) + 1 })),
    count,
    sum,
  })
}

export function decodeDigest(bytes: Uint8Array): Digest {
  const wire = tryDecode('presence digest', () => WireDigest.decode(bytes))
  return {
    fence: { epoch: wire.epoch, epochId: wire.epochId.slice(0, 128), term: checkCount(wire.term) },
    sequence: wire.sequence,
    entries: wire.entries.flatMap(({ mark, state }) => {
      const known = STATES[state - 1]
      return mark === undefined || known === undefined ? [] : [{ mark: decodeMark(mark), state: known }]
    }),
    count: wire.count,
    sum: wire.sum,
  }
}

// ---- small checks ----

function tryDecode<T>(what: string, decode: () => T): T {
  try {
    return decode()
  } catch (cause) {
    throw new WireError('MALFORMED', `${what} cannot be decoded`, 'penalise', { cause })
  }
}

function checkIncarnation(text: string): string {
  if (!INCARNATION.test(text)) throw new WireError('MALFORMED', 'presence: an incarnation is 16 hexadecimal digits')
  return text
}

function checkCount(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new WireError('MALFORMED', `presence: ${value} is no count`)
  return value
}
