import { afterEach, describe, expect, it } from 'vitest'
import type { DatabaseSurroundings } from '../../../../browser/store/database.ts'
import { PageDatabase } from '../../../../browser/store/database.ts'
import { MemoryMetricChunks, type MetricChunkStore, type MetricColumns } from '../../../../browser/store/metric-chunks.ts'
import { MetricTable } from '../../../../browser/store/metric-table.ts'
import { freshBrowser, fullQuota } from './surroundings.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function table(browser: DatabaseSurroundings = freshBrowser(), maxPoints?: number) {
  const database = new PageDatabase(browser)
  await database.open()
  cleanups.push(() => database.close())
  return { database, metrics: new MetricTable(database, { maxPoints }) }
}

/** Points of steps `from` to `to`, both included. */
function steps(from: number, to: number, value = 0.5): MetricColumns {
  const step = Float64Array.from({ length: to - from + 1 }, (_, i) => from + i)
  return { step, samples: step.map((s) => s * 64), timeMs: step.map((s) => 1_700_000_000_000 + s), value: step.map((s) => value + s) }
}

const implementations: [string, () => Promise<MetricChunkStore>][] = [
  ['in the database', async () => (await table()).metrics],
  ['in memory', async () => new MemoryMetricChunks()],
]

describe.each(implementations)('metrics %s', (_name, open) => {
  it('give back what was appended, series by series, in that order and to the last bit', async () => {
    const metrics = await open()
    await metrics.append('job', 'loss', 'p2', steps(1, 3))
    await metrics.append('job', 'loss', '', steps(1, 2, Number.NaN))
    await metrics.append('job', 'accuracy', 'p1', steps(1, 1, 1 / 3))
    await metrics.append('job', 'loss', 'p2', steps(4, 5, Number.POSITIVE_INFINITY))
    const { series } = await metrics.load('job')
    expect(series.map(({ metric, peerId }) => [metric, peerId])).toEqual([
      ['accuracy', 'p1'],
      ['loss', ''],
      ['loss', 'p2'],
    ])
    expect([...(series[2]?.step ?? [])]).toEqual([1, 2, 3, 4, 5])
    expect([...(series[2]?.value ?? [])]).toEqual([1.5, 2.5, 3.5, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
    expect([...(series[1]?.value ?? [])]).toEqual([Number.NaN, Number.NaN])
    expect(series[0]?.value[0]).toBe(1 / 3 + 1)
    expect(series[0]?.timeMs[0]).toBe(1_700_000_000_001)
  })

  it('keep the order of appending where a new attempt begins again at a lower step', async () => {
    const metrics = await open()
    await metrics.append('job', 'loss', '', steps(1, 600))
    await metrics.append('job', 'loss', '', steps(1, 300))
    const { series } = await metrics.load('job')
    expect([...(series[0]?.step ?? [])]).toEqual([...steps(1, 600).step, ...steps(1, 300).step])
    expect([...(await metrics.loadRange('job', 'loss', '', { fromStep: 250, toStep: 252 })).step]).toEqual([250, 251, 252, 250, 251, 252])
  })

  it('read a range of steps of one series, open on either side', async () => {
    const metrics = await open()
    for (let from = 1; from <= 5000; from += 100) await metrics.append('job', 'loss', 'p', steps(from, from + 99))
    await metrics.append('job', 'loss', 'pp', steps(1, 10))
    const range = await metrics.loadRange('job', 'loss', 'p', { fromStep: 990, toStep: 1030 })
    expect([...range.step]).toEqual([...steps(990, 1030).step])
    expect([...(await metrics.loadRange('job', 'loss', 'p', { fromStep: 4999 })).step]).toEqual([4999, 5000])
    expect([...(await metrics.loadRange('job', 'loss', 'p', { toStep: 2 })).step]).toEqual([1, 2])
    expect((await metrics.loadRange('job', 'loss', 'nobody')).step).toHaveLength(0)
  })

  it('take points by copy and refuse columns of unequal length', async () => {
    const metrics = await open()
    const columns = steps(1, 2)
    const appending = metrics.append('job', 'loss', '', columns)
    columns.value.fill(0)
    await appending
    expect([...((await metrics.load('job')).series[0]?.value ?? [])]).toEqual([1.5, 2.5])
    await expect(async () => metrics.append('job', 'loss', '', { ...columns, value: new Float64Array(1) })).rejects.toThrow(/value has 1 values, step has 2/)
  })

  it('keep marks beside the points, list jobs and forget one', async () => {
    const metrics = await open()
    const mark = { kind: 'joined', timeMs: 5, step: 1, samples: 64, text: 'p joined' } as const
    await metrics.append('a', 'loss', '', steps(1, 10))
    await metrics.appendMarks('a', [mark, { ...mark, kind: 'left' }])
    await metrics.append('ab', 'loss', '', steps(1, 5))
    expect((await metrics.load('a')).marks.map(({ kind }) => kind)).toEqual(['joined', 'left'])
    expect((await metrics.jobs()).map(({ jobId, points }) => [jobId, points]).sort()).toEqual([
      ['a', 10],
      ['ab', 5],
    ])
    await metrics.remove('a')
    expect(await metrics.load('a')).toEqual({ series: [], marks: [] })
    expect((await metrics.load('ab')).series[0]?.step).toHaveLength(5)
    expect(await metrics.load('never')).toEqual({ series: [], marks: [] })
  })
})

describe('metric chunks on the disk', () => {
  it('hold 256 to 1,024 points each, however small the pieces arrive', async () => {
    const { database, metrics } = await table()
    for (let step = 1; step <= 2000; step += 10) await metrics.append('job', 'loss', '', steps(step, step + 9))
    await metrics.append('job', 'loss', '', steps(2001, 5000))
    const rows = await database.metricChunks.toArray()
    const sizes = rows.map(({ step }) => step.length)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5000)
    for (const size of sizes.slice(0, -1)) {
      expect(size).toBeGreaterThanOrEqual(256)
      expect(size).toBeLessThanOrEqual(1024)
    }
    expect([...((await metrics.load('job')).series[0]?.step ?? [])]).toEqual([...steps(1, 5000).step])
  })

  it('go on after a reload', async () => {
    const browser = freshBrowser()
    const first = await table(browser)
    await first.metrics.append('job', 'loss', '', steps(1, 10))
    first.database.close()
    const { metrics } = await table(browser)
    await metrics.append('job', 'loss', '', steps(11, 20))
    expect([...((await metrics.load('job')).series[0]?.step ?? [])]).toEqual([...steps(1, 20).step])
  })

  it('stay below their bound by forgetting the jobs written to longest ago, never the one being written', async () => {
    const { metrics } = await table(freshBrowser(), 1000)
    for (const job of ['a', 'b', 'c']) {
      await metrics.append(job, 'loss', '', steps(1, 300))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    await metrics.append('a', 'loss', 'p', steps(1, 50))
    await metrics.append('d', 'loss', '', steps(1, 300))
    expect((await metrics.jobs()).map(({ jobId }) => jobId).sort()).toEqual(['a', 'c', 'd'])
    expect((await metrics.load('b')).series).toEqual([])
    await metrics.append('d', 'loss', '', steps(301, 2000))
    expect((await metrics.jobs()).map(({ jobId, points }) => [jobId, points])).toEqual([['d', 2000]])
    await metrics.append('b', 'loss', '', steps(1, 3))
    expect((await metrics.load('b')).series[0]?.step, 'a forgotten job may come again').toHaveLength(3)
  })

  it('lose nothing of what is there when a write is refused, and take it when it is tried again', async () => {
    const { metrics } = await table()
    await metrics.append('job', 'loss', '', steps(1, 10))
    const restore = fullQuota('metricChunks')
    cleanups.push(restore)
    await expect(metrics.append('job', 'loss', '', steps(11, 20))).rejects.toMatchObject({ code: 'QUOTA' })
    restore()
    await metrics.append('job', 'loss', '', steps(11, 20))
    expect([...((await metrics.load('job')).series[0]?.step ?? [])]).toEqual([...steps(1, 20).step])
    expect((await metrics.jobs())[0]?.points).toBe(20)
  })
})
