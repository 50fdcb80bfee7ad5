/** How a peer follows the log from its neighbours: what voters have signed is taken, nothing else; and who is believed. */
import { describe, expect, it } from 'vitest'
import { CHAIN_START, nextLink, sha256Text } from '../../../protocol/coordinator/chain.ts'
import { ANNOUNCE_REST_MS } from '../../../protocol/coordinator/constants.ts'
import { followers } from '../../../protocol/coordinator/leading.ts'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import { walk } from '../../../protocol/coordinator/steps.ts'
import type { Certificate, ConfigStep, LogEntry, RaftInput, RaftMessage, RaftOutput } from '../../../protocol/coordinator/types.ts'

const EPOCH = { number: 1, id: 'line', parent: null }
const VOTERS = ['a', 'b', 'c']
const command = (index: number, byte = index): LogEntry => ({ index, term: 3, body: { kind: 'command', command: Uint8Array.of(byte) } })
const LOG: readonly LogEntry[] = [{ index: 1, term: 1, body: { kind: 'config', epochId: EPOCH.id, voters: VOTERS } }, command(2), command(3)]

const chain = (entries: readonly LogEntry[]): string => entries.reduce((hash, entry) => nextLink(sha256Text, hash, entry), CHAIN_START)
const certificate = (upTo: number, voters: readonly string[] = VOTERS): Certificate => ({
  statement: { kind: 'commit', epochId: EPOCH.id, index: upTo, hash: chain(LOG.slice(0, upTo)) },
  voters,
  votes: [],
})

function peer(self: string, log: readonly LogEntry[], term = 3): { core: RaftCore; step: (input: RaftInput, now?: number) => RaftOutput } {
  const core = new RaftCore({
    self,
    mayVote: true,
    hard: { epoch: EPOCH, term, votedFor: null },
    log,
    random: () => 0,
    now: 0,
    discoveryMs: 0,
    recoveryTimeoutMs: 0,
  })
  return { core, step: (input, now = 10) => core.step(input, now) }
}

/** A learner that follows `a`, knows nothing yet, and has two neighbours that do not vote. */
function learner(): ReturnType<typeof peer> {
  const scene = peer('z', [])
  scene.core.feed.heardAt = 0 // else it would ask at once how far the mesh is
  scene.step({ type: 'followers', learners: ['x', 'y', 'a'], mayVote: [] })
  const claim = { epoch: EPOCH, term: 3, leader: 'a', voters: VOTERS, signers: ['a', 'b'] }
  scene.step({ type: 'claim', claim, fromLeader: true })
  return scene
}

const pulls = (output: RaftOutput): string[] => output.messages.flatMap(({ to, message }) => (message.type === 'pull' ? [`${to} after ${message.after}`] : []))
const refusals = (output: RaftOutput): string[] => output.effects.flatMap((e) => (e.type === 'refusal' ? [`${e.from} ${e.reason}`] : []))
const announce = (upTo: number, voters?: readonly string[]): RaftInput => ({
  type: 'announcement',
  from: 'a',
  announcement: { commit: certificate(upTo, voters), snapshot: null, ageMs: 40 },
})
const feed = (from: string, entries: readonly LogEntry[], upTo = 3): RaftInput => ({
  type: 'message',
  from,
  message: { type: 'feed', epochId: EPOCH.id, term: 3, after: 0, entries, certificate: certificate(upTo) },
})

