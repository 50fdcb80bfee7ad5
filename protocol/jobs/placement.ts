/**
 * Which of the peers that can take a job are taken, and how its batch is split among them. Every term of a score lies in
 * [0, 1], so that no scale drowns the others; ties go by id, so that everybody who decides decides the same.
 */
import type { Member } from './commands.ts'

/** A peer that can take the job now. */
export interface Applicant {
  readonly peerId: string
  /** Measured samples per second, 0 = unknown. */
  readonly speed: number
  /** Has the job's data; null = not known. */
  readonly cached: boolean | null
  readonly busySlots: number
  readonly slots: number
}

export interface Terms {
  /** What of its adapter the job would get, in proportion to the best of the applicants. */
  readonly speed: number
  /** Data that need not be fetched. */
  readonly data: number
  /** Slots that are free. */
  readonly idle: number
}

/** Speed counts for as long as the job runs, data for its start; an idle peer wins among equals. Chosen by feel. */
const WEIGHTS: Terms = { speed: 0.55, data: 0.3, idle: 0.15 }

/** Jobs on one adapter share it. */
function speedFor({ speed, busySlots }: Applicant): number {
  return speed / (busySlots + 1)
}

/** `fastest`: of all applicants, by `speedFor`. What is not known counts half: such a peer is tried before a slow one. */
export function termsOf(applicant: Applicant, fastest: number): Terms {
  const { speed, cached, busySlots, slots } = applicant
  return {
    speed: speed > 0 && fastest > 0 ? Math.min(1, speedFor(applicant) / fastest) : 0.5,
    data: cached === null ? 0.5 : Number(cached),
    idle: slots > 0 ? Math.max(0, 1 - busySlots / slots) : 0,
  }
}

/** The best `count` applicants, best first. */
export function choose(applicants: readonly Applicant[], count: number): string[] {
  const fastest = applicants.reduce((most, applicant) => Math.max(most, speedFor(applicant)), 0)
  const scored = applicants.map((applicant) => {
    const { speed, data, idle } = termsOf(applicant, fastest)
    return { peerId: applicant.peerId, score: WEIGHTS.speed * speed + WEIGHTS.data * data + WEIGHTS.idle * idle }
  })
  scored.sort((a, b) => b.score - a.score || (a.peerId < b.peerId ? -1 : 1))
  return scored.slice(0, count).map(({ peerId }) => peerId)
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
