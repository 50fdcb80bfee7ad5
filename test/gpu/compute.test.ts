/**
 * The compute server with real engines, in this process: what only shows when numbers really overflow and devices really go.
 */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SplitDataset } from '../../kernels/data/types.ts'
import type { KernelDevice, TrainingSpec } from '../../kernels/index.ts'
import { computeKernels } from '../../node/compute/kernels.ts'
import { ComputeClient, type ComputeNotice, loopbackPorts, type PrepareParams, serveCompute } from '../../protocol/compute/index.ts'
import { testRandom } from '../random.ts'
import { mlp, trainingSpec } from '../specs.ts'
import { dawnDevice } from './dawn.ts'

const INPUT = 7
const CLASSES = 3
const BATCH = 10
const SAMPLES = 30
const adamw = { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 } as const

interface Member {
  readonly client: ComputeClient
  readonly devices: KernelDevice[]
  readonly notices: ComputeNotice[]
}

const members: Member[] = []
afterEach(() => {
  for (const { client, devices } of members.splice(0)) {
    client.close()
    for (const device of devices) device.dispose()
  }
})

/** `bad`: this sample is no number. Samples come in file order, so it is in every third step, from step 1 + ⌊bad / BATCH⌋ on. */
function dataset(bad: number | null): SplitDataset {
  const random = testRandom(4)
  const x = random.floats(SAMPLES * INPUT)
  if (bad !== null) x[bad * INPUT] = Number.NaN
  const y = Int32Array.from({ length: SAMPLES }, () => random.integer(0, CLASSES))
  return { train: { x, xScale: 1, sampleShape: [INPUT], y, targetShape: [], length: SAMPLES, classes: CLASSES }, test: null }
}

const paramsOf = (spec: TrainingSpec): PrepareParams => ({
  jobKey: 'job',
  spec,
  batch: BATCH,
  batchSize: BATCH,
  shuffle: false,
  data: { parts: [{ role: 'train', format: 'safetensors', gzip: false, sha256: 'a'.repeat(64), bytes: 1, location: '/x' }] },
  initial: { kind: 'seed' },
  measure: false,
})

async function member(spec: TrainingSpec, bad: number | null = null): Promise<Member> {
  const devices: KernelDevice[] = []
  const notices: ComputeNotice[] = []
  const ports = loopbackPorts({ clone: true })
  serveCompute(ports.server, {
    kernels: { ...computeKernels, loadSplit: async () => dataset(bad) },
    surroundings: {
      async openDevice() {
        const device = await dawnDevice()
        devices.push(device)
        const memory = {
          totalBytes: null,
          freeBytes: null,
          source: 'limits',
          limitBytes: 2 ** 30,
          usedBytes: 0,
          maxBufferSize: 2 ** 30,
          maxStorageBufferBindingSize: 2 ** 27,
        } as const
        return { device, report: device.report, lost: device.lost, memory: () => memory, close: () => device.dispose() }
      },
      readBytes: async (location) => Promise.reject(new Error(`no ${location}`)),
      now: () => performance.now(),
    },
  })
  const client = new ComputeClient(ports.client)
  client.onNotice((notice) => notices.push(notice))
  const made = { client, devices, notices }
  members.push(made)
  await client.init({ gpu: 'auto', memoryLimitBytes: null })
  await client.prepare(paramsOf(spec))
  return made
}

/** One merged step of members that take these rows each. */
async function mergedStep(group: readonly Member[], step: number, rows: readonly number[]): Promise<number[]> {
  let from = 0
  const asked = group.map(({ client }, i) => {
    const count = rows[i] ?? 0
    from += count
    return client.gradient({ jobKey: 'job', step, from: from - count, count })
  })
  const parts = await Promise.all(asked)
  const vector = new Float32Array(parts[0]?.vector.length ?? 0).map((_, i) => parts.reduce((sum, part) => Math.fround(sum + (part.vector[i] ?? 0)), 0))
  const weight = parts.reduce((sum, part) => sum + part.weight, 0)
  return (await Promise.all(group.map(({ client }) => client.apply({ jobKey: 'job', step, vector, weight })))).map(({ skippedSteps }) => skippedSteps)
}

