/**
 * Why a job waits, as `cyxwiz job ID` shows it.
 */
import { describe, expect, it } from 'vitest'
import type { PeerView } from '../../../protocol/jobs/capacity.ts'
import { type Claim, type Mesh, plan } from '../../../protocol/jobs/schedule.ts'
import { whyWaiting } from '../../../protocol/jobs/waiting.ts'
import { claim, GIB, loadOf, meshOf, peerView } from './scheduling.ts'

/** What `job` is told while `others` wait too. */
function why(job: Claim, peers: readonly PeerView[], more: Partial<Mesh> = {}, others: readonly Claim[] = []): string | null {
  const mesh = meshOf(peers, more)
  return whyWaiting(job, mesh, plan([job, ...others], mesh))
}

describe('a job that waits is told why', () => {
  it('nothing, when it does not', () => {
    expect(why(claim('j'), [peerView('a')])).toBeNull()
  })

  it('nobody computes', () => {
    expect(why(claim('j'), [])).toBe('no peer of the mesh computes now')
    expect(why(claim('j'), [peerView('a', { computes: false })])).toBe('no peer of the mesh computes now')
  })

  it('it is too large for every peer', () => {
    const peers = [peerView('a'), peerView('b', { limitBytes: GIB })]
    expect(why(claim('j', { need: { bytes: 3.2 * GIB } }), peers)).toBe('needs 3.20 GiB, the largest peer may take 2.00 GiB')
    const small = [peerView('a', { bufferBytes: 2 ** 27 })]
    expect(why(claim('j', { need: { vectorBytes: 2 ** 28 } }), small)).toBe('has 256.0 MiB of parameters, the largest buffer is 128.0 MiB')
  })

  it('no device, or too few, can do what it needs', () => {
    const half = { features: ['shader-f16'] }
    const peers = [peerView('a'), peerView('b', { features: ['timestamp-query'] })]
    expect(why(claim('j', { need: half }), peers)).toBe('needs shader-f16, which no peer here has')
    const one = [...peers, peerView('c', half)]
    expect(why(claim('j', { need: half }), one)).toBeNull()
    expect(why(claim('j', { need: { ...half, minPeers: 2 } }), one)).toBe('needs 2 peers with shader-f16, 1 of 3 has it')
    expect(why(claim('j', { need: { ...half, bytes: 3 * GIB } }), [...one, peerView('d', { limitBytes: 4 * GIB })])).toBe(
      'needs 3.00 GiB, the largest peer may take 2.00 GiB',
    )
  })

  it('memory is taken: what it needs, and what the largest peer has free', () => {
    const peers = [peerView('a', { limitBytes: 4 * GIB, slots: 2, freeBytes: 2 * GIB }), peerView('b', { limitBytes: 4 * GIB, slots: 2 })]
    const load = loadOf({ b: [3 * GIB] })
    expect(why(claim('j', { need: { bytes: 3.2 * GIB } }), peers, { load })).toBe(
      'needs 3.20 GiB, the largest peer has 2.00 GiB free (2 peers with at most 2.00 GiB free)',
    )
  })

  it('slots are taken, peers are paused, peers have said no', () => {
    const peers = [peerView('a'), peerView('b', { slots: 0 }), peerView('c'), peerView('d', { usedBytes: 1.5 * GIB })]
    const whyNot = (peer: string): string | null => (peer === 'c' ? 'says: needs another driver' : null)
    expect(why(claim('j', { whyNot }), peers, { load: loadOf({ a: [GIB] }) })).toBe(
      'needs a peer with 1.00 GiB, none can take it now (a peer with all slots taken; a peer with at most 512.0 MiB free; a peer paused by its owner; c says: needs another driver)',
    )
  })

  it('it needs more peers than there are, or than are free', () => {
    const many = claim('j', { need: { minPeers: 3, maxPeers: 4 } })
    expect(why(many, [peerView('a'), peerView('b')])).toBe('needs 3 peers with 1.00 GiB each, 2 of 2 could hold it')
    expect(why(many, [peerView('a'), peerView('b'), peerView('c')], { load: loadOf({ c: [GIB] }) })).toBe(
      'needs 3 peers with 1.00 GiB each, 2 can take it now (a peer with all slots taken)',
    )
  })

  it('others come first', () => {
    const peers = [peerView('a'), peerView('b', { slots: 0 })]
    const mine = claim('j', { submitter: 'me' })
    const first = claim('k', { submitter: 'you', priority: 5 })
    expect(why(mine, peers, {}, [first])).toBe('a peer could take it now, promised to a job that comes first')
    expect(why(mine, peers, { uses: new Map([['me', 2]]) }, [first])).toBe(
      'a peer could take it now, promised to a job that comes first (its submitter has 2 slots in use)',
    )
  })

  it('peers are kept: for it, or for one that has waited long', () => {
    const peers = [peerView('a'), peerView('b')]
    const large = claim('large', { ageMs: 40_000, waitedMs: 40_000, need: { minPeers: 2, maxPeers: 2 } })
    const load = loadOf({ b: [GIB] })
    expect(why(large, peers, { load })).toBe(
      'needs 2 peers with 1.00 GiB each, 1 can take it now (a peer with all slots taken); 2 peers are kept for it as they become free',
    )
    expect(why(claim('small'), peers, { load }, [large])).toBe('a peer could take it now, kept for job large, which has waited long for 2 peers')
  })
})
