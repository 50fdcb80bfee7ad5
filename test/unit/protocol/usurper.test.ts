/**
 * Somebody who is no voter signs a committee of itself into the line of the others. Whoever knows a committee of that line,
 * by the log or only by the claim that it follows, does not follow there.
 */
import { describe, expect, it } from 'vitest'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { Claim, Epoch } from '../../../protocol/coordinator/types.ts'

const epoch: Epoch = { number: 1, id: 'aaaaaaaaaaaaaaaa', parent: null }
const honest: Claim = { epoch, term: 3, leader: 'a', voters: ['a', 'b', 'c'], signers: ['a', 'b'] }
const usurping: Claim = { epoch, term: 4, leader: 'x', voters: ['x'], signers: ['x'] }

function learner(): RaftCore {
  const init = { self: 'l', mayVote: true, hard: null, log: [], random: () => 0.5, now: 0, discoveryMs: 2500, recoveryTimeoutMs: 30_000 }
  return new RaftCore(init)
}

describe('a committee that nobody has agreed to', () => {
  it('is not followed by a peer that has heard one claim and holds no entry yet', () => {
    const core = learner()
    core.step({ type: 'claim', claim: honest, fromLeader: true }, 100)
    expect(core.leader).toBe('a')
    const { effects } = core.step({ type: 'claim', claim: usurping, fromLeader: true }, 200)
    expect(core.leader).toBe('a')
    expect(core.term).toBe(3)
    expect(effects).toContainEqual(expect.objectContaining({ type: 'refusal', from: 'x', reason: 'UNKNOWN_COMMITTEE' }))
  })

  it('is followed where it is one step from the known one', () => {
    const core = learner()
    core.step({ type: 'claim', claim: honest, fromLeader: true }, 100)
    core.step({ type: 'claim', claim: { ...honest, term: 4, leader: 'b', voters: ['a', 'b', 'c', 'd'], signers: ['b', 'c', 'd'] }, fromLeader: true }, 200)
    expect(core.leader).toBe('b')
  })
})
