import { afterEach, describe, expect, it, vi } from 'vitest'
import { computeKernels } from '../../../node/compute/kernels.ts'
import type { ComputeNotice, LocalProgress } from '../../../protocol/compute/index.ts'
import { type FakeHost, MEMORY, prepareParams, SPEC, startFake } from './fake.ts'

let host: FakeHost
afterEach(() => host?.client.close())

async function prepared(over: Parameters<typeof prepareParams>[0] = {}): Promise<FakeHost> {
  host = startFake()
  await host.client.init({ gpu: 'auto', memoryLimitBytes: null })
  await host.client.prepare(prepareParams(over))
  return host
}

/** One merged step of a group whose members take these shares of the batch. */
async function mergedStep({ client }: FakeHost, step: number, shares: readonly number[] = [10]): Promise<void> {
  let from = 0
  let merged: Float32Array | null = null
  let weight = 0
  for (const count of shares) {
    const part = await client.gradient({ jobKey: 'job', step, from, count })
    from += count
    weight += part.weight
    if (merged === null) merged = part.vector
    else for (let i = 0; i < merged.length; i += 1) merged[i] = (merged[i] ?? 0) + (part.vector[i] ?? 0)
  }
  await client.apply({ jobKey: 'job', step, vector: merged ?? new Float32Array(), weight })
}

const hashAfter = async (work: (host: FakeHost) => Promise<void>, over: Parameters<typeof prepareParams>[0] = {}): Promise<string> => {
  await work(await prepared(over))
  const { thetaHash } = await host.client.hash('job')
  host.client.close()
  return thetaHash
}

describe('a compute host', () => {
  it('tells device and memory, and what a prepared job is', async () => {
    host = startFake()
    expect(await host.client.init({ gpu: 'auto', memoryLimitBytes: null })).toMatchObject({ device: { vendor: 'fake' }, memory: MEMORY })
    const result = await host.client.prepare(prepareParams({ measure: true }))
    expect(result).toMatchObject({ parameterCount: 16, vectorLength: 128, memoryBytes: 1010, trainSamples: 50, testSamples: 23, stepsPerEpoch: 5 })
    expect(result.samplesPerSecond).toBeGreaterThan(0)
    expect(await host.client.memory()).toEqual(MEMORY)
  })

  it('refuses work before init and for jobs it does not know', async () => {
    host = startFake()
    await expect(host.client.prepare(prepareParams())).rejects.toMatchObject({ name: 'ComputeError', code: 'NOT_INITIALISED' })
    await host.client.init({ gpu: 'auto', memoryLimitBytes: null })
    await expect(host.client.hash('other')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
    await expect(host.client.release('other')).resolves.toEqual({})
  })

  it('passes codes and details of the training core through', async () => {
    await prepared()
    host.device().failAtStep = 1
    await expect(host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })).rejects.toMatchObject({ code: 'NON_FINITE', detail: { step: 1 } })
  })

  it('checks the data against the model before it trains', async () => {
    host = startFake()
    await host.client.init({ gpu: 'auto', memoryLimitBytes: null })
    const wrongInput = { ...SPEC, model: { ...SPEC.model, input: [5] } }
    await expect(host.client.prepare(prepareParams({ spec: wrongInput }))).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
    const fewClasses = { ...SPEC, model: { ...SPEC.model, layers: [{ type: 'linear', units: 3, bias: true }] } }
    await expect(host.client.prepare(prepareParams({ spec: fewClasses }))).rejects.toMatchObject({
      code: 'BAD_DATA',
      message: expect.stringContaining('label 3'),
    })
    await expect(host.client.prepare(prepareParams({ spec: { ...SPEC, loss: { type: 'mse' } } }))).rejects.toMatchObject({
      code: 'BAD_DATA',
      message: expect.stringContaining('class ids'),
    })
    await expect(host.client.prepare(prepareParams({ batchSize: 51 }))).rejects.toMatchObject({ code: 'BAD_DATA' })
    expect(host.device()?.live ?? 0, 'a failed prepare leaves no engine').toBe(0)
  })

  it('loads the same data once, however often the job is prepared', async () => {
    await prepared()
    await host.client.prepare(prepareParams({ batch: 5 }))
    await host.client.prepare(prepareParams({ jobKey: 'second' }))
    expect(host.loads()).toBe(1)
    await host.client.prepare(prepareParams({ data: { ...prepareParams().data, limit: 20 } }))
    expect(host.loads()).toBe(2)
    expect(host.device().live).toBe(2)
  })
})

