/**
 * A hostile peer: admitted to the mesh, connected with everybody, and no voter. It speaks as itself only (connections
 * prove who is at the other end), but says whatever it likes: forged messages with numbers of the day, messages of others
 * again, claims put together from signatures that it has seen, votes begged for with a log that it does not have, commands
 * of a coordinator that it is not, and bytes without meaning. All of it goes as bytes through the decoders of production.
 *
 * It cannot sign for others: every signature that it uses is its own or one that it has heard. It signs itself into the
 * epoch of the others all the same, as a committee of one or as one of them, in claims, in changes of the committee, and
 * under entries that nobody has committed. One thing it could do is left out, since nothing is promised against it: it may
 * found a line of its own. Whoever is admitted to a mesh may, and the line wins or loses like any other.
 *
 * No voter lies here: Raft does not survive one that does (mesh.md section 9: "a malicious voter breaks it").
 */
import { nextLink } from '../../protocol/coordinator/chain.ts'
import { encodeAnnouncement, encodeClaimMessage, encodeRaft, type SignedClaim } from '../../protocol/coordinator/codec.ts'
import { consentOf, consentStatement } from '../../protocol/coordinator/steps.ts'
import type { Certificate, Epoch, RaftMessage, Statement } from '../../protocol/coordinator/types.ts'
import { signatureOf, voteText } from './coordination.ts'
import { forgedJob, repeatedJob } from './forged-jobs.ts'
import type { Network, Station } from './network.ts'
import type { Payload, SimPeer } from './peer.ts'
import { quickHash } from './quick-hash.ts'
import type { Draws, World } from './world.ts'

/** Messages of others that it remembers, to be sent again. */
const REMEMBERED = 64
/** Of what passes it overhears one in so many. */
const OVERHEARS_ONE_IN = 8

export interface Frame {
  readonly protocol: 'raft' | 'announcement' | 'job' | 'offer'
  readonly bytes: Uint8Array
}

/** Votes that it was given: with a majority of them it could prove that it leads. */
interface Begged {
  readonly epoch: Epoch
  readonly voters: readonly string[]
  readonly votes: Map<string, Uint8Array>
}

export class Attacker implements Station {
  readonly index: number
  readonly id: string
  alive = true
  sent = 0
  private readonly world: World
  private readonly network: Network
  private readonly peers: readonly SimPeer[]
  private readonly heard: Exclude<Payload, { kind: 'presence' | 'bytes' }>[] = []
  /** By epoch and term. */
  private readonly begged = new Map<string, Begged>()
  private until = 0

  constructor(index: number, surroundings: { world: World; network: Network; peers: readonly SimPeer[] }) {
    this.index = index
    this.id = `x${index}`
    this.world = surroundings.world
    this.network = surroundings.network
    this.peers = surroundings.peers
  }

  /** It takes part in the mesh for as long as it lives, as a learner that answers nothing but presence. */
  start(): void {
    const { world, network } = this
    network.dialAll()
    const announce = (): void => {
      if (!this.alive) return
      for (const other of network.neighbours(this.index)) network.send(this.index, other, 'loose', { kind: 'presence' })
      world.after(2000, announce)
    }
    announce()
  }

  stop(): void {
    this.alive = false
    for (const other of [...this.network.neighbours(this.index)]) this.network.disconnect(this.index, other)
  }

  connected(): void {}
  disconnected(): void {}

  deliver(from: number, payload: unknown): void {
    const heard = payload as Payload
    if (heard.kind === 'raft' && heard.message.type === 'voteReply' && heard.message.granted) this.takeVote(this.network.idOf(from), heard.message)
    this.remember(heard)
  }

  overhear(payload: unknown): void {
    if (this.alive && this.world.chance(1 / OVERHEARS_ONE_IN)) this.remember(payload as Payload)
  }

  private remember(payload: Payload): void {
    if (payload.kind === 'presence' || payload.kind === 'bytes') return
    if (this.heard.length < REMEMBERED) this.heard.push(payload)
    else this.heard[this.world.integer(0, REMEMBERED)] = payload
  }

  /** Attacks until then, one every so many milliseconds. */
  attack(draws: Draws, forMs: number, everyMs: number): void {
    const { world } = this
    this.until = Math.max(this.until, world.now + forMs)
    const next = (): void => {
      if (!this.alive || world.now > this.until) return
      this.strike(draws)
      world.after(draws.uniform(0.2, 1.8) * everyMs, next)
    }
    next()
  }

  private strike(draws: Draws): void {
    const model = draws.pick(this.peers)
    const targets = [...this.network.neighbours(this.index)]
    if (targets.length === 0 || model.core?.epoch == null) return
    const frame = this.frame(model, draws)
    if (frame === null) return
    const bytes = draws.chance(0.15) ? mangled(frame.bytes, draws) : frame.bytes
    const all = draws.chance(0.5)
    for (const target of all ? targets : [draws.pick(targets)]) this.send(target, { ...frame, bytes })
  }

