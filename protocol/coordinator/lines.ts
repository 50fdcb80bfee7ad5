/**
 * Which of two lines of one mesh wins when they meet (DESIGN section 5): history with more than one voter behind it
 * beats a lone one (a recovery or a fresh founding), then the higher epoch, then the smaller id. Pure and total, so that
 * every peer picks the same winner.
 */
import type { Claim, Epoch, Fence } from './types.ts'

export interface Line {
  readonly epoch: Epoch
  /** Distinct voters that signed for the current leader. */
  readonly signers: number
}

/** Negative when `a` wins, positive when `b` wins, 0 for the same line. */
export function compareLines(a: Line, b: Line): number {
  if (a.epoch.id === b.epoch.id) return 0
  const quorumA = a.signers >= 2 ? 1 : 0
  const quorumB = b.signers >= 2 ? 1 : 0
  if (quorumA !== quorumB) return quorumB - quorumA
  if (a.epoch.number !== b.epoch.number) return b.epoch.number - a.epoch.number
  return a.epoch.id < b.epoch.id ? -1 : 1
}

export function lineOf(claim: Claim): Line {
  return { epoch: claim.epoch, signers: new Set(claim.signers).size }
}

/**
 * Whether a committee can be what another one has become, or was a step before: the same, or one voter more or less. Any
 * majority of it then has a voter of the known one in it, unless it is a committee of one.
 */
export function followsFrom(known: readonly string[], voters: readonly string[]): boolean {
  const added = voters.filter((voter) => !known.includes(voter)).length
  const removed = known.filter((voter) => !voters.includes(voter)).length
  return added + removed <= 1
}

export function majority(voters: readonly string[]): number {
  return Math.floor(voters.length / 2) + 1
}

/** A command's fence is acceptable when it is of the same epoch and not older than the newest one seen. */
export function fenceAccepts(seen: Fence | null, fence: Fence): boolean {
  if (seen === null) return true
  return fence.epochId === seen.epochId && fence.term >= seen.term
}
