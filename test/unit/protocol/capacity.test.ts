/**
 * What a peer can take: memory in bytes against what is promised and what is free, slots, bindings.
 */
import { describe, expect, it } from 'vitest'
import { couldHold, emptiedBytes, fits, formatBytes, Load, roomBytes, viewOf } from '../../../protocol/jobs/capacity.ts'
import type { PresenceRecord } from '../../../protocol/presence/service.ts'
import { GIB, peerView, SMALL_NEED } from './scheduling.ts'

const need = SMALL_NEED

describe('admission', () => {
  it('refuses with the reason and the numbers: no adapter, limit, binding, pause, slots, memory', () => {
    const refusals: [string, Parameters<typeof fits>[0], Partial<typeof need>, Parameters<typeof fits>[2], string, string][] = [
      ['no adapter', peerView('a', { computes: false }), {}, undefined, 'no device', 'does not compute now'],
      [
        'feature',
        peerView('a', { features: ['subgroups'] }),
        { features: ['shader-f16'] },
        undefined,
        'feature',
        'needs shader-f16, which its device does not have',
      ],
      ['limit', peerView('a', { limitBytes: GIB / 2 }), {}, undefined, 'limit', 'needs 1.00 GiB, may take at most 512.0 MiB'],
      [
        'buffer',
        peerView('a', { bufferBytes: 2 ** 27 }),
        { vectorBytes: 2 ** 28 },
        undefined,
        'buffer',
        'its parameters are one buffer of 256.0 MiB, the adapter takes at most 128.0 MiB',
      ],
      ['pause', peerView('a', { slots: 0 }), {}, undefined, 'paused', 'is paused by its owner'],
      ['slot', peerView('a'), {}, { slots: 1, bytes: 0 }, 'slots', 'its slot is taken'],
      ['slots', peerView('a', { slots: 3 }), {}, { slots: 3, bytes: 0 }, 'slots', 'all 3 slots are taken'],
      ['memory', peerView('a', { slots: 2 }), {}, { slots: 1, bytes: 1.5 * GIB }, 'memory', 'needs 1.00 GiB, has 512.0 MiB free'],
    ]
    for (const [name, peer, more, taken, obstacle, reason] of refusals) {
      expect(fits(peer, { ...need, ...more }, taken), name).toEqual({ fits: false, obstacle, reason })
    }
    expect(fits(peerView('a'), need)).toEqual({ fits: true })
  })

  it('D10: what counts is free memory in bytes, to the byte; not the total, not rounded', () => {
    const peer = peerView('a', { limitBytes: 4 * GIB, usedBytes: GIB, freeBytes: GIB })
    expect(fits(peer, { ...need, bytes: GIB }).fits).toBe(true)
    expect(fits(peer, { ...need, bytes: GIB + 1 })).toMatchObject({ fits: false, obstacle: 'memory' })
    expect(couldHold(peer, { ...need, bytes: GIB + 1 }).fits).toBe(true)
  })

  it('takes from a presence record what it says, without rounding', () => {
    const memory = {
      totalBytes: 8_589_934_592,
      freeBytes: 123_456_789,
      source: 'nvml',
      limitBytes: 987_654_321,
      usedBytes: 13,
      maxBufferSize: 134_217_729,
      maxStorageBufferBindingSize: 1,
    } as const
    const record = {
      peerId: 'a',
      kind: 'native',
      memory,
      slots: 2,
      speed: 7.5,
      visible: false,
      device: { features: ['shader-f16'] },
    } as unknown as PresenceRecord
    expect(viewOf(record)).toEqual({
      peerId: 'a',
      limitBytes: 987_654_321,
      usedBytes: 13,
      freeBytes: 123_456_789,
      bufferBytes: 134_217_729,
      slots: 2,
      speed: 7.5,
      visible: false,
      native: true,
      computes: true,
      features: ['shader-f16'],
    })
  })
})

describe('room on a peer', () => {
  it('counts a job once: promised and not reported yet, or reported', () => {
    const before = peerView('a', { limitBytes: 3 * GIB, freeBytes: 5 * GIB })
    const reported = { ...before, usedBytes: GIB, freeBytes: 4 * GIB }
    expect(roomBytes(before, GIB)).toBe(2 * GIB)
    expect(roomBytes(reported, GIB)).toBe(2 * GIB)
  })

  it('takes from what the machine has left what is promised and not there yet', () => {
    const peer = peerView('a', { limitBytes: 4 * GIB, usedBytes: GIB, freeBytes: 1.5 * GIB })
    expect(roomBytes(peer, GIB)).toBe(1.5 * GIB)
    expect(roomBytes(peer, 2 * GIB)).toBe(GIB / 2)
    expect(roomBytes(peer, 4 * GIB)).toBe(0)
  })

  it('believes a bid, less what was promised since', () => {
    const peer = peerView('a', { limitBytes: 4 * GIB, usedBytes: 4 * GIB })
    expect(roomBytes(peer, 0, { freeBytes: 3 * GIB, takenBytes: 0 })).toBe(3 * GIB)
    expect(roomBytes(peer, 2 * GIB, { freeBytes: 3 * GIB, takenBytes: GIB })).toBe(2 * GIB)
    expect(roomBytes(peer, 3.5 * GIB, { freeBytes: 3 * GIB, takenBytes: 3 * GIB })).toBe(GIB / 2)
  })

  it('without our jobs is what others leave of it', () => {
    expect(emptiedBytes(peerView('a', { limitBytes: 2 * GIB, usedBytes: GIB }))).toBe(2 * GIB)
    expect(emptiedBytes(peerView('a', { limitBytes: 2 * GIB, usedBytes: GIB / 2, freeBytes: GIB }))).toBe(1.5 * GIB)
  })
})

describe('load', () => {
  it('is the sum of what is placed; a copy is its own', () => {
    const load = new Load()
    load.take('a', 5)
    const copy = load.copy()
    copy.take('a', 7)
    expect(copy.of('a')).toEqual({ slots: 2, bytes: 12 })
    expect(load.of('a')).toEqual({ slots: 1, bytes: 5 })
    expect(load.of('b')).toEqual({ slots: 0, bytes: 0 })
  })
})

it('bytes are written for people', () => {
  expect([0, 1023, 1024, 3.2 * GIB, 20 * GIB].map(formatBytes)).toEqual(['0 B', '1023 B', '1.00 KiB', '3.20 GiB', '20.0 GiB'])
})
