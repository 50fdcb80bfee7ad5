/**
 * Votes and claims: what a voter signs, and how a claim is proved with the signatures of a majority (mesh.md section 9,
 * rules 7 and 8). A receiver need not trust whoever passed the claim on.
 */
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { WireError } from '../wire/errors.ts'
import { toBeSigned } from '../wire/signed.ts'
import type { SignedClaim } from './codec.ts'
import { majority } from './lines.ts'
import type { Claim, Epoch } from './types.ts'

interface Vote {
  readonly epoch: Epoch
  readonly term: number
  readonly candidate: string
  /** The committee as the voter knew it. */
  readonly voters: readonly string[]
}

export async function signVote(key: PrivateKey, vote: Vote): Promise<Uint8Array> {
  return key.sign(voteBytes(vote))
}

/** Checks the signatures; throws `FORGED_CLAIM` unless a majority of distinct voters signed for this leader and term. */
export async function verifyClaim(claim: SignedClaim): Promise<Claim> {
  const voters = new Set(claim.voters)
  if (voters.size !== claim.voters.length || voters.size === 0) throw new WireError('MALFORMED', 'claim: voters must be distinct and at least one')
  const signers = new Set<string>()
  const bytes = voteBytes({ epoch: claim.epoch, term: claim.term, candidate: claim.leader, voters: claim.voters })
  for (const { voter, signature } of claim.votes) {
    if (!voters.has(voter) || signers.has(voter)) continue
    const key = publicKeyOf(voter)
    if (key !== undefined && (await key.verify(bytes, signature))) signers.add(voter)
  }
  const needed = majority(claim.voters)
  if (signers.size < needed) {
    throw new WireError(
      'FORGED_CLAIM',
      `claim of ${claim.leader} for term ${claim.term}: ${signers.size} valid votes of ${claim.voters.length} voters, needs ${needed}`,
    )
  }
  return { epoch: claim.epoch, term: claim.term, leader: claim.leader, voters: claim.voters, signers: [...signers] }
}

function publicKeyOf(peer: string): { verify(data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean> } | undefined {
  try {
    return peerIdFromString(peer).publicKey
  } catch {
    throw new WireError('MALFORMED', `claim: ${JSON.stringify(peer.slice(0, 64))} is not a peer id`)
  }
}

function voteBytes(vote: Vote): Uint8Array {
  const { epoch } = vote
  const text = JSON.stringify([epoch.number, epoch.id, epoch.parent, vote.term, vote.candidate, [...vote.voters].sort()])
  return toBeSigned('cyxwiz/vote/1', new TextEncoder().encode(text))
}