describe('a learner', () => {
  it('pulls what it lacks from another learner, and takes what the voters have signed', () => {
    const { core, step } = learner()
    expect(pulls(step(announce(3)))).toEqual(['x after 0'])
    expect(core.syncedAt, 'not complete yet').toBe(-Infinity)
    const output = step(feed('x', LOG), 30)
    expect(output.effects.map(({ type }) => type)).toEqual(['committed', 'committed', 'committed'])
    expect([core.commitIndex, core.syncedAt, core.voters]).toEqual([3, 10 - 40, VOTERS])
  })

  it('names who passes on other entries, takes none of them, and asks somebody else', () => {
    for (const lie of [
      [LOG[0], command(2, 9), LOG[2]],
      [LOG[0], LOG[1], command(3, 9)],
      [...LOG, command(4)],
    ] as LogEntry[][]) {
      const { core, step } = learner()
      step(announce(3))
      const output = step(feed('x', lie), 20)
      expect(refusals(output)).toEqual(['x FALSE_ENTRIES'])
      expect([core.commitIndex, core.lastIndex, pulls(output)]).toEqual([0, 0, ['y after 0']])
      expect(step(feed('y', LOG), 30).effects.length, 'the truth counts').toBe(3)
      expect(pulls(step(announce(3), 40)), 'up to date').toEqual([])
    }
  })

  it('gathers parts until they come to what is signed, and turns to the next neighbour when one has nothing', () => {
    const { core, step } = learner()
    step(announce(3))
    expect(pulls(step(feed('x', LOG.slice(0, 2))))).toEqual(['x after 2'])
    expect([core.commitIndex, core.lastIndex], 'nothing before it is proved').toEqual([0, 0])
    const none: RaftMessage = { type: 'feed', epochId: EPOCH.id, term: 3, after: 2, entries: [], certificate: null }
    expect(pulls(step({ type: 'message', from: 'x', message: none }))).toEqual(['y after 0'])
    expect(pulls(step({ type: 'tick' }, 400))).toEqual([])
    expect(pulls(step({ type: 'tick' }, 600)), 'nor does it wait for one that does not answer').toEqual(['a after 0'])
  })

  it('takes nothing that nobody was asked for, and no certificate of strangers', () => {
    const { core, step } = learner()
    step(feed('x', LOG))
    expect(core.commitIndex).toBe(0)
    const output = step(announce(3, ['m', 'n', 'o']))
    expect([pulls(output), output.messages.map(({ message }) => message.type)]).toEqual([[], ['askSteps']])
  })

  it('serves what it holds, and no more than it can prove', () => {
    const { step } = learner()
    const ask = (now: number): RaftMessage | undefined =>
      step({ type: 'message', from: 'y', message: { type: 'pull', epochId: EPOCH.id, term: 3, after: 1, snapshotIndex: -1, offset: 0 } }, now).messages[0]
        ?.message
    expect(ask(15)).toMatchObject({ type: 'feed', entries: [], certificate: null })
    step(announce(3))
    step(feed('x', LOG))
    expect(ask(20)).toMatchObject({ type: 'feed', after: 1, entries: LOG.slice(1), certificate: certificate(3) })
  })
})

describe('a chain of committees', () => {
  const step = (index: number, voters: readonly string[], replaces: number, by: readonly string[]): ConfigStep => ({
    index,
    voters,
    consent: { replaces, voters: by, votes: [] },
  })
  const first: ConfigStep = { index: 1, voters: ['a'], consent: null }
  const steps = [first, step(4, ['a', 'b'], 1, ['a']), step(6, ['a', 'b', 'c'], 4, ['a', 'b']), step(9, ['b', 'c'], 6, ['a', 'b', 'c'])]

  it('leads on from any committee that is known', () => {
    for (const known of steps) expect(walk(steps, [known], [])).toEqual(['b', 'c'])
    expect(walk(steps, [], ['a', 'b']), 'of a claim, where the log is empty').toEqual(['b', 'c'])
    expect(walk(steps.slice(2), steps.slice(0, 2), []), 'too far back').toBeNull()
  })

  it('ends where a change was not agreed to by the committee before it, or is more than one', () => {
    expect(walk([first, step(4, ['a', 'm'], 1, ['m'])], [first], [])).toEqual(['a'])
    expect(walk([first, step(4, ['m', 'n', 'o'], 1, ['a'])], [first], [])).toEqual(['a'])
    expect(walk([first, step(4, ['a', 'b'], 3, ['a'])], [first], [])).toEqual(['a'])
    expect(walk([{ index: 1, voters: ['m'], consent: null }, ...steps.slice(1)], [first], []), 'of another beginning').toBeNull()
  })

  it('is what a learner asks for, and then it believes their committee', () => {
    const { core, step: run } = learner()
    const grown = ['a', 'b', 'c', 'd', 'e']
    expect(pulls(run(announce(3, grown)))).toEqual([])
    const way = [{ index: 5, voters: VOTERS, consent: null }, step(7, [...VOTERS, 'd'], 5, VOTERS), step(8, grown, 7, [...VOTERS, 'd'])]
    const output = run({ type: 'message', from: 'x', message: { type: 'steps', epochId: EPOCH.id, term: 3, steps: way } }, 20)
    expect(core.proved).toEqual(grown)
    expect(pulls(output)).toEqual(['x after 0'])
  })
})

