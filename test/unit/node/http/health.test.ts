import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Health } from '../../../../node/http/health.ts'

describe('health of a peer', () => {
  let nowMs = 0
  let leader: string | null = null
  let storeError: Error | null = null
  let health: Health

  beforeEach(() => {
    nowMs = 0
    leader = null
    storeError = null
    health = new Health(
      { version: '1', recoveryTimeoutMs: 30_000 },
      {
        now: () => nowMs,
        coordinator: () => ({ peerId: leader, epoch: 1, term: 1, voters: [] }),
        checkStore: () => {
          if (storeError !== null) throw storeError
        },
      },
    )
  })
  afterEach(() => health.stop())

  it('a peer that follows a coordinator is healthy', () => {
    leader = 'a'
    nowMs = 3_600_000
    expect(health.report()).toMatchObject({ healthy: true, body: { status: 'ok', version: '1', uptimeSeconds: 3600 } })
  })

  it('an election is no illness; a mesh that found nobody after its recovery time is', () => {
    nowMs = 40_000
    expect(health.report().healthy).toBe(true)
    nowMs = 46_000
    expect(health.report()).toMatchObject({
      healthy: false,
      body: { status: 'failing', checks: { coordinator: { ok: false, reason: expect.stringContaining('46 s') } } },
    })
    leader = 'b'
    expect(health.report().healthy).toBe(true)
    leader = null
    nowMs = 80_000
    expect(health.report().healthy).toBe(true)
  })

  it('a store that cannot be read, and a peer that cannot go on, are named', () => {
    leader = 'a'
    storeError = new Error('the disk is gone')
    expect(health.report().body.checks.store).toEqual({ ok: false, reason: 'the disk is gone' })
    storeError = null
    health.fail(new Error('votes cannot be stored'))
    health.fail(new Error('later'))
    expect(health.report()).toMatchObject({ healthy: false, body: { checks: { peer: { ok: false, reason: 'votes cannot be stored' } } } })
  })
})
