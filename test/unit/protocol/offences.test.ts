/**
 * What is held against peers: counted by reason, forgiven in time, and the connection gone for who goes on.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Logger } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { beforeEach, describe, expect, it } from 'vitest'
import { MAX_OFFENCES, OFFENCE_FORGIVEN_MS, SCORE_PER_OFFENCE, TOLERATED_SHARE } from '../../../protocol/mesh/constants.ts'
import { Offences } from '../../../protocol/mesh/offences.ts'
import { WireError } from '../../../protocol/wire/errors.ts'
import { ManualClock } from '../../manual-clock.ts'

const log = (() => {}) as unknown as Logger
const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
const garbage = new WireError('MALFORMED', 'garbage')
const late = new WireError('STALE_FENCE', 'late', 'tolerate')
const newer = new WireError('UNKNOWN_VERSION', 'newer', 'ignore')

class FakeNode extends EventTarget {
  readonly hungUp: string[] = []
  async hangUp(id: { toString(): string }): Promise<void> {
    this.hungUp.push(id.toString())
  }
  connects(id: string): void {
    this.dispatchEvent(new CustomEvent('connection:open', { detail: { remotePeer: { toString: () => id } } }))
  }
}

describe('offences of peers', () => {
  let node: FakeNode
  let clock: ManualClock
  let standing: Map<string, number>
  let offences: Offences
  beforeEach(() => {
    node = new FakeNode()
    clock = new ManualClock()
    standing = new Map()
    offences = new Offences({ libp2p: node as never, standing, clock, log })
    offences.start()
  })
  const times = (count: number, error: WireError): void => {
    for (let i = 0; i < count; i += 1) offences.report(peer, error)
  }

  it('are counted under their reason, every other reason standing at zero', () => {
    times(3, garbage)
    times(2, newer)
    expect(offences.counts.get('MALFORMED')).toBe(3)
    expect(offences.counts.get('UNKNOWN_VERSION')).toBe(2)
    expect(offences.counts.get('LYING_VOTER')).toBe(0)
  })

  it('lower the score with each one, and cost the connection when they go on', () => {
    times(MAX_OFFENCES - 1, garbage)
    expect(standing.get(peer)).toBe(-SCORE_PER_OFFENCE * (MAX_OFFENCES - 1))
    expect(node.hungUp).toEqual([])
    offences.guard(peer, () => {
      throw garbage
    })
    expect(node.hungUp).toEqual([peer])
    expect(offences.isBarred(peer)).toBe(true)
  })

  it('keep a peer out until they are forgiven', async () => {
    times(MAX_OFFENCES, garbage)
    node.connects(peer)
    expect(node.hungUp, 'it came back at once').toEqual([peer, peer])
    await clock.run(OFFENCE_FORGIVEN_MS)
    node.connects(peer)
    expect(node.hungUp).toHaveLength(2)
    expect(standing.size).toBe(0)
    expect(offences.isBarred(peer)).toBe(false)
  })

  it('weigh little where an honest peer may be late, and nothing where it may be newer', () => {
    times(100, newer)
    expect(standing.size).toBe(0)
    times(MAX_OFFENCES, late)
    expect(standing.get(peer)).toBeCloseTo(-SCORE_PER_OFFENCE * TOLERATED_SHARE * MAX_OFFENCES)
    expect(node.hungUp).toEqual([])
    times(Math.ceil(MAX_OFFENCES / TOLERATED_SHARE), late)
    expect(node.hungUp, 'not even an honest one is late all the time').toEqual([peer])
  })

  it('let our own defects through', () => {
    expect(() =>
      offences.guard(peer, () => {
        throw new TypeError('ours')
      }),
    ).toThrow(TypeError)
    expect(standing.size).toBe(0)
  })
})
