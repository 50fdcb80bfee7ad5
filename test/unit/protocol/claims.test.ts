/** What a peer believes about who leads: only what the voters that a claim names have signed. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Logger, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect, it } from 'vitest'
import { signVote } from '../../../protocol/coordinator/claim.ts'
import { Claims, type ClaimsComponents } from '../../../protocol/coordinator/claims.ts'
import type { SignedClaim } from '../../../protocol/coordinator/codec.ts'
import type { RaftInput } from '../../../protocol/coordinator/types.ts'

const EPOCH = { number: 1, id: 'line', parent: null }
const idOfKey = (key: PrivateKey): string => peerIdFromPrivateKey(key).toString()

async function claimOf(keys: readonly PrivateKey[], term: number): Promise<SignedClaim> {
  const voters = keys.map(idOfKey)
  const leader = voters[0] as string
  const votes = await Promise.all(
    keys.map(async (key) => ({ voter: idOfKey(key), signature: await signVote(key, { epoch: EPOCH, term, candidate: leader, voters }) })),
  )
  return { epoch: EPOCH, term, leader, voters, votes }
}

it('checks every claim that is not the very one it has found good before', async () => {
  const keys = await Promise.all([1, 2, 3].map(() => generateKeyPair('Ed25519')))
  const stranger = idOfKey(await generateKeyPair('Ed25519'))
  const heard: RaftInput[] = []
  const refused: string[] = []
  const log = Object.assign(() => {}, { error: (_: string, message: string) => refused.push(message) }) as unknown as Logger
  const claims = new Claims({ mesh: 'claims', run: (input) => heard.push(input), sendTo: () => {}, isBroken: () => false }, {
    core: { self: 'me', epoch: null, term: 0 },
    pubsub: {},
    privateKey: keys[0],
    clock: { now: () => 0 },
    log,
    offences: { report: (peer: string, error: Error) => refused.push(`${peer}: ${error.message}`) },
  } as unknown as ClaimsComponents)
  const checked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50))
  const honest = await claimOf(keys, 4)
  claims.receive(stranger, honest)
  await checked()
  expect(heard).toHaveLength(1)
  // The same line, term, leader and number of votes, and another committee.
  claims.receive(stranger, { ...honest, voters: [honest.leader, stranger, honest.voters[1] as string] })
  await checked()
  expect(heard).toHaveLength(1)
  expect(refused).toEqual([expect.stringMatching(`^${stranger}: claim of ${honest.leader} for term 4: 0 valid votes of 3 voters`)])
})
