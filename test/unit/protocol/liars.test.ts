/**
 * Voters that lie about their log: what can be told from honest words has no effect and a name.
 */
import { describe, expect, it } from 'vitest'
import { MAX_TERM_LEAP } from '../../../protocol/coordinator/constants.ts'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { LogEntry, RaftEffect, RaftInput, RaftMessage } from '../../../protocol/coordinator/types.ts'

const EPOCH = { number: 1, id: 'line', parent: null }
const VOTERS = ['a', 'b', 'c']
const command = (index: number, term: number): LogEntry => ({ index, term, body: { kind: 'command', command: Uint8Array.of(index) } })

/** `a` of three voters, in term 3, with two commands behind its committee; driven until the election is over. */
function voter(): { core: RaftCore; now: number; step: (input: RaftInput) => readonly RaftEffect[]; from: (peer: string, message: RaftMessage) => string[] } {
  const core = new RaftCore({
    self: 'a',
    mayVote: true,
    hard: { epoch: EPOCH, term: 3, votedFor: null },
    log: [{ index: 1, term: 1, body: { kind: 'config', epochId: EPOCH.id, voters: VOTERS } }, command(2, 2), command(3, 3)],
    random: () => 0.5,
    now: 0,
    discoveryMs: 0,
    recoveryTimeoutMs: 0,
  })
  const scene = {
    core,
    now: 0,
    step: (input: RaftInput) => core.step(input, scene.now).effects,
    from: (peer: string, message: RaftMessage) =>
      scene.step({ type: 'message', from: peer, message }).flatMap((e) => (e.type === 'refusal' ? [`${e.from}: ${e.detail}`] : [])),
  }
  return scene
}

function leader(): ReturnType<typeof voter> {
  const scene = voter()
  for (; scene.core.role !== 'preCandidate'; scene.now += 50) scene.step({ type: 'tick' })
  scene.from('b', { type: 'preVoteReply', epochId: EPOCH.id, term: 4, granted: true })
  scene.from('b', { type: 'voteReply', epochId: EPOCH.id, term: 4, granted: true })
  expect(scene.core.role).toBe('leader')
  return scene
}

const append = (prevIndex: number, prevTerm: number, entries: readonly LogEntry[], commit: number, term = 5): RaftMessage => ({
  type: 'append',
  epochId: EPOCH.id,
  term,
  prevIndex,
  prevTerm,
  entries,
  commit,
})

describe('a voter that lies about its log', () => {
  it('gets no vote for a log of terms that have not been', () => {
    for (const type of ['preVote', 'vote'] as const) {
      const { core, from } = voter()
      const message = { type, epochId: EPOCH.id, term: 4, lastIndex: 9, lastTerm: 4, ...(type === 'vote' ? { transfer: false } : {}) } as RaftMessage
      expect(from('b', message)).toEqual([`b: ${type} for term 4 with a last entry of term 4`])
      expect(core.votedFor).toBeNull()
    }
  })

  it('confirms nothing that the leader never wrote', () => {
    const { core, from } = leader()
    const before = core.commitIndex
    const lie = from('b', { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: core.lastIndex + 1 })
    expect(lie).toEqual([`b: says it holds entry ${core.lastIndex + 1} of ${core.lastIndex}`])
    expect(core.commitIndex).toBe(before)
    expect(from('b', { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: core.lastIndex })).toEqual([])
    expect(core.commitIndex, 'the truth counts').toBe(core.lastIndex)
  })

  it('replaces nothing that a majority has committed', () => {
    const { core, from } = voter()
    expect(from('b', append(3, 3, [command(4, 5)], 3))).toEqual([])
    expect(core.commitIndex).toBe(3)
    const lie = /^c: append with an entry [23] of term \d: a majority has committed one of term \d$/
    expect(from('c', append(1, 1, [command(2, 6), command(3, 6)], 0, 6))[0]).toMatch(lie)
    expect(from('c', append(3, 6, [command(4, 6)], 0, 6))[0]).toMatch(lie)
    expect([2, 3].map((index) => core.log.termAt(index))).toEqual([2, 3])
    expect(from('c', append(3, 3, [command(4, 6)], 3, 6)), 'what was not committed may go').toEqual([])
    expect(core.log.termAt(4)).toBe(6)
  })
})

