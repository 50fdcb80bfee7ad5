/**
 * The registry as a fold over commands: states, receipts, retries from a checkpoint, lines that meet.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { beforeAll, describe, expect, it } from 'vitest'
import { signSpec } from '../../../protocol/control/service.ts'
import type { JobCommand, Member } from '../../../protocol/jobs/commands.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { compareRecords, Registry } from '../../../protocol/jobs/registry.ts'
import { type JobSpec, parseJobSpec } from '../../../protocol/jobs/spec.ts'
import { Told } from '../../../protocol/jobs/told.ts'
import { bytesToBase64 } from '../../../protocol/wire/base64.ts'
import { idOf } from '../../../protocol/wire/signed.ts'

const spec: JobSpec = parseJobSpec({
  version: 1,
  nonce: '0123456789abcdef',
  createdAt: '2026-01-01T00:00:00Z',
  name: 'test',
  model: { kind: 'sequential', input: [4], layers: [{ type: 'linear', units: 2 }] },
  optimizer: { type: 'sgd' },
  batchSize: 10,
  steps: 100,
  init: null,
  data: {
    label: 'x',
    dataset: null,
    labelColumn: null,
    parts: [{ role: 'table', format: 'csv', gzip: false, sha256: 'a'.repeat(64), bytes: 1 }],
    limit: null,
    testLimit: null,
  },
  totalSteps: 100,
  stepsPerEpoch: 10,
  trainSamples: 100,
  testSamples: 0,
})

let signed = ''
let jobId = ''
beforeAll(async () => {
  const bytes = await signSpec(await generateKeyPair('Ed25519'), spec)
  signed = bytesToBase64(bytes)
  jobId = idOf(bytes)
})

const result = { steps: 100, samples: 1000, seconds: 1, trainLoss: 0.1, testLoss: null, testAccuracy: null, weights: { sha256: 'b'.repeat(64), bytes: 8 } }
const members = (...shares: [string, number][]): Member[] => shares.map(([peerId, share]) => ({ peerId, share }))

class Log {
  readonly registry = new Registry()
  private at = 0

  do(command: Record<string, unknown>): ReturnType<Registry['apply']> {
    this.at += 1000
    return this.registry.apply({ jobId, attempt: this.registry.get(jobId)?.attempt ?? 1, at: this.at, ...command } as unknown as JobCommand)
  }

  get job(): JobRecord {
    return this.registry.get(jobId) as JobRecord
  }

  running(...shares: [string, number][]): this {
    this.do({ type: 'submit', signed })
    this.do({ type: 'offer' })
    this.do({ type: 'member', membership: 1, members: members(...shares), startStep: 0, reason: 'start' })
    return this
  }

  round(round: number, step: number, checkpoint: unknown = null): ReturnType<Registry['apply']> {
    const { membership } = this.job
    return this.do({ type: 'round', membership, round, step, thetaHash: 'h', loss: 1, accuracy: null, seconds: 1, bytes: 1, checkpoint })
  }
}

const receiptSum = (job: JobRecord): number => Object.values(job.receipts).reduce((sum, samples) => sum + samples, 0)

describe('a job in the registry', () => {
  it('goes queued, offered, running, completed, and tells each state once', () => {
    const log = new Log()
    const told = new Told()
    const states: string[] = []
    const note = ({ events }: ReturnType<Registry['apply']>): void => {
      for (const event of events) if (told.isNews(event, 1)) states.push(event.event === 'job.state' ? event.state : event.event)
    }
    note(log.do({ type: 'submit', signed }))
    note(log.do({ type: 'submit', signed }))
    note(log.do({ type: 'offer' }))
    note(log.do({ type: 'member', membership: 1, members: members(['a', 10]), startStep: 0, reason: '' }))
    note(log.round(1, 100))
    note(log.do({ type: 'complete', result }))
    expect(states).toEqual(['queued', 'offered', 'running', 'job.round', 'completed', 'job.result'])
    expect(log.registry.list()).toHaveLength(1)
  })

  it('stays in its end, whatever comes later', () => {
    for (const end of [
      { type: 'complete', result },
      { type: 'cancel', reason: 'x' },
      { type: 'fail', reason: 'x', retry: false, retryAt: 0 },
    ]) {
      const log = new Log().running(['a', 10])
      log.do(end)
      const before = log.job
      for (const late of [
        { type: 'complete', result },
        { type: 'cancel', reason: 'y' },
        { type: 'fail', reason: 'y', retry: true, retryAt: 0 },
        { type: 'pause' },
        { type: 'resume' },
        { type: 'offer' },
      ]) {
        expect(log.do(late).changed, `${late.type} after ${end.type}`).toBe(false)
      }
      expect(log.job).toEqual(before)
    }
  })

  it('takes rounds and memberships in order only, and nothing of another attempt', () => {
    const log = new Log().running(['a', 10])
    expect(log.round(2, 20).changed).toBe(false)
    expect(log.round(1, 10).changed).toBe(true)
    expect(log.round(1, 10).changed).toBe(false)
    expect(log.do({ type: 'member', membership: 3, members: [], startStep: 10, reason: '' }).changed).toBe(false)
    expect(log.do({ type: 'complete', attempt: 2, result }).changed).toBe(false)
  })

  it('credits every step to those who did it, and none to those that were taken back', () => {
    const log = new Log().running(['a', 6], ['b', 4])
    log.round(1, 10)
    // b was lost after step 13; its steps 11 to 12 stand, step 13 is taken back.
    log.do({ type: 'member', membership: 2, members: members(['a', 10]), startStep: 12, reason: 'b left' })
    log.round(2, 20)
    log.do({ type: 'member', membership: 3, members: members(['a', 5], ['c', 5]), startStep: 20, reason: 'c joined' })
    log.round(3, 30)
    expect(log.job.receipts).toEqual({ a: 12 * 6 + 8 * 10 + 10 * 5, b: 12 * 4, c: 50 })
    expect(log.job.samples).toBe(300)
    expect(receiptSum(log.job)).toBe(300)
  })

  it('lets a checkpoint count once two peers hold it, and keeps the one before until then', () => {
    const log = new Log().running(['a', 10])
    const [first, second] = ['c', 'd'].map((digit) => ({ sha256: digit.repeat(64), bytes: 9, alone: true }))
    log.round(1, 20, first)
    expect(log.job).toMatchObject({ checkpoint: null, unsecured: { step: 20, holders: ['a'], receipts: { a: 200 } } })
    expect(log.do({ type: 'kept', sha256: first?.sha256, peers: ['b'] }).changed).toBe(true)
    expect(log.job).toMatchObject({ checkpoint: { step: 20, holders: ['a', 'b'], receipts: { a: 200 } }, unsecured: null })
    log.round(2, 40, second)
    expect(log.job).toMatchObject({ checkpoint: { step: 20 }, unsecured: { step: 40, holders: ['a'] } })
    log.do({ type: 'kept', sha256: first?.sha256, peers: ['c'] })
    expect(log.job).toMatchObject({ checkpoint: { step: 20, holders: ['a', 'b', 'c'] }, unsecured: { step: 40, holders: ['a'] } })
    for (const peers of [['a'], []]) expect(log.do({ type: 'kept', sha256: second?.sha256, peers }).changed, 'nothing new').toBe(false)
    expect(log.do({ type: 'kept', sha256: 'e'.repeat(64), peers: ['b'] }).changed, 'another one').toBe(false)
    log.round(3, 60, { sha256: 'f'.repeat(64), bytes: 9 })
    expect(log.job, 'all members, or nobody else could').toMatchObject({ checkpoint: { step: 60, holders: ['a'] }, unsecured: null })
  })

  it('starts from one that does not count yet with the accounts of that one, and counts attempts that found none', () => {
    const log = new Log().running(['a', 10])
    log.round(1, 20, { sha256: 'c'.repeat(64), bytes: 9 })
    log.round(2, 40, { sha256: 'd'.repeat(64), bytes: 9, alone: true })
    log.do({ type: 'fail', reason: 'x', retry: true, retryAt: 0, spared: true })
    log.do({ type: 'offer' })
    log.do({ type: 'member', membership: 1, members: members(['b', 10]), startStep: 40, reason: '' })
    log.round(3, 50)
    expect(log.job).toMatchObject({ attempt: 2, spared: 1, samples: 500, receipts: { a: 400, b: 100 } })
    log.do({ type: 'fail', reason: 'x', retry: true, retryAt: 0 })
    expect(log.job).toMatchObject({ attempt: 3, spared: 1 })
  })

  it('starts again from nothing, or with the accounts of the checkpoint it starts from', () => {
    const log = new Log().running(['a', 6], ['b', 4])
    log.round(1, 10, { sha256: 'c'.repeat(64), bytes: 9 })
    log.round(2, 25)
    log.do({ type: 'fail', reason: 'all lost', retry: true, retryAt: 5 })
    expect(log.job).toMatchObject({ state: 'queued', attempt: 2, membership: 0, step: 0, receipts: {}, retryAt: 5, reason: 'all lost' })
    log.do({ type: 'offer' })
    log.do({ type: 'member', membership: 1, members: members(['c', 10]), startStep: 10, reason: 'start' })
    expect(log.job).toMatchObject({ round: 1, samples: 100, receipts: { a: 60, b: 40 } })
    log.round(2, 100)
    expect(log.job.receipts).toEqual({ a: 60, b: 40, c: 900 })
    const fresh = new Log().running(['a', 10])
    fresh.round(1, 10, { sha256: 'c'.repeat(64), bytes: 9 })
    fresh.do({ type: 'fail', reason: '', retry: true, retryAt: 0 })
    fresh.do({ type: 'offer' })
    fresh.do({ type: 'member', membership: 1, members: members(['a', 10]), startStep: 0, reason: '' })
    fresh.round(1, 100)
    expect(receiptSum(fresh.job)).toBe(1000)
  })

  it('pauses and resumes while it runs, and can be removed only when it has ended', () => {
    const log = new Log().running(['a', 10])
    log.do({ type: 'pause' })
    expect(log.job.state).toBe('paused')
    log.do({ type: 'resume' })
    expect(log.job.state).toBe('running')
    expect(log.do({ type: 'remove' }).changed).toBe(false)
    log.do({ type: 'cancel', reason: 'x' })
    expect(log.do({ type: 'remove' }).changed).toBe(true)
    expect(log.registry.list()).toEqual([])
  })
})

describe('two lines that meet', () => {
  const ended = (type: 'complete' | 'cancel' | 'none', step = 10): JobRecord => {
    const log = new Log().running(['a', 10])
    log.round(1, step)
    if (type === 'complete') log.do({ type, result })
    if (type === 'cancel') log.do({ type, reason: 'x' })
    return log.job
  }

  const waiting = (checkpointStep: number): JobRecord => {
    const log = new Log().running(['a', 10])
    log.round(1, checkpointStep, { sha256: 'c'.repeat(64), bytes: 9 })
    log.do({ type: 'fail', reason: '', retry: true, retryAt: 0 })
    return log.job
  }

  it('keep one record of a job, the same whoever decides', () => {
    for (const [ours, theirs] of [
      [ended('complete'), ended('none')],
      [ended('complete'), ended('cancel')],
      [waiting(50), waiting(10)],
    ] as const) {
      expect(compareRecords(ours, theirs)).toBeLessThanOrEqual(0)
      expect(compareRecords(theirs, ours)).toBeGreaterThan(0)
    }
  })

  it('let nothing stop what is under way but an end', () => {
    expect(compareRecords(ended('none', 10), ended('none', 500))).toBeLessThanOrEqual(0)
    expect(compareRecords(ended('none', 10), waiting(500))).toBeLessThanOrEqual(0)
    expect(compareRecords(ended('none', 500), ended('cancel', 10))).toBeGreaterThan(0)
  })

  it('take an end that nobody here has signed for where nothing else is known of the job, and give it up for anything else', () => {
    const unproved = { ...ended('complete'), unproved: true } as const
    const registry = new Registry()
    registry.apply({ type: 'import', at: 1, records: [unproved] })
    expect(registry.get(jobId)).toMatchObject({ state: 'completed', unproved: true, result })
    registry.apply({ type: 'import', at: 2, records: [ended('none')] })
    expect(registry.get(jobId), 'it is not lost to a forger').toMatchObject({ state: 'queued', attempt: 2 })
    expect(registry.get(jobId)?.unproved).toBeUndefined()
    for (const ours of [ended('none'), waiting(10), ended('cancel'), unproved]) expect(compareRecords(ours, unproved)).toBeLessThanOrEqual(0)
    expect(compareRecords(unproved, ended('cancel'))).toBeGreaterThan(0)
  })

  it('never give an attempt the number of one that was already offered', () => {
    const registry = new Log().running(['a', 10]).registry
    registry.apply({ type: 'fail', jobId, attempt: 1, at: 1, reason: '', retry: true, retryAt: 0 })
    registry.apply({ type: 'offer', jobId, attempt: 2, at: 1 })
    registry.apply({ type: 'import', at: 1, records: [waiting(50)] })
    expect(registry.get(jobId)).toMatchObject({ state: 'queued', attempt: 3, checkpoint: { step: 50 } })
  })

  it('bring over what ended, and queue again what was under way', () => {
    const over = new Registry()
    over.apply({ type: 'import', at: 1, records: [ended('complete')] })
    expect(over.get(jobId)).toMatchObject({ state: 'completed', result })
    const again = new Registry()
    const { events } = again.apply({ type: 'import', at: 1, records: [ended('none')] })
    expect(again.get(jobId)).toMatchObject({ state: 'queued', attempt: 2, membership: 0, receipts: {} })
    expect(events).toMatchObject([{ event: 'job.state', state: 'queued', attempt: 2 }])
    expect(again.apply({ type: 'import', at: 2, records: [ended('none')] }).changed).toBe(false)
  })
})
