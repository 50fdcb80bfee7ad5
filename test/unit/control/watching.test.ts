import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type AskProgress, watchJob } from '../../../protocol/control/watching.ts'
import type { CyxEvent, JobEvent, JobProgressEvent } from '../../../protocol/events/types.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'

const RECORD: JobRecord = {
  jobId: 'a'.repeat(32),
  signed: '',
  submitter: 'somebody',
  name: 'job',
  state: 'running',
  attempt: 1,
  reason: null,
  submittedAt: 0,
  startedAt: 0,
  retryAt: 0,
  membership: 1,
  members: [
    { peerId: 'forgetful', share: 1 },
    { peerId: 'knowing', share: 1 },
  ],
  step: 0,
  round: 0,
  samples: 0,
  accountedStep: 0,
  totalSteps: 3,
  batchSize: 2,
  lastLoss: null,
  lastAccuracy: null,
  rounds: [],
  history: [],
  receipts: { forgetful: 3, knowing: 3 },
  checkpoint: null,
  result: null,
}
const RESULT = { steps: 3, samples: 6, seconds: 1, trainLoss: 0.5, testLoss: null, testAccuracy: null, weights: { sha256: 'b'.repeat(64), bytes: 8 } }
const completed: JobEvent = { event: 'job.state', jobId: RECORD.jobId, name: 'job', state: 'completed', attempt: 1 }
const result = { event: 'job.result', jobId: RECORD.jobId } as JobEvent

function progress(step: number): JobProgressEvent {
  const zero = { loss: 0, samplesPerSecond: 0, peers: 2, bytesSent: 0, bytesReceived: 0, memoryBytes: 0 }
  return { event: 'job.progress', jobId: RECORD.jobId, step, round: 1, epoch: 1, samples: 2 * step, ...zero }
}

/** A peer on which `events` happen one after the other, and what the watcher is told. */
function watched(askProgress: AskProgress, record: JobRecord = RECORD, signal = new AbortController().signal) {
  const listeners = new Set<(event: JobEvent) => void>()
  const jobs = {
    registry: { get: () => record },
    watchers: {
      watch(_jobId: string, listener: (event: JobEvent) => void) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
  }
  const told = (async () => {
    const all: CyxEvent[] = []
    for await (const event of watchJob(record, jobs, askProgress, signal)) all.push(event)
    return all.map((event) => (event.event === 'job.progress' ? `step ${event.step}` : event.event === 'job.state' ? event.state : event.event))
  })()
  const happen = (event: JobEvent): void => {
    for (const listener of listeners) listener(event)
  }
  return { told, happen, listeners }
}

const nobody: AskProgress = async () => {
  throw new Error('not reachable')
}

describe('watching a job', () => {
  it('tells the present state first, then what happens, until the result', async () => {
    const { told, happen, listeners } = watched(nobody)
    await sleep(0)
    for (const event of [progress(1), progress(3), completed, result]) happen(event)
    expect(await told).toEqual(['running', 'step 1', 'step 3', 'completed', 'job.result'])
    expect(listeners.size, 'nothing goes on listening').toBe(0)
  })

  it('puts a last step that comes after the end before it', async () => {
    const { told, happen } = watched(nobody)
    await sleep(0)
    for (const event of [progress(2), completed, result]) happen(event)
    await sleep(50)
    happen(progress(3))
    expect(await told).toEqual(['running', 'step 2', 'step 3', 'completed', 'job.result'])
  })

  it('asks the members for a last step that was lost on the way', async () => {
    const asked: string[] = []
    const { told, happen } = watched(async (peer) => {
      asked.push(peer)
      return peer === 'knowing' ? progress(3) : progress(1)
    })
    await sleep(0)
    for (const event of [progress(2), completed, result]) happen(event)
    expect(await told).toEqual(['running', 'step 2', 'step 3', 'completed', 'job.result'])
    expect(asked).toEqual(['forgetful', 'knowing'])
  })

  it('tells the end without it when nobody knows', async () => {
    const { told, happen } = watched(nobody)
    await sleep(0)
    for (const event of [completed, result]) happen(event)
    expect(await told).toEqual(['running', 'completed', 'job.result'])
  })

  it('ends with a failure, which has no last step', async () => {
    const { told, happen } = watched(nobody)
    await sleep(0)
    for (const event of [progress(1), { ...completed, state: 'failed' } as JobEvent]) happen(event)
    expect(await told).toEqual(['running', 'step 1', 'failed'])
  })

  it('tells an ended job at once', async () => {
    expect(await watched(nobody, { ...RECORD, state: 'completed', result: RESULT }).told).toEqual(['completed', 'job.result'])
    expect(await watched(nobody, { ...RECORD, state: 'cancelled' }).told).toEqual(['cancelled'])
  })

  it('ends when the watcher goes', async () => {
    const controller = new AbortController()
    const { told, listeners } = watched(nobody, RECORD, controller.signal)
    await sleep(0)
    controller.abort()
    expect(await told).toEqual(['running'])
    expect(listeners.size).toBe(0)
  })
})