  private send(target: number, frame: Frame): void {
    this.sent += 1
    this.network.send(this.index, target, 'stream', { kind: 'bytes', frame } satisfies Payload)
  }

  private frame(model: SimPeer, draws: Draws): Frame | null {
    const kind = draws.random()
    if (kind < 0.25) return { protocol: 'raft', bytes: encodeRaft(forged(model, draws)) }
    if (kind < 0.32) return this.begs(model, draws)
    if (kind < 0.4) return this.usurps(model, draws)
    if (kind < 0.55) return this.forgedClaim(model, draws)
    if (kind < 0.75) return this.replay(draws)
    return forgedJob(this.id, model, draws)
  }

  private replay(draws: Draws): Frame | null {
    if (this.heard.length === 0) return null
    const payload = draws.pick(this.heard)
    if (payload.kind === 'raft') return { protocol: 'raft', bytes: encodeRaft(payload.message) }
    if (payload.kind === 'claim') return { protocol: 'raft', bytes: encodeClaimMessage(wireClaim(payload.claim)) }
    return payload.kind === 'application' ? repeatedJob(payload.body) : null
  }

  /** Asks for votes with the best log in the world. */
  private begs(model: SimPeer, draws: Draws): Frame {
    const { core } = model
    const term = (core?.term ?? 0) + draws.integer(1, 3)
    const epochId = core?.epoch?.id ?? ''
    if (core?.epoch != null) this.begged.set(`${epochId}/${term}`, { epoch: core.epoch, voters: core.voters, votes: new Map() })
    const lastIndex = draws.pick([core?.lastIndex ?? 0, 1_000_000])
    return { protocol: 'raft', bytes: encodeRaft({ type: 'vote', epochId, term, lastIndex, lastTerm: term - 1, transfer: draws.chance(0.5) }) }
  }

  /** Enough votes, and it claims to lead. */
  private takeVote(voter: string, { epochId, term, signature }: RaftMessage & { type: 'voteReply' }): void {
    const begged = this.begged.get(`${epochId}/${term}`)
    if (begged === undefined || signature === undefined) return
    begged.votes.set(voter, signature)
    if (begged.votes.size * 2 <= begged.voters.length) return
    const votes = [...begged.votes].map(([name, bytes]) => ({ voter: name, signature: bytes }))
    const bytes = encodeClaimMessage({ epoch: begged.epoch, term, leader: this.id, voters: begged.voters, votes })
    for (const target of this.network.neighbours(this.index)) this.send(target, { protocol: 'raft', bytes })
  }

  /** Signs itself into the epoch of the others. */
  private usurps({ core }: SimPeer, draws: Draws): Frame | null {
    if (core?.epoch == null) return null
    const { epoch, voters } = core
    const term = core.term + draws.integer(0, 3)
    const committee = draws.pick([[this.id], [this.id], [...voters, this.id].sort()])
    const kind = draws.integer(0, 5)
    if (kind === 0) {
      const claim = { epoch, term, leader: this.id, voters: committee }
      const votes = [{ voter: this.id, signature: new TextEncoder().encode(voteText(epoch, term, this.id, committee)) }]
      return { protocol: 'raft', bytes: encodeClaimMessage({ ...claim, votes }) }
    }
    const certificate = (statement: Statement, by: readonly string[]): Certificate => ({
      statement,
      voters: by,
      votes: [{ voter: this.id, signature: signatureOf(this.id, statement, by) }],
    })
    const base = { epochId: epoch.id, term }
    if (kind === 1) {
      // To the committee of today, from there to itself: the second step it can sign, the first it cannot.
      const known = core.steps.slice(-draws.integer(0, 3))
      const joins = { index: core.committee.index + 1, voters: committee }
      const taken = { index: joins.index + 1, voters: [this.id] }
      const steps = [
        ...known,
        { ...joins, consent: draws.chance(0.5) ? null : consentOf(certificate(consentStatement(epoch.id, core.committee.index, committee), [this.id])) },
      ]
      const last = { ...taken, consent: consentOf(certificate(consentStatement(epoch.id, joins.index, [this.id]), committee)) }
      return { protocol: 'raft', bytes: encodeRaft({ type: 'steps', ...base, steps: [...steps, last] }) }
    }
    const entry = { index: core.commitIndex + 1, term, body: { kind: 'command' as const, command: new Uint8Array([66]) } }
    if (kind === 2 || kind === 3) {
      const hash = nextLink(quickHash, core.log.hashAt(core.commitIndex) ?? '', entry)
      const proof = certificate({ kind: 'commit', epochId: epoch.id, index: entry.index, hash }, committee)
      if (kind === 3) return { protocol: 'announcement', bytes: encodeAnnouncement({ commit: proof, snapshot: null, ageMs: 0 }) }
      return { protocol: 'raft', bytes: encodeRaft({ type: 'feed', ...base, after: core.commitIndex, entries: [entry], certificate: proof }) }
    }
    // As the leader that it has just claimed to be.
    const { commitIndex: prevIndex, log } = core
    return {
      protocol: 'raft',
      bytes: encodeRaft({ type: 'append', ...base, prevIndex, prevTerm: log.termAt(prevIndex) ?? 0, entries: [entry], commit: prevIndex + 1 }),
    }
  }

