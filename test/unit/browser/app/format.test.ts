import { describe, expect, it } from 'vitest'
import { ago, bytes, clock, count, duration, percent, shortId } from '../../../../browser/elements/format.ts'

describe('figures in words', () => {
  it('writes what is not known as a dash, never as 0', () => {
    for (const write of [bytes, count, duration, percent, clock, ago]) for (const value of [null, undefined, Number.NaN]) expect(write(value)).toBe('–')
  })
  it('writes bytes in binary units and never 1024 of one', () => {
    expect([0, 1023, 1024, 12.34 * 1024 ** 2, 1024 ** 2 - 1, 150 * 1024 ** 3].map((value) => bytes(value))).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '12.3 MiB',
      '1.0 MiB',
      '150 GiB',
    ])
  })
  it('writes spans of time without a negative or a 60th second', () => {
    expect([-5, 85, 1234, 59_960, 200_000, 7_500_000, 90_000_000].map((value) => duration(value))).toEqual([
      '0 ms',
      '85 ms',
      '1.2 s',
      '1 min',
      '3 min 20 s',
      '2 h 5 min',
      '1 d 1 h',
    ])
  })
  it('does not call 99.7 percent done', () => {
    expect([0, 0.035, 0.42, 0.997, 1].map((value) => percent(value))).toEqual(['0 %', '3.5 %', '42 %', '99.7 %', '100 %'])
  })
  it('keeps the end of a peer id and the beginning of a hash', () => {
    expect(shortId('12D3KooWQ8mTzR4vLhXb2cN7sYpJd5fGkA9wEuVoCiZtMxHrB6nS')).toBe('…HrB6nS')
    expect(shortId('abcdef0123456789')).toBe('abcdef01')
  })
  it('takes a moment in the future for now: clocks of peers differ', () => {
    expect(ago(2000, 1000)).toBe('just now')
    expect(ago(0, 90_000)).toBe('1 min ago')
  })
})
