import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { smooth } from '../../../../browser/charts/smoothing.ts'

describe('smooth', () => {
  it('leaves constants exactly as they are', () => {
    for (const value of [0.1, 1 / 3, 2.3e-7, -9.87654321e12]) {
      const smoothed = smooth(new Array(500).fill(value), 0.93)
      expect(smoothed.every((one) => one === value)).toBe(true)
    }
  })

  it('returns what it got for weight 0', () => {
    expect(Array.from(smooth([1, 5, 2], 0))).toEqual([1, 5, 2])
  })

  it('is the mean of what was seen, weighted by age', () => {
    const [first, second, third] = smooth([1, 3, 8], 0.5)
    expect(first).toBe(1)
    expect(second).toBeCloseTo((1 * 0.5 + 3) / 1.5, 12)
    expect(third).toBeCloseTo((1 * 0.25 + 3 * 0.5 + 8) / 1.75, 12)
  })

  it('lets what is not finite pass and forgets nothing over it', () => {
    const smoothed = smooth([Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NaN, 3], 0.5)
    expect(smoothed[0]).toBeNaN()
    expect(smoothed[1]).toBe(1)
    expect(smoothed[2]).toBe(Number.POSITIVE_INFINITY)
    expect(smoothed[3]).toBeNaN()
    expect(smoothed[4]).toBe(smooth([1, 3], 0.5)[1])
  })

  it('stays within the range of the values so far', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, weight) => {
          const smoothed = smooth(values, weight)
          for (const [index, value] of smoothed.entries()) {
            const seen = values.slice(0, index + 1)
            expect(value).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-6)
            expect(value).toBeLessThanOrEqual(Math.max(...seen) + 1e-6)
          }
        },
      ),
    )
  })

  it('takes a weight that never moves for the largest useful one', () => {
    expect(smooth([1, 2], 1)[1]).toBe(smooth([1, 2], 0.99)[1])
  })
})