describe('a voter that claims a term without end', () => {
  const END = Number.MAX_SAFE_INTEGER
  const base = { epochId: EPOCH.id, term: END }
  const lies: readonly RaftMessage[] = [
    { type: 'preVote', ...base, lastIndex: 9, lastTerm: 3 },
    { type: 'preVoteReply', ...base, granted: false },
    { type: 'vote', ...base, lastIndex: 9, lastTerm: 3, transfer: true },
    { type: 'voteReply', ...base, granted: false },
    { type: 'appendReply', ...base, success: false, matchIndex: 0 },
    { type: 'snapshotReply', ...base, index: 1, offset: 0 },
    append(3, 3, [], 3, END),
    { type: 'snapshot', ...base, index: 9, logTerm: 3, hash: '', config: null, totalBytes: 1, offset: 0, data: Uint8Array.of(1) },
  ]

  it.each(lies)('brings nobody further than a step, by $type', (lie) => {
    for (const scene of [voter(), leader()]) {
      const before = scene.core.term
      for (let i = 0; i < 3; i += 1) scene.from('b', lie)
      expect(scene.core.term - before).toBeLessThanOrEqual(3 * MAX_TERM_LEAP)
      expect(scene.core.leader).not.toBe('b')
      scene.from('x', lie)
      expect(scene.core.term - before, 'and who does not vote, nowhere').toBeLessThanOrEqual(3 * MAX_TERM_LEAP)
    }
  })

  it('is caught up with at once where a majority has signed for the term', () => {
    const { core, step } = voter()
    step({ type: 'claim', claim: { epoch: EPOCH, term: 90_000, leader: 'b', voters: VOTERS, signers: ['b', 'c'] }, fromLeader: true })
    expect([core.term, core.leader]).toEqual([90_000, 'b'])
  })
})

describe('somebody that is no voter', () => {
  it('does not lead, though voters that did not know it gave it a majority of their votes', () => {
    const { core, step } = voter()
    const claim = { epoch: EPOCH, term: 4, voters: VOTERS, signers: ['b', 'c'] }
    const [refused] = step({ type: 'claim', claim: { ...claim, leader: 'x' }, fromLeader: true })
    expect(refused).toMatchObject({ type: 'refusal', from: 'x', reason: 'NOT_A_VOTER' })
    expect(core.leader).toBeNull()
    step({ type: 'claim', claim: { ...claim, leader: 'b' }, fromLeader: true })
    expect(core.leader, 'a voter with the same votes does').toBe('b')
  })
})

describe('a copy of the registry', () => {
  it('is as new as the last word of the leader of which nothing is missing', () => {
    const scene = voter()
    expect(scene.core.syncedAt).toBe(-Infinity)
    scene.now = 100
    scene.from('b', append(3, 3, [], 5))
    expect(scene.core.syncedAt, 'entries 4 and 5 are not here').toBe(-Infinity)
    scene.now = 200
    scene.from('b', append(3, 3, [command(4, 5), command(5, 5)], 5))
    expect(scene.core.syncedAt).toBe(200)
    scene.now = 300
    scene.from('b', append(9, 5, [], 9))
    expect(scene.core.syncedAt).toBe(200)
  })
})

describe('a round that confirms the leader', () => {
  it('is an entry that changes nothing, and is committed like any other', () => {
    const scene = leader()
    scene.from('b', { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: scene.core.lastIndex })
    const index = scene.core.lastIndex + 1
    expect(scene.step({ type: 'propose', id: 7, command: null })).toContainEqual({ type: 'proposed', id: 7, index, term: 4 })
    const effects = scene.step({ type: 'message', from: 'c', message: { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: index } })
    expect(effects).toContainEqual({ type: 'committed', entry: { index, term: 4, body: { kind: 'noop' } } })
  })
})
