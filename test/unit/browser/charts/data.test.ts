import { describe, expect, it } from 'vitest'
import { align } from '../../../../browser/charts/align.ts'
import { envelope } from '../../../../browser/charts/envelope.ts'
import { DASHES, LineStyles } from '../../../../browser/charts/line-styles.ts'
import { markLabel, markLines } from '../../../../browser/charts/mark-lines.ts'
import { prepare, visibleLimits } from '../../../../browser/charts/prepare.ts'
import { MANY_MEMBERS, MetricSource } from '../../../../browser/charts/source.ts'
import { trendOf } from '../../../../browser/charts/trend.ts'
import { type ChartOptions, type ChartRun, defaultChartOptions } from '../../../../browser/charts/types.ts'
import { MetricRecorder } from '../../../../browser/metrics/recorder.ts'
import { progressEvent } from '../metrics/fake-clock.ts'

const f64 = (...values: number[]): Float64Array => Float64Array.from(values)
const raw: ChartOptions = { ...defaultChartOptions, smoothing: 0 }

const run = (jobId: string, peers: readonly string[], steps: number, change: (peer: string, step: number) => object = () => ({})): ChartRun => {
  const metrics = new MetricRecorder({ jobId })
  for (let step = 1; step <= steps; step++) for (const peer of peers) metrics.progress(peer, progressEvent(step, change(peer, step)), 10_000 + step * 500)
  return { jobId, label: `run ${jobId}`, metrics }
}

describe('align', () => {
  it('keeps typed columns where all lines share x and are finite', () => {
    const y = f64(4, 5)
    const { x, columns } = align([
      { x: f64(1, 2), ys: [y] },
      { x: f64(1, 2), ys: [f64(6, 7)] },
    ])
    expect(Array.from(x)).toEqual([1, 2])
    expect(columns[0]).toBe(y)
  })

  it('leaves undefined where a line has no point and null where it is not finite', () => {
    const { x, columns } = align([
      { x: f64(1, 3, 5), ys: [f64(10, Number.NaN, 50)] },
      { x: f64(2, 3), ys: [f64(20, Number.POSITIVE_INFINITY)] },
    ])
    expect(Array.from(x)).toEqual([1, 2, 3, 5])
    expect(columns).toEqual([
      [10, undefined, null, 50],
      [undefined, 20, null, undefined],
    ])
  })

  it('takes points at the same moment one after the other', () => {
    const { x, columns } = align([
      { x: f64(1, 1, 2), ys: [f64(1, 2, 3)] },
      { x: f64(2), ys: [f64(9)] },
    ])
    expect(Array.from(x)).toEqual([1, 1, 2])
    expect(Array.from(columns[0] ?? [])).toEqual([1, 2, 3])
    expect(columns[1]).toEqual([undefined, undefined, 9])
  })
})

describe('envelope', () => {
  it('is the lowest, the highest and the mean at every x of any line', () => {
    const { x, low, high, mean } = envelope([
      { x: f64(1, 2, 3), y: f64(1, 2, 3) },
      { x: f64(1, 3), y: f64(5, 7) },
    ])
    expect(Array.from(x)).toEqual([1, 2, 3])
    expect(Array.from(low)).toEqual([1, 2, 3])
    expect(Array.from(high)).toEqual([5, 5, 7])
    expect(Array.from(mean)).toEqual([3, 3.5, 5])
  })

  it('does not count a member before it came nor long after it went', () => {
    const long = Array.from({ length: 100 }, (_, index) => index + 1)
    const { count, high } = envelope([
      { x: f64(...long), y: f64(...long.map(() => 1)) },
      { x: f64(20, 21, 22), y: f64(9, 9, 9) },
    ])
    expect(count[0]).toBe(1)
    expect(count[20]).toBe(2)
    expect(count[60]).toBe(1)
    expect(high[60]).toBe(1)
  })

  it('leaves out what is not finite', () => {
    const { low, high } = envelope([
      { x: f64(1, 2), y: f64(Number.NaN, 2) },
      { x: f64(1, 2), y: f64(3, Number.POSITIVE_INFINITY) },
    ])
    expect([low[0], high[0]]).toEqual([3, 3])
    expect([low[1], high[1]]).toEqual([2, 2])
  })
})

describe('LineStyles', () => {
  it('gives a peer the same look in every chart and every visit', () => {
    expect(new LineStyles().of('peer-a')).toEqual(new LineStyles().of('peer-a'))
  })

  it('tells 32 lines apart, the first eight by colour alone', () => {
    const styles = new LineStyles()
    const given = Array.from({ length: 32 }, (_, index) => styles.of(`12D3KooW${index}`))
    expect(new Set(given.slice(0, 8).map(({ colour }) => colour)).size).toBe(8)
    expect(new Set(given.map(({ colour, dash }) => `${colour} ${dash}`)).size).toBe(8 * DASHES.length)
  })
})

describe('MetricSource', () => {
  it('shows one line for the group and one per member, with the range behind them', () => {
    const one = run('a', ['p', 'q'], 5)
    expect(new MetricSource({ metric: 'loss', runs: [one] }).lines().map(({ label }) => label)).toEqual(['run a'])
    const speed = new MetricSource({ metric: 'samplesPerSecond', runs: [one] })
    expect(speed.lines().map(({ label }) => label)).toEqual(['p', 'q'])
    expect(speed.bands().map(({ mean }) => mean)).toEqual([false])
  })

  it('shows the mean of the members in a comparison', () => {
    const source = new MetricSource({ metric: 'samplesPerSecond', runs: [run('a', ['p', 'q'], 5), run('b', ['p', 'q'], 5)] })
    expect(source.lines()).toEqual([])
    expect(source.bands().map(({ mean, label }) => [mean, label])).toEqual([
      [true, 'run a'],
      [true, 'run b'],
    ])
    const [a, b] = source.bands()
    expect(a?.style).not.toEqual(b?.style)
  })

  it('leaves single members out of a crowd until they are asked for', () => {
    const peers = Array.from({ length: MANY_MEMBERS + 1 }, (_, index) => `peer ${index}`)
    const source = new MetricSource({ metric: 'samplesPerSecond', runs: [run('a', peers, 3)] })
    expect(source.lines().every(({ quiet }) => quiet)).toBe(true)
    expect(source.bands()[0]?.mean).toBe(true)
  })
})

