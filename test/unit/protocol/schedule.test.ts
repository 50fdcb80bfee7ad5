/**
 * Which waiting job gets which peers: one plan at a time.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptiedBytes, roomBytes } from '../../../protocol/jobs/capacity.ts'
import { AGEING_MS, type Claim, KEEP_AFTER_MS, type Mesh, plan } from '../../../protocol/jobs/schedule.ts'
import { bid, claim, GIB, loadOf, meshOf, peerView } from './scheduling.ts'

/** Who gets what, in the order of turns. */
function allotted(claims: readonly Claim[], mesh: Mesh): Record<string, readonly string[]> {
  return Object.fromEntries(plan(claims, mesh).allotted)
}

/** Jobs in the order of their turns on as many peers as there are jobs. */
function order(claims: readonly Claim[], more: Partial<Mesh> = {}): string[] {
  const peers = claims.map((_, i) => peerView(`p${i}`))
  return [...plan(claims, meshOf(peers, more)).allotted.keys()]
}

const three = [peerView('a'), peerView('b'), peerView('c')]

describe('a plan', () => {
  it('D3: counts what it places within the tick: ten jobs do not land on the same best peer', () => {
    const peers = [peerView('fast', { speed: 1000 }), peerView('mid', { speed: 300 }), peerView('slow', { speed: 100 })]
    const jobs = Array.from({ length: 10 }, (_, i) => claim(`j${i}`))
    const got = allotted(jobs, meshOf(peers))
    expect(Object.values(got).flat().sort()).toEqual(['fast', 'mid', 'slow'])
    expect(Object.keys(got)).toHaveLength(3)
  })

  it('fills slots as far as memory goes, and no further', () => {
    const peer = peerView('a', { slots: 4, limitBytes: 2.5 * GIB })
    const jobs = ['j1', 'j2', 'j3'].map((id) => claim(id))
    expect(allotted(jobs, meshOf([peer]))).toEqual({ j1: ['a'], j2: ['a'] })
    expect(allotted(jobs, meshOf([peer], { load: loadOf({ a: [GIB] }) }))).toEqual({ j1: ['a'] })
    expect(allotted(jobs, meshOf([{ ...peer, freeBytes: 1.9 * GIB }]))).toEqual({ j1: ['a'] })
  })

  it('gives every job what it needs at least before any gets more, then hands out the rest in turns, up to the most of each', () => {
    const peers = Array.from({ length: 7 }, (_, i) => peerView(`p${i}`))
    const got = allotted([claim('j1', { need: { maxPeers: 8 } }), claim('j2', { need: { minPeers: 2, maxPeers: 3 } })], meshOf(peers))
    expect(got.j1).toHaveLength(4)
    expect(got.j2).toHaveLength(3)
    expect(allotted([claim('j1', { need: { maxPeers: 8, batchSize: 3 } })], meshOf(peers)).j1, 'everybody takes a row').toHaveLength(3)
  })

  it('takes either as many as a job needs or none', () => {
    expect(allotted([claim('j', { need: { minPeers: 4, maxPeers: 8 } })], meshOf(three))).toEqual({})
    expect(allotted([claim('j', { need: { minPeers: 3, maxPeers: 8 } })], meshOf(three)).j).toHaveLength(3)
  })

  it('takes peers by measured speed, what works there already counted', () => {
    const peers = [peerView('a', { speed: 100, slots: 2 }), peerView('b', { speed: 300, slots: 2 }), peerView('c', { speed: 250, slots: 2 })]
    expect(allotted([claim('j')], meshOf(peers))).toEqual({ j: ['b'] })
    expect(allotted([claim('j')], meshOf(peers, { load: loadOf({ b: [1000] }) }))).toEqual({ j: ['c'] })
  })

  it('takes who has the data among equals', () => {
    const bids = new Map([
      ['a', bid({ cached: false })],
      ['b', bid({ cached: true })],
    ])
    expect(allotted([claim('j', { bids })], meshOf([peerView('a'), peerView('b')]))).toEqual({ j: ['b'] })
  })

  it('passes over who does not compute, whose adapter cannot hold the parameters, who is paused, and who has said no', () => {
    const peers = [
      peerView('cpu', { computes: false }),
      peerView('old', { bufferBytes: 10 }),
      peerView('paused', { slots: 0 }),
      peerView('away'),
      peerView('fine'),
    ]
    const job = claim('j', { need: { maxPeers: 5 }, whyNot: (peer) => (peer === 'away' ? 'does not answer' : null) })
    expect(allotted([job], meshOf(peers))).toEqual({ j: ['fine'] })
  })

  it('avoids peers that an attempt failed on, and takes them where the others are too few', () => {
    const avoided = new Set(['a', 'b'])
    expect(allotted([claim('j', { avoided, need: { maxPeers: 3 } })], meshOf(three))).toEqual({ j: ['c'] })
    expect(allotted([claim('j', { avoided, need: { minPeers: 2, maxPeers: 3 } })], meshOf(three)).j).toHaveLength(3)
  })

  it('is the same whatever the order in which peers and jobs are told', () => {
    const jobs = [claim('j1'), claim('j2', { priority: 1 }), claim('j3', { submitter: 'two' })]
    const there = plan(jobs, meshOf(three))
    const back = plan([...jobs].reverse(), meshOf([...three].reverse()))
    expect([...back.allotted]).toEqual([...there.allotted])
  })
})

