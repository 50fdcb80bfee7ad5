/**
 * Who votes: how far each follower's log is, and the next single step towards a committee of 1, 3 or 5 (mesh.md
 * section 9, rules 1–3). One change at a time, and only when the one before is committed; even sizes are passed through.
 */
import { MAX_VOTERS, PROMOTE_AFTER_MS, QUORUM_TIMEOUT_MS, REPLACE_AFTER_MS, SHRINK_AFTER_MS } from './constants.ts'

/** The leader's view of one follower. */
export class Progress {
  next: number
  match = 0
  lastAck = -Infinity
  /** Since when it has answered without a gap. */
  steadySince = Infinity

  constructor(next: number) {
    this.next = next
  }

  heard(now: number): void {
    if (now - this.lastAck > QUORUM_TIMEOUT_MS) this.steadySince = now
    this.lastAck = now
  }

  matched(index: number): void {
    this.match = Math.max(this.match, index)
    this.next = Math.max(this.next, index + 1)
  }

  /** True when the follower should be tried again from an earlier entry at once. */
  rejected(hint: number): boolean {
    // It held more once: it has been in another line meanwhile, and came back with an empty log.
    this.match = Math.min(this.match, hint)
    const next = Math.max(Math.min(hint + 1, this.next - 1), 1)
    if (next >= this.next) return false
    this.next = next
    return true
  }
}

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
}

/** The next committee, one voter more or less than now, or null when nothing should change. */
export function planCommittee(view: CommitteeView): readonly string[] | null {
  const { self, voters, now, progress } = view
  if (view.pending) return null
  const silentFor = (peer: string): number => (peer === self ? 0 : now - (progress.get(peer)?.lastAck ?? -Infinity))
  const alive = voters.filter((voter) => silentFor(voter) < QUORUM_TIMEOUT_MS)
  const lost = voters.filter((voter) => silentFor(voter) > REPLACE_AFTER_MS)
  const ready = view.candidates
    .filter((peer) => !voters.includes(peer) && silentFor(peer) < QUORUM_TIMEOUT_MS)
    .filter((peer) => {
      const follower = progress.get(peer)
      return follower !== undefined && follower.match >= view.commitIndex && now - follower.steadySince >= PROMOTE_AFTER_MS
    })
    .sort()
  const add = (): readonly string[] => [...voters, ready[0] as string].sort()
  const remove = (peer: string): readonly string[] => voters.filter((voter) => voter !== peer)

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
