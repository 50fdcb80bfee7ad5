/**
 * What a leader may put into the log: a command without the signature that it needs changes nothing on any peer, nor does a
 * job in a snapshot that nobody has signed.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { beforeAll, describe, expect, it } from 'vitest'
import { signAction, signSpec } from '../../../protocol/control/service.ts'
import type { LogEntry } from '../../../protocol/coordinator/types.ts'
import { decodeCommand, encodeCommand, type JobCommand } from '../../../protocol/jobs/commands.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { Vetting } from '../../../protocol/jobs/vetting.ts'
import { bytesToBase64 } from '../../../protocol/wire/base64.ts'
import { idOf, sign } from '../../../protocol/wire/signed.ts'
import { jobSpec } from '../../sim/specs.ts'

let owner: PrivateKey
let stranger: PrivateKey
let submit: JobCommand & { type: 'submit' }
beforeAll(async () => {
  owner = await generateKeyPair('Ed25519')
  stranger = await generateKeyPair('Ed25519')
  const bytes = await signSpec(owner, jobSpec(1))
  submit = { type: 'submit', jobId: idOf(bytes), signed: bytesToBase64(bytes), at: 1 }
})

const turned = (signed: string): string => {
  const bytes = Uint8Array.from(atob(signed), (letter) => letter.charCodeAt(0))
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
  return bytesToBase64(bytes)
}
const word = async (key: PrivateKey, action: 'cancel' | 'pause' | 'resume' | 'remove', attempt = 1): Promise<string> =>
  bytesToBase64(await signAction(key, action, { jobId: submit.jobId, attempt }))
const at = (index: number, command: JobCommand): LogEntry => ({ index, term: 1, body: { kind: 'command', command: encodeCommand(command) } })

/** As a peer applies it: why it is left out, or whether it changed anything. */
async function taken(registry: Registry, command: JobCommand): Promise<string | boolean> {
  const vetting = new Vetting(async () => {})
  await vetting.check([{ type: 'committed', entry: at(7, command) }])
  return vetting.refusal(7)?.code ?? registry.apply(command).changed
}

function running(): Registry {
  const registry = new Registry()
  registry.apply(submit)
  registry.apply({ type: 'offer', jobId: submit.jobId, attempt: 1, at: 2 })
  const members = [{ peerId: 'm', share: jobSpec(1).batchSize }]
  registry.apply({ type: 'member', jobId: submit.jobId, attempt: 1, membership: 1, members, startStep: 0, reason: '', at: 3 })
  return registry
}

