/**
 * Votes that are split between two candidates: the next election comes within a fraction of an election timeout.
 */
import { describe, expect, it } from 'vitest'
import * as C from '../../../protocol/coordinator/constants.ts'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { RaftInput, RaftMessage } from '../../../protocol/coordinator/types.ts'

const EPOCH = { number: 1, id: 'line', parent: null }

/** `a` of three voters, a candidate in term 4. */
function candidate(random: () => number): {
  core: RaftCore
  now: number
  step: (input: RaftInput) => readonly RaftMessage[]
  heard: (message: RaftMessage) => void
} {
  const core = new RaftCore({
    self: 'a',
    mayVote: true,
    hard: { epoch: EPOCH, term: 3, votedFor: null },
    log: [{ index: 1, term: 1, body: { kind: 'config', epochId: EPOCH.id, voters: ['a', 'b', 'c'] } }],
    random,
    now: 0,
    discoveryMs: 0,
    recoveryTimeoutMs: 0,
  })
  const scene = {
    core,
    now: 0,
    step: (input: RaftInput) => core.step(input, scene.now).messages.map(({ message }) => message),
    heard: (message: RaftMessage) => void scene.step({ type: 'message', from: 'b', message }),
  }
  for (; core.role !== 'preCandidate'; scene.now += 10) scene.step({ type: 'tick' })
  scene.heard({ type: 'preVoteReply', epochId: EPOCH.id, term: 4, granted: true })
  expect(core.role).toBe('candidate')
  return scene
}

/** When the next pre-vote goes out, in milliseconds after `from`. */
function asksAgainAfter(scene: ReturnType<typeof candidate>, from: number): number {
  for (; scene.now < from + 10_000; scene.now += 1) {
    if (scene.step({ type: 'tick' }).some((message) => message.type === 'preVote' && message.term === 5)) return scene.now - from
  }
  return Infinity
}

const refusal = (term: number): RaftMessage => ({ type: 'voteReply', epochId: EPOCH.id, term, granted: false })

describe('a candidate that was refused a vote in its own term', () => {
  it.each([0, 0.5, 0.999])('asks again long before an election timeout is over (random %d)', (random) => {
    const scene = candidate(() => random)
    const from = scene.now
    scene.heard(refusal(4))
    const delay = asksAgainAfter(scene, from)
    expect(delay).toBeGreaterThanOrEqual(C.SPLIT_VOTE_MIN_MS)
    expect(delay).toBeLessThanOrEqual(C.SPLIT_VOTE_MAX_MS)
  })

  it('follows the winner when it speaks up in that time, and asks no more', () => {
    const scene = candidate(() => 0)
    const from = scene.now
    scene.heard(refusal(4))
    scene.now += C.SPLIT_VOTE_MIN_MS - 1
    scene.heard({ type: 'append', epochId: EPOCH.id, term: 4, prevIndex: 1, prevTerm: 1, entries: [], commit: 1 })
    expect(scene.core.leader).toBe('b')
    expect(asksAgainAfter(scene, from)).toBeGreaterThanOrEqual(C.ELECTION_MIN_MS)
  })

  it('waits a whole election timeout when nobody answered', () => {
    const scene = candidate(() => 0)
    expect(asksAgainAfter(scene, scene.now)).toBeGreaterThan(C.ELECTION_MIN_MS - 20)
  })
})
