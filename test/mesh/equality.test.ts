/**
 * The same job trained by one process, by a mesh of one and by a mesh of three gives the same weights: within 1e-5
 * (relative L2 norm per tensor) between the three ways, to the bit among the members of one group. So do networks for
 * images, sequences and text, whose dropout must not depend on who has which rows.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { parseSafetensors } from '../../kernels/data/index.ts'
import { downloadWeights } from '../../node/cli/weights-file.ts'
import { Cluster, type ClusterPeer } from '../../node/demo/cluster.ts'
import { follow } from '../../node/demo/follow.ts'
import { digitsJob, specOf } from './jobs.ts'

const BIN = fileURLToPath(new URL('../../node/bin/cyxwiz.mjs', import.meta.url))
const TIMEOUT_MS = 180_000
const LIMIT = 1e-5

let cluster: Cluster | null = null
afterEach(async () => {
  await cluster?.stop()
  cluster = null
}, TIMEOUT_MS)

type Job = ReturnType<typeof digitsJob>

const sgd = { type: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true }
const mlp = digitsJob({ optimizer: sgd, steps: 50, sync: { mode: 'allreduce', roundSteps: 10 } })
const short = { optimizer: sgd, steps: 6, batchSize: 12, sync: { mode: 'allreduce', roundSteps: 3 } }
const sequential = (...layers: Record<string, unknown>[]) => ({ kind: 'sequential', input: [64], layers: [...layers, { type: 'linear', units: 10 }] })
const MODELS: [string, Job][] = [
  [
    'convolutions, a residual block, recurrent layers',
    digitsJob({
      ...short,
      model: sequential(
        { type: 'reshape', shape: [1, 8, 8] },
        { type: 'conv2d', channels: 4, kernel: 3, padding: 1 },
        { type: 'residual', layers: [{ type: 'groupnorm', numGroups: 2 }, { type: 'relu' }, { type: 'conv2d', channels: 4, kernel: 3, padding: 1 }] },
        { type: 'maxpool2d', kernel: 2 },
        { type: 'reshape', shape: [4, 16] },
        { type: 'lstm', hiddenSize: 8 },
        { type: 'dropout', p: 0.2 },
        { type: 'gru', hiddenSize: 6, output: 'last' },
      ),
    }),
  ],
  [
    'a GPT on text',
    digitsJob({
      ...short,
      model: { kind: 'gpt2', vocabSize: 256, nPositions: 16, nEmbd: 16, nLayer: 1, nHead: 2, dropout: 0.1 },
      data: { dataset: 'moby-dick', limit: 200, testLimit: 20 },
    }),
  ],
]
/** Members normalise by their own rows, as PyTorch's do: two are not one, but they agree among themselves. */
const batchNormed = digitsJob({
  ...short,
  model: sequential(
    { type: 'reshape', shape: [1, 8, 8] },
    { type: 'conv2d', channels: 4, kernel: 3, bias: false },
    { type: 'batchnorm2d' },
    { type: 'relu' },
    { type: 'flatten' },
  ),
})

interface Trained {
  readonly bytes: Uint8Array
  readonly members: readonly string[]
  /** What each member stored itself. */
  readonly copies: readonly Uint8Array[]
}

async function meshOf(peers: number): Promise<Cluster> {
  const mesh = await Cluster.create()
  cluster = mesh
  await mesh.start(peers)
  await mesh.settled()
  return mesh
}

async function trainedBy(mesh: Cluster, job: Job): Promise<Trained> {
  const peers = mesh.living.length
  const asked = mesh.living[0] as ClusterPeer
  const { jobId } = await asked.once('submit', { spec: await specOf({ ...job, peers: { min: peers, max: peers } }) })
  const { result } = await follow(mesh, jobId, AbortSignal.timeout(2 * TIMEOUT_MS), () => {})
  expect(result?.steps).toBe(job.steps)
  const sha256 = result?.weights.sha256 ?? ''
  // Reading fetches nothing from others.
  const copies = await Promise.all(
    mesh.living.map(async (peer) => Buffer.from((await peer.once('read', { sha256, offset: 0, length: 500_000 })).base64, 'base64')),
  )
  const bytes = await downloadWeights({ once: (method, params) => asked.once(method, params) } as Parameters<typeof downloadWeights>[0], jobId)
  for (const copy of copies) expect(Buffer.compare(copy, bytes), 'all members hold the same bits').toBe(0)
  return { bytes, members: (result?.receipts ?? []).map((receipt) => receipt.peerId), copies }
}

async function trainedAlone(job: Job): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-test-'))
  try {
    const path = join(folder, 'job.json')
    const out = join(folder, 'weights.safetensors')
    await writeFile(path, JSON.stringify(job))
    await promisify(execFile)(process.execPath, [BIN, 'train', path, '--json', '--out', out])
    return new Uint8Array(await readFile(out))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Largest relative L2 distance over the tensors. */
function distance(a: Uint8Array, b: Uint8Array): number {
  const left = parseSafetensors(a)
  const right = parseSafetensors(b)
  expect([...left.keys()]).toEqual([...right.keys()])
  let largest = 0
  for (const [name, tensor] of left) {
    const x = floats(tensor.bytes)
    const y = floats(right.get(name)?.bytes ?? new Uint8Array())
    let difference = 0
    let norm = 0
    for (let i = 0; i < x.length; i++) {
      difference += ((x[i] as number) - (y[i] as number)) ** 2
      norm += (x[i] as number) ** 2
    }
    largest = Math.max(largest, Math.sqrt(difference / norm))
  }
  return largest
}

describe('one job, three ways', { timeout: TIMEOUT_MS }, () => {
  it('gives the same weights', async () => {
    const alone = await trainedAlone(mlp)
    const one = await trainedBy(await meshOf(1), mlp)
    await cluster?.stop()
    const three = await trainedBy(await meshOf(3), mlp)
    expect(three.members).toHaveLength(3)
    expect(three.copies).toHaveLength(3)
    const figures = { aloneToOne: distance(alone, one.bytes), oneToThree: distance(one.bytes, three.bytes) }
    console.info('relative L2 per tensor, largest:', figures)
    expect(figures.aloneToOne).toBeLessThan(LIMIT)
    expect(figures.oneToThree).toBeLessThan(LIMIT)
  })

  // Each member compiles all kernels of each model.
  it('gives the same weights of every kind of model', { timeout: 4 * TIMEOUT_MS }, async () => {
    const mesh = await meshOf(2)
    for (const [title, job] of MODELS) {
      const two = await trainedBy(mesh, job)
      expect(two.members, title).toHaveLength(2)
      const apart = distance(await trainedAlone(job), two.bytes)
      console.info(`relative L2 per tensor, ${title}: ${apart.toExponential(1)}`)
      expect(apart, title).toBeLessThan(LIMIT)
    }
    const { bytes } = await trainedBy(mesh, batchNormed)
    expect(floats(parseSafetensors(bytes).get('2.running_var')?.bytes ?? new Uint8Array()).every((value) => value > 0 && value !== 1)).toBe(true)
  })
})

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer)
}
