import { describe, expect, it } from 'vitest'
import { csvField, csvOf } from '../../../../browser/charts/export/csv.ts'
import { boundText, fileName, safePart } from '../../../../browser/charts/export/file-name.ts'
import { jsonOf } from '../../../../browser/charts/export/json.ts'
import { bandPath, escapeXml, linePath, projection } from '../../../../browser/charts/export/svg.ts'
import { smooth } from '../../../../browser/charts/smoothing.ts'
import { MetricSource } from '../../../../browser/charts/source.ts'
import { type ChartRun, defaultChartOptions } from '../../../../browser/charts/types.ts'
import { byteText, durationText, number, secondsText, tickText, valueText } from '../../../../browser/charts/units.ts'
import { MetricRecorder } from '../../../../browser/metrics/recorder.ts'
import type { MetricName } from '../../../../browser/metrics/types.ts'
import { progressEvent } from '../metrics/fake-clock.ts'

const recorded = (jobId: string, label: string): ChartRun => {
  const metrics = new MetricRecorder({ jobId })
  metrics.progress('p', progressEvent(1, { loss: 0.1 + 0.2 }), 1_000)
  metrics.progress('q', progressEvent(2, { loss: Number.NaN }), 2_000)
  metrics.progress('p', progressEvent(3, { loss: 1 / 3 }), 3_000)
  return { jobId, label, metrics, configuration: { batchSize: 64 } }
}

const lines = (metric: MetricName, ...runs: ChartRun[]) => new MetricSource({ metric, runs }).lines()

describe('CSV', () => {
  it('has all digits, raw and smoothed, units and time', () => {
    const text = csvOf(lines('loss', recorded('a', 'mlp')), 0.5)
    const rows = text.trimEnd().split('\r\n')
    expect(rows[0]).toBe('step,samples,time (UTC),mlp loss,mlp loss smoothed 0.5')
    expect(rows[1]).toBe('1,64,1970-01-01T00:00:01.000Z,0.30000000000000004,0.30000000000000004')
    expect(rows[2]).toBe('2,128,1970-01-01T00:00:02.000Z,NaN,NaN')
    expect(rows[3]).toBe(`3,192,1970-01-01T00:00:03.000Z,${1 / 3},${smooth([0.1 + 0.2, 1 / 3], 0.5)[1]}`)
  })

  it('has a column per member, empty where it has no point', () => {
    const rows = csvOf(lines('memoryBytes', recorded('a', 'mlp')), 0.5)
      .trimEnd()
      .split('\r\n')
    expect(rows[0]).toBe('step,samples,time (UTC),p (bytes),q (bytes)')
    expect(rows[2]).toBe('2,128,1970-01-01T00:00:02.000Z,,5000000')
  })

  it('keeps samples and time of several jobs apart', () => {
    const [header] = csvOf(lines('loss', recorded('a', 'one'), recorded('b', 'two, too')), 0).split('\r\n')
    expect(header).toBe('step,one samples,one time (UTC),"two, too samples","two, too time (UTC)",one,"two, too"')
  })

  it('never lets a name become a formula', () => {
    expect(csvField('=HYPERLINK("x")')).toBe(`"'=HYPERLINK(""x"")"`)
    expect(csvField('+1')).toBe("'+1")
    expect(csvField('plain')).toBe('plain')
  })
})

describe('JSON', () => {
  it('holds data, marks and the configuration, with null for what JSON has no word for', () => {
    const run = recorded('a', 'mlp')
    const text = jsonOf({
      title: 'Loss',
      runs: [run],
      lines: lines('loss', run),
      marks: new MetricSource({ metric: 'loss', runs: [run] }).marks(),
      options: defaultChartOptions,
      exportedAt: new Date(0),
    })
    const read = JSON.parse(text)
    expect(read.format).toBe('cyxwiz-metrics')
    expect(read.jobs).toEqual([{ jobId: 'a', name: 'mlp', configuration: { batchSize: 64 } }])
    expect(read.series[0].value).toEqual([0.1 + 0.2, null, 1 / 3])
    expect(read.series[0].peerId).toBeNull()
    expect(read.marks[0].kind).toBe('not-finite')
  })
})

describe('SVG', () => {
  const identity = projection({ kind: 'linear' }, [0, 10], 0, 10)

  it('breaks lines at gaps and draws on over missing points', () => {
    expect(linePath([0, 1, 2, 3, 4], [0, undefined, 2, null, 4], identity, identity, [0, 10])).toBe('M0 0L2 2M4 4')
  })

  it('keeps the extremes of a pixel column', () => {
    const x = Array.from({ length: 1_000 }, (_, index) => 5 + index / 1e6)
    const y = x.map((_, index) => (index === 500 ? 9 : index === 700 ? 1 : 5))
    const d = linePath(x, y, identity, identity, [0, 10])
    expect(d).toContain(' 9')
    expect(d).toContain(' 1')
    expect(d.length).toBeLessThan(60)
  })

  it('closes bands', () => {
    expect(bandPath([0, 1], [2, 3], [1, 1], identity, identity)).toBe('M0 2L1 3L1 1L0 1Z')
  })

  it('escapes names, and drops what XML forbids', () => {
    expect(escapeXml('<a b="c">&\u0000')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;')
  })
})

describe('file names', () => {
  it('say what is inside and fit every file system', () => {
    expect(fileName({ job: 'My job: 1/2', metric: 'loss', from: '1', to: '500' }, 'csv')).toBe('My-job-1-2_loss_1-500.csv')
    expect(safePart('../../etc/passwd')).toBe('etc-passwd')
    expect(safePart('CON')).toBe('_CON')
    expect(safePart('   ')).toBe('unnamed')
    expect(safePart('.hidden')).toBe('hidden')
    expect(safePart('模型')).toBe('模型')
    expect(safePart('x'.repeat(500))).toHaveLength(60)
  })

  it('name the part of the axis', () => {
    expect(boundText({ xAxis: 'step', wallTime: false }, 12.4)).toBe('12')
    expect(boundText({ xAxis: 'time', wallTime: false }, 61.7)).toBe('62s')
    expect(boundText({ xAxis: 'time', wallTime: true }, 0)).toBe('19700101T000000')
  })
})

describe('numbers', () => {
  it('read well and never say 0 for unknown', () => {
    expect(number(0.123456)).toBe('0.1235')
    expect(number(-3)).toBe('−3')
    expect(number(1234567)).toBe('1,234,567')
    expect(number(0.0000123)).toBe('1.23e−5')
    expect(valueText('number', null)).toBe('–')
    expect(valueText('share', 0.857)).toBe('85.7 %')
    expect(valueText('rate', 191.23)).toBe('191.2 /s')
    expect(byteText(12.3 * 2 ** 20)).toBe('12.3 MiB')
    expect(byteText(1023.9)).toBe('1 KiB')
    expect(secondsText(0.64)).toBe('640 ms')
    expect(secondsText(75)).toBe('1:15 min')
    expect(durationText(3_725)).toBe('1:02:05')
    expect(tickText('number', 25_000)).toBe('25k')
  })
})
