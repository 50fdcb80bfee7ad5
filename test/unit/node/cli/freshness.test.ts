import { describe, expect, it } from 'vitest'
import { ageNote, readParams } from '../../../../node/cli/freshness.ts'

const NOW = Date.parse('2026-01-01T00:01:00Z')

describe('the age of an answer', () => {
  it('is told when it is worth telling', () => {
    expect(ageNote({ asOf: '2026-01-01T00:00:59Z' }, NOW)).toBe('')
    expect(ageNote({ asOf: '2026-01-01T00:00:20Z' }, NOW)).toMatch(/as of 40.* ago/)
    expect(ageNote({ asOf: null }, NOW)).toMatch(/no coordinator since it started/)
    expect(ageNote(undefined, NOW)).toBe('')
  })

  it('is asked for only with --current', () => {
    expect(readParams({ json: false } as never)).toEqual({})
    expect(readParams({ current: true } as never)).toEqual({ current: true })
  })
})
