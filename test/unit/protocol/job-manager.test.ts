/**
 * The life of a job as its coordinator sees it: retries, time, pause and cancel, peers that fail.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobMessage } from '../../../protocol/jobs/messages.ts'
import { type SignedJob, signJob } from '../../sim/specs.ts'
import { Coordination, roundDone, works } from './job-manager.ts'
import { peerView } from './scheduling.ts'

let job: SignedJob
let other: SignedJob
beforeAll(async () => {
  job = await signJob(1, { totalSteps: 40, sync: { mode: 'allreduce', roundSteps: 10 }, limits: { timeoutSeconds: 60, maxRetries: 2 } })
  other = await signJob(2, { totalSteps: 40, sync: { mode: 'allreduce', roundSteps: 10 }, peers: { min: 2, max: 2 } })
})

/** In the middle of its first round. */
function inRound(peers: readonly string[] = ['a', 'b', 'c']): Coordination {
  const mesh = new Coordination(peers)
  mesh.behaviour = works
  mesh.submit(job)
  mesh.run(5000, () => mesh.told('go').length > 0)
  expect(mesh.job(job.jobId).members.map(({ peerId }) => peerId)).toEqual(peers)
  return mesh
}

describe('an attempt', () => {
  it('completes where all goes well', () => {
    const mesh = new Coordination(['a', 'b'])
    mesh.submit(job)
    mesh.run(10_000, () => mesh.job(job.jobId).state === 'completed')
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'completed', attempt: 1, step: 40, samples: 480 })
  })

  it('D1: that lost all its members is followed by another one, later and on other peers', () => {
    const mesh = inRound(['a'])
    mesh.peers.push(peerView('b', { speed: 10 }))
    mesh.silent.add('a')
    mesh.gone('a')
    mesh.run(5000, () => mesh.job(job.jobId).attempt === 2)
    expect(mesh.job(job.jobId)).toMatchObject({ attempt: 2, failedOn: ['a'] })
    mesh.silent.delete('a')
    mesh.peers.push(peerView('a', { speed: 1000 }))
    mesh.behaviour = () => null
    mesh.run(20_000, () => mesh.job(job.jobId).state === 'completed')
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'completed', attempt: 2 })
    expect(Object.keys(mesh.job(job.jobId).receipts)).toEqual(['b'])
  })

  it('fails for good after its retries, each later than the one before', () => {
    const mesh = new Coordination(['a'])
    mesh.behaviour = ({ message }) => (message.type === 'prepare' ? [{ type: 'prepared', error: 'no room', samplesPerSecond: 0, memoryBytes: 0 }] : null)
    mesh.submit(job)
    mesh.run(60_000, () => mesh.job(job.jobId).state === 'failed')
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'failed', attempt: 3 })
    const waits = mesh.proposed.flatMap((command) => (command.type === 'fail' && command.retry ? [command.retryAt - command.at] : []))
    expect(waits).toEqual([1000, 2000])
  })

  it('D2: a peer that refuses or says nothing holds no job: another one gets it', () => {
    const mesh = new Coordination([peerView('best', { speed: 1000 }), peerView('next', { speed: 1 })])
    mesh.behaviour = ({ to, message }) =>
      to === 'best' && message.type === 'prepare' ? [{ type: 'prepared', error: 'is full', samplesPerSecond: 0, memoryBytes: 0 }] : null
    mesh.submit(job)
    mesh.run(20_000, () => mesh.job(job.jobId).state === 'completed')
    expect(mesh.job(job.jobId).receipts).toEqual({ next: 480 })
  })

  it('survives the loss of one member within the same attempt', () => {
    const mesh = inRound()
    mesh.silent.add('b')
    mesh.behaviour = () => null
    mesh.gone('b')
    mesh.run(20_000, () => mesh.job(job.jobId).state === 'completed')
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'completed', attempt: 1, samples: 480 })
    expect(mesh.job(job.jobId).receipts).toEqual({ a: 240, b: 0, c: 240 })
  })
})

