/**
 * Who votes: the next single step towards a committee of 1, 3 or 5 (mesh.md section 9, rules 1–3). One change at a time,
 * and only when the one before is committed; even sizes are passed through.
 */
import { MAX_VOTERS, PROMOTE_AFTER_MS, QUORUM_TIMEOUT_MS, REPLACE_AFTER_MS, SHRINK_AFTER_MS } from './constants.ts'
import { majority } from './lines.ts'
import type { Progress } from './progress.ts'

export interface CommitteeView {
  readonly self: string
  readonly voters: readonly string[]
  readonly candidates: readonly string[]
  readonly progress: ReadonlyMap<string, Progress>
  readonly commitIndex: number
  readonly now: number
  /** A config change is not committed yet. */
  readonly pending: boolean
  /** The leader itself may vote with others; a `--no-vote` peer or a tab leads only while alone. */
  readonly mayVote: boolean
  /** The leader itself is about to go. */
  readonly leaving: boolean
  /** Peers that have said that they go. */
  readonly leavers: ReadonlySet<string>
}

/** The next committee, one voter more or less than now, or null when nothing should change. */
export function planCommittee(view: CommitteeView): readonly string[] | null {
  const { self, voters, now, progress } = view
  if (view.pending) return null
  const silentFor = (peer: string): number => (peer === self ? 0 : now - (progress.get(peer)?.lastAck ?? -Infinity))
  const alive = voters.filter((voter) => silentFor(voter) < QUORUM_TIMEOUT_MS)
  const lost = voters.filter((voter) => silentFor(voter) > REPLACE_AFTER_MS)
  const ready = view.candidates
    .filter((peer) => !voters.includes(peer) && !view.leavers.has(peer) && silentFor(peer) < QUORUM_TIMEOUT_MS)
    .filter((peer) => {
      const follower = progress.get(peer)
      return follower !== undefined && follower.match >= view.commitIndex && now - follower.steadySince >= PROMOTE_AFTER_MS
    })
    .sort((a, b) => (progress.get(a)?.steadySince ?? 0) - (progress.get(b)?.steadySince ?? 0) || (a < b ? -1 : 1)) // the steadiest first
  const add = (): readonly string[] => [...voters, ready[0] as string].sort()
  const remove = (peer: string): readonly string[] => voters.filter((voter) => voter !== peer)

  // A leader that goes needs a successor, if it is the only voter; its successor takes it out.
  if (view.leaving) return voters.length === 1 && ready.length > 0 ? add() : null
  const leaver = voters.find((voter) => view.leavers.has(voter))
  if (leaver !== undefined) {
    if (voters.length % 2 === 1 && voters.length < MAX_VOTERS && ready.length > 0) return add()
    const rest = remove(leaver)
    return alive.filter((voter) => voter !== leaver).length >= majority(rest) ? rest : null
  }
  if (!view.mayVote) {
    // A peer that may not vote leads only while it is alone: it takes in one that may, then goes.
    if (voters.includes(self) && voters.length > 1) return remove(self)
    return ready.length > 0 && voters.length === 1 ? add() : null
  }
  if (voters.length % 2 === 0) {
    const gone = lost[0] ?? (ready.length === 0 ? voters.find((voter) => silentFor(voter) > SHRINK_AFTER_MS) : undefined)
    if (gone !== undefined && alive.length >= Math.floor(voters.length / 2) + 1) return remove(gone)
    if (ready.length > 0 && voters.length < MAX_VOTERS) return add()
    const spare = voters.find((voter) => voter !== self)
    const stuck = view.candidates.every((peer) => voters.includes(peer))
    const steady = spare !== undefined && now - (progress.get(spare)?.steadySince ?? now) >= SHRINK_AFTER_MS
    return spare !== undefined && stuck && steady ? remove(spare) : null
  }
  if (lost.length > 0 && ready.length > 0) return add() // then even: the lost one goes next
  const size = alive.length + ready.length
  const wanted = Math.min(MAX_VOTERS, size % 2 === 0 ? size - 1 : size)
  return voters.length < wanted && ready.length > 0 ? add() : null
}
