/**
 * A committee of exactly two: votes that are split evenly, and terms that are far apart, hold up the next leader for a
 * moment only.
 */
import { describe, expect, it } from 'vitest'
import { MAX_TERM_LEAP } from '../../../protocol/coordinator/constants.ts'
import { RaftCore } from '../../../protocol/coordinator/raft.ts'
import type { RaftInput, RaftMessage } from '../../../protocol/coordinator/types.ts'
import { testRandom } from '../../random.ts'

const EPOCH = { number: 1, id: 'line', parent: null }
const DELAY_MS = 5
const STEP_MS = 5

class Pair {
  now = 0
  readonly cores: readonly RaftCore[]
  /** Both had their votes for themselves, and none was left for the other. */
  splits = 0
  private readonly underway: { at: number; to: string; from: string; message: RaftMessage }[] = []

  constructor(seed: number, terms: readonly [number, number]) {
    const random = testRandom(seed)
    // The first draw, of the first election, is the same: both stand at once, their messages cross.
    this.cores = ['a', 'b'].map((self, i) => {
      let first = true
      return new RaftCore({
        self,
        mayVote: true,
        hard: { epoch: EPOCH, term: terms[i] as number, votedFor: null },
        log: [{ index: 1, term: 1, body: { kind: 'config', epochId: EPOCH.id, voters: ['a', 'b'] } }],
        random: () => {
          if (!first) return random.unit()
          first = false
          return 0.5
        },
        now: 0,
        discoveryMs: 0,
        recoveryTimeoutMs: 0,
      })
    })
  }

  /** The leader, once both follow it; null: not within the time. */
  run(forMs: number): string | null {
    for (const end = this.now + forMs; this.now < end; this.now += STEP_MS) {
      for (const due of this.underway.filter(({ at }) => at <= this.now)) {
        this.underway.splice(this.underway.indexOf(due), 1)
        this.step(due.to, { type: 'message', from: due.from, message: due.message })
      }
      for (const { self } of this.cores) this.step(self, { type: 'tick' })
      const [a, b] = this.cores as [RaftCore, RaftCore]
      if (a.role === 'candidate' && b.role === 'candidate' && a.term === b.term) this.splits += 1
      if (a.leader !== null && a.leader === b.leader && a.term === b.term) return a.leader
    }
    return null
  }

  private step(self: string, input: RaftInput): void {
    const core = this.cores.find((one) => one.self === self) as RaftCore
    for (const { to, message } of core.step(input, this.now).messages) this.underway.push({ at: this.now + DELAY_MS, to, from: self, message })
  }
}

describe('two voters', () => {
  it('that stand at the same moment elect one of them all the same', () => {
    let splits = 0
    for (let seed = 1; seed <= 40; seed += 1) {
      const pair = new Pair(seed, [3, 3])
      expect(pair.run(10_000), `seed ${seed}`).toMatch(/^[ab]$/)
      splits += pair.splits
    }
    expect(splits, 'votes were split').toBeGreaterThan(0)
  })

  it('whose terms are far apart come together step by step', () => {
    const far = 3 + 5 * MAX_TERM_LEAP
    const pair = new Pair(1, [3, far])
    expect(pair.run(30_000)).not.toBeNull()
    for (const { term } of pair.cores) expect(term).toBeGreaterThan(far)
  })
})
