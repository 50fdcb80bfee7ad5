import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { beforeAll, describe, expect, it } from 'vitest'
import { signAction, signSpec } from '../../../protocol/control/service.ts'
import { signStatement } from '../../../protocol/coordinator/claim.ts'
import { proveEntry } from '../../../protocol/coordinator/entry-proof.ts'
import { RaftLog } from '../../../protocol/coordinator/log.ts'
import type { LogEntry } from '../../../protocol/coordinator/types.ts'
import { checkAction } from '../../../protocol/jobs/actions.ts'
import { encodeCommand, type JobCommand } from '../../../protocol/jobs/commands.ts'
import { Endings } from '../../../protocol/jobs/ends.ts'
import { importedRecords } from '../../../protocol/jobs/imported.ts'
import type { EndProof, JobRecord } from '../../../protocol/jobs/record.ts'
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
const nobody = (): boolean => false

describe('records that another peer brings along', () => {
  it('come through whole', async () => {
    expect(await importedRecords([sent()], any, nobody)).toEqual([record])
  })

  it('are what the signed spec says, whatever the record says about it', async () => {
    const [taken] = await importedRecords([sent({ submitter: 'thief', name: 'free lunch', totalSteps: 1, batchSize: 1 })], any, nobody)
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
    await expect(importedRecords(records, any, nobody)).rejects.toThrow(words)
  })

  it('are refused when the model cannot be', async () => {
    const impossible = (): void => {
      throw new Error('layer 0 (linear): takes no such input')
    }
    await expect(importedRecords([sent()], impossible, nobody)).rejects.toThrow(/layer 0/)
  })

  it('are refused under a signature that is not of their spec', async () => {
    const bytes = Buffer.from(record.signed, 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    const forged = bytes.toString('base64')
    await expect(importedRecords([sent({ signed: forged, jobId: idOf(new Uint8Array(bytes)) })], any, nobody)).rejects.toMatchObject({ name: 'WireError' })
  })

  it('are cancelled by the signed word of their submitter, and by nothing else', async () => {
    const word = async (key: PrivateKey, action: 'cancel' | 'pause', jobId = record.jobId): Promise<string> =>
      bytesToBase64(await signAction(key, action, { jobId, attempt: 1 }))
    const stranger = await generateKeyPair('Ed25519')
    const cancelled = await word(owner, 'cancel')
    expect((await importedRecords([sent({ state: 'cancelled', cancelled })], any, nobody))[0]).toMatchObject({ state: 'cancelled', cancelled })
    for (const forged of [undefined, 'AAAA', '%', await word(stranger, 'cancel'), await word(owner, 'pause'), await word(owner, 'cancel', '0'.repeat(32))]) {
      await expect(importedRecords([sent({ state: 'cancelled', cancelled: forged })], any, nobody), String(forged)).rejects.toMatchObject({
        code: 'FORGED_END',
      })
    }
  })

  it('carry the word that cancelled them, as the registry took it from the action', async () => {
    const registry = new Registry()
    registry.apply({ type: 'submit', jobId: record.jobId, signed: record.signed, at: 1 })
    registry.apply(await checkAction(await signAction(owner, 'cancel', record), registry, 2))
    await expect(importedRecords(JSON.parse(JSON.stringify(registry.list())), any, nobody)).resolves.toHaveLength(1)
  })
})

/** A line whose voters are `keys`, which commits these commands behind the job's submission and signs for all of it. */
async function line(keys: readonly PrivateKey[], commands: readonly JobCommand[]): Promise<{ proof: (at: number) => EndProof; log: RaftLog }> {
  const voters = keys.map((key) => peerIdFromPrivateKey(key).toString())
  const bodies = [{ type: 'submit', jobId: record.jobId, signed: record.signed, at: 1 } as const, ...commands].map(encodeCommand)
  const entries: LogEntry[] = [
    { index: 1, term: 1, body: { kind: 'config', epochId: 'line', voters } },
    ...bodies.map((command, i): LogEntry => ({ index: 2 + i, term: 1, body: { kind: 'command', command } })),
    { index: 2 + bodies.length, term: 1, body: { kind: 'noop' } },
  ]
  const log = new RaftLog(entries)
  const statement = { kind: 'commit', epochId: 'line', index: log.lastIndex, hash: log.hashAt(log.lastIndex) as string } as const
  const votes = await Promise.all(keys.map(async (key, i) => ({ voter: voters[i] as string, signature: await signStatement(key, statement, voters) })))
  const proof = (at: number): EndProof => {
    const proved = proveEntry(log, { statement, voters, votes }, at)
    if (proved === null) throw new Error(`entry ${at} is not proved`)
    return { ...proved, command: new TextDecoder().decode(bodies[at - 2]) }
  }
  return { log, proof }
}

const result = { steps: 100, samples: 1000, seconds: 1.5, trainLoss: 0.5, testLoss: null, testAccuracy: null, weights: { sha256: 'b'.repeat(64), bytes: 40 } }

describe('records of jobs that completed or failed in another line', () => {
  const complete = (): JobCommand => ({ type: 'complete', jobId: record.jobId, attempt: 1, result, at: 3 })
  const fail = (): JobCommand => ({ type: 'fail', jobId: record.jobId, attempt: 1, reason: 'no luck', retry: false, retryAt: 0, at: 3 })
  let voters: PrivateKey[]
  let known: (peer: string) => boolean
  beforeAll(async () => {
    voters = await Promise.all([1, 2, 3].map(() => generateKeyPair('Ed25519')))
    const first = peerIdFromPrivateKey(voters[0] as PrivateKey).toString()
    known = (peer) => peer === first
  })

  it('are believed by the signatures of voters, one of whom is known here', async () => {
    for (const [command, ended] of [
      [complete(), { state: 'completed', result }],
      [fail(), { state: 'failed', reason: 'no luck' }],
    ] as const) {
      const { proof } = await line(voters, [command])
      const [taken] = await importedRecords([sent({ ...ended, proof: proof(3) })], any, known)
      expect(taken).toMatchObject({ ...ended, proof: proof(3) })
      expect(taken?.unproved).toBeUndefined()
    }
  })

  it('are believed by the signature of their submitter, who was a mesh of its own', async () => {
    const { proof } = await line([owner], [complete()])
    const [taken] = await importedRecords([sent({ state: 'completed', result, proof: proof(3) })], any, nobody)
    expect(taken?.unproved).toBeUndefined()
  })

  it('are kept in sight as unproved without a proof, or with the signatures of strangers', async () => {
    const { proof } = await line(voters, [complete()])
    for (const more of [{}, { proof: proof(3) }]) {
      const [taken] = await importedRecords([sent({ state: 'completed', result, ...more })], any, nobody)
      expect(taken).toMatchObject({ state: 'completed', result, unproved: true })
    }
    const [open] = await importedRecords([sent({ unproved: true })], any, nobody)
    expect(open?.unproved, 'whatever the sender says of it').toBeUndefined()
  })

  it('are refused with a proof that does not hold', async () => {
    const { proof } = await line(voters, [complete()])
    const good = proof(3)
    const other = { ...result, weights: { sha256: 'c'.repeat(64), bytes: 40 } }
    const forgeries: [string, Record<string, unknown>][] = [
      ['other weights', { result: other }],
      ['the end of another attempt', { attempt: 2 }],
      ['another end', { state: 'failed', result: null, reason: 'no luck' }],
      ['another command under the signatures', { result: other, proof: { ...good, command: good.command.replaceAll('bbb', 'ccc') } }],
      ['a command that is none', { proof: { ...good, command: 'completed!' } }],
      ['the end of a chain that was signed elsewhere', { proof: { ...good, previous: 'd'.repeat(64) } }],
      ['another line', { proof: { ...good, epochId: 'mine' } }],
      ['too few signatures', { proof: { ...good, votes: good.votes.slice(0, 1) } }],
      ['one signature twice', { proof: { ...good, votes: [good.votes[0], { ...good.votes[0], voter: good.votes[1]?.voter }] } }],
      [
        'a command that only tried',
        { state: 'failed', result: null, reason: 'again', proof: { ...good, command: JSON.stringify({ ...fail(), retry: true }) } },
      ],
    ]
    for (const [what, change] of forgeries) {
      const forged = sent({ state: 'completed', result, proof: good, ...change })
      await expect(importedRecords([forged], any, known), what).rejects.toMatchObject({ code: 'FORGED_END' })
    }
  })

  it('carry the proof that their coordinator committed behind the end', async () => {
    const { log, proof } = await line(voters, [complete()])
    const registry = new Registry()
    const endings = new Endings()
    for (const index of [2, 3]) {
      const entry = log.entry(index) as LogEntry
      const command = JSON.parse(new TextDecoder().decode(entry.body.kind === 'command' ? entry.body.command : undefined)) as JobCommand
      registry.apply(command)
      endings.applied(entry, command, registry)
    }
    const due = (now: number, there = true): JobCommand[] => endings.due(now, 9, registry, (index) => (there ? proof(index) : null))
    expect(due(0, false), 'not signed for yet').toEqual([])
    const [command] = due(0)
    expect(command).toMatchObject({ type: 'proved', jobId: record.jobId, proof: proof(3) })
    expect(due(100), 'it is on its way').toEqual([])
    expect(due(60_000), 'it got lost').toHaveLength(1)
    expect(registry.apply(command as JobCommand).changed).toBe(true)
    expect(due(120_000)).toEqual([])
    expect(registry.apply(command as JobCommand).changed, 'once').toBe(false)
    const [taken] = await importedRecords(JSON.parse(JSON.stringify(registry.list())), any, known)
    expect(taken).toMatchObject({ state: 'completed', proof: proof(3) })
    expect(taken?.unproved).toBeUndefined()
  })
})
