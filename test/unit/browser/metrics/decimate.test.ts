import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minMaxIndices } from '../../../../browser/metrics/decimate.ts'

describe('minMaxIndices', () => {
  it('keeps every point when there are few', () => {
    expect(minMaxIndices([3, 1, 2], 10)).toEqual([0, 1, 2])
  })

  it('keeps the extremes, the ends, and the order, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: false }), { minLength: 1, maxLength: 2_000 }), fc.integer({ min: 4, max: 200 }), (values, target) => {
        const kept = minMaxIndices(values, target)
        const finite = values.filter(Number.isFinite)
        const left = kept.map((index) => values[index] as number)
        expect(kept).toEqual([...kept].sort((a, b) => a - b))
        expect(new Set(kept).size).toBe(kept.length)
        expect(kept[0]).toBe(0)
        expect(kept.at(-1)).toBe(values.length - 1)
        if (finite.length > 0) {
          expect(left).toContain(finite.reduce((a, b) => Math.min(a, b)))
          expect(left).toContain(finite.reduce((a, b) => Math.max(a, b)))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('keeps about as many as it was asked for', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => Math.sin(index))
    const kept = minMaxIndices(values, 500)
    expect(kept.length).toBeLessThanOrEqual(502)
    expect(kept.length).toBeGreaterThan(450)
  })

  it('keeps one point of a stretch that is not finite: it is an event', () => {
    const values = Array.from({ length: 1_000 }, (_, index) => (index >= 500 && index < 520 ? Number.NaN : index))
    expect(minMaxIndices(values, 50).some((index) => Number.isNaN(values[index]))).toBe(true)
  })
})
