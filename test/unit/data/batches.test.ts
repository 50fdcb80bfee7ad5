import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gather, inOrder, sampleIndices, stepsPerEpoch } from '../../../kernels/data/batches.ts'
import type { Dataset } from '../../../kernels/data/types.ts'

const epochOf = (seed: number, epoch: number, length: number, batchSize: number, shuffle = true): number[] => {
  const steps = stepsPerEpoch(length, batchSize)
  return Array.from({ length: steps }, (_, i) => [...sampleIndices({ seed, step: epoch * steps + i + 1, batchSize, length, shuffle })]).flat()
}

describe('the order of samples', () => {
  it('visits no sample twice in an epoch and leaves out only the remainder', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 70 }),
        fc.maxSafeInteger(),
        fc.nat({ max: 50 }),
        (length, batch, seed, epoch) => {
          const batchSize = Math.min(batch, length)
          const seen = epochOf(Math.abs(seed), epoch, length, batchSize)
          expect(seen).toHaveLength(Math.floor(length / batchSize) * batchSize)
          expect(new Set(seen).size).toBe(seen.length)
          expect(Math.max(...seen)).toBeLessThan(length)
        },
      ),
    )
  })

  // Computed once by an implementation of the header's description in another language.
  it('is the same on every machine: these indices may never change', () => {
    expect([...sampleIndices({ seed: 0, step: 1, batchSize: 8, length: 60_000, shuffle: true })]).toEqual([
      24673, 12549, 57297, 38088, 58368, 58985, 18135, 6094,
    ])
    expect([...sampleIndices({ seed: 7, step: 938, batchSize: 4, length: 60_000, shuffle: true })]).toEqual([42996, 58807, 30672, 19139])
    // The second epoch, and a seed above 32 bits.
    expect([...sampleIndices({ seed: 2 ** 40 + 5, step: 15_001, batchSize: 4, length: 60_000, shuffle: true })]).toEqual([16461, 43731, 51993, 14109])
  })

  it('differs between epochs and between seeds, in both halves of a large seed', () => {
    const first = epochOf(1, 0, 500, 50)
    for (const other of [epochOf(1, 1, 500, 50), epochOf(2, 0, 500, 50), epochOf(1 + 2 ** 32, 0, 500, 50)]) {
      const same = other.filter((sample, i) => sample === first[i]).length
      expect(same).toBeLessThan(10)
    }
  })

  it('is file order without shuffling, the same in every epoch', () => {
    expect(epochOf(5, 0, 10, 3, false)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(epochOf(5, 3, 10, 3, false)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  })

  it.each([10, 64, 100])('spreads samples evenly over places (%i samples, chi-square)', (length) => {
    const epochs = 4000
    const counts = new Float64Array(length * length)
    for (let epoch = 0; epoch < epochs; epoch++) {
      epochOf(99, epoch, length, length).forEach((sample, place) => {
        const at = place * length + sample
        counts[at] = (counts[at] ?? 0) + 1
      })
    }
    const expected = epochs / length
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    const freedom = (length - 1) ** 2
    // Five standard deviations of the chi-square distribution on either side.
    expect(Math.abs(chiSquare - freedom)).toBeLessThan(5 * Math.sqrt(2 * freedom))
  })

  it('leaves no trace of the neighbourhood in the file', () => {
    const order = epochOf(3, 0, 10_000, 100)
    const neighbours = order.filter((sample, i) => Math.abs(sample - (order[i - 1] ?? -9)) === 1).length
    expect(neighbours).toBeLessThan(12) // two are expected
    const mean = order.slice(0, 1000).reduce((sum, sample) => sum + sample, 0) / 1000
    expect(Math.abs(mean - 5000)).toBeLessThan(5 * (2887 / Math.sqrt(1000)))
  })

  it('refuses a batch larger than the data and steps below 1', () => {
    expect(() => stepsPerEpoch(32, 64)).toThrow('batchSize 64 is larger than the 32 training samples')
    expect(() => stepsPerEpoch(32, 0)).toThrow('batchSize must be a positive integer, got 0')
    expect(() => sampleIndices({ seed: 0, step: 0, batchSize: 1, length: 2, shuffle: true })).toThrow('step counts from 1, got 0')
  })
})

const images: Dataset = {
  x: Uint8Array.from({ length: 256 }, (_, i) => i),
  xScale: 1 / 255,
  sampleShape: [2],
  y: Int32Array.from({ length: 128 }, (_, i) => i % 10),
  targetShape: [],
  length: 128,
  classes: 10,
}

describe('gathering a batch', () => {
  it('scales bytes exactly as f32 division by 255 does', () => {
    const { x } = gather(images, inOrder(128), 0, 128)
    expect([...x]).toEqual(Array.from({ length: 256 }, (_, i) => Math.fround(i / 255)))
  })

  it('takes the rows asked for, in order', () => {
    const { x, y } = gather(images, [5, 100, 7], 1, 2)
    expect([...x]).toEqual([200, 201, 14, 15].map((value) => Math.fround(value / 255)))
    expect([...y]).toEqual([0, 7])
  })

  it('writes over a batch of the right size and leaves another alone', () => {
    const first = gather(images, [0, 1], 0, 2)
    const second = gather(images, [2, 3], 0, 2, first)
    expect(second.x).toBe(first.x)
    expect(second.y).toBe(first.y)
    expect(gather(images, [2], 0, 1, first).x).not.toBe(first.x)
  })

  it('keeps token ids and targets of several numbers', () => {
    const tokens: Dataset = {
      x: Int32Array.from([1, 2, 3, 4]),
      xScale: 1,
      sampleShape: [2],
      y: Float32Array.from([0.5, 1.5, 2.5, 3.5]),
      targetShape: [2],
      length: 2,
      classes: null,
    }
    const { x, y } = gather(tokens, [1, 0], 0, 2)
    expect(x).toEqual(Int32Array.from([3, 4, 1, 2]))
    expect(y).toEqual(Float32Array.from([2.5, 3.5, 0.5, 1.5]))
  })

  it('refuses rows that are not there', () => {
    expect(() => gather(images, [0, 1], 1, 2)).toThrow('rows 1 to 3 of 2')
    expect(() => gather(images, [128], 0, 1)).toThrow('sample 128 of 128')
  })
})