describe('a command in the log', () => {
  it('submits a job under the signature of its submitter only', async () => {
    const signed = turned(submit.signed)
    const renamed = idOf(Uint8Array.from(atob(signed), (letter) => letter.charCodeAt(0)))
    const registry = new Registry()
    expect(await taken(registry, { ...submit, signed, jobId: renamed })).toBe('FORGED_COMMAND')
    expect(await taken(registry, { ...submit, jobId: '0'.repeat(32) })).toBe('FORGED_COMMAND')
    expect(await taken(registry, { ...submit, signed: 'nothing' })).toBe('FORGED_COMMAND')
    expect(registry.list()).toEqual([])
    expect(await taken(registry, submit)).toBe(true)
  })

  it.each(['cancel', 'pause'] as const)('brings a %s by the word of the submitter only', async (type) => {
    const change = { type, jobId: submit.jobId, reason: 'x', at: 4 } as const
    const registry = running()
    expect(await taken(registry, change), 'no word').toBe('FORGED_COMMAND')
    expect(await taken(registry, { ...change, signed: turned(await word(owner, type)) }), 'a false signature').toBe('FORGED_COMMAND')
    expect(await taken(registry, { ...change, signed: await word(stranger, type) }), 'of somebody else').toBe(false)
    expect(await taken(registry, { ...change, signed: await word(owner, 'remove') }), 'about something else').toBe(false)
    expect(registry.get(submit.jobId)?.state).toBe('running')
    expect(await taken(registry, { ...change, signed: await word(owner, type) })).toBe(true)
  })

  it('stops no peer by a word that cannot be read', async () => {
    const signed = bytesToBase64(await sign(stranger, 'cyxwiz/action/1', new TextEncoder().encode('no JSON')))
    expect(await taken(running(), { type: 'cancel', jobId: submit.jobId, reason: 'x', signed, at: 4 })).toBe('FORGED_COMMAND')
  })

  it('that is none, or has no fields to check, is left out like one that is forged', async () => {
    const vetting = new Vetting(async () => {})
    const bodies = [
      'null',
      '7',
      '{}',
      '{"type":"import"}',
      '{"type":"import","records":5}',
      '{"type":"proved","jobId":"x"}',
      '{"type":"submit"}',
      '{"type":"cancel"}',
    ]
    const entries = bodies.map((text, i): LogEntry => ({ index: i + 1, term: 1, body: { kind: 'command', command: new TextEncoder().encode(text) } }))
    await vetting.check(entries.map((entry) => ({ type: 'committed', entry }) as const))
    expect(bodies.map((_, i) => vetting.refusal(i + 1)?.code ?? null)).toEqual([null, null, null, ...Array.from({ length: 5 }, () => 'FORGED_COMMAND')])
    for (const text of bodies.slice(0, 3)) expect(() => decodeCommand(new TextEncoder().encode(text)), text).toThrow()
  })

  it('brings a pause of another attempt to nothing', async () => {
    expect(await taken(running(), { type: 'pause', jobId: submit.jobId, signed: await word(owner, 'pause', 2), at: 4 })).toBe(false)
  })

  it('brings along no job that nobody has signed', async () => {
    const [record] = running().list() as [JobRecord]
    const signed = turned(record.signed)
    const forged = { ...record, signed, jobId: idOf(Uint8Array.from(atob(signed), (letter) => letter.charCodeAt(0))) }
    const registry = new Registry()
    expect(await taken(registry, { type: 'import', records: [forged], at: 5 })).toBe('FORGED_COMMAND')
    expect(await taken(registry, { type: 'import', records: [{ ...record, submitter: 'a thief' }], at: 5 }), 'of somebody else').toBe('FORGED_COMMAND')
    const failed = { ...record, state: 'failed', reason: 'so I say' } as const
    expect(await taken(registry, { type: 'import', records: [failed], at: 5 }), 'an end without a word of who signed').toBe('FORGED_COMMAND')
    expect(await taken(registry, { type: 'import', records: [record], at: 5 })).toBe(true)
  })

  it('costs nothing where it carries no signature', () => {
    const entries = [at(1, { type: 'offer', jobId: submit.jobId, attempt: 1, at: 2 }), { index: 2, term: 1, body: { kind: 'noop' } } as const]
    expect(new Vetting(async () => {}).check(entries.map((entry) => ({ type: 'committed', entry }) as const))).toBeNull()
  })
})

describe('a snapshot of somebody else', () => {
  it('is taken without the jobs that nobody has signed, or that nobody has cancelled', async () => {
    const registry = running()
    const [good] = registry.list() as [JobRecord]
    const another = await signSpec(owner, jobSpec(2))
    registry.apply({ type: 'submit', jobId: idOf(another), signed: bytesToBase64(another), at: 1 })
    registry.apply({ type: 'cancel', jobId: idOf(another), reason: 'x', at: 2 })
    const signed = turned(good.signed)
    const jobs = [...registry.list(), { ...good, signed, jobId: idOf(Uint8Array.from(atob(signed), (letter) => letter.charCodeAt(0))) }]
    const stolen = await signSpec(owner, jobSpec(3))
    const theft = new Registry()
    theft.apply({ type: 'submit', jobId: idOf(stolen), signed: bytesToBase64(stolen), at: 1 })
    jobs.push({ ...(theft.list()[0] as JobRecord), submitter: 'a thief' })
    const data = new TextEncoder().encode(JSON.stringify({ version: 1, jobs }))
    const vetting = new Vetting(async () => {})
    await vetting.check([{ type: 'restore', index: 9, data }])
    const restored = new Registry()
    restored.restore(data, (jobId) => vetting.refusal(jobId) !== null)
    expect(restored.list()).toEqual([good])

    const twice = new TextEncoder().encode(JSON.stringify({ version: 1, jobs: [...jobs, jobs.at(-1)] }))
    await vetting.check([{ type: 'restore', index: 9, data: twice }])
    restored.restore(twice, (jobId) => vetting.refusal(jobId) !== null)
    expect(restored.list(), 'the same forged job twice').toEqual([good])

    // What was found good once is known by everything that was signed, not by its name.
    const later = new TextEncoder().encode(JSON.stringify({ version: 1, jobs: [{ ...good, signed }] }))
    await vetting.check([{ type: 'restore', index: 10, data: later }])
    expect(vetting.refusal(good.jobId)?.code).toBe('FORGED_COMMAND')
  })
})
