import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MetricRecorder } from '../../../../browser/metrics/recorder.ts'
import { MetricRegistry } from '../../../../browser/metrics/registry.ts'

describe('MetricRegistry', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const setup = () => {
    const opened: string[] = []
    const stopped: string[] = []
    const registry = new MetricRegistry({
      open: (jobId) => {
        opened.push(jobId)
        return { recorder: new MetricRecorder({ jobId }), stop: () => stopped.push(jobId) }
      },
      lingerMs: 1_000,
    })
    return { opened, stopped, registry }
  }

  it('shares one recorder among holders and stops after the last one', async () => {
    const { opened, stopped, registry } = setup()
    const first = registry.hold('job')
    const second = registry.hold('job')
    expect(second.metrics).toBe(first.metrics)
    first.release()
    first.release()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(stopped).toEqual([])
    second.release()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(opened).toEqual(['job'])
    expect(stopped).toEqual(['job'])
    expect(registry.jobIds).toEqual([])
  })

  it('keeps the recorder for somebody who comes back at once', async () => {
    const { opened, stopped, registry } = setup()
    const first = registry.hold('job')
    first.release()
    await vi.advanceTimersByTimeAsync(500)
    const again = registry.hold('job')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(again.metrics).toBe(first.metrics)
    expect(opened).toEqual(['job'])
    expect(stopped).toEqual([])
  })

  it('stops everything at the end, held or not', async () => {
    const { stopped, registry } = setup()
    registry.hold('a')
    registry.hold('b').release()
    await registry.stop()
    expect(stopped.sort()).toEqual(['a', 'b'])
  })
})