describe('prepare', () => {
  it('draws the raw line behind the smoothed one', () => {
    const source = new MetricSource({ metric: 'loss', runs: [run('a', ['p'], 20)] })
    expect(prepare(source, raw).info.map(({ role }) => role)).toEqual(['line'])
    const smoothed = prepare(source, { ...raw, smoothing: 0.9 })
    expect(smoothed.info.map(({ role }) => role)).toEqual(['raw', 'line'])
    expect(smoothed.legend[0]?.last).toBe(0.1)
    expect(smoothed.legend[0]?.lastDrawn).toBeGreaterThan(0.1)
  })

  it('does not smooth totals and amounts', () => {
    const source = new MetricSource({ metric: 'bytesSent', runs: [run('a', ['p'], 20)] })
    expect(prepare(source, { ...raw, smoothing: 0.9 }).info.map(({ role }) => role)).toEqual(['line'])
  })

  it('counts seconds from the beginning of the run, or of 1970', () => {
    const source = new MetricSource({ metric: 'loss', runs: [run('a', ['p'], 3)] })
    expect(Array.from(prepare(source, { ...raw, xAxis: 'time' }).x)).toEqual([0, 0.5, 1])
    expect(prepare(source, { ...raw, xAxis: 'time', wallTime: true }).x[0]).toBe(10.5)
    expect(Array.from(prepare(source, { ...raw, xAxis: 'samples' }).x)).toEqual([64, 128, 192])
  })

  it('leaves the moment zero out of a logarithmic time axis', () => {
    const source = new MetricSource({ metric: 'loss', runs: [run('a', ['p'], 3)] })
    const data = prepare(source, { ...raw, xAxis: 'time', logX: true })
    expect(Array.from(data.x)).toEqual([0.5, 1])
    expect(data.xDistribution.kind).toBe('log')
  })

  it('turns what is not finite into a gap and chooses a scale without it', () => {
    const source = new MetricSource({ metric: 'loss', runs: [run('a', ['p'], 3, (_peer, step) => (step === 2 ? { loss: Number.POSITIVE_INFINITY } : {}))] })
    const data = prepare(source, { ...raw, logY: true })
    expect(data.columns[0]).toEqual([2, null, 2 / 3])
    expect(data.yDistribution.kind).toBe('log')
  })

  it('keeps its key while points come, and changes it when the plot has to be another', () => {
    const one = run('a', ['p'], 3)
    const source = new MetricSource({ metric: 'loss', runs: [one] })
    const { key } = prepare(source, raw)
    ;(one.metrics as MetricRecorder).progress('p', progressEvent(4), 99_000)
    expect(prepare(source, raw).key).toBe(key)
    expect(prepare(source, { ...raw, xAxis: 'samples' }).key).not.toBe(key)
    expect(prepare(source, { ...raw, smoothing: 0.5 }).key).not.toBe(key)
  })

  it('shows a limit that is in sight and only tells of one that is far above', () => {
    const memory = run('a', ['p', 'q'], 3)
    const source = new MetricSource({ metric: 'memoryBytes', runs: [memory], limits: { p: 8_000_000, q: 8_000_000_000 } })
    const data = prepare(source, raw)
    expect(visibleLimits(data, new Set()).map(({ value }) => value)).toEqual([8_000_000])
    expect(visibleLimits(data, new Set(['a p']))).toEqual([])
    expect(data.legend.find(({ label }) => label === 'q')?.limit).toBe(8_000_000_000)
  })

  it('says so when there is nothing', () => {
    const source = new MetricSource({ metric: 'loss', runs: [{ jobId: 'a', label: 'a', metrics: new MetricRecorder({ jobId: 'a' }) }] })
    expect(prepare(source, raw).empty).toBe(true)
  })
})

describe('marks', () => {
  it('that lie on one another become one line, of the gravest kind', () => {
    const mark = (step: number, kind: 'joined' | 'not-finite') => ({ kind, step, samples: 0, timeMs: 0, originMs: 0, text: `${kind} at ${step}` })
    const lines = markLines([mark(50, 'joined'), mark(10, 'joined'), mark(12, 'not-finite'), mark(999, 'joined')], ({ step }) => (step > 100 ? null : step))
    expect(lines.map(({ left, kind }) => [left, kind])).toEqual([
      [10, 'not-finite'],
      [50, 'joined'],
    ])
    expect(markLabel(lines[0] ?? { left: 0, kind: 'left', texts: [] })).toBe('joined at 10; not-finite at 12')
  })
})

describe('trendOf', () => {
  it('tells rising, falling and steady apart, and keeps silent about too little', () => {
    const line = Array.from({ length: 100 }, (_, index) => index)
    expect(trendOf(line)).toBe('rising')
    expect(trendOf([...line].reverse())).toBe('falling')
    expect(trendOf([...line, ...new Array(100).fill(99)])).toBe('steady')
    expect(trendOf([1, 2, 3])).toBeNull()
  })
})
