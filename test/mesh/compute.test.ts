/** The compute host as a real child process on the adapter at hand. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { initialParameters, layoutOf, thetaHash } from '../../kernels/index.ts'
import type { TrainingSpec } from '../../kernels/spec.ts'
import { type ComputeHost, startComputeHost } from '../../node/compute/index.ts'
import { resolveDataset } from '../../node/data/datasets.ts'
import type { ComputeClient, PrepareParams } from '../../protocol/compute/index.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const hosts: ComputeHost[] = []
const processes: ChildProcess[] = []

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
  for (const child of processes.splice(0)) child.kill('SIGKILL')
})

async function start(): Promise<ComputeHost> {
  const host = await startComputeHost({ gpu: 'auto', memoryLimitBytes: null, softwareThreads: 1 })
  hosts.push(host)
  return host
}

const spec = (units: number): TrainingSpec => ({
  model: {
    kind: 'sequential',
    input: [64],
    layers: [{ type: 'linear', units, bias: true }, { type: 'relu' }, { type: 'linear', units: 10, bias: true }],
  },
  loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
  optimizer: { type: 'adamw', lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 },
  schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
  clipNorm: null,
  precision: 'f32',
  nonFinite: 'stop',
  seed: 5,
  totalSteps: 100,
})

async function prepare(client: ComputeClient, over: Partial<PrepareParams> = {}): Promise<void> {
  const { parts } = await resolveDataset('digits')
  await client.prepare({
    jobKey: 'job',
    spec: spec(32),
    batch: 64,
    batchSize: 64,
    shuffle: true,
    data: { parts },
    initial: { kind: 'seed' },
    measure: false,
    ...over,
  })
}

/** `kill(pid, 0)` also succeeds for zombies, which containers without an init keep for ever. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

describe('a compute child process', () => {
  it('trains, merged and local, and its weights are what the host computes', async () => {
    const host = await start()
    expect(host.device.description).not.toBe('')
    const client = await host.client()
    await prepare(client)
    const layout = layoutOf(spec(32))
    expect(await client.hash('job')).toEqual({ step: 0, thetaHash: await thetaHash(initialParameters(spec(32)), layout) })
    const { vector, lossSum, weight } = await client.gradient({ jobKey: 'job', step: 1, from: 0, count: 64 })
    expect(vector).toBeInstanceOf(Float32Array)
    expect(vector.length).toBe(layout.length)
    expect(vector.some((value) => value !== 0)).toBe(true)
    expect(lossSum / weight).toBeCloseTo(Math.log(10), 0)
    await client.apply({ jobKey: 'job', step: 1, vector, weight })
    const last = await client.local({ jobKey: 'job', fromStep: 2, toStep: 60, progressEveryMs: 100 })
    expect(last.lossSum / last.weight).toBeLessThan(2.2)
    expect((await client.evaluate({ jobKey: 'job', from: 0, count: 359 })).weight).toBe(359)
    const memory = await client.memory()
    expect(memory.usedBytes).toBeGreaterThan(0)
    await client.release('job')
    expect((await client.memory()).usedBytes, 'nothing is left on the GPU').toBe(0)
  })

  it('runs at lower priority than the peer', async () => {
    const host = await start()
    expect(getPriority(host.pid)).toBe(Math.min(19, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL)))
  })

  it('killed in the middle of a gradient: the call ends with COMPUTE_GONE, and another child takes over', async () => {
    const host = await start()
    const client = await host.client()
    await prepare(client, { spec: spec(4096), batch: 1400, batchSize: 1400 })
    const crashes: string[] = []
    host.onCrash((error) => crashes.push(error.code))
    const pending = client.gradient({ jobKey: 'job', step: 1, from: 0, count: 1400 })
    const firstPid = host.pid ?? 0
    setTimeout(() => process.kill(firstPid, 'SIGKILL'), 30)
    await expect(pending).rejects.toMatchObject({ name: 'ComputeError', code: 'COMPUTE_GONE', message: expect.stringContaining('SIGKILL') })
    await expect(client.memory()).rejects.toMatchObject({ code: 'COMPUTE_GONE' })
    const next = await host.client({ signal: AbortSignal.timeout(20_000) })
    expect(next).not.toBe(client)
    expect(host.pid).not.toBe(firstPid)
    expect(crashes).toEqual(['COMPUTE_GONE'])
    await prepare(next)
    expect((await next.gradient({ jobKey: 'job', step: 1, from: 0, count: 8 })).weight).toBe(8)
  })

  it('ends within its time when stopped in the middle of work, and waiters are told', async () => {
    const host = await start()
    const client = await host.client()
    const pid = host.pid ?? 0
    await prepare(client, { spec: spec(4096), batch: 1400, batchSize: 1400 })
    const pending = client.local({ jobKey: 'job', fromStep: 1, toStep: 100, progressEveryMs: 1000 })
    pending.catch(() => {})
    await new Promise((done) => setTimeout(done, 50))
    const startMs = performance.now()
    await host.stop()
    expect(performance.now() - startMs).toBeLessThan(4_000)
    expect(isRunning(pid)).toBe(false)
    await expect(pending).rejects.toMatchObject({ name: 'ComputeError' })
    await expect(host.client()).rejects.toMatchObject({ code: 'COMPUTE_GONE' })
  })

  it('names the adapters there are when the one asked for is not among them', async () => {
    await expect(startComputeHost({ gpu: 'No Such Adapter 9000', memoryLimitBytes: null })).rejects.toMatchObject({
      code: 'NO_ADAPTER',
      message: expect.stringMatching(/no adapter is named "No Such Adapter 9000"; there (is|are) "/),
    })
  })

  it('refuses a job that its memory limit cannot hold, with the numbers, and stays usable', async () => {
    const host = await startComputeHost({ gpu: 'auto', memoryLimitBytes: 200_000, softwareThreads: 1 })
    hosts.push(host)
    const client = await host.client()
    await expect(prepare(client, { spec: spec(4096) })).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('200000') })
    await prepare(client)
    expect((await client.memory()).limitBytes).toBe(200_000)
  })

  it('does not outlive its parent, even one that was killed', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        `
        import { startComputeHost } from '${ROOT}node/compute/index.ts'
        const host = await startComputeHost({ gpu: 'auto', memoryLimitBytes: null, softwareThreads: 1 })
        console.log(host.pid)
        setInterval(() => {}, 1000)`,
      ],
      { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    processes.push(parent)
    const pid = await new Promise<number>((resolve) => parent.stdout?.once('data', (text) => resolve(Number(text))))
    expect(isRunning(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until('the child has ended', () => !isRunning(pid))
  })
})
