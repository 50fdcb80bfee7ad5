/**
 * Whatever bytes another peer sends, a decoder answers or refuses with a `WireError` whose reason is one of those that are
 * counted, and what it gives holds no more memory than a few times the bytes that came. A failing run prints its seed and
 * path; `FUZZ_SEED=… npm run test:fuzz` replays it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame } from '../../../protocol/collective/frames.ts'
import { verifyClaim } from '../../../protocol/coordinator/claim.ts'
import { decodeAnnouncement, decodeBody, decodeClaim, decodeRaft, encodeBody } from '../../../protocol/coordinator/codec.ts'
import { checkAction, checkSubmission } from '../../../protocol/jobs/actions.ts'
import { JobError, SpecError } from '../../../protocol/jobs/errors.ts'
import { importedRecords } from '../../../protocol/jobs/imported.ts'
import { decodeJobMessage, decodeOffer } from '../../../protocol/jobs/messages.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { decodeDigest, decodeFrame as decodePresence, openAnnouncement } from '../../../protocol/presence/codec.ts'
import { REFUSALS, WireError } from '../../../protocol/wire/errors.ts'
import { openVerified, sign, verify } from '../../../protocol/wire/signed.ts'
import { changes, mutate, numRuns, seed } from '../mutate.ts'
import { BYTES, ENDED, IDS, JOB, KEYS, PRESENCE } from './corpus.ts'

/** Objects and numbers around the bytes; a short field of its own costs more than its bytes. */
const MEMORY_FACTOR = 64
const MEMORY_BASE = 4096

/** Bytes that a value keeps alive, beside the buffer that it was read from. */
function weight(value: unknown, from: Uint8Array): number {
  if (typeof value === 'string') return 2 * value.length
  if (value instanceof Uint8Array) return value.buffer === from.buffer ? 16 : value.buffer.byteLength
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + weight(one, from), 8 * value.length)
  if (typeof value === 'object' && value !== null) return Object.values(value).reduce((sum: number, one) => sum + 16 + weight(one, from), 16)
  return 8
}

function expectNamed(error: unknown): void {
  if (!(error instanceof WireError)) throw error
  expect(REFUSALS).toContain(error.code)
}

function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    expect(weight(decode(bytes), bytes)).toBeLessThanOrEqual(MEMORY_BASE + MEMORY_FACTOR * bytes.byteLength)
  } catch (error) {
    expectNamed(error)
  }
}

const bodies = [
  encodeBody({ kind: 'noop' }),
  encodeBody({ kind: 'config', epochId: 'line', voters: IDS }),
  encodeBody({ kind: 'command', command: new Uint8Array([123, 125]) }),
]
const decoders: readonly [string, readonly Uint8Array[], (bytes: Uint8Array) => unknown][] = [
  ['messages between voters', BYTES.raft, decodeRaft],
  ['claims', BYTES.claim, decodeClaim],
  ['announcements', BYTES.announcement, decodeAnnouncement],
  ['bodies of log entries', bodies, decodeBody],
  ['job messages', BYTES.job, decodeJobMessage],
  ['offers', BYTES.offer, decodeOffer],
  ['frames of a merge', BYTES.frame, decodeFrame],
  ['frames of presence', BYTES.presence, decodePresence],
  ['digests of presence', BYTES.digest, decodeDigest],
  ['signed envelopes', [...BYTES.spec, ...BYTES.action, ...BYTES.other], openVerified],
]

describe.each(decoders)('%s', (_, valid, decode) => {
  it('are read when they are right', () => {
    for (const bytes of valid) expect(() => decode(bytes)).not.toThrow()
  })

  it('are read or refused by name when they are nearly right', () => {
    fc.assert(
      fc.property(fc.constantFrom(...valid), changes, (bytes, list) => survives(decode, mutate(bytes, list))),
      { seed, numRuns: Math.ceil(numRuns / 10) },
    )
  })

  it('are refused by name when they are noise, or cut off', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => survives(decode, bytes)),
      { seed, numRuns: Math.ceil(numRuns / 40) },
    )
    for (const bytes of valid) for (let length = 0; length < bytes.length; length += 1) survives(decode, bytes.subarray(0, length))
  })
})

