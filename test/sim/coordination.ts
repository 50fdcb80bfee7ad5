/**
 * The driver of the election core as the simulator has it: what `protocol/coordinator/service.ts` does, minus libp2p,
 * promises and real signatures. It persists before it sends, lets inputs wait while a save is under way, checks claims,
 * tells them, and keeps proposals waiting until they are committed. Keep the two in step.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import type { SignedClaim } from '../../protocol/coordinator/codec.ts'
import { fenceAccepts, majority } from '../../protocol/coordinator/lines.ts'
import type { RaftCore } from '../../protocol/coordinator/raft.ts'
import { consentStatement } from '../../protocol/coordinator/steps.ts'
import type {
  Announcement,
  Certificate,
  Claim,
  ConfigStep,
  Epoch,
  Fence,
  LogEntry,
  RaftEffect,
  RaftInput,
  RaftMessage,
  RaftOutput,
  Statement,
} from '../../protocol/coordinator/types.ts'
import type { Disk } from './disk.ts'

/** A signature here is the text that was signed, with the signer's name: as unforgeable as the simulator needs it. */
interface SimVote {
  readonly voter: string
  readonly text: string
}

export interface SimClaim {
  readonly epoch: Epoch
  readonly term: number
  readonly leader: string
  readonly voters: readonly string[]
  readonly votes: readonly SimVote[]
}

export interface CoordinationHooks {
  readonly send: (to: string, message: RaftMessage) => void
  readonly tellClaim: (to: string, claim: SimClaim) => void
  readonly gossipClaim: (claim: SimClaim) => void
  /** Claims that this run does not try a peer with. */
  readonly isLeftOut?: (claim: Claim) => boolean
  readonly gossipAnnouncement: (announcement: Announcement) => void
  readonly onCommitted: (entry: LogEntry) => void
  readonly onLeader: (leader: string | null, fence: Fence) => void
  /** Before the log is dropped from disk. */
  readonly onAbandon: (entries: readonly LogEntry[]) => void
  readonly onReset: () => void
  readonly takeSnapshot: () => Uint8Array
  readonly onRestore: (index: number, data: Uint8Array) => void
  /** After every step, when its state is durable, for the invariants. `at`: this machine's clock at the step. */
  readonly observe: (input: RaftInput, output: RaftOutput, at: number) => void
  /** Now, or when the process goes on. */
  readonly whenAwake: (task: () => void) => void
  /** Where in the step the process dies, if it does. */
  readonly diesNow: (place: 'before persist' | 'after persist') => boolean
  readonly die: () => void
}

/** An input waiting for its turn, and what to do right after its step (given the epoch's id just before it). */
interface Queued {
  readonly input: RaftInput
  readonly then?: ((epochBefore: string | undefined) => void) | undefined
}

interface Step extends Queued {
  /** The epoch before it. */
  readonly before: string | undefined
  readonly at: number
}

interface Pending {
  readonly term: number
  readonly done: (index: number | null) => void
}

export class Coordination {
  readonly core: RaftCore
  private readonly disk: Disk
  private readonly hooks: CoordinationHooks
  private readonly now: () => number
  private readonly proposals = new Map<number, (index: number | null) => void>()
  private readonly pending = new Map<number, Pending>()
  private ownClaim: SimClaim | null = null
  private knownClaim: SimClaim | null = null
  private electionVoters: readonly string[] = []
  private nextProposal = 1
  private readonly queue: Queued[] = []
  private running = false
  private dead = false

  constructor(core: RaftCore, disk: Disk, now: () => number, hooks: CoordinationHooks) {
    this.core = core
    this.disk = disk
    this.now = now
    this.hooks = hooks
  }

  get leads(): boolean {
    return this.core.settled
  }

  accepts(fence: Fence): boolean {
    return fenceAccepts(this.core.epoch === null ? null : this.core.fence, fence)
  }

  /** `done(null)`: not known to have been committed. */
  propose(command: Uint8Array, done: (index: number | null) => void): void {
    const id = this.nextProposal++
    this.proposals.set(id, done)
    this.run({ type: 'propose', id, command })
  }

  /**
   * Inputs run one after the other, also those that arise while one runs (a `committed` that proposes). None overtakes a
   * save that is under way: what a step said stays here until its state is durable.
   */
  run(input: RaftInput, then?: Queued['then']): void {
    if (this.dead) return
    if (this.running && input.type === 'tick' && this.queue.at(-1)?.input.type === 'tick') return
    this.queue.push({ input, then })
    if (!this.running) this.drain()
  }

  private drain(): void {
    this.running = true
    for (let next = this.queue.shift(); next !== undefined && !this.dead; next = this.queue.shift()) {
      if (!this.runOne(next)) return // goes on when its state is durable
    }
    this.running = false
  }

