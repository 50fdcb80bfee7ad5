/**
 * Who trains what: splitting a batch, choosing among the peers that can take a job; and what survivors can agree on.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Applicant, choose, splitBatch, termsOf } from '../../../protocol/jobs/placement.ts'
import { agree } from '../../../protocol/jobs/regroup.ts'

describe('splitting a batch', () => {
  it('gives every member at least one row and all rows away, in the order of ids, the same for everybody', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 12, max: 5000 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 1000 })),
        (ids, batch, speeds) => {
          const entries = ids.map((id) => [id, speeds.next().value as number] as const)
          const members = splitBatch(batch, new Map(entries))
          expect(members.reduce((sum, member) => sum + member.share, 0)).toBe(batch)
          for (const { share } of members) expect(share).toBeGreaterThanOrEqual(1)
          expect(members.map((member) => member.peerId)).toEqual([...ids].sort())
          expect(splitBatch(batch, new Map([...entries].reverse()))).toEqual(members)
        },
      ),
    )
  })

  it('follows measured speed where it differs, and ignores noise', () => {
    expect(
      splitBatch(
        100,
        new Map([
          ['a', 300],
          ['b', 100],
        ]),
      ).map((member) => member.share),
    ).toEqual([75, 25])
    expect(
      splitBatch(
        100,
        new Map([
          ['a', 120],
          ['b', 100],
        ]),
      ).map((member) => member.share),
    ).toEqual([50, 50])
    expect(
      splitBatch(
        100,
        new Map([
          ['a', 300],
          ['b', 0],
        ]),
      ).map((member) => member.share),
    ).toEqual([50, 50])
  })
})

describe('choosing peers', () => {
  const applicant = (peerId: string, more: Partial<Applicant> = {}): Applicant => ({
    peerId,
    speed: 100,
    cached: null,
    busySlots: 0,
    slots: 1,
    ...more,
  })

  it('takes the fastest; one that was not measured yet before a slow one; ties go by id', () => {
    const applicants = [applicant('slow', { speed: 1 }), applicant('b', { speed: 9 }), applicant('new', { speed: 0 }), applicant('a', { speed: 9 })]
    expect(choose(applicants, 4)).toEqual(['a', 'b', 'new', 'slow'])
    expect(choose(applicants, 1)).toEqual(['a'])
    expect(choose([...applicants].reverse(), 4)).toEqual(['a', 'b', 'new', 'slow'])
    expect(choose([], 2)).toEqual([])
  })

  it('takes who has the data among equals, and an idle peer before one that works', () => {
    expect(choose([applicant('a', { cached: false }), applicant('b', { cached: true }), applicant('c')], 3)).toEqual(['b', 'c', 'a'])
    expect(choose([applicant('a', { slots: 2, busySlots: 1 }), applicant('b', { slots: 2 })], 1)).toEqual(['b'])
  })

  it('does not let data outweigh a peer several times as fast', () => {
    expect(choose([applicant('near', { speed: 20, cached: true }), applicant('fast', { speed: 100, cached: false })], 1)).toEqual(['fast'])
  })

  it('D7: every term of a score lies in [0, 1], whatever peers say of themselves', () => {
    const finite = fc.double({ min: 0, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.record({ speed: finite, busySlots: fc.nat(8), slots: fc.nat(8), cached: fc.option(fc.boolean()) }), { minLength: 1 }), (all) => {
        const applicants = all.map((one, i) => applicant(`p${i}`, one))
        const fastest = Math.max(...applicants.map(({ speed, busySlots }) => speed / (busySlots + 1)))
        for (const one of applicants) {
          for (const [name, term] of Object.entries(termsOf(one, fastest))) {
            expect(term, name).toBeGreaterThanOrEqual(0)
            expect(term, name).toBeLessThanOrEqual(1)
          }
        }
      }),
    )
  })
})

describe('survivors', () => {
  it('agree on a step that every holder can reach, at most one step back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.record({ behind: fc.boolean(), kept: fc.boolean(), holds: fc.boolean() }), { minLength: 1, maxLength: 8 }),
        (step, states) => {
          const survivors = states.map(({ behind, kept, holds }, i) => {
            const own = behind ? step - 1 : step
            return { peerId: `p${i}`, step: own, oldestStep: kept ? Math.max(0, own - 1) : own, holdsState: holds }
          })
          const agreement = agree(survivors)
          const holding = survivors.filter((survivor) => survivor.holdsState)
          if (holding.length === 0) {
            expect(agreement).toBeNull()
            return
          }
          const newest = Math.max(...holding.map((survivor) => survivor.step))
          expect(agreement?.startStep).toBeGreaterThanOrEqual(newest - 1)
          expect(agreement?.holders.length).toBeGreaterThan(0)
          for (const survivor of holding) {
            const reaches = survivor.oldestStep <= (agreement?.startStep ?? -1) && (agreement?.startStep ?? -1) <= survivor.step
            expect(agreement?.holders.includes(survivor.peerId)).toBe(reaches)
          }
        },
      ),
    )
  })

  it('go back one step rather than leave one of them behind', () => {
    const survivors = [
      { peerId: 'a', step: 10, oldestStep: 9, holdsState: true },
      { peerId: 'b', step: 9, oldestStep: 8, holdsState: true },
    ]
    expect(agree(survivors)).toEqual({ startStep: 9, holders: ['a', 'b'] })
  })
})
