/**
 * Submissions and actions that must not have an effect, each under its name.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { refusalOf } from '../../../protocol/control/refusals.ts'
import { signAction, signSpec } from '../../../protocol/control/service.ts'
import { checkAction, checkSubmission } from '../../../protocol/jobs/actions.ts'
import type { JobCommand } from '../../../protocol/jobs/commands.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { Signed } from '../../../protocol/wire/pb/signed.ts'
import { sign } from '../../../protocol/wire/signed.ts'
import { jobSpec } from '../../sim/specs.ts'

const need = (): { bytes: number; vectorBytes: number } => ({ bytes: 1, vectorBytes: 1 })
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

let owner: PrivateKey
let thief: PrivateKey
let signed: Uint8Array
let registry: Registry
let jobId: string

const submit = (bytes: Uint8Array): Promise<{ jobId: string; command: JobCommand | null }> => checkSubmission(bytes, registry, [], need, 1)
const act = (bytes: Uint8Array): Promise<JobCommand> => checkAction(bytes, registry, 2)

beforeAll(async () => {
  owner = await generateKeyPair('Ed25519')
  thief = await generateKeyPair('Ed25519')
  signed = await signSpec(owner, jobSpec(1))
})

beforeEach(async () => {
  registry = new Registry()
  const first = await submit(signed)
  jobId = first.jobId
  registry.apply(first.command as JobCommand)
})

/** The code a peer is told, and the reason under which it is counted. */
async function refused(work: Promise<unknown>): Promise<[string, string | undefined]> {
  const error = await work.then(
    () => new Error('was accepted'),
    (cause: unknown) => cause,
  )
  return [(error as { code?: string }).code ?? (error as Error).message, refusalOf(error)?.code]
}

describe('a submission', () => {
  it('is one job, however often it comes', async () => {
    expect(await submit(signed)).toEqual({ jobId, command: null })
  })

  it('is refused unsigned, changed, for another purpose, or in another encoding', async () => {
    expect(await refused(submit(json(jobSpec(2))))).toEqual(['MALFORMED', 'MALFORMED'])
    const changed = Signed.encode({ ...Signed.decode(signed), payload: json(jobSpec(2)) as Uint8Array<ArrayBuffer> })
    expect(await refused(submit(changed))).toEqual(['BAD_SIGNATURE', 'BAD_SIGNATURE'])
    expect(await refused(submit(await sign(owner, 'cyxwiz/action/1', json(jobSpec(2)))))).toEqual(['BAD_SIGNATURE', 'BAD_SIGNATURE'])
    // Field 1 once more, in front: protobuf takes the last one, so the content is the same.
    const { domain } = Signed.decode(signed)
    const again = Uint8Array.from([0x0a, domain.length, ...new TextEncoder().encode(domain), ...signed])
    expect(Signed.decode(again)).toEqual(Signed.decode(signed))
    expect(await refused(submit(again))).toEqual(['MALFORMED', 'MALFORMED'])
    // A field that this version does not know, at the end.
    expect(await refused(submit(Uint8Array.from([...signed, 0x78, 1])))).toEqual(['MALFORMED', 'MALFORMED'])
  })

  it('is refused where it is somebody else’s job under a new signature, and names that job', async () => {
    const { payload } = Signed.decode(signed)
    expect(await refused(submit(await sign(thief, 'cyxwiz/job/1', payload)))).toEqual(['RESIGNED_SPEC', 'RESIGNED_SPEC'])
    expect(await refused(submit(await sign(thief, 'cyxwiz/job/1', json(jobSpec(1))))), 'without its name').toEqual(['RESIGNED_SPEC', 'RESIGNED_SPEC'])
    await expect(submit(await sign(thief, 'cyxwiz/job/1', json(jobSpec(1))))).rejects.toThrow(jobId)
    expect(await refused(submit(await signSpec(owner, { ...jobSpec(1), name: 'renamed' }))), 'by its owner too').toEqual(['RESIGNED_SPEC', 'RESIGNED_SPEC'])
    expect((await submit(await signSpec(thief, jobSpec(2)))).command, 'a copy with a nonce of its own is a job').not.toBeNull()
  })

  it('is taken though copies under other signatures came first', async () => {
    registry = new Registry()
    const { payload } = Signed.decode(signed)
    expect(await refused(submit(await sign(thief, 'cyxwiz/job/1', payload)))).toEqual(['RESIGNED_SPEC', 'RESIGNED_SPEC'])
    registry.apply((await submit(await sign(thief, 'cyxwiz/job/1', json(jobSpec(1))))).command as JobCommand) // names nobody
    expect((await submit(signed)).command).toMatchObject({ type: 'submit', jobId })
  })

  it('is refused when it is no spec, or too large', async () => {
    expect(await refused(submit(await sign(owner, 'cyxwiz/job/1', Uint8Array.of(0xff, 0xfe))))).toEqual(['MALFORMED', 'MALFORMED'])
    expect(await refused(submit(await sign(owner, 'cyxwiz/job/1', json({ name: 'x' }))))).toEqual(['BAD_SPEC', 'BAD_SPEC'])
    expect(await refused(submit(await sign(owner, 'cyxwiz/job/1', new Uint8Array(300_000))))).toEqual(['TOO_LARGE', 'TOO_LARGE'])
  })
})

describe('an action', () => {
  const first = (): { jobId: string; attempt: number } => ({ jobId, attempt: 1 })

  it('counts from the owner of the job only', async () => {
    expect(await act(await signAction(owner, 'cancel', first()))).toMatchObject({ type: 'cancel', jobId })
    expect(await refused(act(await signAction(thief, 'cancel', first())))).toEqual(['NOT_YOURS', 'NOT_YOURS'])
    expect(await refused(act(json({ action: 'cancel', ...first() })))).toEqual(['MALFORMED', 'MALFORMED'])
    expect(await refused(act(await sign(owner, 'cyxwiz/job/1', json({ action: 'cancel', ...first() }))))).toEqual(['BAD_SIGNATURE', 'BAD_SIGNATURE'])
  })

  it('does not count again for another attempt', async () => {
    const pause = await signAction(owner, 'pause', first())
    registry.apply({ type: 'offer', jobId, attempt: 1, at: 2 })
    registry.apply({ type: 'fail', jobId, attempt: 1, reason: 'lost', retry: true, retryAt: 3, at: 3 })
    expect(await refused(act(pause))).toEqual(['REPLAYED_ACTION', 'REPLAYED_ACTION'])
  })

  it.each([
    ['nothing'],
    [null],
    [{}],
    [{ action: 'explode', jobId: 'x', attempt: 1 }],
    [{ action: 'cancel', jobId: 5, attempt: 1 }],
    [{ action: 'cancel', jobId: 'x' }],
  ])('that says %j is refused', async (said) => {
    expect(await refused(act(await sign(owner, 'cyxwiz/action/1', json(said))))).toEqual(['MALFORMED', 'MALFORMED'])
  })

  it('on a job that has ended is nobody’s offence', async () => {
    registry.apply({ type: 'cancel', jobId, reason: 'x', at: 3 })
    expect(await refused(act(await signAction(owner, 'cancel', first())))).toEqual(['WRONG_STATE', undefined])
  })
})