describe('merged training', () => {
  it('gives shares that add up to the whole batch', async () => {
    await prepared()
    const whole = await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    const parts = [
      await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 3 }),
      await host.client.gradient({ jobKey: 'job', step: 1, from: 3, count: 7 }),
    ]
    expect(parts.reduce((sum, part) => sum + part.weight, 0)).toBe(whole.weight)
    for (const [i, value] of whole.vector.entries()) expect((parts[0]?.vector[i] ?? 0) + (parts[1]?.vector[i] ?? 0)).toBeCloseTo(value, 5)
    expect((await host.client.gradient({ jobKey: 'job', step: 1, from: 4, count: 0 })).weight, 'an empty share').toBe(0)
  })

  it('takes steps in order only', async () => {
    await prepared()
    const { vector } = await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    await expect(host.client.gradient({ jobKey: 'job', step: 2, from: 0, count: 10 })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
    await expect(host.client.apply({ jobKey: 'job', step: 2, vector, weight: 10 })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
    await expect(host.client.apply({ jobKey: 'job', step: 1, vector: vector.subarray(1), weight: 10 })).rejects.toMatchObject({ code: 'BAD_VECTOR' })
    await expect(host.client.apply({ jobKey: 'job', step: 1, vector, weight: Number.NaN })).rejects.toMatchObject({ code: 'BAD_VECTOR' })
    await expect(host.client.gradient({ jobKey: 'job', step: 1, from: 5, count: 6 })).rejects.toMatchObject({ code: 'BAD_RANGE' })
    await host.client.apply({ jobKey: 'job', step: 1, vector, weight: 10 })
    await expect(host.client.apply({ jobKey: 'job', step: 1, vector, weight: 10 })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
  })

  it('goes back one step, to the very same bits, and no further', async () => {
    await prepared()
    await mergedStep(host, 1)
    const first = await host.client.hash('job')
    await mergedStep(host, 2)
    const second = await host.client.hash('job')
    expect(second.thetaHash).not.toBe(first.thetaHash)
    await host.client.rollback('job', 2)
    expect(await host.client.hash('job')).toEqual(second)
    await host.client.rollback('job', 1)
    expect(await host.client.hash('job')).toEqual(first)
    await expect(host.client.rollback('job', 0)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
    await mergedStep(host, 2)
    expect(await host.client.hash('job'), 'the step taken again, momentum included').toEqual(second)
    await mergedStep(host, 3)
    await host.client.rollback('job', 2)
    expect(await host.client.hash('job')).toEqual(second)
  })

  it('answers a pipelined apply and gradient in order', async () => {
    await prepared()
    const { vector } = await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    const [applied, next] = await Promise.all([
      host.client.apply({ jobKey: 'job', step: 1, vector, weight: 10 }),
      host.client.gradient({ jobKey: 'job', step: 2, from: 0, count: 10 }),
    ])
    expect(applied).toEqual({ step: 1, skippedSteps: 0 })
    expect(next.weight).toBe(10)
  })

  it('accumulates where the batch is larger than the engine', async () => {
    const small = await hashAfter((at) => mergedStep(at, 1), { batch: 4 })
    await prepared()
    const whole = await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    await host.client.resize('job', 3)
    const parts = await host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    for (const [i, value] of whole.vector.entries()) expect(parts.vector[i]).toBeCloseTo(value, 5)
    expect(parts).toMatchObject({ weight: 10, correct: 10 })
    expect(small).toHaveLength(64)
  })
})

describe('local training', () => {
  it('may be mixed with merged training in any order, to the bit', async () => {
    type Part = 'local' | 'merged' | 'rollback'
    const train =
      (...parts: readonly [Part, number, number][]) =>
      async (at: FakeHost): Promise<void> => {
        for (const [part, from, to] of parts) {
          if (part === 'local') await at.client.local({ jobKey: 'job', fromStep: from, toStep: to, progressEveryMs: 1000 })
          else if (part === 'rollback') await at.client.rollback('job', to)
          else for (let step = from; step <= to; step += 1) await mergedStep(at, step)
        }
      }
    const all = await hashAfter(train(['merged', 1, 12]))
    expect(await hashAfter(train(['local', 1, 12]))).toBe(all)
    expect(await hashAfter(train(['local', 1, 5], ['merged', 6, 12]))).toBe(all)
    expect(await hashAfter(train(['merged', 1, 3], ['local', 4, 8], ['merged', 9, 10], ['local', 11, 12]))).toBe(all)
    expect(await hashAfter(train(['merged', 1, 4], ['rollback', 4, 3], ['local', 4, 12])), 'after a rollback').toBe(all)
    expect(await hashAfter(train(['local', 1, 12]), { batch: 4 }), 'in parts').toHaveLength(64)
  })

  it('reports each step when asked, and always the last', async () => {
    await prepared()
    const every: LocalProgress[] = []
    const last = await host.client.local({ jobKey: 'job', fromStep: 1, toStep: 7, progressEveryMs: 0 }, { onProgress: (progress) => every.push(progress) })
    expect(every.map(({ step, samples }) => [step, samples])).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => [step, step * 10]))
    expect(every.at(-1)).toEqual(last)
    const few: number[] = []
    await host.client.local({ jobKey: 'job', fromStep: 8, toStep: 30, progressEveryMs: 60_000 }, { onProgress: ({ step }) => few.push(step) })
    expect(few).toEqual([8, 30])
    await expect(host.client.local({ jobKey: 'job', fromStep: 30, toStep: 31, progressEveryMs: 0 })).rejects.toMatchObject({ code: 'OUT_OF_ORDER' })
  })

  it('stops at a step when cancelled and goes on from there', async () => {
    await prepared()
    host.device().stepMs = 5
    const controller = new AbortController()
    const run = host.client.local(
      { jobKey: 'job', fromStep: 1, toStep: 1000, progressEveryMs: 0 },
      { signal: controller.signal, onProgress: ({ step }) => step === 3 && controller.abort(new Error('enough')) },
    )
    await expect(run).rejects.toThrow('enough')
    const { step } = await host.client.hash('job')
    expect(step).toBeGreaterThanOrEqual(3)
    expect(step).toBeLessThan(20)
    host.device().stepMs = 0
    await mergedStep(host, step + 1)
    expect((await host.client.hash('job')).step).toBe(step + 1)
  })

  it('fails with the step that was not finite', async () => {
    await prepared()
    host.device().failAtStep = 6
    await expect(host.client.local({ jobKey: 'job', fromStep: 1, toStep: 20, progressEveryMs: 0 })).rejects.toMatchObject({
      code: 'NON_FINITE',
      detail: { step: 6 },
    })
  })
})

