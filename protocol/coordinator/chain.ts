/**
 * The chain over a log: a hash at every index that stands for all entries up to it, in their order. Whoever knows from the
 * voters what the hash at an index is can check entries of anybody.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { ConfigStep, Consent, EntryBody, LogEntry, Snapshot } from './types.ts'

/** Any collision-free hash, as text. Production uses `sha256Text`. */
export type Hash = (bytes: Uint8Array) => string

export const sha256Text: Hash = (bytes) => bytesToHex(sha256(bytes))

/** Before the first entry. */
export const CHAIN_START = ''

export function nextLink(hash: Hash, previous: string, { index, term, body }: LogEntry): string {
  return linkTo(hash, previous, index, term, bodyText(hash, body))
}

/** The link of an entry of which only `bodyText` is known. */
export function linkTo(hash: Hash, previous: string, index: number, term: number, body: string): string {
  return hash(new TextEncoder().encode(`[${JSON.stringify(previous)},${index},${term},${body}]`))
}

/** What the chain holds of an entry's body. */
export function bodyText(hash: Hash, body: EntryBody): string {
  return JSON.stringify(bodyOf(hash, body))
}

/** What voters sign of a snapshot: everything in it. */
export function snapshotDigest(hash: Hash, { index, term, hash: chain, config, data }: Snapshot): string {
  return hashOf(hash, [
    index,
    term,
    chain,
    config === null ? null : [config.index, config.epochId, config.voters, (config.steps ?? []).map(stepText)],
    hash(data),
  ])
}

function bodyOf(hash: Hash, body: EntryBody): unknown {
  if (body.kind === 'noop') return 'noop'
  return body.kind === 'config' ? ['config', body.epochId, body.voters, consentText(body.consent ?? null)] : ['command', hash(body.command)]
}

function stepText({ index, voters, consent }: ConfigStep): unknown {
  return [index, voters, consentText(consent)]
}

function consentText(consent: Consent | null): unknown {
  return consent === null ? null : [consent.replaces, consent.voters, consent.votes.map(({ voter, signature }) => [voter, signature])]
}

function hashOf(hash: Hash, parts: readonly unknown[]): string {
  return hash(new TextEncoder().encode(JSON.stringify(parts)))
}
