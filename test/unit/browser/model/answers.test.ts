import { describe, expect, it } from 'vitest'
import { answerOf, answerText, softmax } from '../../../../browser/model/answers.ts'
import { triedJob, tryKind } from '../../../../browser/model/kind.ts'
import { jobSpec } from './specs.ts'

const kindOf = (...args: Parameters<typeof jobSpec>) => tryKind(triedJob(jobSpec(...args)))

describe('softmax', () => {
  it('adds up to one and keeps the order, for logits that would overflow too', () => {
    const probabilities = softmax([1000, 1001, -1000])
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12)
    expect(probabilities[1]).toBeCloseTo(Math.E / (1 + Math.E), 12)
    expect(probabilities[2]).toBe(0)
  })
})

describe('an answer', () => {
  it('names the classes of known data sets', () => {
    const logits = Array.from({ length: 10 }, (_, i) => (i === 9 ? 5 : 0))
    const answer = answerOf({ dataset: 'fashion-mnist', lossType: 'cross-entropy' }, logits)
    expect(answer.best).toBe(9)
    expect(answer.entries[9]?.name).toBe('Ankle boot')
    expect(answerText(answer)).toMatch(/^Ankle boot, 9\d percent$/)
    expect(answerOf({ dataset: 'digits', lossType: 'cross-entropy' }, logits).entries[3]?.name).toBe('3')
    expect(answerOf({ dataset: null, lossType: 'cross-entropy' }, logits).entries[3]?.name).toBe('Class 3')
  })

  it('is plain numbers for a regression', () => {
    const answer = answerOf({ dataset: null, lossType: 'mse' }, [2.5])
    expect(answer).toEqual({ unit: 'value', best: null, entries: [{ index: 0, name: 'Prediction', value: 2.5 }] })
    expect(answerText(answer)).toBe('Prediction 2.5')
  })
})

describe('what can be tried', () => {
  it('is a picture where the input is one', () => {
    expect(kindOf({ input: [784] })).toEqual({ kind: 'image', width: 28, height: 28, channels: 1 })
    expect(kindOf({ input: [64], dataset: 'digits' })).toEqual({ kind: 'image', width: 8, height: 8, channels: 1 })
    expect(kindOf({ input: [1, 28, 20], layers: [{ type: 'flatten' }, { type: 'linear', units: 2 }] })).toEqual({
      kind: 'image',
      width: 20,
      height: 28,
      channels: 1,
    })
    expect(kindOf({ input: [3, 32, 32], layers: [{ type: 'flatten' }, { type: 'linear', units: 2 }] })).toMatchObject({ kind: 'image', channels: 3 })
  })

  it('is a row of fields for a table, whatever its width', () => {
    expect(kindOf({ input: [13] })).toEqual({ kind: 'table', features: 13 })
    const table = { role: 'table', format: 'csv', gzip: false, sha256: '0'.repeat(64), bytes: 1 } as const
    expect(kindOf({ input: [64], parts: [table], labelColumn: 'y' })).toEqual({ kind: 'table', features: 64 })
  })

  it('is refused in words where nothing can be drawn or typed', () => {
    expect(kindOf({ input: [5000] })).toMatchObject({ kind: 'unknown', why: expect.stringContaining('5000 numbers') })
    expect(kindOf({ input: [2, 3, 4] })).toMatchObject({ kind: 'unknown', why: expect.stringContaining('[2, 3, 4]') })
  })
})
