/**
 * What a peer can take: memory and slots, against what has been promised to jobs already. Admission counts what this
 * coordinator has placed here and now, not only what the last report says, so that nobody is over-committed between two
 * reports; and a job that a report includes is not counted twice.
 */
import type { PresenceRecord } from '../presence/service.ts'

/** A peer as the scheduler sees it. */
export interface PeerView {
  readonly peerId: string
  /** What it may take in all, and what its buffers hold now. */
  readonly limitBytes: number
  readonly usedBytes: number
  /** What its machine has left, our buffers and everybody else's taken off; null = unknown. */
  readonly freeBytes: number | null
  /** The largest buffer of its adapter. */
  readonly bufferBytes: number
  readonly slots: number
  /** Measured samples per second, 0 = unknown. */
  readonly speed: number
  readonly visible: boolean
  /** A process on a machine, not a tab: steadier. */
  readonly native?: boolean
  readonly computes: boolean
  /** Of its device. */
  readonly features?: readonly string[]
}

export function viewOf({ peerId, kind, memory, slots, speed, visible, device }: PresenceRecord): PeerView {
  const { limitBytes, usedBytes, freeBytes, maxBufferSize: bufferBytes } = memory
  return {
    peerId,
    limitBytes,
    usedBytes,
    freeBytes,
    bufferBytes,
    slots,
    speed,
    visible,
    native: kind === 'native',
    computes: device !== null,
    features: device?.features ?? [],
  }
}

/** What a job takes on every peer. */
export interface JobNeed {
  /** GPU memory in all, with one row of the batch at a time. */
  readonly bytes: number
  /** The flat parameter vector, which is one buffer. */
  readonly vectorBytes: number
  /** WebGPU features that the device must have. */
  readonly features?: readonly string[]
}

/** What `peer` lacks of them. */
export function missingFeatures(peer: Pick<PeerView, 'features'>, { features = [] }: Pick<JobNeed, 'features'>): readonly string[] {
  return features.filter((name) => peer.features?.includes(name) !== true)
}

/** Device features that a job needs. */
export function featuresFor({ precision }: { readonly precision: string }): readonly string[] {
  return precision === 'mixed' ? ['shader-f16'] : []
}

export interface Need extends JobNeed {
  readonly minPeers: number
  readonly maxPeers: number
  readonly batchSize: number
}

/** Most members that are of use: everybody takes a row. */
export function mostPeers(need: Need): number {
  return Math.min(need.maxPeers, need.batchSize)
}

export interface Taken {
  readonly slots: number
  readonly bytes: number
}

const NOTHING: Taken = { slots: 0, bytes: 0 }

/** Slots and memory promised on each peer. */
export class Load {
  private readonly taken = new Map<string, Taken>()

  of(peer: string): Taken {
    return this.taken.get(peer) ?? NOTHING
  }

  take(peer: string, bytes: number): void {
    const { slots, bytes: before } = this.of(peer)
    this.taken.set(peer, { slots: slots + 1, bytes: before + bytes })
  }

  copy(): Load {
    const copy = new Load()
    for (const [peer, taken] of this.taken) copy.taken.set(peer, taken)
    return copy
  }
}

/** A peer's answer to an offer, and what had been promised there when it came. */
export interface KnownBid {
  readonly speed: number
  /** Has the job's data. */
  readonly cached: boolean
  /** What it can still give, what it holds for this very job not counted as taken. */
  readonly freeBytes: number
  readonly takenBytes: number
  readonly at: number
}

/** Bytes that a peer can still give. A bid is newer than the last report, and knows what the peer holds for the job. */
export function roomBytes(peer: PeerView, takenBytes: number, bid?: Pick<KnownBid, 'freeBytes' | 'takenBytes'>): number {
  const { limitBytes, usedBytes, freeBytes } = peer
  if (bid !== undefined) return Math.max(0, Math.min(limitBytes - takenBytes, bid.freeBytes - Math.max(0, takenBytes - bid.takenBytes)))
  // What is promised but not in the report yet has still to come out of what the machine has left.
  const machineBytes = freeBytes === null ? Number.POSITIVE_INFINITY : freeBytes - Math.max(0, takenBytes - usedBytes)
  return Math.max(0, Math.min(limitBytes - Math.max(usedBytes, takenBytes), machineBytes))
}

/** What it could give without our jobs, whatever else its machine does. */
export function emptiedBytes({ limitBytes, usedBytes, freeBytes }: PeerView): number {
  return freeBytes === null ? limitBytes : Math.min(limitBytes, freeBytes + usedBytes)
}

export type Obstacle = 'no device' | 'feature' | 'limit' | 'buffer' | 'paused' | 'slots' | 'memory'
export type Verdict = { readonly fits: true } | { readonly fits: false; readonly obstacle: Obstacle; readonly reason: string }

const FITS: Verdict = { fits: true }

/** Whether the peer could take the job if it did nothing else. */
export function couldHold(peer: PeerView, need: JobNeed): Verdict {
  const { bytes, vectorBytes } = need
  if (!peer.computes) return { fits: false, obstacle: 'no device', reason: 'does not compute now' }
  const missing = missingFeatures(peer, need)
  if (missing.length > 0) return { fits: false, obstacle: 'feature', reason: `needs ${missing.join(', ')}, which its device does not have` }
  if (bytes > peer.limitBytes) {
    return { fits: false, obstacle: 'limit', reason: `needs ${formatBytes(bytes)}, may take at most ${formatBytes(peer.limitBytes)}` }
  }
  if (vectorBytes > peer.bufferBytes) {
    const reason = `its parameters are one buffer of ${formatBytes(vectorBytes)}, the adapter takes at most ${formatBytes(peer.bufferBytes)}`
    return { fits: false, obstacle: 'buffer', reason }
  }
  return FITS
}

/** Whether it can take the job now. */
export function fits(peer: PeerView, need: JobNeed, taken: Taken = NOTHING, bid?: Pick<KnownBid, 'freeBytes' | 'takenBytes'>): Verdict {
  const could = couldHold(peer, need)
  if (!could.fits) return could
  if (peer.slots === 0) return { fits: false, obstacle: 'paused', reason: 'is paused by its owner' }
  if (taken.slots >= peer.slots) return { fits: false, obstacle: 'slots', reason: slotsTaken(peer.slots) }
  const room = roomBytes(peer, taken.bytes, bid)
  if (need.bytes > room) return { fits: false, obstacle: 'memory', reason: `needs ${formatBytes(need.bytes)}, has ${formatBytes(room)} free` }
  return FITS
}

export function slotsTaken(slots: number): string {
  return slots === 1 ? 'its slot is taken' : `all ${slots} slots are taken`
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`
}
