import { describe, expect, it } from 'vitest'
import { figuresOf } from '../../../../node/bench/figures.ts'

describe('figures of repeated measurements', () => {
  it('are measured values by nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, i) => 100 - i)
    expect(figuresOf(samples)).toEqual({ count: 100, minMs: 1, medianMs: 50, p95Ms: 95, p99Ms: 99, maxMs: 100 })
  })

  it('say the worst of thirty as p99', () => {
    expect(figuresOf([...Array.from({ length: 29 }, () => 10), 2000])).toMatchObject({ count: 30, medianMs: 10, p95Ms: 10, p99Ms: 2000, maxMs: 2000 })
  })

  it('leave the samples in their order', () => {
    const samples = [3, 1, 2]
    expect(figuresOf(samples)).toMatchObject({ minMs: 1, medianMs: 2, maxMs: 3 })
    expect(samples).toEqual([3, 1, 2])
  })

  it('do not come from nothing', () => {
    expect(() => figuresOf([])).toThrow('measurement')
  })
})
