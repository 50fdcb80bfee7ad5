import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { idsOf, specDifferences, summaryOf } from '../../../../browser/pages/compare/figures.ts'
import { alertsOf } from '../../../../browser/pages/job/alerts.ts'
import { figure } from '../../../../browser/pages/job/live.ts'
import type { ShownDetail } from '../../../../browser/pages/job/loader.ts'
import { DeferredActions, UNDO_MS } from '../../../../browser/pages/jobs/deferred.ts'
import { actionsFor, etaMs, filterRows, type JobRow, sortRows, stepsPerSecond, waitingWords } from '../../../../browser/pages/jobs/words.ts'
import type { JobStateName } from '../../../../protocol/events/types.ts'

function row(name: string, state: JobStateName, progress: number, extra: Partial<JobRow> & { submittedAt?: string } = {}): JobRow {
  const job = { jobId: `id-${name}`, name, state, attempt: 1, progress, submitter: '12D3KooWabc', submittedAt: extra.submittedAt ?? '2026-11-23T10:00:00.000Z' }
  return { job, mine: false, why: null, ...extra }
}

describe('the list of jobs', () => {
  const rows = [row('beta', 'running', 0.5), row('alpha', 'queued', 0, { why: 'Waiting for memory' }), row('gamma', 'completed', 1, { mine: true })]

  it('filters by all words, in name, reason and owner, and by state', () => {
    const names = (text: string, state: 'all' | 'open' | 'over' | JobStateName = 'all') => filterRows(rows, { text, state }).map(({ job }) => job.name)
    expect(names('MEMORY wait')).toEqual(['alpha'])
    expect(names('mine')).toEqual(['gamma'])
    expect(names('', 'open')).toEqual(['beta', 'alpha'])
    expect(names('', 'over')).toEqual(['gamma'])
    expect(names('nothing like this')).toEqual([])
  })

  it('sorts both ways, and equal rows never change places', () => {
    const names = (list: readonly JobRow[]) => list.map(({ job }) => job.name)
    expect(names(sortRows(rows, 'name', false))).toEqual(['alpha', 'beta', 'gamma'])
    expect(names(sortRows(rows, 'progress', true))).toEqual(['gamma', 'beta', 'alpha'])
    expect(names(sortRows(rows, 'attempt', true))).toEqual(names(sortRows([...rows].reverse(), 'attempt', false)))
  })
})

describe('a job in words', () => {
  it('offers the actions that its state takes', () => {
    expect(actionsFor('running')).toEqual(['pause', 'cancel'])
    expect(actionsFor('paused')).toEqual(['resume', 'cancel'])
    expect(actionsFor('queued')).toEqual(['cancel'])
    expect(actionsFor('failed')).toEqual(['remove'])
  })

  it('says why it waits, by the coordinator’s word where there is one', () => {
    expect(waitingWords({ state: 'queued' })).toBe('Waiting for its turn')
    expect(waitingWords({ state: 'queued', reason: 'no peer fits' })).toBe('No peer fits')
    expect(waitingWords({ state: 'queued', reason: 'old' }, 'too few peers: 1 of 2')).toBe('Too few peers: 1 of 2')
    expect(waitingWords({ state: 'running' })).toBeNull()
  })

  it('never has less than no time left, and says nothing where nothing is known', () => {
    expect(etaMs(110, 100, 10)).toBe(0)
    expect(etaMs(50, 100, 10)).toBe(5000)
    expect(etaMs(50, 100, null)).toBeNull()
    expect(etaMs(50, 100, 0)).toBeNull()
  })

  it('measures its pace over the last half minute of this attempt', () => {
    const timeMs = Array.from({ length: 101 }, (_, i) => i * 1000)
    const steady = Array.from({ length: 101 }, (_, i) => i * 2)
    expect(stepsPerSecond({ step: steady, timeMs })).toBeCloseTo(2)
    const faster = steady.map((step, i) => (i < 60 ? step : 120 + (i - 60) * 10))
    expect(stepsPerSecond({ step: faster, timeMs })).toBeCloseTo(10)
    expect(stepsPerSecond({ step: [900, 1, 2, 3], timeMs: [0, 1000, 2000, 3000] })).toBeCloseTo(1)
    expect(stepsPerSecond({ step: [1], timeMs: [0] })).toBeNull()
  })

  it('shows figures with the digits that matter', () => {
    expect([figure(null), figure(0.12345), figure(1e-6), figure(123456), figure(Number.NaN)]).toEqual(['–', '0.1235', '1.00e-6', '123,456', 'NaN'])
  })
})

