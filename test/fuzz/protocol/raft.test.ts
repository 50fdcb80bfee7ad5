/**
 * The election core under messages that are each well formed, in any order and from anybody: voters, learners, strangers,
 * with terms and indices at their bounds. It never throws, and keeps what it promised: one vote a term, no term or commit
 * that goes back within a line, nothing committed that changes, and a log that its store takes.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { Claim, LogEntry, RaftInput, RaftMessage, RaftOutput } from '../../../protocol/coordinator/types.ts'
import { type LogRange, rangeAfter } from '../../../protocol/raft-log.ts'
import { numRuns, seed } from '../mutate.ts'
import { EPOCH, RAFT } from './corpus.ts'

const SELF = 'a'
const VOTERS = ['a', 'b', 'c']
const SENDERS = ['b', 'c', 'learner', 'stranger', 'a', '']
/** Around where the log and the term are, and as far as a message may go. */
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 100, 2 ** 31, 2 ** 48]
/** A step sends each of its voters and learners some messages at most. */
const MAX_MESSAGES = 64

const number = fc.constantFrom(...NUMBERS)
const epochId = fc.constantFrom(EPOCH.id, EPOCH.id, EPOCH.id, 'other', '')
const body = fc.constantFrom<LogEntry['body'][]>(
  { kind: 'noop' },
  { kind: 'command', command: Uint8Array.of(1, 2) },
  { kind: 'config', epochId: EPOCH.id, voters: ['a', 'b', 'c'] },
  { kind: 'config', epochId: EPOCH.id, voters: ['b', 'stranger'] },
  { kind: 'config', epochId: 'other', voters: [] },
)

const message: fc.Arbitrary<RaftMessage> = fc
  .record({
    template: fc.constantFrom(...RAFT),
    epochId,
    term: number,
    index: number,
    logTerm: number,
    flag: fc.boolean(),
    bodies: fc.array(body, { maxLength: 3 }),
    entryTerm: number,
    offset: fc.constantFrom(0, 8, 16, 2 ** 40),
  })
  .map(({ template, epochId, term, index, logTerm, flag, bodies, entryTerm, offset }): RaftMessage => {
    const base = { epochId, term }
    switch (template.type) {
      case 'append': {
        const entries = bodies.map((one, i) => ({ index: index + 1 + i, term: entryTerm, body: one }))
        return { ...template, ...base, prevIndex: index, prevTerm: logTerm, entries, commit: flag ? index : 2 ** 48 }
      }
      case 'preVote':
      case 'vote':
        return { ...template, ...base, lastIndex: index, lastTerm: logTerm, ...(template.type === 'vote' ? { transfer: flag } : {}) } as RaftMessage
      case 'preVoteReply':
      case 'voteReply':
        return { ...template, ...base, granted: flag }
      case 'appendReply':
        return { ...template, ...base, success: flag, matchIndex: index }
      case 'snapshot':
        return { ...template, ...base, index, logTerm, totalBytes: flag ? 16 : 2 ** 40, offset, data: new Uint8Array(8) }
      case 'snapshotReply':
        return { ...template, ...base, index, offset }
      default:
        return { ...template, ...base }
    }
  })

const claim: fc.Arbitrary<Claim> = fc.record({
  epoch: fc.constantFrom(EPOCH, EPOCH, { number: 2, id: 'other', parent: EPOCH.id }, { number: 2 ** 31, id: 'far', parent: null }),
  term: number,
  leader: fc.constantFrom(...SENDERS),
  voters: fc.constantFrom(VOTERS, ['b', 'c', 'd'], ['stranger'], []),
  signers: fc.constantFrom(['b', 'c'], ['stranger'], []),
})

