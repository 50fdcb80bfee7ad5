import { afterEach, describe, expect, it } from 'vitest'
import type { ComputeUsage } from '../../../protocol/compute/index.ts'
import { type FakeHost, prepareParams, startFake } from './fake.ts'

let host: FakeHost
afterEach(() => host.client.close())

async function prepared(dutyPercent: number): Promise<FakeHost> {
  host = startFake()
  await host.client.init({ gpu: 'auto', memoryLimitBytes: null, dutyPercent, usageEveryMs: 20 })
  await host.client.prepare(prepareParams())
  // From here on a pass takes long enough to owe a rest.
  host.device().stepMs = 20
  await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
  return host
}

describe('a compute host held to a share of the GPU', () => {
  it('rests after a pass; a new share wakes it at once', async () => {
    const { client } = await prepared(1)
    let done = false
    const second = client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 }).then(() => {
      done = true
    })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(done, 'at 1 %, 20 ms of work owe two seconds').toBe(false)
    expect(await client.throttle({ dutyPercent: 100 })).toMatchObject({ limitPercent: 100 })
    await second
  })

  it('a call that is given up, or whose job is released, rests no longer', async () => {
    const { client } = await prepared(1)
    const abort = new AbortController()
    const given = client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 }, { signal: abort.signal })
    abort.abort(new Error('not any more'))
    await expect(given).rejects.toThrow('not any more')
    const released = client.local({ jobKey: 'job', fromStep: 1, toStep: 10, progressEveryMs: 0 })
    released.catch(() => {})
    await client.release('job')
    await expect(released).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('tells what the GPU did, while it changes, and nothing more when it rests for good', async () => {
    const { client } = await prepared(100)
    const told: ComputeUsage[] = []
    client.onUsage((usage) => told.push(usage))
    await client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    await expect.poll(() => told.at(-1)?.gpuSeconds ?? 0).toBeGreaterThan(0.03)
    expect(told.at(-1)).toMatchObject({ limitPercent: 100, memory: { source: 'host' } })
    expect(told.at(-1)?.measuredPercent).toBeGreaterThan(0)
  })

  it('refuses a share that is none, and stays usable', async () => {
    const { client } = await prepared(100)
    await expect(client.throttle({ dutyPercent: 0 })).rejects.toThrow(/above 0 and at most 100/)
    expect((await client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })).weight).toBe(10)
  })
})
