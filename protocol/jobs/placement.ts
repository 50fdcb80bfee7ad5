/**
 * Who trains what: the pure part of scheduling. Which peers can hold a job, which of them are chosen, how a batch is
 * split, and which job goes first. Load is counted within the tick, so that ten jobs do not land on one best peer.
 */
import type { Member } from './commands.ts'
import type { JobRecord } from './record.ts'

/** A peer as the scheduler sees it. */
export interface PeerView {
  readonly peerId: string
  /** What it may take in all, and what it holds now. */
  readonly limitBytes: number
  readonly usedBytes: number
  readonly slots: number
  /** Measured samples per second, 0 = unknown. */
  readonly speed: number
  readonly visible: boolean
  readonly computes: boolean
}

export interface Need {
  readonly bytes: number
  readonly minPeers: number
  readonly maxPeers: number
  readonly batchSize: number
}

export type Verdict = { readonly fits: true } | { readonly fits: false; readonly reason: string }

export function fits(peer: PeerView, need: Need, busySlots: number): Verdict {
  if (!peer.computes) return { fits: false, reason: 'does not compute now' }
  if (need.bytes > peer.limitBytes) return { fits: false, reason: `needs ${formatBytes(need.bytes)}, may take at most ${formatBytes(peer.limitBytes)}` }
  if (peer.slots === 0) return { fits: false, reason: 'is paused by its owner' }
  if (busySlots >= peer.slots) return { fits: false, reason: slotsTaken(peer.slots) }
  return { fits: true }
}

export function slotsTaken(slots: number): string {
  return slots === 1 ? 'its slot is taken' : `all ${slots} slots are taken`
}

/** Why nobody, or not enough peers, can take the job now; null when enough can. */
export function whyWaiting(peers: readonly PeerView[], need: Need, busySlots: ReadonlyMap<string, number>): string | null {
  const able = peers.filter((peer) => fits(peer, need, busySlots.get(peer.peerId) ?? 0).fits)
  if (able.length >= need.minPeers) return null
  const computing = peers.filter((peer) => peer.computes)
  if (computing.length === 0) return 'no peer of the mesh computes now'
  const largest = Math.max(...computing.map((peer) => peer.limitBytes))
  if (need.bytes > largest) return `needs ${formatBytes(need.bytes)}, the largest peer may take ${formatBytes(largest)}`
  if (able.length === 0) return `all ${computing.length} peers that could hold it are busy`
  return `needs ${need.minPeers} peers, ${able.length} can take it now`
}

/** Fastest first, unknown speeds last, ties by id; at most as many as the job wants and as the batch has rows. */
export function choose(bidders: readonly { readonly peerId: string; readonly speed: number }[], need: Need): string[] {
  return [...bidders]
    .sort((a, b) => b.speed - a.speed || (a.peerId < b.peerId ? -1 : 1))
    .slice(0, Math.min(need.maxPeers, need.batchSize))
    .map((bidder) => bidder.peerId)
}

/** Speeds closer than this are noise on shared machines; equal shares then keep plans and caches equal. */
const EQUAL_WITHIN = 1.5

/**
 * Splits a batch in proportion to measured speed (largest remainder; everybody gets a row), in the order of peer ids.
 * The order of members is part of the agreement: merged sums are taken in it.
 */
export function splitBatch(batchSize: number, speeds: ReadonlyMap<string, number>): Member[] {
  const peers = [...speeds.keys()].sort()
  const known = peers.map((peer) => speeds.get(peer) ?? 0).filter((speed) => speed > 0)
  const slowest = Math.min(...known)
  const fastest = Math.max(...known)
  const proportional = known.length === peers.length && fastest > EQUAL_WITHIN * slowest
  const weights = peers.map((peer) => (proportional ? (speeds.get(peer) as number) : 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const spare = batchSize - peers.length
  const exact = weights.map((weight) => (spare * weight) / total)
  const shares = exact.map((rows) => 1 + Math.floor(rows))
  let left = batchSize - shares.reduce((sum, rows) => sum + rows, 0)
  const byRemainder = exact.map((rows, i) => ({ i, remainder: rows - Math.floor(rows) })).sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  for (const { i } of byRemainder) {
    if (left === 0) break
    shares[i] = (shares[i] as number) + 1
    left -= 1
  }
  return peers.map((peerId, i) => ({ peerId, share: shares[i] as number }))
}

/** Waiting time that counts as much as one step of priority: nobody starves. */
const AGEING_MS = 60_000

/** Jobs in the order in which they should be offered. */
export function byUrgency(waiting: readonly { record: JobRecord; priority: number }[], wall: number): JobRecord[] {
  const urgency = ({ record, priority }: { record: JobRecord; priority: number }): number => priority + (wall - record.submittedAt) / AGEING_MS
  return [...waiting].sort((a, b) => urgency(b) - urgency(a) || a.record.submittedAt - b.record.submittedAt).map(({ record }) => record)
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