describe('steps that are left out', () => {
  const skipping = { spec: { ...SPEC, optimizer: { type: 'adamw', lr: 0.05, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0.01 }, nonFinite: 'skip' } } as const

  /** Two members, one of which has the bad rows of steps 3 and 5: steps 1 to `steps`, with `between` run on both after each. */
  async function pair(steps: number, between: (step: number, hosts: readonly FakeHost[]) => Promise<void> = async () => {}) {
    const hosts = [await prepared(skipping), await prepared(skipping)]
    ;(hosts[1] as FakeHost).device().nanAtSteps = [3, 5]
    for (let step = 1; step <= steps; step += 1) {
      const parts = await Promise.all(hosts.map(({ client }, i) => client.gradient({ jobKey: 'job', step, from: i * 4, count: i === 0 ? 4 : 6 })))
      const vector = new Float32Array(128).map((_, i) => (parts[0]?.vector[i] ?? 0) + (parts[1]?.vector[i] ?? 0))
      const applied = await Promise.all(hosts.map(({ client }) => client.apply({ jobKey: 'job', step, vector, weight: 10 })))
      expect(applied[0], `step ${step}`).toEqual(applied[1])
      await between(step, hosts)
    }
    const hashes = await Promise.all(hosts.map(({ client }) => client.hash('job')))
    expect(hashes[0]).toEqual(hashes[1])
    for (const { client } of hosts) client.close()
    return hashes[0]?.thetaHash
  }

  it('are left out by all members, for one that has the bad batch', async () => {
    const hashes: string[] = []
    await pair(6, async (_, [first]) => {
      hashes.push((await (first as FakeHost).client.hash('job')).thetaHash)
    })
    expect([hashes[2] === hashes[1], hashes[4] === hashes[3], new Set(hashes).size]).toEqual([true, true, 4])
  })

  it('stay left out after a rollback and a move of the state', async () => {
    const all = await pair(8)
    const again = await pair(8, async (step, hosts) => {
      if (step !== 3 && step !== 5) return
      for (const { client } of hosts) {
        await client.rollback('job', step - 1)
        await client.apply({ jobKey: 'job', step, vector: new Float32Array(128).fill(Number.POSITIVE_INFINITY), weight: 10 })
        const { bytes } = await client.exportState('job')
        await client.prepare(prepareParams(skipping))
        await client.importState('job', step, bytes)
      }
    })
    expect(again).toBe(all)
  })

  it('are left out by a member on its own as by a group, and told', async () => {
    const merged = await hashAfter(async (at) => {
      at.device().nanAtSteps = [2, 6]
      for (let step = 1; step <= 9; step += 1) await mergedStep(at, step)
    }, skipping)
    const told: (readonly [number, number])[] = []
    for (const batch of [10, 4]) {
      const local = await hashAfter(
        async (at) => {
          at.device().nanAtSteps = [2, 6]
          const onProgress = ({ step, skippedSteps, lossSum }: LocalProgress) => told.push([skippedSteps, Number.isFinite(lossSum) ? 0 : step])
          await at.client.local({ jobKey: 'job', fromStep: 1, toStep: 9, progressEveryMs: 0 }, { onProgress })
        },
        { ...skipping, batch },
      )
      if (batch === 10) expect(local).toBe(merged)
    }
    const once = [...[0, 1, 1, 1, 1, 2, 2, 2, 2].entries()].map(([i, skipped]) => [skipped, i === 1 || i === 5 ? i + 1 : 0])
    expect(told).toEqual([...once, ...once])
  })

  it('end a job when there are twenty in a row, or when there was no other', async () => {
    await prepared(skipping)
    host.device().nanAtSteps = Array.from({ length: 40 }, (_, i) => i + 3)
    await expect(host.client.local({ jobKey: 'job', fromStep: 1, toStep: 30, progressEveryMs: 0 })).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/^step 22: the loss .* layer 0 \(linear\); 20 steps in a row were not finite/),
    })
    await prepared(skipping)
    const vector = new Float32Array(128).fill(Number.NaN)
    for (let step = 1; step < 20; step += 1) await host.client.apply({ jobKey: 'job', step, vector, weight: 10 })
    await expect(host.client.apply({ jobKey: 'job', step: 20, vector, weight: 10 })).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringMatching(/^step 20: the merged gradient is not a finite number; 20 steps in a row/),
    })
    await prepared({ spec: { ...skipping.spec, totalSteps: 3 } })
    host.device().nanAtSteps = [1, 2, 3]
    await expect(host.client.local({ jobKey: 'job', fromStep: 1, toStep: 3, progressEveryMs: 0 })).rejects.toThrow(/none of the 3 steps/)
  })

  it('are an error where the job does not say so, in a sum of finite gradients too', async () => {
    await prepared()
    const before = await host.client.hash('job')
    const vector = new Float32Array(128).fill(Number.POSITIVE_INFINITY)
    await expect(host.client.apply({ jobKey: 'job', step: 1, vector, weight: 10 })).rejects.toMatchObject({ code: 'NON_FINITE' })
    expect(await host.client.hash('job')).toEqual(before)
  })
})

