import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { beforeAll, describe, expect, it } from 'vitest'
import { importedRecords } from '../../../protocol/control/imported.ts'
import { signAction, signSpec } from '../../../protocol/control/service.ts'
import { checkAction } from '../../../protocol/jobs/actions.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { parseJobSpec } from '../../../protocol/jobs/spec.ts'
import { bytesToBase64 } from '../../../protocol/wire/base64.ts'
import { idOf } from '../../../protocol/wire/signed.ts'

const spec = parseJobSpec({
  version: 1,
  nonce: '0123456789abcdef',
  createdAt: '2026-01-01T00:00:00Z',
  name: 'brought along',
  model: { kind: 'sequential', input: [4], layers: [{ type: 'linear', units: 2 }] },
  optimizer: { type: 'sgd' },
  batchSize: 10,
  steps: 100,
  init: null,
  data: {
    label: 'x',
    dataset: null,
    labelColumn: null,
    parts: [{ role: 'table', format: 'csv', gzip: false, sha256: 'a'.repeat(64), bytes: 1 }],
    limit: null,
    testLimit: null,
  },
  totalSteps: 100,
  stepsPerEpoch: 10,
  trainSamples: 100,
  testSamples: 0,
})

let record: JobRecord
let owner: PrivateKey
beforeAll(async () => {
  owner = await generateKeyPair('Ed25519')
  const bytes = await signSpec(owner, spec)
  const registry = new Registry()
  registry.apply({ type: 'submit', jobId: idOf(bytes), signed: bytesToBase64(bytes), at: 1 })
  record = registry.list()[0] as JobRecord
})

/** As it comes over the wire. */
const sent = (change: Record<string, unknown> = {}): unknown => JSON.parse(JSON.stringify({ ...record, ...change }))
const any = (): void => {}

describe('records that another peer brings along', () => {
  it('come through whole', async () => {
    expect(await importedRecords([sent()], any)).toEqual([record])
  })

  it('are what the signed spec says, whatever the record says about it', async () => {
    const [taken] = await importedRecords([sent({ submitter: 'thief', name: 'free lunch', totalSteps: 1, batchSize: 1 })], any)
    expect(taken).toEqual(record)
  })

  it.each([
    ['no list', 'everything', /records: must be a list/],
    ['a number for a record', [5], /records/],
    ['a record without its history', [{ history: undefined }], /history/],
    ['a state that is none', [{ state: 'perfect' }], /state/],
    ['a negative step', [{ step: -1 }], /step/],
    ['members that are none', [{ members: [null] }], /members/],
    ['a completed job without a result', [{ state: 'completed' }], /is completed without a result/],
    ['a spec that is not base64', [{ signed: '%%%' }], /not base64/],
    ['a spec that is nothing', [{ signed: 'AAAA' }], /decoded/],
    ['the id of another job', [{ jobId: '0'.repeat(32) }], /is not the hash of its spec/],
  ])('are refused with %s', async (_what, change, words) => {
    const records = Array.isArray(change) ? change.map((one) => (typeof one === 'object' ? sent(one) : one)) : change
    await expect(importedRecords(records, any)).rejects.toThrow(words)
  })

  it('are refused when the model cannot be', async () => {
    const impossible = (): void => {
      throw new Error('layer 0 (linear): takes no such input')
    }
    await expect(importedRecords([sent()], impossible)).rejects.toThrow(/layer 0/)
  })

  it('are refused under a signature that is not of their spec', async () => {
    const bytes = Buffer.from(record.signed, 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    const forged = bytes.toString('base64')
    await expect(importedRecords([sent({ signed: forged, jobId: idOf(new Uint8Array(bytes)) })], any)).rejects.toMatchObject({ name: 'WireError' })
  })

  it('are cancelled by the signed word of their submitter, and by nothing else', async () => {
    const word = async (key: PrivateKey, action: 'cancel' | 'pause', jobId = record.jobId): Promise<string> =>
      bytesToBase64(await signAction(key, action, { jobId, attempt: 1 }))
    const stranger = await generateKeyPair('Ed25519')
    const cancelled = await word(owner, 'cancel')
    expect((await importedRecords([sent({ state: 'cancelled', cancelled })], any))[0]).toMatchObject({ state: 'cancelled', cancelled })
    for (const forged of [undefined, 'AAAA', '%', await word(stranger, 'cancel'), await word(owner, 'pause'), await word(owner, 'cancel', '0'.repeat(32))]) {
      await expect(importedRecords([sent({ state: 'cancelled', cancelled: forged })], any), String(forged)).rejects.toMatchObject({ code: 'FORGED_END' })
    }
  })

  it('carry the word that cancelled them, as the registry took it from the action', async () => {
    const registry = new Registry()
    registry.apply({ type: 'submit', jobId: record.jobId, signed: record.signed, at: 1 })
    registry.apply(await checkAction(await signAction(owner, 'cancel', record), registry, 2))
    await expect(importedRecords(JSON.parse(JSON.stringify(registry.list())), any)).resolves.toHaveLength(1)
  })
})
