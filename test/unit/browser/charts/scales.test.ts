import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backward, chooseDistribution, type Distribution, finiteRange, forward, xRange, yRange } from '../../../../browser/charts/scales.ts'
import { ticksFor } from '../../../../browser/charts/ticks.ts'
import { panTo, zoomAround } from '../../../../browser/charts/zoom.ts'

describe('chooseDistribution', () => {
  it('is linear unless a logarithm was asked for', () => {
    expect(chooseDistribution(false, [1, 10]).kind).toBe('linear')
    expect(chooseDistribution(true, null).kind).toBe('linear')
  })

  it('is a logarithm above zero, asinh where values touch or cross it', () => {
    expect(chooseDistribution(true, [1e-9, 10]).kind).toBe('log')
    expect(chooseDistribution(true, [0, 10]).kind).toBe('asinh')
    expect(chooseDistribution(true, [-5, 10]).kind).toBe('asinh')
    expect(chooseDistribution(true, [0, 0])).toEqual({ kind: 'asinh', threshold: 1 })
  })

  it('keeps the threshold of asinh while data grows within a decade', () => {
    expect(chooseDistribution(true, [0, 11])).toEqual(chooseDistribution(true, [0, 99]))
  })
})

const distribution = fc.constantFrom<Distribution>({ kind: 'linear' }, { kind: 'log' }, { kind: 'asinh', threshold: 0.01 })
const finite = fc.double({ min: -1e12, max: 1e12, noNaN: true })

describe('ranges', () => {
  it('are never empty and never hold NaN, whatever the data', () => {
    fc.assert(
      fc.property(distribution, finite, finite, fc.boolean(), (kind, a, b, fromZero) => {
        const [min, max] = yRange(kind, [Math.min(a, b), Math.max(a, b)], fromZero)
        expect(max).toBeGreaterThan(min)
        expect(Number.isFinite(min) && Number.isFinite(max)).toBe(true)
        if (kind.kind === 'log') expect(min).toBeGreaterThan(0)
      }),
    )
  })

  it('begin at zero for amounts, and never go below it for data that does not', () => {
    expect(yRange({ kind: 'linear' }, [50, 100], true)[0]).toBe(0)
    expect(yRange({ kind: 'linear' }, [0.01, 100], false)[0]).toBe(0)
  })

  it('show a window where there is one', () => {
    expect(xRange({ kind: 'linear' }, [1, 100], [10, 20])).toEqual([10, 20])
    expect(xRange({ kind: 'linear' }, [1, 100], null)).toEqual([1, 100])
    expect(xRange({ kind: 'log' }, [4, 4], null)).toEqual([2, 8])
  })

  it('of columns skip gaps and what is not finite', () => {
    expect(finiteRange([[null, undefined, Number.NaN, 3, Number.POSITIVE_INFINITY], new Float64Array([-1])])).toEqual([-1, 3])
    expect(finiteRange([[null], []])).toBeNull()
  })
})

describe('projections', () => {
  it('come back to where they started', () => {
    fc.assert(
      fc.property(distribution, fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (kind, value) => {
        expect(backward(kind, forward(kind, value)) / value).toBeCloseTo(1, 9)
      }),
    )
  })
})

describe('ticksFor', () => {
  it('chooses 1, 2, 5 for numbers without crumbs of binary fractions', () => {
    expect(ticksFor([0, 1], { distribution: { kind: 'linear' }, base: 'decimal', count: 5 })).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(ticksFor([0.08, 0.42], { distribution: { kind: 'linear' }, base: 'decimal', count: 4 })).toEqual([0.1, 0.2, 0.3, 0.4])
  })

  it('chooses powers of two for bytes and minutes for durations', () => {
    expect(ticksFor([0, 2 ** 30], { distribution: { kind: 'linear' }, base: 'bytes', count: 4 })).toEqual([0, 2 ** 28, 2 ** 29, 3 * 2 ** 28, 2 ** 30])
    expect(ticksFor([0, 300], { distribution: { kind: 'linear' }, base: 'duration', count: 5 })).toEqual([0, 60, 120, 180, 240, 300])
  })

  it('keeps to powers of two for bytes on a logarithmic axis', () => {
    const ticks = ticksFor([300, 3e9], { distribution: { kind: 'log' }, base: 'bytes', count: 6 })
    expect(ticks).toEqual([2 ** 10, 2 ** 15, 2 ** 20, 2 ** 25, 2 ** 30])
  })

  it('never splits a count', () => {
    expect(ticksFor([1, 3], { distribution: { kind: 'linear' }, base: 'decimal', count: 10, whole: true })).toEqual([1, 2, 3])
  })

  it('has at least two numbers on a logarithmic axis at any zoom', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.double({ min: 1.01, max: 1e8, noNaN: true }), (min, factor) => {
        const range = [min, min * factor] as const
        const ticks = ticksFor(range, { distribution: { kind: 'log' }, base: 'decimal', count: 5 })
        expect(ticks.length, `${range}`).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThan(25)
        for (const tick of ticks) expect(tick >= range[0] * 0.999 && tick <= range[1] * 1.001, `${tick} in ${range}`).toBe(true)
      }),
    )
  })

  it('has zero and both signs on an axis that crosses zero', () => {
    const ticks = ticksFor([-1_000, 1_000], { distribution: { kind: 'asinh', threshold: 1 }, base: 'decimal', count: 7 })
    expect(ticks).toContain(0)
    expect(ticks.some((tick) => tick < 0) && ticks.some((tick) => tick > 0)).toBe(true)
    expect(ticks).toEqual([...ticks].sort((a, b) => a - b))
  })
})

describe('zoom', () => {
  const linear: Distribution = { kind: 'linear' }

  it('goes closer around a point and follows again when nothing is hidden', () => {
    expect(zoomAround([0, 100], [0, 100], 50, 0.5, linear)).toEqual([25, 75])
    expect(zoomAround([25, 75], [0, 100], 50, 2, linear)).toBeNull()
    expect(zoomAround([0, 50], [0, 100], 0, 0.5, linear)).toEqual([0, 25])
  })

  it('halves decades on a logarithmic axis', () => {
    const [from, to] = zoomAround([1, 10_000], [1, 10_000], 100, 0.5, { kind: 'log' }) ?? [0, 0]
    expect(from).toBeCloseTo(10, 9)
    expect(to).toBeCloseTo(1_000, 9)
  })

  it('moves along just far enough', () => {
    expect(panTo([10, 20], 15, linear)).toEqual([10, 20])
    expect(panTo([10, 20], 25, linear)).toEqual([15, 25])
    expect(panTo([10, 20], 5, linear)).toEqual([5, 15])
  })
})
