/** Snapshots of the coordinator's log: what they cover, whose pieces make one, and what must not pass for one. */
import { describe, expect, it } from 'vitest'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import { IncomingSnapshot, snapshotDue } from '../../../protocol/coordinator/snapshots.ts'
import type { Claim, LogEntry, RaftInput, RaftMessage, StoredSnapshot } from '../../../protocol/coordinator/types.ts'

const EPOCH = { number: 1, id: 'line', parent: null }
const OTHER = { number: 2, id: 'other', parent: null }
const command = (index: number, term: number, bytes = 100): LogEntry => ({ index, term, body: { kind: 'command', command: new Uint8Array(bytes) } })

/** A learner of `a`'s line that holds nothing yet. */
function learner(snapshot: StoredSnapshot | null = null): { core: RaftCore; step: (input: RaftInput) => ReturnType<RaftCore['step']> } {
  const core = new RaftCore({
    self: 'd',
    mayVote: false,
    hard: { epoch: EPOCH, term: 3, votedFor: null },
    snapshot,
    log: [],
    random: () => 0.5,
    now: 0,
    discoveryMs: 0,
    recoveryTimeoutMs: 0,
    snapshotMinBytes: 500,
    keepEntries: 1,
  })
  return { core, step: (input) => core.step(input, 0) }
}

const claimOf = (epoch: Claim['epoch'], leader: string, term: number): RaftInput => ({
  type: 'claim',
  claim: { epoch, term, leader, voters: [leader, 'x', 'y'], signers: [leader, 'x'] },
  fromLeader: true,
})

const append = (epochId: string, term: number, entries: readonly LogEntry[], commit: number): RaftMessage => ({
  type: 'append',
  epochId,
  term,
  prevIndex: 0,
  prevTerm: 0,
  entries,
  commit,
})

const piece = (offset: number, bytes: readonly number[], totalBytes = 4): RaftMessage & { type: 'snapshot' } => ({
  type: 'snapshot',
  epochId: EPOCH.id,
  term: 3,
  index: 9,
  logTerm: 2,
  hash: 'chain',
  config: { index: 1, epochId: EPOCH.id, voters: ['a', 'x', 'y'] },
  totalBytes,
  offset,
  data: Uint8Array.from(bytes),
})

describe('snapshots', () => {
  it('are due when the log behind them weighs as much as they do, and at least the minimum', () => {
    const snapshot = { data: new Uint8Array(1000) } as StoredSnapshot
    expect([snapshotDue(99, null, 100), snapshotDue(100, null, 100)]).toEqual([false, true])
    expect([snapshotDue(999, snapshot, 100), snapshotDue(1000, snapshot, 100)]).toEqual([false, true])
  })

  it('take the place of the entries that they cover, and are asked for once', () => {
    const { core, step } = learner()
    step(claimOf(EPOCH, 'a', 3))
    const entries = [1, 2, 3, 4].map((index) => command(index, 3))
    const { effects } = step({ type: 'message', from: 'a', message: append(EPOCH.id, 3, entries, 4) })
    expect(effects.at(-1)).toEqual({ type: 'snapshotDue', epochId: EPOCH.id, index: 4 })
    expect(step({ type: 'tick' }).effects).toEqual([])
    const { persist } = step({ type: 'snapshotTaken', epochId: EPOCH.id, index: 4, data: Uint8Array.of(7) })
    expect(persist[0]?.snapshot).toMatchObject({ index: 4, term: 3, base: 3, baseTerm: 3 })
    expect([core.log.base, core.lastIndex, core.log.termAt(2)]).toEqual([3, 4, undefined])
  })

  it('of a line that this peer has left do not pass for one of the line that won', () => {
    const { core, step } = learner()
    step(claimOf(EPOCH, 'a', 3))
    step({
      type: 'message',
      from: 'a',
      message: append(
        EPOCH.id,
        3,
        [1, 2, 3, 4].map((index) => command(index, 3)),
        4,
      ),
    })
    step(claimOf(OTHER, 'z', 5))
    step({
      type: 'message',
      from: 'z',
      message: append(
        OTHER.id,
        5,
        [1, 2, 3, 4, 5].map((index) => command(index, 5)),
        5,
      ),
    })
    expect(core.epochId).toBe(OTHER.id)
    expect(step({ type: 'snapshotTaken', epochId: EPOCH.id, index: 4, data: Uint8Array.of(7) }).persist).toEqual([])
    expect([core.snapshot, core.log.base]).toEqual([null, 0])
  })

  it('come in pieces, in any order and more than once, and stand for all entries up to them', () => {
    const { core, step } = learner()
    step(claimOf(EPOCH, 'a', 3))
    const say = (message: RaftMessage): RaftMessage | undefined => step({ type: 'message', from: 'a', message }).messages[0]?.message
    expect(say(piece(2, [3, 4]))).toMatchObject({ type: 'snapshotReply', offset: 0 })
    expect(say(piece(0, [1, 2]))).toMatchObject({ type: 'snapshotReply', offset: 2 })
    expect(say(piece(0, [1, 2]))).toMatchObject({ type: 'snapshotReply', offset: 2 })
    const { effects, messages } = step({ type: 'message', from: 'a', message: piece(2, [3, 4]) })
    expect(effects).toEqual([{ type: 'restore', index: 9, data: Uint8Array.of(1, 2, 3, 4) }])
    expect(messages[0]?.message).toMatchObject({ type: 'appendReply', success: true, matchIndex: 9 })
    expect([core.commitIndex, core.lastIndex, core.voters]).toEqual([9, 9, ['a', 'x', 'y']])
    expect(say(piece(0, [1, 2])), 'told again what is here').toMatchObject({ type: 'appendReply', success: true, matchIndex: 9 })
  })

  it('are not put together from the pieces of two leaders', () => {
    const incoming = new IncomingSnapshot()
    expect(incoming.take('a', piece(0, [1, 2]))).toBe(2)
    expect(incoming.take('b', piece(2, [8, 9]))).toBe(0)
    expect(incoming.take('b', piece(0, [6, 7]))).toBe(2)
    expect(incoming.take('b', piece(2, [8, 9]))).toMatchObject({ index: 9, data: Uint8Array.of(6, 7, 8, 9) })
  })

  it('larger than a peer gathers are not begun', () => {
    expect(new IncomingSnapshot().take('a', piece(0, [1], 2 ** 40))).toBe(0)
  })

  it('are where a peer that starts again begins', () => {
    const config = { index: 1, epochId: EPOCH.id, voters: ['a', 'x', 'y'] }
    const { core } = learner({ index: 9, term: 2, hash: 'chain', base: 9, baseTerm: 2, baseHash: 'chain', config, data: new Uint8Array() })
    expect([core.commitIndex, core.lastIndex, core.lastTerm, core.voters]).toEqual([9, 9, 2, config.voters])
  })
})