  /** False while the step's state is not durable. */
  private runOne(queued: Queued): boolean {
    const { core, hooks } = this
    if (queued.input.type === 'claim' && hooks.isLeftOut?.(queued.input.claim)) return true
    const { input, then } = queued // copied by name: a spread here was a quarter of the simulator's time
    const step: Step = { input, then, before: core.epoch?.id, at: this.now() }
    const output = core.step(input, step.at)
    for (const effect of output.effects) if (effect.type === 'reset') hooks.onAbandon(effect.abandoned)
    const [request] = output.persist
    if (request === undefined) {
      this.deliver(step, output)
      return true
    }
    if (output.persist.length > 1) throw new Error('one step asks for several saves: a crash between them would leave half of it')
    if (hooks.diesNow('before persist')) {
      this.dies()
      return true
    }
    let durable = false
    let waited = false
    this.disk.save(request, () => {
      durable = true
      if (!waited) return
      hooks.whenAwake(() => {
        if (this.dead) return
        this.saved(step, output)
        this.drain()
      })
    })
    if (durable) this.saved(step, output)
    else waited = true
    return durable
  }

  private saved(step: Step, output: RaftOutput): void {
    if (this.hooks.diesNow('after persist')) this.dies()
    else this.deliver(step, output)
  }

  private deliver({ input, then, before, at }: Step, output: RaftOutput): void {
    this.hooks.observe(input, output, at)
    for (const { to, message } of output.messages) this.send(to, message)
    for (const effect of output.effects) if (!this.dead) this.act(effect)
    then?.(before)
  }

  private dies(): void {
    this.dead = true
    this.hooks.die()
  }

  /** What the process had in memory is gone. */
  kill(): void {
    this.dead = true
  }

  private send(to: string, message: RaftMessage): void {
    if (message.type === 'voteReply' && message.granted && this.core.epoch !== null) {
      const text = voteText(this.core.epoch, message.term, to, this.core.voters)
      this.hooks.send(to, { ...message, signature: new TextEncoder().encode(text) })
    } else if (message.type === 'certified') {
      this.hooks.send(to, { ...message, signature: signatureOf(this.core.self, message.statement, message.voters) })
    } else {
      this.hooks.send(to, message)
    }
  }

  /** What `certificates.ts` does: the core sees no signature that has not been checked. */
  receive(from: string, message: RaftMessage): void {
    if (message.type === 'certified' && !isSigned(message.statement, message.voters, from, message.signature)) return
    if ((message.type === 'feed' || message.type === 'feedSnapshot') && message.certificate !== null && !isCertified(message.certificate)) return
    if (message.type === 'steps' && !message.steps.every((step) => isAgreed(message.epochId, step))) return
    this.run({ type: 'message', from, message })
  }

  hearAnnouncement(announcement: Announcement, from: string): void {
    const { commit, snapshot } = announcement
    if (!commit.voters.includes(from) || !isCertified(commit) || (snapshot !== null && !isCertified(snapshot))) return
    this.run({ type: 'announcement', from, announcement })
  }

  private act(effect: RaftEffect): void {
    switch (effect.type) {
      case 'leader':
        this.onLeader(effect.leader, effect.fence)
        break
      case 'committed':
        this.onCommitted(effect.entry)
        break
      case 'proposed': {
        const done = this.proposals.get(effect.id)
        this.proposals.delete(effect.id)
        if (done !== undefined) this.pending.set(effect.index, { term: effect.term, done })
        break
      }
      case 'refused': {
        const done = this.proposals.get(effect.id)
        this.proposals.delete(effect.id)
        done?.(null)
        break
      }
      case 'reset':
        this.failPending()
        this.hooks.onReset()
        break
      case 'tellClaim':
        this.tellClaim(effect.to)
        break
      case 'sign': {
        const { statement, voters } = effect
        this.run({ type: 'signed', statement, voters, signature: signatureOf(this.core.self, statement, voters) })
        break
      }
      case 'announce':
        this.hooks.gossipAnnouncement(effect.announcement)
        break
      case 'snapshotDue':
        this.queue.unshift({ input: { type: 'snapshotTaken', epochId: effect.epochId, index: effect.index, data: this.hooks.takeSnapshot() } })
        break
      case 'restore':
        this.hooks.onRestore(effect.index, effect.data)
        break
      case 'refusal':
        break
      default:
        effect satisfies never
    }
  }

  private onCommitted(entry: LogEntry): void {
    const pending = this.pending.get(entry.index)
    this.pending.delete(entry.index)
    this.hooks.onCommitted(entry)
    pending?.done(pending.term === entry.term ? entry.index : null)
  }