/** Signatures cost a millisecond: fewer runs. */
const slow = { seed, numRuns: Math.ceil(numRuns / 40) }

describe('what is signed', () => {
  it('is refused by name when a signature does not fit, whatever was changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...BYTES.spec, ...BYTES.action, ...BYTES.other), changes, async (bytes, list) => {
        const changed = mutate(bytes, list)
        if (Buffer.from(changed).equals(bytes)) return
        const error = await verify(changed, 'cyxwiz/job/1').then(
          () => null,
          (cause: unknown) => cause,
        )
        expect(error, 'a changed envelope is no envelope').not.toBeNull()
        expectNamed(error)
      }),
      slow,
    )
  })

  it('is a record of presence only whole, and as the peer that it names says it', async () => {
    const [own] = BYTES.presenceRecord
    expect((await openAnnouncement(own)).record).toMatchObject({ peerId: IDS[0], memory: { limitBytes: 1e9 } })
    await fc.assert(
      fc.asyncProperty(changes, fc.boolean(), async (list, signedAgain) => {
        // Changed under a signature of its own it is read, or refused by name; under the old one it is refused.
        const bytes = signedAgain ? await sign(KEYS[0] as never, 'cyxwiz/presence/1', mutate(PRESENCE, list)) : mutate(own, list)
        if (Buffer.from(bytes).equals(own)) return
        try {
          const { record } = await openAnnouncement(bytes)
          expect(signedAgain, 'a changed envelope is none').toBe(true)
          expect(record.peerId, 'speaks for itself').toBe(IDS[0])
          const { memory, speed, slots } = record
          for (const value of [speed, slots, memory.limitBytes, memory.usedBytes, memory.totalBytes ?? 0, memory.freeBytes ?? 0])
            expect(value, 'what plans are made of').toBeGreaterThanOrEqual(0)
        } catch (error) {
          expectNamed(error)
        }
      }),
      slow,
    )
  })

  it('proves no claim that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        try {
          const claim = decodeClaim(mutate(BYTES.claim[0], list))
          const proved = await verifyClaim(claim)
          // What is not covered by a signature: votes beyond the majority, unknown fields.
          expect(proved).toMatchObject({ term: 3, leader: IDS[0] })
          expect([...proved.voters].sort()).toEqual([...IDS].sort())
        } catch (error) {
          expectNamed(error)
        }
      }),
      slow,
    )
  })

  const spec = new TextEncoder().encode(JSON.stringify(JOB.spec))
  const action = new TextEncoder().encode(JSON.stringify({ action: 'cancel', jobId: JOB.jobId, attempt: 1 }))
  const registry = new Registry()
  registry.apply({ type: 'submit', jobId: JOB.jobId, signed: JOB.signed, at: 1 })

  it('by somebody who may sign is a job or an action, or refused by name', async () => {
    const named = (error: unknown): void => {
      if (error instanceof SpecError || error instanceof JobError) expect(error.code).toMatch(/^[A-Z_]+$/)
      else expectNamed(error)
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(spec, action), changes, fc.boolean(), async (valid, list, asJob) => {
        const payload = mutate(valid, list)
        try {
          if (asJob) await checkSubmission(await sign(KEYS[1] as never, 'cyxwiz/job/1', payload), registry, [], () => ({ bytes: 1, vectorBytes: 1 }), 1)
          else await checkAction(await sign(KEYS[1] as never, 'cyxwiz/action/1', payload), registry, 1)
        } catch (error) {
          named(error)
        }
      }),
      slow,
    )
  })

  it('and brought along in a record of another line is a record, or refused by name', async () => {
    const record = new TextEncoder().encode(JSON.stringify([...registry.list(), ENDED]))
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        let sent: unknown
        try {
          sent = JSON.parse(new TextDecoder().decode(mutate(record, list)))
        } catch {
          return // the request is refused before
        }
        try {
          await importedRecords(
            sent,
            () => {},
            () => false,
          )
        } catch (error) {
          if (error instanceof SpecError) expect(error.code).toMatch(/^[A-Z_]+$/)
          else expectNamed(error)
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    )
  })
})