describe('a group', () => {
  it('that was given up before it was committed is the group if it is committed all the same, until the next one', () => {
    const mesh = inRound()
    mesh.underWay = []
    mesh.behaviour = () => null
    mesh.gone('c')
    mesh.gone('b')
    const members = mesh.underWay.filter(({ type }) => type === 'member')
    expect(members.map((command) => command.type === 'member' && command.members.length)).toEqual([2, 1])
    mesh.underWay = null
    for (const command of members) mesh.commit(command)
    mesh.run(20_000, () => mesh.job(job.jobId).state === 'completed')
    // By what is committed b was a member for no step; what counts is who was in the group that did the work.
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'completed', samples: 480, receipts: { a: 480, b: 0, c: 0 } })
  })
})

describe('a group whose last member goes', () => {
  it('is followed by those who were being prepared meanwhile', async () => {
    const { jobId, ...signed } = await signJob(3, { totalSteps: 40, sync: { mode: 'allreduce', roundSteps: 10 }, peers: { min: 2, max: 4 } })
    const mesh = new Coordination(['a', 'b'])
    mesh.behaviour = works
    mesh.submit({ jobId, ...signed })
    mesh.run(5000, () => mesh.told('go').length > 0)
    mesh.behaviour = ({ message }) => (message.type === 'prepare' || message.type === 'go' ? [] : null)
    mesh.gone('b')
    mesh.peers.push(peerView('c', { speed: 100 }), peerView('d', { speed: 100 }))
    mesh.run(5000, () => mesh.told('prepare', 'c').length > 0 && mesh.told('prepare', 'd').length > 0)
    expect([mesh.told('prepare', 'c').length, mesh.told('prepare', 'd').length].every((times) => times > 0)).toBe(true)
    const [last] = mesh.told('go', 'a').slice(-1)
    mesh.hear('a', jobId, 1, { type: 'leave', membership: mesh.job(jobId).membership, now: false })
    mesh.hear('a', jobId, 1, { ...roundDone(last?.message as never), checkpoint: { sha256: 'w10', bytes: 8 } } as JobMessage)
    mesh.commit({ type: 'kept', jobId: jobId, sha256: 'w10', peers: ['c'], at: mesh.wall })
    mesh.behaviour = () => null
    for (const peer of ['c', 'd']) mesh.hear(peer, jobId, 1, { type: 'prepared', error: '', samplesPerSecond: 100, memoryBytes: 100 })
    mesh.run(20_000, () => mesh.job(jobId).state === 'completed')
    expect(mesh.job(jobId)).toMatchObject({ state: 'completed', attempt: 1 })
  })
})

describe('the time of an attempt', () => {
  it('ends it, without a look at the wall clock', () => {
    const mesh = inRound()
    mesh.wall += 24 * 3_600_000
    mesh.run(50_000)
    expect(mesh.job(job.jobId).attempt, 'set forward').toBe(1)
    mesh.wall -= 48 * 3_600_000
    mesh.run(15_000, () => mesh.job(job.jobId).attempt === 2)
    expect(mesh.job(job.jobId)).toMatchObject({ attempt: 2, reason: 'timed out after 60 s' })
  })

  it('goes on under another coordinator, whose wall clock is another', () => {
    const mesh = inRound()
    mesh.run(30_000)
    mesh.takeOver({ now: 5, wall: mesh.wall + 24 * 3_600_000 })
    mesh.run(20_000)
    expect(mesh.job(job.jobId).attempt).toBe(1)
  })

  it('does not pass while its owner has paused it', () => {
    const mesh = inRound()
    mesh.act('pause', job.jobId)
    mesh.run(3_600_000)
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'paused', attempt: 1 })
    mesh.behaviour = () => null
    mesh.act('resume', job.jobId)
    mesh.run(20_000, () => mesh.job(job.jobId).state === 'completed')
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'completed', attempt: 1, samples: 480 })
  })
})

