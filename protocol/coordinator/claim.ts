/**
 * Votes, claims and certificates: what a voter signs, and how that is proved with the signatures of a majority (mesh.md
 * section 9, rules 7 and 8). A receiver need not trust whoever passed it on.
 */
import type { PrivateKey, PublicKey } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { WireError } from '../wire/errors.ts'
import { fits, toBeSigned } from '../wire/signed.ts'
import type { SignedClaim } from './codec.ts'
import { majority } from './lines.ts'
import type { Certificate, Claim, Epoch, Statement } from './types.ts'

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
  const bytes = voteBytes({ epoch: claim.epoch, term: claim.term, candidate: claim.leader, voters: claim.voters })
  const signers = await signersOf(bytes, claim)
  const needed = majority(claim.voters)
  if (signers.size < needed) {
    throw new WireError(
      'FORGED_CLAIM',
      `claim of ${claim.leader} for term ${claim.term}: ${signers.size} valid votes of ${claim.voters.length} voters, needs ${needed}`,
    )
  }
  return { epoch: claim.epoch, term: claim.term, leader: claim.leader, voters: claim.voters, signers: [...signers] }
}

export async function signStatement(key: PrivateKey, statement: Statement, voters: readonly string[]): Promise<Uint8Array> {
  return key.sign(statementBytes(statement, voters))
}

/** Whether `voter` signed just this. */
export async function isSigned(statement: Statement, voters: readonly string[], voter: string, signature: Uint8Array): Promise<boolean> {
  return fits(publicKeyOf(voter), statementBytes(statement, voters), signature)
}

/** Whose signatures hold; throws `FORGED_CERTIFICATE` unless they are a majority of distinct voters. */
export async function verifyCertificate(certificate: Certificate): Promise<ReadonlySet<string>> {
  const { statement, voters } = certificate
  const signers = await signersOf(statementBytes(statement, voters), certificate)
  if (signers.size < majority(voters)) {
    const { kind, index } = statement
    throw new WireError(
      'FORGED_CERTIFICATE',
      `${kind} up to entry ${index}: ${signers.size} valid signatures of ${voters.length} voters, needs ${majority(voters)}`,
    )
  }
  return signers
}

async function signersOf(bytes: Uint8Array, signed: Pick<Certificate, 'voters' | 'votes'>): Promise<Set<string>> {
  const voters = new Set(signed.voters)
  if (voters.size !== signed.voters.length || voters.size === 0) throw new WireError('MALFORMED', 'voters must be distinct and at least one')
  const signers = new Set<string>()
  for (const { voter, signature } of signed.votes) {
    if (!voters.has(voter) || signers.has(voter)) continue
    if (await fits(publicKeyOf(voter), bytes, signature)) signers.add(voter)
  }
  return signers
}

function statementBytes(statement: Statement, voters: readonly string[]): Uint8Array {
  const { kind, epochId, index, hash } = statement
  return toBeSigned('cyxwiz/statement/1', new TextEncoder().encode(JSON.stringify([kind, epochId, index, hash, [...voters].sort()])))
}

/** Every peer of a mesh has an Ed25519 key (`node/store`, `browser/store`), which its id holds. */
function publicKeyOf(peer: string): PublicKey {
  let key: PublicKey | undefined
  try {
    key = peerIdFromString(peer).publicKey
  } catch {
    // said below
  }
  if (key?.type !== 'Ed25519') throw new WireError('MALFORMED', `voter ${JSON.stringify(peer.slice(0, 64))} is not a peer id of an Ed25519 key`)
  return key
}

function voteBytes(vote: Vote): Uint8Array {
  const { epoch } = vote
  const text = JSON.stringify([epoch.number, epoch.id, epoch.parent, vote.term, vote.candidate, [...vote.voters].sort()])
  return toBeSigned('cyxwiz/vote/1', new TextEncoder().encode(text))
}