describe('turns', () => {
  it('go by priority, and waiting raises it', () => {
    const urgent = claim('urgent', { priority: 5 })
    expect(order([claim('old', { ageMs: 4 * AGEING_MS }), urgent])).toEqual(['urgent', 'old'])
    expect(order([claim('old', { ageMs: 6 * AGEING_MS }), urgent])).toEqual(['old', 'urgent'])
  })

  it('go to the older of two that are alike, then by id', () => {
    expect(order([claim('b', { ageMs: 5 }), claim('a', { ageMs: 4 }), claim('c', { ageMs: 5 })])).toEqual(['b', 'c', 'a'])
  })

  it('alternate between submitters, however many jobs one has and however urgent it calls them', () => {
    const many = Array.from({ length: 4 }, (_, i) => claim(`m${i}`, { submitter: 'many', priority: 9 }))
    const got = plan([...many, claim('single', { submitter: 'single' })], meshOf([peerView('a'), peerView('b')]))
    expect([...got.allotted.keys()]).toEqual(['m0', 'single'])
  })

  it('go first to the submitter that uses least', () => {
    const uses = new Map([
      ['one', 3],
      ['two', 1],
    ])
    expect(order([claim('x', { submitter: 'one', priority: 9 }), claim('y', { submitter: 'two' })], { uses })).toEqual(['y', 'x'])
  })
})

describe('a job that has waited long', () => {
  const large = claim('large', { ageMs: KEEP_AFTER_MS, waitedMs: KEEP_AFTER_MS, need: { minPeers: 2, maxPeers: 2 } })
  const small = claim('small', { submitter: 'two', priority: 9 })

  it('is kept peers for: others get only those it does not need', () => {
    const mesh = meshOf([peerView('a'), peerView('b')], { load: loadOf({ b: [GIB] }) })
    const got = plan([large, small], mesh)
    expect([...got.allotted]).toEqual([])
    expect(got.kept).toMatchObject({ jobId: 'large', peers: ['a', 'b'] })
    const wider = meshOf([peerView('a'), peerView('b'), peerView('c'), peerView('tiny', { limitBytes: 1.5 * GIB })], {
      load: loadOf({ b: [GIB], c: [GIB] }),
    })
    expect(allotted([{ ...large, need: { ...large.need, bytes: 1.8 * GIB } }, small], wider)).toEqual({ small: ['tiny'] })
  })

  it('is not before it has waited long', () => {
    const mesh = meshOf([peerView('a'), peerView('b')], { load: loadOf({ b: [GIB] }) })
    expect(allotted([{ ...large, waitedMs: KEEP_AFTER_MS - 1 }, small], mesh)).toEqual({ small: ['a'] })
  })

  it('comes first when it can run', () => {
    expect(allotted([small, large], meshOf([peerView('a'), peerView('b')]))).toEqual({ large: ['a', 'b'] })
  })

  it('holds up nobody when the mesh could not run it: too few peers, or memory that somebody else has', () => {
    expect(allotted([large, small], meshOf([peerView('a')]))).toEqual({ small: ['a'] })
    const elsewhere = peerView('a', { freeBytes: 1.5 * GIB })
    const big = claim('big', { ageMs: KEEP_AFTER_MS, waitedMs: KEEP_AFTER_MS, need: { bytes: 1.8 * GIB } })
    expect(allotted([big, small], meshOf([elsewhere]))).toEqual({ small: ['a'] })
  })

  it('keeps its peers while others come nearer, unless one is free or will be much sooner', () => {
    const peers = [peerView('a'), peerView('b'), peerView('c'), peerView('d')]
    const kept = { jobId: 'large', peers: ['a', 'b'], bytes: GIB }
    const busy = { a: [GIB], b: [GIB], c: [GIB], d: [GIB] }
    const keptWith = (leftMs: Record<string, number>, load = loadOf(busy)): string[] =>
      [...(plan([large], meshOf(peers, { load, kept, freeInMs: (peer) => leftMs[peer] ?? 0 })).kept?.peers ?? [])].sort()
    expect(keptWith({ a: 9000, b: 9000, c: 8000, d: 8000 })).toEqual(['a', 'b'])
    expect(keptWith({ a: 9000, b: 9000, c: 8000, d: 1000 })).toEqual(['a', 'd'])
    expect(keptWith({ a: 9000, b: 9000 }, loadOf({ a: [GIB], b: [GIB], d: [GIB] }))).toContain('c')
    expect(keptWith({ a: Number.POSITIVE_INFINITY, b: Number.POSITIVE_INFINITY, c: Number.POSITIVE_INFINITY, d: Number.POSITIVE_INFINITY })).toEqual(['a', 'b'])
  })
})

