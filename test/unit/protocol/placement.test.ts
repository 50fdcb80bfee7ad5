/**
 * Who trains what: splitting a batch, choosing peers, saying why a job waits; and what survivors can agree on.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byUrgency, choose, fits, type PeerView, splitBatch, whyWaiting } from '../../../protocol/jobs/placement.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { agree } from '../../../protocol/jobs/regroup.ts'

const GIB = 2 ** 30
const peer = (peerId: string, more: Partial<PeerView> = {}): PeerView => ({
  peerId,
  limitBytes: 2 * GIB,
  usedBytes: 0,
  slots: 1,
  speed: 0,
  visible: true,
  computes: true,
  ...more,
})
const need = { bytes: GIB, minPeers: 1, maxPeers: 4, batchSize: 64 }

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
  it('takes the fastest, as many as are wanted and as the batch has rows', () => {
    const bidders = [
      { peerId: 'slow', speed: 1 },
      { peerId: 'b', speed: 9 },
      { peerId: 'a', speed: 9 },
      { peerId: 'new', speed: 0 },
    ]
    expect(choose(bidders, { ...need, maxPeers: 3 })).toEqual(['a', 'b', 'slow'])
    expect(choose(bidders, { ...need, batchSize: 1 })).toEqual(['a'])
  })

  it('refuses with the reason: no adapter, too little memory, no free slot', () => {
    expect(fits(peer('a', { computes: false }), need, 0)).toMatchObject({ fits: false })
    expect(fits(peer('a', { limitBytes: GIB / 2 }), need, 0)).toEqual({ fits: false, reason: 'needs 1.00 GiB, may take at most 512.0 MiB' })
    expect(fits(peer('a'), need, 1)).toMatchObject({ fits: false })
    expect(fits(peer('a'), need, 0)).toEqual({ fits: true })
  })

  it('says with numbers why a job waits', () => {
    expect(whyWaiting([], need, new Map())).toMatch(/no peer/)
    expect(whyWaiting([peer('a')], { ...need, bytes: 3 * GIB }, new Map())).toBe('needs 3.00 GiB, the largest peer may take 2.00 GiB')
    expect(whyWaiting([peer('a')], need, new Map([['a', 1]]))).toMatch(/busy/)
    expect(whyWaiting([peer('a')], { ...need, minPeers: 2 }, new Map())).toBe('needs 2 peers, 1 can take it now')
    expect(whyWaiting([peer('a'), peer('b')], { ...need, minPeers: 2 }, new Map())).toBeNull()
  })

  it('orders by priority, and lets a job that waits long overtake', () => {
    const record = (jobId: string, submittedAt: number) => ({ jobId, submittedAt }) as JobRecord
    const order = (wall: number) =>
      byUrgency(
        [
          { record: record('old', 0), priority: 0 },
          { record: record('urgent', 500_000), priority: 5 },
        ],
        wall,
      ).map((job) => job.jobId)
    expect(order(500_000)).toEqual(['old', 'urgent'])
    expect(
      byUrgency(
        [
          { record: record('old', 400_000), priority: 0 },
          { record: record('urgent', 500_000), priority: 5 },
        ],
        500_000,
      )[0]?.jobId,
    ).toBe('urgent')
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
