/** A complete signed-spec body for tests of the model's page code. */
import type { JobSpec } from '../../../../protocol/jobs/spec.ts'
import { parseJobSpec } from '../../../../protocol/jobs/spec.ts'

interface Wanted {
  readonly input: readonly number[]
  readonly dataset?: string | null
  readonly parts?: JobSpec['data']['parts']
  readonly layers?: readonly unknown[]
  readonly loss?: string
  readonly labelColumn?: string | null
}

export function jobSpec({ input, dataset = null, parts, layers, loss = 'cross-entropy', labelColumn = null }: Wanted): JobSpec {
  return parseJobSpec({
    version: 1,
    nonce: '0123456789abcdef',
    createdAt: '2026-11-23T10:00:00.000Z',
    name: 'try me',
    model: { kind: 'sequential', input, layers: layers ?? [{ type: 'linear', units: 32 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
    loss,
    optimizer: { type: 'sgd' },
    batchSize: 8,
    steps: 10,
    data: {
      label: dataset ?? 'uploaded',
      dataset,
      labelColumn,
      parts: parts ?? [{ role: 'train', format: 'safetensors', gzip: false, sha256: '0'.repeat(64), bytes: 1 }],
      limit: null,
      testLimit: null,
    },
    init: null,
    totalSteps: 10,
    stepsPerEpoch: 10,
    trainSamples: 80,
    testSamples: 0,
  })
}
