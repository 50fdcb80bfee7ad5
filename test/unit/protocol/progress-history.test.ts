import { describe, expect, it } from 'vitest'
import type { JobProgressEvent } from '../../../protocol/events/types.ts'
import { MAX_HISTORY_POINTS, ProgressHistory } from '../../../protocol/jobs/progress-history.ts'

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
