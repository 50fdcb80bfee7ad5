/**
 * Certificates: the leader has its voters sign how far the log is committed, and what a snapshot holds, and gossips that.
 * Whoever learns from others what was committed trusts these signatures, not who passes it on.
 */
import * as C from './constants.ts'
import { majority } from './lines.ts'
import type { RaftState } from './state.ts'
import { consentOf, consentStatement, isSingleStep } from './steps.ts'
import type { Certificate, Consent, RaftMessage, SignedVote, Statement } from './types.ts'

/** The leader's part, after each of its steps. */
export function tendCertificates(core: RaftState, now: number): void {
  const { certifier, feed, epochId } = core
  if (!core.settled || !core.isVoter()) return
  const certified = feed.held?.statement.index ?? 0
  if (core.commitIndex > certified) {
    certifier.uncertifiedSince ??= now
    const hash = core.log.hashAt(core.commitIndex)
    const due = certifier.collecting.has('commit') ? C.CERTIFY_RETRY_MS : C.CERTIFY_EVERY_MS
    if (hash !== undefined && now - certifier.commitAskedAt >= due) {
      certifier.commitAskedAt = now
      ask(core, { kind: 'commit', epochId, index: core.commitIndex, hash }, now)
    }
  }
  const { snapshot } = core
  const proof = feed.snapshotProof
  const waiting = certifier.collecting.get('snapshot')
  // Signed by a committee of long ago it is of no use to newcomers: they know the present one.
  const stale = proof === null || proof.statement.index < (snapshot?.index ?? 0) || !sameVoters(proof.voters, core.voters)
  if (snapshot !== null && stale && (waiting === undefined || now - waiting.askedAt >= C.CERTIFY_RETRY_MS)) {
    ask(core, { kind: 'snapshot', epochId, index: snapshot.index, hash: core.snapshotDigest }, now)
  }
  const fresh = now - certifier.certifiedAt < C.ANNOUNCE_FRESH_MS
  if (now - certifier.announcedAt >= (fresh ? C.ANNOUNCE_EVERY_MS : C.ANNOUNCE_REST_MS)) announce(core, now, true)
}

/** The signatures of the committee under the next one, once they are there; null: they have been asked for. */
export function consentTo(core: RaftState, next: readonly string[], now: number): Consent | null {
  const { certifier } = core
  const statement = consentStatement(core.epochId, core.committee.index, next)
  const { consent } = certifier
  certifier.consent = null
  if (consent !== null && sameStatement(consent.statement, statement)) return consentOf(consent)
  const open = certifier.collecting.get('config')
  if (open === undefined || !sameStatement(open.statement, statement) || now - open.askedAt >= C.CERTIFY_RETRY_MS) ask(core, statement, now)
  return null
}

function ask(core: RaftState, statement: Statement, now: number): void {
  const { epochId, term, voters } = core
  core.certifier.collecting.set(statement.kind, { statement, voters, votes: new Map(), askedAt: now })
  core.out.effects.push({ type: 'sign', statement, voters })
  core.toVoters({ type: 'certify', epochId, term, statement, voters })
}

/** A voter signs what it knows to be so, at once or when it has come so far. */
export function onCertify(core: RaftState, from: string, message: RaftMessage & { type: 'certify' }): void {
  if (from !== core.leader || message.term !== core.term || message.statement.epochId !== core.epochId) return
  core.certifier.asked.set(message.statement.kind, message)
  answerAsked(core)
}

export function answerAsked(core: RaftState): void {
  const { asked } = core.certifier
  for (const message of [...asked.values()]) {
    const { statement, voters, term } = message
    const now = term === core.term && core.leader !== null && statement.epochId === core.epochId ? knows(core, statement) : false
    if (now === null) continue
    asked.delete(statement.kind)
    if (now && core.leader !== null && sameVoters(core.voters, voters)) {
      core.send(core.leader, { type: 'certified', epochId: core.epochId, term: core.term, statement, voters: core.voters })
    }
  }
}

/** Whether a statement is true as far as this peer knows; null: it will know later. */
function knows(core: RaftState, statement: Statement): boolean | null {
  if (statement.kind === 'commit') {
    if (core.commitIndex < statement.index) return null
    return core.log.hashAt(statement.index) === statement.hash
  }
  if (statement.kind === 'config') {
    if (core.committee.index < statement.index) return null
    return core.committee.index === statement.index && isSingleStep(core.voters, statement)
  }
  const index = core.snapshot?.index ?? 0
  if (index < statement.index) return null
  return index === statement.index && core.snapshotDigest === statement.hash
}

/** The leader's: a signature, its own or one that has been checked. */
export function onSignature(core: RaftState, statement: Statement, voters: readonly string[], vote: SignedVote, now: number): void {
  const open = core.certifier.collecting.get(statement.kind)
  if (core.role !== 'leader' || open === undefined || !sameStatement(open.statement, statement)) return
  if (!sameVoters(open.voters, voters) || !voters.includes(vote.voter)) return
  open.votes.set(vote.voter, vote)
  if (open.votes.size < majority(open.voters)) return
  core.certifier.collecting.delete(statement.kind)
  const certificate: Certificate = { statement, voters: open.voters, votes: [...open.votes.values()] }
  if (statement.kind === 'config') {
    core.certifier.consent = certificate
    return
  }
  if (statement.kind === 'snapshot') {
    core.feed.proveSnapshot(core, certificate)
    return
  }
  core.feed.hear(core, certificate, now)
  core.certifier.certifiedAt = now
  core.certifier.uncertifiedSince = core.commitIndex > statement.index ? open.askedAt : null
  announce(core, now, false)
}

/** With the snapshot's certificate now and then: who needs it asks more than once. */
function announce(core: RaftState, now: number, whole: boolean): void {
  const { certifier, feed } = core
  if (feed.held === null) return
  if (whole) certifier.announcedAt = now
  const ageMs = certifier.uncertifiedSince === null ? 0 : now - certifier.uncertifiedSince
  core.out.effects.push({ type: 'announce', announcement: { commit: feed.held, snapshot: whole ? feed.snapshotProof : null, ageMs } })
}

export function sameVoters(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((voter) => b.includes(voter))
}

function sameStatement(a: Statement, b: Statement): boolean {
  return a.kind === b.kind && a.epochId === b.epochId && a.index === b.index && a.hash === b.hash
}