describe('a leader', () => {
  function leader(): ReturnType<typeof peer> {
    const scene = peer('a', LOG)
    for (let now = 0; scene.core.role !== 'preCandidate'; now += 50) scene.step({ type: 'tick' }, now)
    const from = (message: RaftMessage): RaftOutput => scene.step({ type: 'message', from: 'b', message }, 700)
    from({ type: 'preVoteReply', epochId: EPOCH.id, term: 4, granted: true })
    from({ type: 'voteReply', epochId: EPOCH.id, term: 4, granted: true })
    expect(scene.core.role).toBe('leader')
    return scene
  }

  it('replicates to its committee and to a few who may be taken in, however many there are', () => {
    const { core, step } = leader()
    const others = Array.from({ length: 60 }, (_, i) => `n${i}`)
    step({ type: 'followers', learners: [...others, 'b', 'c'], mayVote: [...others, 'b', 'c'] }, 710)
    step({ type: 'tick' }, 720)
    step({ type: 'tick' }, 900)
    expect(followers(core)).toEqual(['b', 'c', 'n0', 'n1'])
    step({ type: 'message', from: 'n0', message: { type: 'appendReply', epochId: EPOCH.id, term: 4, success: false, matchIndex: 0 } }, 2000)
    step({ type: 'message', from: 'b', message: { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: 4 } }, 2000)
    step({ type: 'tick' }, 3000)
    expect(followers(core), 'one that does not answer makes room').toEqual(['b', 'c', 'n0', 'n2'])
  })

  it('is not made to stand again by the number of a stranger', () => {
    const { core, step } = leader()
    step({ type: 'message', from: 'b', message: { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: 4 } }, 710)
    for (let now = 720; now < 1800; now += 100) {
      step({ type: 'message', from: 'stranger', message: { type: 'appendReply', epochId: EPOCH.id, term: 900, success: false, matchIndex: 0 } }, now)
      step({ type: 'tick' }, now)
    }
    expect([core.role, core.term]).toEqual(['leader', 4])
  })

  it('has the entries that are committed signed by its voters, and announces that', () => {
    const { core, step } = leader()
    const output = step({ type: 'message', from: 'b', message: { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: 4 } }, 710)
    const asked = output.messages.find(({ to, message }) => to === 'b' && message.type === 'certify')?.message
    expect(asked).toMatchObject({ statement: { kind: 'commit', index: 4, hash: core.log.hashAt(4) }, voters: VOTERS })
    const { statement } = asked as RaftMessage & { type: 'certify' }
    expect(step({ type: 'signed', statement, voters: VOTERS, signature: new Uint8Array() }, 720).effects).toEqual([])
    const reply: RaftMessage = { type: 'certified', epochId: EPOCH.id, term: 4, statement, voters: VOTERS, signature: new Uint8Array() }
    expect(step({ type: 'message', from: 'stranger', message: reply }, 730).effects, 'no voter').toEqual([])
    const [effect] = step({ type: 'message', from: 'b', message: reply }, 740).effects
    expect(effect).toMatchObject({ type: 'announce', announcement: { commit: { statement }, ageMs: 0 } })
    // Told again a few times, then seldom: at rest there is nothing new in it but that there is nothing new.
    const told: number[] = []
    for (let now = 760; now < 20_000; now += 20) {
      const alive: RaftMessage = { type: 'appendReply', epochId: EPOCH.id, term: 4, success: true, matchIndex: 4 }
      const effects = [...step({ type: 'message', from: 'b', message: alive }, now).effects, ...step({ type: 'tick' }, now).effects]
      if (effects.some(({ type }) => type === 'announce')) told.push(now)
    }
    expect(told.map((at) => at - 740).slice(0, 4)).toEqual([1000, 2000, 2000 + ANNOUNCE_REST_MS, 2000 + 2 * ANNOUNCE_REST_MS])
  })
})