describe('alerts of a job', () => {
  const detail: ShownDetail = {
    jobId: 'a',
    name: 'mlp',
    state: 'running',
    attempt: 1,
    progress: 0.5,
    submitter: 'me',
    submittedAt: '2026-11-23T10:00:00.000Z',
    step: 50,
    totalSteps: 100,
    samples: 1000,
    loss: 0.5,
    accuracy: 0.8,
    members: [
      { peerId: 'p1', share: 1 },
      { peerId: 'p2', share: 1 },
    ],
    rounds: [],
    history: [],
    receipts: [],
    result: null,
    waiting: null,
  }
  const texts = (before: ShownDetail | null, now: ShownDetail, quietMs = 0) =>
    alertsOf(before, now, [], 0, quietMs, (peerId) => peerId).map((alert) => alert.text)

  it('tell of a member that left, once per member', () => {
    expect(texts(detail, { ...detail, members: [{ peerId: 'p1', share: 1 }] })).toEqual(['p2 left “mlp”; the others go on.'])
    expect(texts(null, detail)).toEqual([])
  })

  it('tell of the end, with the accuracy or the reason', () => {
    const result = { steps: 100, samples: 1, seconds: 1, trainLoss: 1, testLoss: 1, testAccuracy: 0.8612, weights: { sha256: '', bytes: 0 } }
    expect(texts(detail, { ...detail, state: 'completed', members: [], result })).toEqual(['“mlp” is done, test accuracy 0.8612.'])
    expect(texts(detail, { ...detail, state: 'failed', reason: 'timed out' })).toEqual(['“mlp” failed: timed out.'])
  })

  it('tell of a loss that is no number and of a round that stalls', () => {
    expect(texts(detail, { ...detail, loss: Number.NaN })[0]).toContain('not a number')
    expect(texts(detail, detail, 19_000)).toEqual([])
    expect(texts(detail, detail, 25_000)[0]).toContain('has not moved for 25 s')
  })
})

describe('an action with time to undo', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is done after its time, and is not when it was undone', async () => {
    const deferred = new DeferredActions()
    const done: string[] = []
    for (const jobId of ['a', 'b'])
      deferred.schedule(
        { jobId, action: 'cancel' },
        async () => void done.push(jobId),
        () => {},
      )
    expect(deferred.pending.value.map((entry) => entry.jobId)).toEqual(['a', 'b'])
    expect(deferred.undo('a')).toBe(true)
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(done).toEqual(['b'])
    expect(deferred.pending.value).toEqual([])
    expect(deferred.undo('b')).toBe(false)
  })

  it('says so when it failed', async () => {
    const deferred = new DeferredActions()
    const failed = vi.fn()
    deferred.schedule({ jobId: 'a', action: 'remove' }, () => Promise.reject(new Error('not yours')), failed)
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(failed).toHaveBeenCalledWith(new Error('not yours'))
  })
})

describe('a comparison', () => {
  it('takes its jobs from the address, each once, at most as many as there are colours', () => {
    expect(idsOf(['a,b,,a', 'c'], 8)).toEqual(['a', 'b', 'c'])
    expect(idsOf(['a,b,c'], 2)).toEqual(['a', 'b'])
  })

  it('shows only the keys of the specifications that differ', () => {
    const specs = [
      { nonce: '1', name: 'a', optimizer: { type: 'sgd', lr: 0.1 }, model: { input: [4], layers: [{ type: 'relu' }] } },
      { nonce: '2', name: 'b', optimizer: { type: 'sgd', lr: 0.2, momentum: 0.9 }, model: { input: [4], layers: [{ type: 'tanh' }] } },
    ]
    expect(specDifferences(specs)).toEqual([
      { path: 'name', values: ['"a"', '"b"'] },
      { path: 'optimizer.lr', values: ['0.1', '0.2'] },
      { path: 'model.layers.0.type', values: ['"relu"', '"tanh"'] },
      { path: 'optimizer.momentum', values: [null, '0.9'] },
    ])
  })

  it('sums up finite values only', () => {
    expect(summaryOf([3, Number.NaN, 1, Number.POSITIVE_INFINITY, 2, Number.NaN])).toEqual({ last: 2, min: 1, max: 3 })
    expect(summaryOf([Number.NaN])).toBeNull()
  })
})
