/**
 * What crosses the wire: round trips, and garbage that is refused by name.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFrame } from '../../../protocol/collective/frames.ts'
import { signVote, verifyClaim } from '../../../protocol/coordinator/claim.ts'
import {
  decodeBody,
  decodeClaim,
  decodeRaft,
  encodeBody,
  encodeClaim,
  encodeClaimMessage,
  encodeRaft,
  type SignedClaim,
} from '../../../protocol/coordinator/codec.ts'
import { compareLines, fenceAccepts } from '../../../protocol/coordinator/lines.ts'
import type { RaftMessage } from '../../../protocol/coordinator/types.ts'
import { decodeJobMessage, decodeOffer, encodeJobMessage, encodeOffer, type JobMessage } from '../../../protocol/jobs/messages.ts'
import { base64ToBytes, bytesToBase64 } from '../../../protocol/wire/base64.ts'
import { WireError } from '../../../protocol/wire/errors.ts'
import { Signed } from '../../../protocol/wire/pb/signed.ts'
import { sign, verify } from '../../../protocol/wire/signed.ts'

const keys = (count: number): Promise<PrivateKey[]> => Promise.all(Array.from({ length: count }, () => generateKeyPair('Ed25519')))
const idOf = (key: PrivateKey): string => peerIdFromPrivateKey(key).toString()

async function claimOf(voters: readonly PrivateKey[], signers: readonly PrivateKey[], more: Partial<SignedClaim> = {}): Promise<SignedClaim> {
  const epoch = { number: 1, id: 'e1', parent: null }
  const names = voters.map(idOf)
  const leader = names[0] as string
  const votes = await Promise.all(
    signers.map(async (key) => ({ voter: idOf(key), signature: await signVote(key, { epoch, term: 3, candidate: leader, voters: names }) })),
  )
  return { epoch, term: 3, leader, voters: names, votes, ...more }
}

describe('a claim', () => {
  it('is proved by the signatures of a majority', async () => {
    const voters = await keys(3)
    const claim = await claimOf(voters, voters.slice(0, 2))
    const proved = await verifyClaim(decodeClaim(encodeClaim(claim)))
    expect(proved).toMatchObject({ leader: claim.leader, term: 3, signers: voters.slice(0, 2).map(idOf) })
    expect(decodeRaft(encodeClaimMessage(claim))).toMatchObject({ kind: 'claim', claim: { leader: claim.leader } })
  })

  it('is refused when it is forged, from a minority, for another leader or term, or counts a voter twice', async () => {
    const voters = await keys(3)
    const [stranger] = (await keys(1)) as [PrivateKey]
    const good = await claimOf(voters, voters.slice(0, 2))
    const refused: [string, SignedClaim][] = [
      ['a minority', await claimOf(voters, voters.slice(0, 1))],
      ['a stranger’s vote', await claimOf(voters, [voters[0] as PrivateKey, stranger])],
      ['another term', { ...good, term: 4 }],
      ['another leader', { ...good, leader: idOf(voters[2] as PrivateKey) }],
      ['another epoch', { ...good, epoch: { ...good.epoch, id: 'e2' } }],
      ['fewer voters than signed for', { ...good, voters: good.voters.slice(0, 2) }],
      ['one voter twice', { ...good, votes: [good.votes[0] as never, good.votes[0] as never] }],
      ['a voter listed twice', { ...good, voters: [good.voters[0] as string, good.voters[0] as string] }],
      ['no voters', { ...good, voters: [], votes: [] }],
      ['a signature cut short', { ...good, votes: good.votes.map((vote) => ({ ...vote, signature: vote.signature.slice(1) })) }],
      ['a voter that is no peer id', { ...good, voters: ['x', 'y', 'z'], votes: good.votes.map((vote) => ({ ...vote, voter: 'x' })) }],
    ]
    for (const [what, claim] of refused) await expect(verifyClaim(claim), what).rejects.toBeInstanceOf(WireError)
  })
})

describe('lines of one mesh', () => {
  const line = fc.record({
    epoch: fc.record({ number: fc.integer({ min: 1, max: 3 }), id: fc.constantFrom('a', 'b', 'c', 'd'), parent: fc.constant(null) }),
    signers: fc.integer({ min: 0, max: 5 }),
  })

  it('are ordered the same by everybody: no ties between different lines, no circles', () => {
    fc.assert(
      fc.property(line, line, line, (a, b, c) => {
        if (a.epoch.id !== b.epoch.id) expect(Math.sign(compareLines(a, b))).toBe(-Math.sign(compareLines(b, a)))
        const ids = new Set([a.epoch.id, b.epoch.id, c.epoch.id])
        if (ids.size === 3 && compareLines(a, b) < 0 && compareLines(b, c) < 0) expect(compareLines(a, c)).toBeLessThan(0)
      }),
    )
  })

  it('let a quorum beat a lone recovery, then the higher epoch win', () => {
    const quorum = { epoch: { number: 1, id: 'x', parent: null }, signers: 2 }
    const lone = { epoch: { number: 2, id: 'y', parent: 'x' }, signers: 1 }
    expect(compareLines(quorum, lone)).toBeLessThan(0)
    expect(compareLines(lone, { ...quorum, signers: 1 })).toBeLessThan(0)
  })

  it('accept a command of the same epoch and of no older term', () => {
    const seen = { epoch: 1, epochId: 'x', term: 4 }
    expect(fenceAccepts(null, seen)).toBe(true)
    expect(fenceAccepts(seen, { ...seen, term: 5 })).toBe(true)
    expect(fenceAccepts(seen, { ...seen, term: 3 })).toBe(false)
    expect(fenceAccepts(seen, { epoch: 9, epochId: 'y', term: 9 })).toBe(false)
  })
})

describe('messages', () => {
  it('survive the way through protobuf', () => {
    const command = new TextEncoder().encode('{"type":"x"}')
    const entries = [
      { index: 8, term: 2, body: { kind: 'noop' } },
      { index: 9, term: 2, body: { kind: 'config', epochId: 'e', voters: ['a', 'b', 'c'] } },
      { index: 10, term: 3, body: { kind: 'command', command } },
    ] as const
    const raft: RaftMessage[] = [
      { type: 'preVote', epochId: 'e', term: 5, lastIndex: 9, lastTerm: 4 },
      { type: 'preVoteReply', epochId: 'e', term: 5, granted: true },
      { type: 'vote', epochId: 'e', term: 5, lastIndex: 9, lastTerm: 4, transfer: true },
      { type: 'append', epochId: 'e', term: 5, prevIndex: 7, prevTerm: 2, entries, commit: 6 },
      { type: 'appendReply', epochId: 'e', term: 5, success: true, matchIndex: 2 ** 40 },
      { type: 'electNow', epochId: 'e', term: 5 },
    ]
    for (const message of raft) expect(decodeRaft(encodeRaft(message))).toEqual({ kind: 'raft', message })
    for (const { body } of entries) expect(decodeBody(encodeBody(body))).toEqual(body)
    const jobs: JobMessage[] = [
      { type: 'query', nonce: 3, freeze: true },
      { type: 'trouble', membership: 2, step: 9, peerId: 'p', reason: 'is silent', fatal: false },
      { type: 'assign', membership: 1, members: [{ peerId: 'a', share: 3 }], startStep: 7, holders: ['a'], checkpoint: { sha256: 'ab'.repeat(32), bytes: 9 } },
    ]
    for (const message of jobs) {
      const envelope = { jobId: 'a'.repeat(32), attempt: 2, fence: { epoch: 1, epochId: 'e', term: 2 }, message }
      expect(decodeJobMessage(encodeJobMessage(envelope))).toEqual(envelope)
    }
    const offer = { fence: { epoch: 1, epochId: 'e', term: 2 }, jobId: 'a'.repeat(32), attempt: 1, needBytes: 12345 }
    expect(decodeOffer(encodeOffer(offer))).toEqual(offer)
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(base64ToBytes(bytesToBase64(bytes))).toEqual(bytes)
      }),
    )
  })

  it('that are garbage are a WireError or a value, never anything else', () => {
    const valid = encodeRaft({
      type: 'append',
      epochId: 'e',
      term: 5,
      prevIndex: 7,
      prevTerm: 2,
      entries: [{ index: 8, term: 2, body: { kind: 'noop' } }],
      commit: 6,
    })
    const decoders: ((bytes: Uint8Array) => unknown)[] = [decodeRaft, decodeClaim, decodeJobMessage, decodeOffer, decodeFrame]
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, value]) => valid.map((byte, i) => (i === at ? value : byte)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), fc.constantFrom(...decoders), (bytes, decode) => {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe('a signed payload', () => {
  it('names its signer, and is refused when a byte, the signer or the purpose was changed', async () => {
    const [key] = (await keys(1)) as [PrivateKey]
    const payload = new TextEncoder().encode('payload')
    const bytes = await sign(key, 'cyxwiz/job/1', payload)
    expect(await verify(bytes, 'cyxwiz/job/1')).toEqual({ signer: idOf(key), payload })
    await expect(verify(bytes, 'cyxwiz/action/1')).rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.map((byte, at) => (at === i ? byte ^ 1 : byte))
      await expect(verify(changed, 'cyxwiz/job/1'), `byte ${i}`).rejects.toBeInstanceOf(WireError)
    }
    const short = Signed.encode({ ...Signed.decode(bytes), signature: new Uint8Array(63) })
    await expect(verify(short, 'cyxwiz/job/1'), 'a signature cut short').rejects.toMatchObject({ code: 'BAD_SIGNATURE' })
  })
})
