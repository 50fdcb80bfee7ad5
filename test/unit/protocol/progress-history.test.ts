import { describe, expect, it } from 'vitest'
import type { JobProgressEvent } from '../../../protocol/events/types.ts'
import { MAX_HISTORY_POINTS, ProgressHistory, readPast } from '../../../protocol/jobs/progress-history.ts'

function progress(jobId: string, step: number, totalSteps: number): JobProgressEvent {
  return {
    event: 'job.progress',
    jobId,
    step,
    round: 1,
    epoch: 1,
    samples: step,
    loss: 1 / step,
    samplesPerSecond: 1,
    peers: 1,
    bytesSent: 0,
    bytesReceived: 0,
    memoryBytes: 0,
    totalSteps,
  }
}

describe('the history of a job on one peer', () => {
  it('stays bounded and evenly spread, with the first and the last step in it', () => {
    const history = new ProgressHistory()
    const total = 10 * MAX_HISTORY_POINTS + 7
    for (let step = 1; step <= total; step += 1) history.add(progress('a', step, total), step)
    const steps = history.of('a').map(({ event }) => event.step)
    expect(steps.length).toBeLessThanOrEqual(MAX_HISTORY_POINTS)
    expect(steps.length).toBeGreaterThan(MAX_HISTORY_POINTS / 3)
    expect(steps[0]).toBe(1)
    expect(steps.at(-1)).toBe(total)
    const gaps = steps.slice(1, -1).map((step, i) => step - (steps[i] as number))
    expect(new Set(gaps).size).toBe(1)
  })

  it('forgets the job that was told of longest ago', () => {
    const history = new ProgressHistory()
    for (const jobId of 'abcdefghi') history.add(progress(jobId, 1, 9), 0)
    expect(history.of('a')).toEqual([])
    expect(history.of('i')).toHaveLength(1)
  })
})

describe('the past that another peer tells', () => {
  const job = { jobId: 'a', totalSteps: 10 }
  const point = (change: object = {}, timeMs: unknown = 5): unknown => JSON.parse(JSON.stringify({ timeMs, event: { ...progress('a', 3, 10), ...change } }))

  it('is read as it was sent', () => {
    const event = { ...progress('a', 3, 10), accuracy: 0.5, waitShare: 0.25, skippedSteps: 2 }
    expect(readPast(JSON.parse(JSON.stringify([{ timeMs: 5, event }])), job)).toEqual([{ timeMs: 5, event }])
    expect(readPast([point({ loss: Number.NaN, accuracy: Number.POSITIVE_INFINITY })], job)[0]?.event).toMatchObject({ loss: Number.NaN, accuracy: Number.NaN })
  })

  it.each([
    ['no list', { length: 3 }],
    ['nothing', null],
    ['points that are none', [null, 7, 'x', {}, { timeMs: 1 }, { timeMs: 1, event: null }]],
    ['another job', [point({ jobId: 'b' })]],
    ['a step that the job does not have', [point({ step: 11 }), point({ step: 0 }), point({ step: 1.5 }), point({ step: '3' })]],
    ['figures that are none', [point({ samples: -1 }), point({ bytesSent: '<img>' }), point({ memoryBytes: null }), point({ round: {} })]],
    ['a time beyond the calendar', [point({}, 9e15), point({}, 'now'), point({}, -1)]],
  ])('%s: nothing is taken', (_what, answer) => {
    expect(readPast(answer, job)).toEqual([])
  })

  it('is no longer than an honest peer tells', () => {
    expect(readPast(Array(5000).fill(point()), job).length).toBeLessThanOrEqual(MAX_HISTORY_POINTS + 1)
  })
})
