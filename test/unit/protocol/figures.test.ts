import { describe, expect, it } from 'vitest'
import { figuresOf, MeanFigures } from '../../../protocol/training/figures.ts'

describe('figures of steps', () => {
  it('are means over what the loss counted, or none where the loss is not finite', () => {
    expect(figuresOf({ lossSum: 6, weight: 4, correct: 3 })).toEqual({ loss: 1.5, accuracy: 0.75 })
    expect(figuresOf({ lossSum: 6, weight: 4, correct: null })).toEqual({ loss: 1.5, accuracy: null })
    expect(figuresOf({ lossSum: 6, weight: 4, correct: Number.NaN })).toEqual({ loss: 1.5, accuracy: null })
    for (const [lossSum, weight] of [
      [Number.NaN, 4],
      [Number.POSITIVE_INFINITY, 4],
      [0, 0],
    ] as const)
      expect(figuresOf({ lossSum, weight, correct: 1 })).toBeNull()
  })

  it('are averaged over the steps that have any', () => {
    const mean = new MeanFigures()
    mean.add(null)
    expect(mean.figures).toBeNull()
    for (const loss of [1, 3]) mean.add({ loss, accuracy: loss / 4 })
    mean.add(null)
    expect(mean.figures).toEqual({ loss: 2, accuracy: 0.5 })
    mean.add({ loss: 2, accuracy: null })
    expect(mean.figures).toEqual({ loss: 2, accuracy: null })
  })
})
