/**
 * Figures of repeated measurements: quantiles are measured values (nearest rank), never values in between, so that a p99
 * of thirty runs is the worst of them.
 */

export interface Figures {
  readonly count: number
  readonly minMs: number
  readonly medianMs: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export function figuresOf(samplesMs: readonly number[]): Figures {
  if (samplesMs.length === 0) throw new Error('no figures without a measurement')
  const sorted = [...samplesMs].sort((a, b) => a - b)
  return {
    count: sorted.length,
    minMs: rank(sorted, 0),
    medianMs: rank(sorted, 0.5),
    p95Ms: rank(sorted, 0.95),
    p99Ms: rank(sorted, 0.99),
    maxMs: rank(sorted, 1),
  }
}

/** The smallest value that at least this share of all values does not exceed. */
function rank(sorted: readonly number[], share: number): number {
  return round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number)
}

const round = (ms: number): number => Math.round(ms * 10) / 10