describe('any plan', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const peers = fc.uniqueArray(
    fc.record({
      peerId: fc.constantFrom(...names),
      limitBytes: fc.integer({ min: 0, max: 100 }),
      usedBytes: fc.integer({ min: 0, max: 60 }),
      freeBytes: fc.option(fc.integer({ min: 0, max: 100 })),
      slots: fc.nat(4),
      speed: fc.nat(100),
      computes: fc.boolean(),
      bufferBytes: fc.integer({ min: 0, max: 100 }),
    }),
    { selector: ({ peerId }) => peerId, minLength: 1 },
  )
  const claims = fc.array(
    fc.record({
      submitter: fc.constantFrom('x', 'y', 'z'),
      priority: fc.integer({ min: -2, max: 2 }),
      ageMs: fc.nat(10 * AGEING_MS),
      waitedMs: fc.nat(3 * KEEP_AFTER_MS),
      avoided: fc.subarray(names),
      need: fc.record({ bytes: fc.integer({ min: 1, max: 60 }), vectorBytes: fc.nat(40), minPeers: fc.integer({ min: 1, max: 3 }), more: fc.nat(4) }),
    }),
    { maxLength: 12 },
  )
  const placed = fc.array(fc.record({ peer: fc.constantFrom(...names), bytes: fc.integer({ min: 1, max: 30 }) }), { maxLength: 8 })

  it('over-commits no peer, gives nobody fewer than it needs or more than it may have, and leaves no free peer that a job could have', () => {
    fc.assert(
      fc.property(peers, claims, placed, (views, wanted, running) => {
        const load = loadOf({})
        for (const { peer, bytes } of running) {
          const view = views.find(({ peerId }) => peerId === peer)
          const taken = load.of(peer)
          if (view !== undefined && taken.slots < view.slots && taken.bytes + bytes <= view.limitBytes) load.take(peer, bytes)
        }
        // A report may be older than what is placed; bytes that nobody placed are refused by the peer itself.
        const reported = views.map((view) => peerView(view.peerId, { ...view, usedBytes: Math.min(view.usedBytes, load.of(view.peerId).bytes) }))
        const mesh = meshOf(reported, { load })
        const jobs = wanted.map(({ avoided, need: { more, ...need }, ...job }, i) =>
          claim(`j${i}`, { ...job, avoided: new Set(avoided), need: { ...need, maxPeers: need.minPeers + more } }),
        )
        const { allotted: got, kept } = plan(jobs, mesh)
        const after = mesh.load.copy()
        for (const [jobId, chosen] of got) {
          const { need } = jobs.find((job) => job.jobId === jobId) as Claim
          expect(new Set(chosen).size, jobId).toBe(chosen.length)
          expect(chosen.length, jobId).toBeGreaterThanOrEqual(need.minPeers)
          expect(chosen.length, jobId).toBeLessThanOrEqual(need.maxPeers)
          for (const peer of chosen) after.take(peer, need.bytes)
        }
        for (const view of mesh.peers) {
          const { peerId, slots, limitBytes } = view
          const [before, now] = [mesh.load.of(peerId), after.of(peerId)]
          if (now.slots === before.slots) continue
          expect(now.slots, peerId).toBeLessThanOrEqual(slots)
          expect(now.bytes, peerId).toBeLessThanOrEqual(limitBytes)
          expect(now.bytes - before.bytes, peerId).toBeLessThanOrEqual(roomBytes(view, before.bytes))
          expect(now.bytes - before.bytes, peerId).toBeLessThanOrEqual(emptiedBytes(view))
        }
        for (const peer of kept?.peers ?? []) after.take(peer, kept?.bytes ?? 0)
        for (const { jobId, need } of jobs) {
          if (got.has(jobId) || jobId === kept?.jobId) continue
          const free = mesh.peers.filter((view) => {
            const taken = after.of(view.peerId)
            const holds = view.computes && need.vectorBytes <= view.bufferBytes && need.bytes <= view.limitBytes
            return holds && taken.slots < view.slots && need.bytes <= roomBytes(view, taken.bytes)
          })
          expect(free.length, `${jobId} waits`).toBeLessThan(need.minPeers)
        }
      }),
      { numRuns: 500 },
    )
  })
})
