import { describe, expect, it } from 'vitest'
import { MetricRecorder, NOTIFY_MS } from '../../../../browser/metrics/recorder.ts'
import { GROUP, type MetricName } from '../../../../browser/metrics/types.ts'
import { FLUSH_MS } from '../../../../browser/metrics/writer.ts'
import { MemoryMetricChunks } from '../../../../browser/store/metric-chunks.ts'
import { FakeClock, progressEvent } from './fake-clock.ts'

const setup = (init: { store?: MemoryMetricChunks; maxPoints?: number; onError?: (error: Error) => void } = {}) => {
  const clock = new FakeClock()
  const recorder = new MetricRecorder({ jobId: 'job', clock, ...init })
  const steps = (metric: MetricName, peerId = GROUP): number[] => Array.from(recorder.series(metric).find((one) => one.peerId === peerId)?.step ?? [])
  const values = (metric: MetricName, peerId = GROUP): number[] => Array.from(recorder.series(metric).find((one) => one.peerId === peerId)?.value ?? [])
  return { clock, recorder, steps, values }
}

describe('MetricRecorder', () => {
  it('keeps loss and accuracy of the group once, and the figures of every member', () => {
    const { recorder, steps, values } = setup()
    for (const step of [1, 2, 3]) {
      recorder.progress('a', progressEvent(step), step)
      recorder.progress('b', progressEvent(step, { loss: 99, samplesPerSecond: 50 }), step)
    }
    expect(values('loss')).toEqual([2, 1, 2 / 3])
    expect(recorder.series('loss')).toHaveLength(1)
    expect(steps('accuracy')).toEqual([1, 2, 3])
    expect(values('samplesPerSecond', 'a')).toEqual([100, 100, 100])
    expect(values('samplesPerSecond', 'b')).toEqual([50, 50, 50])
    expect(values('waitShare', 'b')).toEqual([0.1, 0.1, 0.1])
    expect(values('bytesReceived', 'a')).toEqual([900, 1_800, 2_700])
  })

  it('counts steps that were left out from the first one on', () => {
    const { recorder, steps, values } = setup()
    for (const [i, skippedSteps] of [undefined, 0, 0, 1, 3].entries())
      recorder.progress('a', progressEvent(i + 1, skippedSteps === undefined ? {} : { skippedSteps }), i)
    expect([steps('skippedSteps'), values('skippedSteps')]).toEqual([
      [4, 5],
      [1, 3],
    ])
  })

  it('leaves the group alone when a member is late', () => {
    const { recorder, steps } = setup()
    for (const step of [1, 2, 3, 4]) recorder.progress('a', progressEvent(step), step)
    recorder.progress('b', progressEvent(2), 5)
    expect(steps('loss')).toEqual([1, 2, 3, 4])
    expect(steps('samplesPerSecond', 'b')).toEqual([2])
    expect(recorder.marks).toEqual([])
  })

  it('cuts all columns back when a member goes back, with one mark for the whole group', () => {
    const { recorder, steps, values } = setup()
    for (const step of [1, 2, 3, 4, 5]) for (const peer of ['a', 'b']) recorder.progress(peer, progressEvent(step), step)
    recorder.progress('a', progressEvent(4, { loss: 7 }), 6)
    recorder.progress('b', progressEvent(4), 6)
    recorder.progress('a', progressEvent(5, { loss: 8 }), 7)
    recorder.progress('b', progressEvent(5), 7)
    expect(steps('loss')).toEqual([1, 2, 3, 4, 5])
    expect(values('loss').slice(3)).toEqual([7, 8])
    expect(steps('samplesPerSecond', 'b')).toEqual([1, 2, 3, 4, 5])
    expect(recorder.marks).toEqual([{ kind: 'attempt', text: 'Went back from step 5 to step 4', timeMs: 6, step: 4, samples: 3 * 64 }])
  })

  it('drops a report of the old line that arrives after the others went back', () => {
    const { recorder, steps } = setup()
    for (const step of [1, 2, 3, 4, 5]) for (const peer of ['a', 'b']) recorder.progress(peer, progressEvent(step), step)
    recorder.progress('a', progressEvent(3), 6)
    recorder.progress('b', progressEvent(6), 6)
    recorder.progress('a', progressEvent(4), 7)
    recorder.progress('b', progressEvent(4), 7)
    expect(steps('loss')).toEqual([1, 2, 3, 4])
    expect(steps('samplesPerSecond', 'b')).toEqual([1, 2, 4])
    expect(recorder.marks).toHaveLength(1)
  })

  it('replaces the figures of a step that is told again', () => {
    const { recorder, steps, values } = setup()
    recorder.progress('a', progressEvent(1), 1)
    recorder.progress('a', progressEvent(2), 2)
    recorder.progress('a', progressEvent(2, { loss: 5 }), 3)
    expect(steps('loss')).toEqual([1, 2])
    expect(values('loss')).toEqual([2, 5])
    expect(recorder.marks).toEqual([])
  })

  it('keeps what is not finite as NaN and marks the beginning of each stretch', () => {
    const { recorder, values } = setup()
    const losses = [1, Number.NaN, Number.POSITIVE_INFINITY, 2, Number.NEGATIVE_INFINITY]
    for (const [index, loss] of losses.entries()) recorder.progress('a', progressEvent(index + 1, { loss }), index)
    expect(values('loss')).toEqual([1, Number.NaN, Number.NaN, 2, Number.NaN])
    expect(recorder.marks.map(({ kind, step }) => [kind, step])).toEqual([
      ['not-finite', 2],
      ['not-finite', 5],
    ])
  })

  it('records each committed round once, whoever tells of it', () => {
    const { recorder, values } = setup()
    const round = (number: number, seconds: number, committed = true) =>
      recorder.round({ event: 'job.round', jobId: 'job', round: number, committed, members: [], samples: 64, thetaHash: '', seconds, bytes: 0 }, 5)
    recorder.progress('a', progressEvent(10), 1)
    round(1, 0.5)
    round(1, 0.9)
    recorder.progress('a', progressEvent(20), 2)
    round(2, 7, false)
    round(2, 0.6)
    expect(values('roundSeconds')).toEqual([0.5, 0.6])
  })

  it('puts marks at the last known step', () => {
    const { recorder } = setup()
    recorder.progress('a', progressEvent(7), 1)
    recorder.mark('joined', 'Peer b joined', 9)
    expect(recorder.marks).toEqual([{ kind: 'joined', text: 'Peer b joined', timeMs: 9, step: 7, samples: 448 }])
  })

  it('ignores steps that are no counts', () => {
    const { recorder, steps } = setup()
    for (const step of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) recorder.progress('a', progressEvent(step), 1)
    expect(steps('loss')).toEqual([])
  })

  it('takes over what members remember, whatever their clocks say', () => {
    const { recorder, steps, values } = setup()
    const past = (peerId: string, step: number, timeMs: number, loss = 1 / step) => ({ peerId, timeMs, event: progressEvent(step, { loss }) })
    // Its clock runs ahead, and it tells seldom: in order of time it would come first and hide the others.
    const seldom = [past('b', 2, 900_000, 99), past('b', 6, 900_500, 99)]
    // Went back from 4 to 3.
    const often = [past('a', 1, 1_000), past('a', 2, 2_000), past('a', 3, 3_000, 55), past('a', 4, 4_000), past('a', 3, 5_000), past('a', 4, 6_000)]
    recorder.backfill([...seldom, ...often])
    expect(steps('loss')).toEqual([1, 2, 3, 4, 6])
    expect(values('loss')).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 99])
    expect(steps('samplesPerSecond', 'b')).toEqual([2, 6])
    recorder.progress('a', progressEvent(7), 7_000)
    recorder.progress('b', progressEvent(7), 7_000)
    expect(steps('loss')).toEqual([1, 2, 3, 4, 6, 7])
    expect(recorder.marks).toEqual([])
  })

  it('tells listeners at most ten times a second', () => {
    const { clock, recorder } = setup()
    let calls = 0
    const unsubscribe = recorder.subscribe(() => calls++)
    for (let step = 1; step <= 200; step++) {
      recorder.progress('a', progressEvent(step), step)
      clock.advance(10)
    }
    clock.advance(NOTIFY_MS)
    expect(calls).toBeGreaterThanOrEqual(19)
    expect(calls).toBeLessThanOrEqual(21)
    expect(recorder.value).toBe(calls)
    unsubscribe()
    recorder.progress('a', progressEvent(201), 1)
    clock.advance(1_000)
    expect(calls).toBe(recorder.value - 1)
  })

  it('bounds its memory without losing the extremes', () => {
    const { recorder, values, steps } = setup({ maxPoints: 1_000 })
    for (let step = 1; step <= 20_000; step++) {
      const loss = step === 777 ? 1e6 : step === 5_555 ? -1e6 : 1 + Math.sin(step)
      recorder.progress('a', progressEvent(step, { loss }), step)
    }
    expect(values('loss').length).toBeLessThanOrEqual(1_000)
    expect(values('loss')).toContain(1e6)
    expect(values('loss')).toContain(-1e6)
    expect(steps('loss')).toEqual([...steps('loss')].sort((a, b) => a - b))
    expect(steps('loss').at(-1)).toBe(20_000)
  })

  it('is closed for good: no timer stays, nobody is told', async () => {
    const { clock, recorder } = setup()
    let calls = 0
    recorder.subscribe(() => calls++)
    recorder.progress('a', progressEvent(1), 1)
    await recorder.close()
    recorder.progress('a', progressEvent(2), 2)
    clock.advance(1_000)
    expect(calls).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

describe('MetricRecorder with a store', () => {
  it('goes on where an earlier visit ended, with its marks', async () => {
    const store = new MemoryMetricChunks()
    const first = setup({ store })
    await first.recorder.ready
    for (const step of [1, 2, 3]) first.recorder.progress('a', progressEvent(step), step)
    first.recorder.mark('checkpoint', 'Checkpoint of step 3', 3)
    await first.recorder.close()

    const second = setup({ store })
    second.recorder.progress('a', progressEvent(4), 4)
    expect(second.steps('loss')).toEqual([])
    await second.recorder.ready
    expect(second.steps('loss')).toEqual([1, 2, 3, 4])
    expect(second.steps('memoryBytes', 'a')).toEqual([1, 2, 3, 4])
    expect(second.recorder.marks.map(({ text }) => text)).toEqual(['Checkpoint of step 3'])
  })

  it('writes in batches, and reads a way back as a way back', async () => {
    const store = new MemoryMetricChunks()
    const { clock, recorder } = setup({ store })
    await recorder.ready
    let appends = 0
    const append = store.append.bind(store)
    store.append = (...what) => {
      if (what[1] === 'loss') appends++
      return append(...what)
    }
    for (const step of [1, 2, 3, 4]) recorder.progress('a', progressEvent(step), step)
    expect(appends).toBe(0)
    clock.advance(FLUSH_MS)
    await recorder.flush()
    expect(appends).toBe(1)
    recorder.progress('a', progressEvent(3, { loss: 9 }), 9)
    await recorder.close()

    const again = setup({ store })
    await again.recorder.ready
    expect(again.steps('loss')).toEqual([1, 2, 3])
    expect(again.values('loss').at(-1)).toBe(9)
    expect(again.recorder.marks.map(({ kind }) => kind)).toEqual(['attempt'])
  })

  it('goes on in memory when the store refuses, tells once, and tries again', async () => {
    const store = new MemoryMetricChunks()
    const errors: string[] = []
    const { clock, recorder, steps } = setup({ store, onError: (error) => errors.push(error.message) })
    await recorder.ready
    const append = store.append.bind(store)
    store.append = async () => {
      throw new Error('quota exceeded')
    }
    for (const step of [1, 2]) {
      recorder.progress('a', progressEvent(step), step)
      clock.advance(FLUSH_MS)
      await recorder.flush()
    }
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('quota exceeded')
    expect(steps('loss')).toEqual([1, 2])
    store.append = append
    await recorder.close()
    const stored = await store.load('job')
    expect(Array.from(stored.series.find(({ metric }) => metric === 'loss')?.step ?? [])).toEqual([1, 2])
  })

  it('begins empty, and says why, when the store cannot be read', async () => {
    const store = new MemoryMetricChunks()
    store.load = async () => {
      throw new Error('disk on fire')
    }
    const errors: string[] = []
    const { recorder, steps } = setup({ store, onError: (error) => errors.push(error.message) })
    recorder.progress('a', progressEvent(1), 1)
    await recorder.ready
    expect(steps('loss')).toEqual([1])
    expect(errors.join()).toContain('disk on fire')
  })
})