describe('what an owner asks', () => {
  it('pause stops members in the middle of a round, and is said again until they answer', () => {
    const mesh = inRound()
    mesh.silent.add('c')
    const at = mesh.now
    mesh.act('pause', job.jobId)
    for (const peer of ['a', 'b', 'c']) expect(mesh.told('query', peer, at)[0]?.message).toMatchObject({ freeze: true })
    mesh.run(1000)
    expect(mesh.told('query', 'c', at).length).toBeGreaterThanOrEqual(4)
    expect(mesh.told('query', 'a', at)).toHaveLength(1)
  })

  it('D8: cancel stops every worker at once, and is said again until each has answered', () => {
    const mesh = inRound()
    mesh.silent.add('c')
    const at = mesh.now
    mesh.act('cancel', job.jobId)
    expect(mesh.job(job.jobId)).toMatchObject({ state: 'cancelled', members: [] })
    for (const peer of ['a', 'b', 'c']) expect(mesh.told('stop', peer, at), peer).toHaveLength(1)
    mesh.run(1000)
    expect(mesh.told('stop', 'c', at).length).toBeGreaterThanOrEqual(4)
    expect(mesh.told('stop', 'a', at)).toHaveLength(1)
    mesh.silent.delete('c')
    mesh.run(300)
    const told = mesh.told('stop', 'c', at).length
    mesh.run(5000)
    expect(mesh.told('stop', 'c', at)).toHaveLength(told)
  })

  it('a late completion of a cancelled job changes nothing', () => {
    const mesh = inRound()
    const go = mesh.told('go', 'a')[0]
    mesh.act('cancel', job.jobId)
    const before = JSON.stringify(mesh.job(job.jobId))
    const proposals = mesh.proposed.length
    if (go !== undefined) for (const peer of ['a', 'b', 'c']) mesh.hear(peer, job.jobId, 1, roundDone(go.message))
    const result = { steps: 40, samples: 480, seconds: 1, trainLoss: 0, testLoss: null, testAccuracy: null, weights: { sha256: 'w', bytes: 1 } }
    mesh.commit({ type: 'complete', jobId: job.jobId, attempt: 1, result, at: mesh.wall })
    mesh.act('pause', job.jobId)
    mesh.run(2000)
    expect(JSON.stringify(mesh.job(job.jobId))).toBe(before)
    expect(mesh.proposed).toHaveLength(proposals)
  })
})

describe('what peers say', () => {
  it('D9: counts only of members, for their own part', () => {
    const mesh = inRound(['a', 'b'])
    const go = mesh.told('go', 'a')[0]
    if (go === undefined) throw new Error('nobody was told to go')
    for (const liar of ['x', 'y']) mesh.hear(liar, job.jobId, 1, roundDone(go.message))
    mesh.hear('a', job.jobId, 1, roundDone(go.message))
    mesh.run(500)
    expect(mesh.job(job.jobId).round).toBe(0)
    mesh.hear('b', job.jobId, 1, roundDone(go.message))
    expect(mesh.job(job.jobId).round).toBe(1)
  })

  it('D5: the load of a peer is what its jobs take, after each of them ends', () => {
    const mesh = new Coordination([peerView('a', { slots: 2 }), peerView('b', { slots: 2 })])
    mesh.behaviour = works
    mesh.submit(job)
    mesh.submit(other)
    mesh.run(5000, () => mesh.told('go').some(({ jobId }) => jobId === other.jobId) && mesh.told('go').some(({ jobId }) => jobId === job.jobId))
    const jobsOf = (peer: string): number => mesh.manager.placed.filter(({ peers }) => peers.includes(peer)).length
    expect([jobsOf('a'), jobsOf('b')]).toEqual([2, 2])
    mesh.act('cancel', job.jobId)
    expect([jobsOf('a'), jobsOf('b')]).toEqual([1, 1])
    mesh.act('cancel', other.jobId)
    expect([jobsOf('a'), jobsOf('b')]).toEqual([0, 0])
  })
})