  private forgedClaim(model: SimPeer, draws: Draws): Frame | null {
    const { core } = model
    const known = this.heard.flatMap((payload) => (payload.kind === 'claim' ? [payload.claim] : []))
    if (core?.epoch == null || known.length === 0) return null
    const original = wireClaim(draws.pick(known))
    const own = (claim: Omit<SignedClaim, 'votes'>): SignedClaim['votes'][number] => ({
      voter: this.id,
      signature: new TextEncoder().encode(voteText(claim.epoch, claim.term, claim.leader, claim.voters)),
    })
    const change = draws.integer(0, 6)
    let claim: SignedClaim = original
    if (change === 0) claim = { ...original, leader: this.id }
    else if (change === 1) claim = { ...original, term: core.term + draws.integer(1, 50) }
    else if (change === 2) claim = { ...original, epoch: { ...original.epoch, number: original.epoch.number + 1000 } }
    else if (change === 3) claim = { ...original, votes: original.votes.slice(0, 1) }
    else if (change === 4)
      claim = { ...original, votes: original.voters.map((voter) => ({ voter, signature: original.votes[0]?.signature ?? new Uint8Array() })) }
    else {
      const forged = { ...original, leader: this.id, term: core.term + 1, voters: [...original.voters, this.id] }
      claim = { ...forged, votes: [own(forged), ...original.votes] }
    }
    return { protocol: 'raft', bytes: encodeClaimMessage(claim) }
  }
}

/** Any message of the election core, with numbers of the day or beside them. */
export function forged({ core }: SimPeer, draws: Draws): RaftMessage {
  const near = (value: number): number => Math.max(0, draws.pick([value, value, value + 1, value - 1, value + draws.integer(2, 2000), Number.MAX_SAFE_INTEGER]))
  const epochId = draws.chance(0.9) ? (core?.epoch?.id ?? '') : 'ffffffffffffffff'
  const term = near(core?.term ?? 0)
  const base = { epochId, term }
  const lastIndex = near(core?.lastIndex ?? 0)
  const lastTerm = draws.pick([core?.lastTerm ?? 0, near(core?.lastTerm ?? 0), Math.max(0, term - 1)])
  switch (draws.integer(0, 10)) {
    case 0:
      return { type: 'preVote', ...base, lastIndex, lastTerm }
    case 1:
      return { type: 'preVoteReply', ...base, granted: draws.chance(0.7) }
    case 2:
      return { type: 'vote', ...base, lastIndex, lastTerm, transfer: draws.chance(0.5) }
    case 3:
      return { type: 'voteReply', ...base, granted: draws.chance(0.8), signature: new Uint8Array([1, 2, 3]) }
    case 4: {
      const prevIndex = draws.chance(0.7) ? (core?.commitIndex ?? 0) : Math.min(lastIndex, 1_000_000)
      const entries = Array.from({ length: draws.integer(0, 3) }, (_, i) => ({
        index: prevIndex + 1 + i,
        term,
        body: { kind: 'command' as const, command: new Uint8Array([7]) },
      }))
      return { type: 'append', ...base, prevIndex, prevTerm: core?.log.termAt(prevIndex) ?? lastTerm, entries, commit: near(core?.commitIndex ?? 0) }
    }
    case 5:
      return { type: 'appendReply', ...base, success: draws.chance(0.7), matchIndex: lastIndex }
    case 6:
      return { type: 'electNow', ...base }
    case 7:
      return { type: 'leaving', ...base }
    case 8:
      return {
        type: 'snapshot',
        ...base,
        index: lastIndex,
        logTerm: lastTerm,
        hash: '',
        config: null,
        totalBytes: 4,
        offset: 0,
        data: new Uint8Array([1, 2, 3, 4]),
      }
    default:
      return { type: 'snapshotReply', ...base, index: lastIndex, offset: draws.integer(0, 100) }
  }
}

function wireClaim(claim: (Payload & { kind: 'claim' })['claim']): SignedClaim {
  return { ...claim, votes: claim.votes.map(({ voter, text }) => ({ voter, signature: new TextEncoder().encode(text) })) }
}

/** What a broken or clever program makes of bytes: cut off, drawn out, bits turned. */
export function mangled(bytes: Uint8Array, draws: Draws): Uint8Array {
  const kind = draws.random()
  if (kind < 0.25) return bytes.slice(0, draws.integer(0, bytes.length + 1))
  if (kind < 0.4) return Uint8Array.from([...bytes, ...Array.from({ length: draws.integer(1, 40) }, () => draws.integer(0, 256))])
  const copy = bytes.slice()
  for (let i = draws.integer(1, 4); i > 0 && copy.length > 0; i--) copy[draws.integer(0, copy.length)] = draws.integer(0, 256)
  return copy
}
