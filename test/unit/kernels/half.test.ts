import { describe, expect, it } from 'vitest'
import { halfToNumber } from '../../../kernels/data/dtypes.ts'
import { halfArray, halfBits, roundToHalf } from '../../../kernels/half.ts'

describe('halves', () => {
  it('every half is its own nearest, and between two neighbours the nearer wins, at the middle the even one', () => {
    const wrong: number[] = []
    for (let bits = 0; bits < 0x7c00; bits++) {
      const [value, next] = [halfToNumber(bits), bits === 0x7bff ? 65_536 : halfToNumber(bits + 1)]
      const middle = (value + next) / 2
      const shift = (next - value) / 1024
      const found = [value, -value, middle - shift, middle, middle + shift].map(halfBits)
      const wanted = [bits, bits | 0x8000, bits, bits % 2 === 0 ? bits : bits + 1, bits + 1]
      if (found.some((half, i) => half !== wanted[i])) wrong.push(value)
    }
    expect(wrong).toEqual([])
  })

  it('keeps zeros, infinities and NaN, and turns overflow into infinity', () => {
    const values = [0, -0, Infinity, -Infinity, Number.NaN, 65_519.9, 65_520, -1e300, 2 ** -25, 2 ** -26, 5e-324]
    expect(values.map(roundToHalf)).toEqual([0, -0, Infinity, -Infinity, Number.NaN, 65_504, Infinity, -Infinity, 0, 0, 0])
    expect([halfBits(-0), halfBits(Number.NaN), halfBits(-Infinity)]).toEqual([0x8000, 0x7e00, 0xfc00])
    expect(halfArray([1, 2, 3])).toEqual(Uint16Array.of(0x3c00, 0x4000, 0x4200, 0))
  })
})