describe('state and weights', () => {
  it('exports state that continues elsewhere to the same bits', async () => {
    await prepared()
    for (const step of [1, 2, 3]) await mergedStep(host, step)
    const state = await host.client.exportState('job')
    expect(state.step).toBe(3)
    await mergedStep(host, 4)
    const expected = await host.client.hash('job')
    await prepared()
    await host.client.importState('job', state.step, state.bytes)
    await mergedStep(host, 4)
    expect(await host.client.hash('job')).toEqual(expected)
    const names = [...computeKernels.parseSafetensors(state.bytes, { label: 'state' }).keys()]
    expect(names).toEqual(['0.bias', '0.weight', 'momentum_buffer.0.bias', 'momentum_buffer.0.weight'])
    await expect(host.client.importState('job', 9, state.bytes.subarray(0, 50))).rejects.toMatchObject({ code: 'BAD_WEIGHTS' })
    const tensors = computeKernels.parseSafetensors(state.bytes, { label: 'state' })
    const scale = { name: 'guard.state', dtype: 'I32' as const, shape: [4], bytes: new Uint8Array(Int32Array.of(65_536, 0, 0, 0).buffer) }
    const foreign = computeKernels.writeSafetensors([...tensors.values(), scale])
    await expect(host.client.importState('job', 3, foreign), 'a loss scale where nothing is scaled').rejects.toMatchObject({ code: 'BAD_VECTOR' })
    expect((await host.client.hash('job')).step, 'a bad file changes nothing').toBe(4)
  })

  it('exports canonical weights, from the GPU too, and starts from them', async () => {
    await prepared()
    await host.client.local({ jobKey: 'job', fromStep: 1, toStep: 5, progressEveryMs: 1000 })
    const { bytes, step } = await host.client.exportWeights('job')
    expect(step).toBe(5)
    const { thetaHash } = await host.client.hash('job')
    host.files.set('/weights', bytes)
    await host.client.prepare(prepareParams({ initial: { kind: 'weights', location: '/weights' } }))
    expect(await host.client.hash('job')).toEqual({ step: 0, thetaHash })
    await expect(host.client.prepare(prepareParams({ initial: { kind: 'weights', location: '/absent' } }))).rejects.toThrow('no /absent')
  })

  it('evaluates any range of the test set, in larger batches where told', async () => {
    await prepared({ evalBatch: 16 })
    const whole = await host.client.evaluate({ jobKey: 'job', from: 0, count: 23 })
    const parts = [await host.client.evaluate({ jobKey: 'job', from: 0, count: 11 }), await host.client.evaluate({ jobKey: 'job', from: 11, count: 12 })]
    expect(whole.weight).toBe(23)
    expect(parts.reduce((sum, { lossSum }) => sum + lossSum, 0)).toBeCloseTo(whole.lossSum, 6)
    await expect(host.client.evaluate({ jobKey: 'job', from: 20, count: 4 })).rejects.toMatchObject({ code: 'BAD_RANGE' })
    expect((await host.client.resize('job', 10)).memoryBytes, 'the batch is what it was').toBe(1010)
  })
})

