import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { duration, formatBytes, humanSink, jsonSink, shortId, table } from '../../../node/events/index.ts'
import type { CyxEvent, JobProgressEvent } from '../../../protocol/events/types.ts'

const progress = (step: number, over: Partial<JobProgressEvent> = {}): JobProgressEvent => ({
  event: 'job.progress',
  jobId: 'a'.repeat(64),
  step,
  round: 1,
  epoch: 1,
  samples: step * 64,
  loss: 0.5,
  samplesPerSecond: 1000.4,
  peers: 1,
  bytesSent: 0,
  bytesReceived: 0,
  memoryBytes: 1,
  totalSteps: 100,
  ...over,
})

class Text {
  text = ''
  write(part: string): void {
    this.text += part
  }
}

describe('events for programs', () => {
  it('are one JSON object per line, time and name first', () => {
    const out = new Text()
    const sink = jsonSink(out, () => new Date(0))
    sink.emit({ event: 'peer.joined', peerId: 'p\n1' })
    sink.emit(progress(3))
    const lines = out.text.split('\n')
    expect(lines[0]).toBe('{"time":"1970-01-01T00:00:00.000Z","event":"peer.joined","peerId":"p\\n1"}')
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({ event: 'job.progress', step: 3 })
    expect(lines).toHaveLength(3)
  })
})

describe('events for people', () => {
  function people(): { out: Text; err: () => string; emit: (event: CyxEvent) => void; pass: (ms: number) => void } {
    const out = new Text()
    const stderr = new PassThrough()
    let nowMs = 0
    let err = ''
    stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    const sink = humanSink({ stdout: out, stderr, now: () => nowMs })
    return {
      out,
      err: () => err,
      emit: (event) => sink.emit(event),
      pass: (ms) => {
        nowMs += ms
      },
    }
  }

  it('name the job, the reason and the final accuracy on stdout', () => {
    const { out, emit } = people()
    emit({ event: 'job.state', jobId: 'j', name: 'digits', state: 'failed', attempt: 2, reason: 'no peer has 2 GiB' })
    emit({
      event: 'job.result',
      jobId: 'j',
      steps: 10,
      samples: 640,
      seconds: 75,
      trainLoss: 0.25,
      testLoss: 0.5,
      testAccuracy: 0.86125,
      weights: { sha256: 'f'.repeat(64) },
      receipts: [],
    })
    expect(out.text).toMatch(/failed.* digits \(attempt 2\): no peer has 2 GiB/)
    expect(out.text).toMatch(/10 steps, 640 samples in 1 min 15 s, loss 0\.2500, test loss 0\.5000, .*accuracy 0\.861[23]/)
  })

  it('become few lines where there is no terminal, the last step always among them', () => {
    const { err, out, emit, pass } = people()
    for (let step = 1; step <= 100; step += 1) {
      emit(progress(step))
      pass(200)
    }
    const steps = [...err().matchAll(/step (\d+) of 100/g)].map((match) => Number(match[1]))
    expect(steps).toEqual([1, 26, 51, 76, 100])
    expect(out.text).toBe('')
  })
})

describe('figures for people', () => {
  it('are short and carry their unit', () => {
    expect([0, 1023, 1024, 1536, 200 * 2 ** 20, 2 ** 31].map(formatBytes)).toEqual(['0 B', '1023 B', '1.00 KiB', '1.50 KiB', '200 MiB', '2.00 GiB'])
    expect([1.25, 59.9, 60, 3725].map(duration)).toEqual(['1.3 s', '59.9 s', '1 min 0 s', '1 h 2 min'])
    expect(shortId('12D3KooWAbcdefghijklmnop')).toBe('…ijklmnop')
    expect(shortId('0123456789abcdef')).toBe('0123456789ab')
    expect(
      table([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d')
  })
})