  private onLeader(leader: string | null, fence: Fence): void {
    if (leader !== this.core.self) this.ownClaim = null
    if (leader === this.core.self) {
      this.electionVoters = this.core.voters
      this.makeClaim(fence)
    } else if (leader !== null) {
      this.failPending()
    }
    this.hooks.onLeader(leader, fence)
  }

  private makeClaim(fence: Fence): void {
    const { epoch, self } = this.core
    if (epoch === null) return
    const voters = this.electionVoters
    const votes = [...this.core.voteSigners].flatMap(([voter, signature]) => {
      if (voter === self) return [{ voter, text: voteText(epoch, fence.term, self, voters) }]
      return signature === undefined ? [] : [{ voter, text: new TextDecoder().decode(signature) }]
    })
    if (this.core.role !== 'leader' || this.core.term !== fence.term || votes.length < majority(voters)) return
    const claim = { epoch, term: fence.term, leader: self, voters, votes }
    if (validSigners(claim).length < majority(voters)) {
      this.run({ type: 'unproved', term: fence.term })
      return
    }
    this.ownClaim = claim
    this.knownClaim = this.ownClaim
    this.publishClaim()
  }

  publishClaim(): void {
    if (this.ownClaim !== null && this.core.role === 'leader') this.hooks.gossipClaim(this.ownClaim)
  }

  hearClaim(claim: SimClaim, from: string): void {
    const signers = validSigners(claim)
    if (signers.length < majority(claim.voters)) return // refused: `verifyClaim` throws
    const { epoch, term, leader, voters } = claim
    if (epoch.id === this.core.epoch?.id && term < this.core.term) {
      this.run({ type: 'stale', leader })
      return
    }
    this.run({ type: 'claim', claim: { epoch, term, leader, voters, signers }, fromLeader: from === leader }, (before) => {
      if (this.core.epoch?.id === epoch.id && term === this.core.term && leader === this.core.leader) this.knownClaim = claim
      else if (before === this.core.epoch?.id) this.tellClaim(claim.leader)
    })
  }

  tellClaim(to: string): void {
    const claim = this.ownClaim ?? this.knownClaim
    if (claim !== null && claim.epoch.id === this.core.epoch?.id && this.core.vouches(this.now())) this.hooks.tellClaim(to, claim)
  }

  /** In `leave()`: hands leadership over. */
  leave(): void {
    this.run({ type: 'leave' })
  }

  private failPending(): void {
    const waiting = [...[...this.pending.values()].map(({ done }) => done), ...this.proposals.values()]
    this.pending.clear()
    this.proposals.clear()
    for (const done of waiting) done(null)
  }
}

const certified = new WeakSet<Certificate>()

function statementText({ kind, epochId, index, hash }: Statement, voters: readonly string[]): string {
  return `${kind}/${epochId}/${index}/${hash}/${[...voters].sort().join()}`
}

export function signatureOf(voter: string, statement: Statement, voters: readonly string[]): Uint8Array {
  return new TextEncoder().encode(`${voter} ${statementText(statement, voters)}`)
}

function isSigned(statement: Statement, voters: readonly string[], voter: string, signature: Uint8Array | undefined): boolean {
  return new TextDecoder().decode(signature) === `${voter} ${statementText(statement, voters)}`
}

function isCertified(certificate: Certificate): boolean {
  if (certified.has(certificate)) return true
  const { statement, voters, votes } = certificate
  const signers = votes.filter(({ voter, signature }) => voters.includes(voter) && isSigned(statement, voters, voter, signature)).map(({ voter }) => voter)
  if (new Set(signers).size < majority(voters)) return false
  certified.add(certificate)
  return true
}

function isAgreed(epochId: string, { voters, consent }: ConfigStep): boolean {
  if (consent === null) return true
  const votes = consent.votes.map(({ voter, signature }) => ({ voter, signature: hexToBytes(signature) }))
  return isCertified({ statement: consentStatement(epochId, consent.replaces, voters), voters: consent.voters, votes })
}

/** A claim as it comes out of the decoder. */
export function simClaim({ epoch, term, leader, voters, votes }: SignedClaim): SimClaim {
  return { epoch, term, leader, voters, votes: votes.map(({ voter, signature }) => ({ voter, text: new TextDecoder().decode(signature) })) }
}

/** What a voter signs. */
export function voteText(epoch: Epoch, term: number, candidate: string, voters: readonly string[]): string {
  return `${epoch.number}/${epoch.id}/${epoch.parent}/${term}/${candidate}/${[...voters].sort().join()}`
}

/** Distinct voters of the claim whose signature is over just this claim. */
export function validSigners(claim: SimClaim): string[] {
  const text = voteText(claim.epoch, claim.term, claim.leader, claim.voters)
  return [...new Set(claim.votes.filter((vote) => vote.text === text && claim.voters.includes(vote.voter)).map((vote) => vote.voter))]
}
