/**
 * Peers and waiting jobs as the scheduler sees them, for its tests.
 */
import { type KnownBid, Load, type Need, type PeerView } from '../../../protocol/jobs/capacity.ts'
import type { Claim, Mesh } from '../../../protocol/jobs/schedule.ts'

export const GIB = 2 ** 30

export function peerView(peerId: string, more: Partial<PeerView> = {}): PeerView {
  return {
    peerId,
    limitBytes: 2 * GIB,
    usedBytes: 0,
    freeBytes: null,
    bufferBytes: Number.POSITIVE_INFINITY,
    slots: 1,
    speed: 0,
    visible: true,
    computes: true,
    ...more,
  }
}

export const SMALL_NEED: Need = { bytes: GIB, vectorBytes: 1000, minPeers: 1, maxPeers: 1, batchSize: 64 }

export function claim(jobId: string, { need, ...more }: Partial<Omit<Claim, 'need'>> & { need?: Partial<Need> } = {}): Claim {
  return {
    jobId,
    submitter: 'one',
    priority: 0,
    ageMs: 0,
    waitedMs: 0,
    bids: new Map(),
    whyNot: () => null,
    avoided: new Set(),
    ...more,
    need: { ...SMALL_NEED, ...need },
  }
}

export function meshOf(peers: readonly PeerView[], more: Partial<Mesh> = {}): Mesh {
  return { peers, load: new Load(), uses: new Map(), freeInMs: () => 0, kept: null, ...more }
}

export function loadOf(taken: Readonly<Record<string, readonly number[]>>): Load {
  const load = new Load()
  for (const [peer, jobs] of Object.entries(taken)) for (const bytes of jobs) load.take(peer, bytes)
  return load
}

export function bid(more: Partial<KnownBid> = {}): KnownBid {
  return { speed: 100, cached: true, freeBytes: 2 * GIB, takenBytes: 0, at: 0, ...more }
}