const input: fc.Arbitrary<RaftInput> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('message' as const), from: fc.constantFrom(...SENDERS), message }) },
  { weight: 3, arbitrary: fc.constant<RaftInput>({ type: 'tick' }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('claim' as const), claim, fromLeader: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disconnected' as const), peer: fc.constantFrom(...SENDERS) }) },
  { weight: 1, arbitrary: fc.constant<RaftInput>({ type: 'followers', learners: SENDERS, mayVote: ['b', 'c', 'd'] }) },
  { weight: 1, arbitrary: fc.constant<RaftInput>({ type: 'propose', id: 1, command: Uint8Array.of(7) }) },
  { weight: 1, arbitrary: fc.constant<RaftInput>({ type: 'snapshotTaken', epochId: EPOCH.id, index: 3, data: new Uint8Array(4) }) },
)

/** What the core has promised so far, looked at after every step. */
class Watch {
  private readonly core: RaftCore
  private readonly votes = new Map<string, string>()
  private line = ''
  private term = 0
  private commit = 0
  private committed = new Map<number, number>()
  private range: LogRange | null

  constructor(core: RaftCore, range: LogRange) {
    this.core = core
    this.range = range
  }

  check(output: RaftOutput): void {
    const { core } = this
    for (const { hard, snapshot, truncateFrom, append } of output.persist) {
      const compactBelow = snapshot == null ? undefined : snapshot.base + 1
      this.range = rangeAfter(this.range, {
        ...(truncateFrom === undefined ? {} : { truncateFrom }),
        ...(compactBelow === undefined ? {} : { compactBelow }),
        ...(append === undefined ? {} : { append: append.map(({ index, term }) => ({ index, term, epoch: 0, data: new Uint8Array() })) }),
      })
      if (hard === undefined || hard.votedFor === null) continue
      const key = `${hard.epoch?.id}/${hard.term}`
      expect(this.votes.get(key) ?? hard.votedFor, `votes of ${key}`).toBe(hard.votedFor)
      this.votes.set(key, hard.votedFor)
    }
    expect(output.messages.length).toBeLessThanOrEqual(MAX_MESSAGES)
    expect(Number.isSafeInteger(core.term) && Number.isSafeInteger(core.lastIndex)).toBe(true)
    if (core.epochId !== this.line) {
      this.line = core.epochId
      this.committed = new Map()
    } else {
      expect(core.term, 'a term that went back').toBeGreaterThanOrEqual(this.term)
      expect(core.commitIndex, 'a commit that went back').toBeGreaterThanOrEqual(this.commit)
      for (const [index, term] of this.committed) expect(core.log.termAt(index) ?? term, `entry ${index}, which was committed`).toBe(term)
    }
    this.term = core.term
    this.commit = core.commitIndex
    expect(core.commitIndex).toBeLessThanOrEqual(core.lastIndex)
    for (let index = Math.max(core.log.base, core.commitIndex - 8) + 1; index <= core.commitIndex; index += 1) {
      this.committed.set(index, core.log.termAt(index) as number)
    }
  }
}

describe('the election core', () => {
  it('keeps its promises whatever it is told', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(input, fc.nat({ max: 900 })), { minLength: 1, maxLength: 60 }), (inputs) => {
        const entry = (index: number, term: number): LogEntry => ({ index, term, body: { kind: 'command', command: Uint8Array.of(index) } })
        const core = new RaftCore({
          self: SELF,
          mayVote: true,
          hard: { epoch: EPOCH, term: 3, votedFor: null },
          log: [{ index: 1, term: 1, body: { kind: 'config', epochId: EPOCH.id, voters: VOTERS } }, entry(2, 2), entry(3, 3)],
          random: () => 0.5,
          now: 0,
          discoveryMs: 0,
          recoveryTimeoutMs: 5000,
          snapshotMinBytes: 300,
          keepEntries: 1,
        })
        const watch = new Watch(core, { first: 1, last: 3 })
        let now = 0
        for (const [one, passed] of inputs) {
          now += passed
          watch.check(core.step(one, now))
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 10) },
    )
  })
})
