/**
 * Signed job specs for the simulator and for unit tests: real ones, signed once per process, because a registry verifies
 * what it is given. The key is fixed, so that job ids are the same in every run.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { signSpec } from '../../protocol/control/service.ts'
import { type JobSpec, parseJobSpec } from '../../protocol/jobs/spec.ts'
import { bytesToBase64 } from '../../protocol/wire/base64.ts'
import { idOf } from '../../protocol/wire/signed.ts'

export interface SignedJob {
  readonly jobId: string
  readonly bytes: Uint8Array
  /** As it stands in a log command. */
  readonly signed: string
  readonly spec: JobSpec
}

export type SpecOverrides = Record<string, unknown>

export function jobSpec(nonce: number, overrides: SpecOverrides = {}): JobSpec {
  const totalSteps = typeof overrides.totalSteps === 'number' ? overrides.totalSteps : 40
  return parseJobSpec({
    name: `job-${nonce}`,
    model: { kind: 'sequential', input: [8], layers: [{ type: 'linear', units: 2 }] },
    optimizer: { type: 'sgd', lr: 0.1 },
    batchSize: 12,
    steps: totalSteps,
    totalSteps,
    stepsPerEpoch: 10,
    trainSamples: 120,
    testSamples: 30,
    init: null,
    version: 1,
    nonce: nonce.toString(16).padStart(16, '0'),
    createdAt: '2024-01-01T00:00:00.000Z',
    data: { label: 'none', dataset: null, labelColumn: null, parts: [part], limit: null, testLimit: null },
    ...overrides,
  })
}

const part = { role: 'train', format: 'safetensors', gzip: false, sha256: '0'.repeat(64), bytes: 1 }

const key = generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7))

export async function signJob(nonce: number, overrides: SpecOverrides = {}): Promise<SignedJob> {
  const spec = jobSpec(nonce, overrides)
  const bytes = await signSpec(await key, spec)
  return { jobId: idOf(bytes), bytes, signed: bytesToBase64(bytes), spec }
}
