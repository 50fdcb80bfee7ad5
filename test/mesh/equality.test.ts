/**
 * The same job trained by one process, by a mesh of one and by a mesh of three gives the same weights: within 1e-5
 * (relative L2 norm per tensor) between the three ways, to the bit among the members of one group.
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

const job = digitsJob({ optimizer: { type: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true }, steps: 50, sync: { mode: 'allreduce', roundSteps: 10 } })

async function trainedByMesh(peers: number): Promise<{ bytes: Uint8Array; members: string[]; copies: Uint8Array[] }> {
  const mesh = await Cluster.create()
  cluster = mesh
  await mesh.start(peers)
  await mesh.settled()
  const asked = mesh.living[0] as ClusterPeer
  const { jobId } = await asked.once('submit', { spec: await specOf({ ...job, peers: { min: peers, max: peers } }) })
  const { result } = await follow(mesh, jobId, AbortSignal.timeout(TIMEOUT_MS), () => {})
  expect(result?.steps).toBe(50)
  const sha256 = result?.weights.sha256 ?? ''
  // Every member stored what it holds itself: reading fetches nothing from others.
  const copies = await Promise.all(
    mesh.living.map(async (peer) => Buffer.from((await peer.once('read', { sha256, offset: 0, length: 500_000 })).base64, 'base64')),
  )
  const bytes = await downloadWeights({ once: (method, params) => asked.once(method, params) } as Parameters<typeof downloadWeights>[0], jobId)
  await mesh.stop()
  cluster = null
  return { bytes, members: (result?.receipts ?? []).map((receipt) => receipt.peerId), copies }
}

async function trainedAlone(): Promise<Uint8Array> {
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
    const alone = await trainedAlone()
    const one = await trainedByMesh(1)
    const three = await trainedByMesh(3)
    expect(three.members).toHaveLength(3)
    for (const copy of three.copies) expect(Buffer.compare(copy, three.bytes)).toBe(0)
    const figures = { aloneToOne: distance(alone, one.bytes), oneToThree: distance(one.bytes, three.bytes) }
    console.info('relative L2 per tensor, largest:', figures)
    expect(figures.aloneToOne).toBeLessThan(LIMIT)
    expect(figures.oneToThree).toBeLessThan(LIMIT)
  })
})

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer)
}
