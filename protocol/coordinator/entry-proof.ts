/**
 * Proof that an entry was committed, for those who have not got the log: the chain from just before it to an index for
 * which a majority of voters has signed (`certifier.ts`). Whoever recomputes the chain and checks the signatures knows that
 * the entry stood there. Plain JSON: it lies in the registry.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { bodyText, type Hash, linkTo, nextLink, sha256Text } from './chain.ts'
import { MAX_PROOF_LINKS } from './constants.ts'
import type { RaftLog } from './log.ts'
import type { Certificate } from './types.ts'

export interface EntryProof {
  readonly epochId: string
  readonly index: number
  readonly term: number
  /** Of the chain up to the entry before it. */
  readonly previous: string
  /** The entries behind it, up to the one that was signed for: term, and what the chain holds of the body. */
  readonly links: readonly (readonly [term: number, body: string])[]
  readonly voters: readonly string[]
  /** Signatures in hex. */
  readonly votes: readonly { readonly voter: string; readonly signature: string }[]
}

/** Null where the certificate does not reach the entry, or stands too far from it, or the log does not. */
export function proveEntry(log: RaftLog, certificate: Certificate, index: number, hash: Hash = sha256Text): EntryProof | null {
  const { statement, voters, votes } = certificate
  const entry = log.entry(index)
  const previous = log.hashAt(index - 1)
  const count = statement.index - index
  if (statement.kind !== 'commit' || entry === undefined || previous === undefined || count < 0 || count > MAX_PROOF_LINKS) return null
  if (log.hashAt(statement.index) !== statement.hash) return null
  return {
    epochId: statement.epochId,
    index,
    term: entry.term,
    previous,
    links: log
      .after(index)
      .slice(0, count)
      .map(({ term, body }) => [term, bodyText(hash, body)] as const),
    voters,
    votes: votes.map(({ voter, signature }) => ({ voter, signature: bytesToHex(signature) })),
  }
}

/** What must be signed for the proof to hold that this command stood there. */
export function certificateOf(proof: EntryProof, command: Uint8Array, hash: Hash = sha256Text): Certificate {
  const { epochId, index, term, previous, links, voters, votes } = proof
  const first = nextLink(hash, previous, { index, term, body: { kind: 'command', command } })
  const last = links.reduce((link, [itsTerm, body], i) => linkTo(hash, link, index + 1 + i, itsTerm, body), first)
  return {
    statement: { kind: 'commit', epochId, index: index + links.length, hash: last },
    voters,
    votes: votes.map(({ voter, signature }) => ({ voter, signature: hexToBytes(signature) })),
  }
}