const hashes = (group: readonly Member[]) => Promise.all(group.map(async ({ client }) => (await client.hash('job')).thetaHash))

describe('members whose steps are not finite', () => {
  it.each(['f32', 'mixed'] as const)('leave out the same steps and hold the same bits, though one alone has the bad sample: %s', async (precision) => {
    const spec = trainingSpec([INPUT], mlp(6, CLASSES), { optimizer: adamw, precision, nonFinite: precision === 'f32' ? 'skip' : 'stop' })
    const group = [await member(spec, 13), await member(spec, 13)]
    if (precision === 'mixed' && group[0]?.devices[0]?.caps.f16 !== true) return
    const skipped: number[] = []
    let before = await hashes(group)
    for (let step = 1; step <= 6; step++) {
      const counts = await mergedStep(group, step, [5, 5])
      const after = await hashes(group)
      expect([counts[0], after[0]], `step ${step}`).toEqual([counts[1], after[1]])
      const left = counts[0] !== (skipped.at(-1) ?? 0)
      expect(after[0] === before[0], `step ${step}`).toBe(left)
      skipped.push(counts[0] ?? Number.NaN)
      before = after
    }
    // Of mixed precision the scale may be too large for others as well.
    expect(skipped.at(-1)).toBeGreaterThanOrEqual(2)
    if (precision === 'f32') expect(skipped).toEqual([0, 1, 1, 1, 2, 2])
    // The guard goes along with the state, to the GPU, too.
    const [first] = group as [Member]
    const { step, bytes } = await first.client.exportState('job')
    const joiner = await member(spec, 13)
    await joiner.client.importState('job', step, bytes)
    const ends = await Promise.all([first, joiner].map(({ client }) => client.local({ jobKey: 'job', fromStep: 7, toStep: 9, progressEveryMs: 0 })))
    expect(ends.map(({ skippedSteps }) => skippedSteps)).toEqual([ends[1]?.skippedSteps, (skipped.at(-1) ?? 0) + 1])
    expect(new Set(await hashes([first, joiner])).size).toBe(1)
  })
})

describe('a device that is destroyed in the middle of a step', () => {
  it.each(['merged', 'local'] as const)('ends the step, not the job: a new device goes on from the last merged weights (%s)', async (how) => {
    const spec = trainingSpec([INPUT], mlp(6, CLASSES), { optimizer: adamw })
    const undisturbed = [await member(spec)]
    for (const step of [1, 2, 3, 4]) await mergedStep(undisturbed, step, [BATCH])
    const [expected] = await hashes(undisturbed)

    const one = await member(spec)
    for (const step of [1, 2]) await mergedStep([one], step, [BATCH])
    const [device] = one.devices as [KernelDevice]
    const destroy = (): void => device.raw.destroy()
    const work =
      how === 'local'
        ? one.client.local({ jobKey: 'job', fromStep: 3, toStep: 100, progressEveryMs: 0 }, { onProgress: ({ step }) => step === 5 && destroy() })
        : one.client.gradient({ jobKey: 'job', step: 3, from: 0, count: BATCH })
    const failed = expect(work).rejects.toMatchObject({ code: 'DEVICE_LOST' })
    if (how === 'merged') destroy()
    await failed
    await vi.waitFor(() => expect(one.notices).toMatchObject([{ kind: 'device-lost' }]))
    // What was merged is on the host, and still to be had.
    const { step, bytes } = await one.client.exportState('job')
    expect([step, device.liveBuffers]).toEqual([2, 0])
    await one.client.prepare(paramsOf(spec))
    await one.client.importState('job', step, bytes)
    for (const next of [3, 4]) await mergedStep([one], next, [BATCH])
    expect([one.devices.length, ...(await hashes([one]))]).toEqual([2, expected])
  })
})
