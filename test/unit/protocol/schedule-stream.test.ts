/**
 * Plan after plan in virtual time, with jobs that come, run and end: nobody starves, nobody is over-committed, and unlike
 * peers get work by their speed.
 */
import { describe, expect, it } from 'vitest'
import { couldHold, Load, type Need, type PeerView } from '../../../protocol/jobs/capacity.ts'
import { type Kept, plan } from '../../../protocol/jobs/schedule.ts'
import { claim, GIB, peerView } from './scheduling.ts'

interface Job {
  readonly jobId: string
  readonly submitter: string
  readonly priority: number
  readonly need: Need
  readonly samples: number
  readonly submittedMs: number
  startedMs: number | null
  endsMs: number
  peers: readonly string[]
}

const TICK_MS = 50

/** Small and seeded (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A mesh whose jobs run as long as their samples take at the speed of their peers. */
class Stream {
  readonly jobs: Job[] = []
  nowMs = 0
  private kept: Kept | null = null
  private readonly peers: readonly PeerView[]

  constructor(peers: readonly PeerView[]) {
    this.peers = peers
  }

  submit(jobId: string, job: Pick<Job, 'submitter' | 'priority' | 'need' | 'samples'>): Job {
    const submitted: Job = { jobId, ...job, submittedMs: this.nowMs, startedMs: null, endsMs: Number.POSITIVE_INFINITY, peers: [] }
    this.jobs.push(submitted)
    return submitted
  }

  tick(): void {
    this.nowMs += TICK_MS
    const running = this.jobs.filter((job) => job.startedMs !== null && job.endsMs > this.nowMs)
    const load = new Load()
    const uses = new Map<string, number>()
    const leftMs = new Map<string, number>()
    for (const { peers, need, submitter, endsMs } of running) {
      uses.set(submitter, (uses.get(submitter) ?? 0) + peers.length)
      for (const peer of peers) {
        load.take(peer, need.bytes)
        leftMs.set(peer, Math.max(leftMs.get(peer) ?? 0, endsMs - this.nowMs))
      }
    }
    const waiting = this.jobs.filter((job) => job.startedMs === null)
    const claims = waiting.map(({ jobId, submitter, priority, need, submittedMs }) =>
      claim(jobId, { submitter, priority, need, ageMs: this.nowMs - submittedMs, waitedMs: this.nowMs - submittedMs }),
    )
    const { allotted, kept } = plan(claims, { peers: this.peers, load, uses, freeInMs: (peer) => leftMs.get(peer) ?? 0, kept: this.kept })
    this.kept = kept
    for (const job of waiting) {
      const peers = allotted.get(job.jobId)
      if (peers === undefined) continue
      for (const peer of peers) load.take(peer, job.need.bytes)
      job.startedMs = this.nowMs
      job.peers = peers
      const speed = peers.reduce((sum, peer) => sum + (this.peers.find(({ peerId }) => peerId === peer)?.speed ?? 0), 0)
      job.endsMs = this.nowMs + Math.max(TICK_MS, (1000 * job.samples) / speed)
    }
    for (const { peerId, limitBytes, slots } of this.peers) {
      const taken = load.of(peerId)
      expect(taken.bytes, `${peerId} at ${this.nowMs} ms`).toBeLessThanOrEqual(limitBytes)
      expect(taken.slots, `${peerId} at ${this.nowMs} ms`).toBeLessThanOrEqual(slots)
    }
  }
}

describe('plans in a row', () => {
  it('A3: ten quick jobs on three unlike peers spread by measured speed', () => {
    const speeds = { slow: 100, mid: 200, fast: 400 }
    const stream = new Stream(Object.entries(speeds).map(([peerId, speed]) => peerView(peerId, { speed })))
    const need = { bytes: GIB, vectorBytes: 1000, minPeers: 1, maxPeers: 1, batchSize: 64 }
    for (let i = 0; i < 10; i++) stream.submit(`j${i}`, { submitter: 'one', priority: 0, need, samples: 400 })
    while (stream.jobs.some(({ endsMs }) => endsMs > stream.nowMs)) stream.tick()
    const jobsOf = (name: string): number => stream.jobs.filter(({ peers }) => peers.includes(name)).length
    // 700 samples a second in all: by speed 5.7, 2.9 and 1.4 of ten.
    expect([jobsOf('fast'), jobsOf('mid'), jobsOf('slow')]).toEqual([5, 3, 2])
    expect(stream.nowMs).toBeLessThan(1.5 * ((10 * 400) / 700) * 1000)
  })

  it('a job for the whole mesh runs though small ones of others never cease', () => {
    const stream = new Stream([peerView('a', { speed: 100, slots: 2 }), peerView('b', { speed: 100, slots: 2 })])
    const small = { bytes: GIB / 2, vectorBytes: 1, minPeers: 1, maxPeers: 1, batchSize: 64 }
    let next = 0
    const pour = (): void => {
      if (stream.nowMs % 500 === 0) stream.submit(`s${next++}`, { submitter: `s${next % 3}`, priority: 5, need: small, samples: 400 + 37 * (next % 7) })
    }
    for (; stream.nowMs < 10_000; stream.tick()) pour()
    const large = stream.submit('large', { submitter: 'patient', priority: 0, need: { ...small, bytes: 2 * GIB, minPeers: 2, maxPeers: 2 }, samples: 100 })
    for (; large.startedMs === null && stream.nowMs < 600_000; stream.tick()) pour()
    // It waits half a minute for its turn, then for what runs by then: no small job takes longer than seven seconds.
    expect(large.startedMs).not.toBeNull()
    expect((large.startedMs as number) - large.submittedMs).toBeLessThan(30_000 + 7000 + 10 * TICK_MS)
  })

  it.each(Array.from({ length: 12 }, (_, i) => i + 1))('no job starves and no peer is over-committed, seed %i', (seed) => {
    const random = randomOf(seed)
    const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
    const peers = Array.from({ length: between(2, 7) }, (_, i) =>
      peerView(`p${i}`, { slots: between(1, 3), limitBytes: between(2, 16) * 100, speed: between(50, 500) }),
    )
    const stream = new Stream(peers)
    const possible = (need: Need): boolean => peers.filter((peer) => couldHold(peer, need).fits).length >= need.minPeers
    let count = 0
    const submit = (): void => {
      const minPeers = between(1, 3)
      const need = { bytes: between(1, 15) * 100, vectorBytes: 1, minPeers, maxPeers: minPeers + between(0, 3), batchSize: 64 }
      if (!possible(need)) return
      stream.submit(`j${count++}`, { submitter: `s${between(0, 2)}`, priority: between(-2, 2), need, samples: between(10, 1000) })
    }
    // More than the mesh can do, for two minutes.
    for (; stream.nowMs < 120_000; stream.tick()) if (stream.nowMs % 1000 === 0) for (let i = between(0, 2); i > 0; i--) submit()
    const early = [...stream.jobs]
    // Then they go on coming, until all those from before have had their turn.
    for (; early.some(({ startedMs }) => startedMs === null) && stream.nowMs < 3_600_000; stream.tick()) if (stream.nowMs % 1000 === 0) submit()
    const starved = early.filter(({ startedMs }) => startedMs === null).map(({ jobId, need }) => `${jobId} ${JSON.stringify(need)}`)
    expect(starved).toEqual([])
  })
})
