/** What a peer holds for a job that nobody wants it for any more; in virtual time. */
import { describe, expect, it } from 'vitest'
import type { Fence } from '../../../protocol/coordinator/types.ts'
import { HOLDERS_ASKED_EVERY_MS } from '../../../protocol/jobs/constants.ts'
import { FORSAKEN_AFTER_MS, Forsaken } from '../../../protocol/jobs/forsaken.ts'

const under = (term: number): Fence => ({ epoch: 1, epochId: 'line', term })
const part = (membership = 0): { core: { membership: number } } => ({ core: { membership } })

/** Asked every second from `from` on; when `one` is given up, or null within a minute. */
function givenUpAt(forsaken: Forsaken<ReturnType<typeof part>>, one: ReturnType<typeof part>, fence: Fence, from = 0): number | null {
  for (let now = from; now <= from + 60_000; now += 1000) if (forsaken.due([one], fence, now).includes(one)) return now - from
  return null
}

describe('memory that was prepared for a job', () => {
  it('is kept while the coordinator is the same, however long it lets wait', () => {
    const forsaken = new Forsaken<ReturnType<typeof part>>()
    const one = part()
    forsaken.wanted(one, under(3))
    expect(givenUpAt(forsaken, one, under(3))).toBeNull()
  })

  it('is given back when its successor has not asked for it in time', () => {
    const forsaken = new Forsaken<ReturnType<typeof part>>()
    const one = part()
    forsaken.wanted(one, under(3))
    expect(givenUpAt(forsaken, one, under(4), 5000)).toBe(FORSAKEN_AFTER_MS)
    expect(FORSAKEN_AFTER_MS, 'it is asked for some times before').toBeGreaterThan(3 * HOLDERS_ASKED_EVERY_MS)
  })

  it('is kept for a successor that has asked for it, and counted anew for the next one', () => {
    const forsaken = new Forsaken<ReturnType<typeof part>>()
    const one = part()
    forsaken.wanted(one, under(3))
    forsaken.due([one], under(4), 0)
    forsaken.wanted(one, under(4))
    expect(givenUpAt(forsaken, one, under(4), FORSAKEN_AFTER_MS)).toBeNull()
    expect(givenUpAt(forsaken, one, under(5), 100_000)).toBe(FORSAKEN_AFTER_MS)
  })

  it('is not given back by a member of a group', () => {
    const forsaken = new Forsaken<ReturnType<typeof part>>()
    const one = part(1)
    forsaken.wanted(one, under(3))
    expect(givenUpAt(forsaken, one, under(4))).toBeNull()
  })
})