describe('when things go away', () => {
  it('rejects what is pending, and everything after, with COMPUTE_GONE', async () => {
    await prepared()
    host.device().stepMs = 50
    const pending = host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 })
    host.cut()
    await expect(pending).rejects.toMatchObject({ code: 'COMPUTE_GONE', message: expect.stringContaining('gradient') })
    await expect(host.client.memory()).rejects.toMatchObject({ code: 'COMPUTE_GONE' })
    expect(host.ended()).toBe(true)
  })

  it('frees every engine on release, cancelling what runs', async () => {
    await prepared()
    host.device().stepMs = 5
    const run = host.client.local({ jobKey: 'job', fromStep: 1, toStep: 1000, progressEveryMs: 0 })
    const failed = expect(run).rejects.toMatchObject({ code: 'CANCELLED' })
    await new Promise((done) => setTimeout(done, 20))
    await host.client.release('job')
    await failed
    expect(host.device().live).toBe(0)
    await expect(host.client.hash('job')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
    await host.client.prepare(prepareParams())
    expect((await host.client.hash('job')).step).toBe(0)
  })

  it('frees everything on shutdown and answers it', async () => {
    await prepared()
    await host.client.shutdown()
    expect(host.device().live).toBe(0)
    expect(host.ended()).toBe(true)
  })

  it('tells of a lost device, still exports the state on the host, and opens a new device for the next prepare', async () => {
    await prepared()
    await mergedStep(host, 1)
    await mergedStep(host, 2)
    const before = await host.client.exportState('job')
    const notices: ComputeNotice[] = []
    host.client.onNotice((notice) => notices.push(notice))
    host.device().lose()
    await vi.waitFor(() => expect(notices).toMatchObject([{ kind: 'device-lost', error: { code: 'DEVICE_LOST' } }]))
    await expect(host.client.gradient({ jobKey: 'job', step: 3, from: 0, count: 10 })).rejects.toMatchObject({ code: 'DEVICE_LOST' })
    expect(await host.client.exportState('job')).toEqual(before)
    await host.client.prepare(prepareParams())
    await host.client.importState('job', before.step, before.bytes)
    await mergedStep(host, 3)
    expect(host.devices).toHaveLength(2)
  })

  it('gives up a call at once when its signal says so, before and during', async () => {
    await prepared()
    await expect(host.client.memory({ signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
    host.device().stepMs = 30
    const controller = new AbortController()
    const run = host.client.gradient({ jobKey: 'job', step: 1, from: 0, count: 10 }, { signal: controller.signal })
    controller.abort(new Error('late'))
    await expect(run).rejects.toThrow('late')
  })
})
