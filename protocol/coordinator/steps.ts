/**
 * How the committee of a line came to be what it is: each change was agreed to by a majority of the committee before it, and
 * carries their signatures. A peer that was away walks these steps from a committee that it knows (mesh.md section 9,
 * rule 8); without them it would have to believe anybody's list of voters.
 */
import { bytesToHex } from '@noble/hashes/utils.js'
import { MAX_STEPS } from './constants.ts'
import { followsFrom } from './lines.ts'
import type { RaftLog } from './log.ts'
import type { Certificate, ConfigStep, Consent, Snapshot, Statement } from './types.ts'

/** What the voters of the committee at `index` sign to make way for the next one. */
export function consentStatement(epochId: string, index: number, next: readonly string[]): Statement {
  return { kind: 'config', epochId, index, hash: committeeText(next) }
}

export function consentOf({ statement, voters, votes }: Certificate): Consent {
  return { replaces: statement.index, voters, votes: votes.map(({ voter, signature }) => ({ voter, signature: bytesToHex(signature) })) }
}

/** Whether a step from this committee to the one that a statement names is a single one. */
export function isSingleStep(voters: readonly string[], statement: Statement): boolean {
  return followsFrom(voters, statement.hash.split(','))
}

/** All steps of a line that are known up to an entry, from the founding on or as far back as they are kept. */
export function stepsOf(log: RaftLog, snapshot: Pick<Snapshot, 'config'> | null, epochId: string, upTo = Infinity): readonly ConfigStep[] {
  const { config } = snapshot ?? {}
  const covered = config?.epochId === epochId ? (config.steps ?? []) : []
  const last = covered.at(-1)?.index ?? 0
  return [...covered, ...log.configsOf(epochId).filter(({ index }) => index > last && index <= upTo)].slice(-MAX_STEPS)
}

/**
 * The committee that a chain of steps, their signatures checked, leads to from the last one in it that is known: one that
 * this peer has in its log, or, where it has none, that of a claim it follows. Null where no step is known.
 */
export function walk(steps: readonly ConfigStep[], own: readonly ConfigStep[], claimed: readonly string[]): readonly string[] | null {
  const isOwn = (step: ConfigStep): boolean => own.some(({ index, voters }) => index === step.index && committeeText(voters) === committeeText(step.voters))
  let at = steps.findLastIndex(isOwn)
  if (at < 0 && own.length === 0) at = steps.findLastIndex(({ voters }) => committeeText(voters) === committeeText(claimed))
  let known = steps[at]
  if (known === undefined) return null
  for (const step of steps.slice(at + 1)) {
    const { consent } = step
    const agreed = consent !== null && consent.replaces === known.index && committeeText(consent.voters) === committeeText(known.voters)
    if (!agreed || !followsFrom(known.voters, step.voters)) break
    known = step
  }
  return known.voters
}

function committeeText(voters: readonly string[]): string {
  return [...voters].sort().join()
}
