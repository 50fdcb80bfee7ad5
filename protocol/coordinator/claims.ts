/**
 * Claims on one peer: proves that this peer was elected, gossips that while it leads, checks what others claim, and hands
 * the newest claim on to whoever follows another line or none.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Logger, PrivateKey } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import { GossipTopic } from '../mesh/gossip.ts'
import { topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import { WireError } from '../wire/errors.ts'
import { idOf } from '../wire/signed.ts'
import { signVote, verifyClaim } from './claim.ts'
import { decodeClaim, encodeClaim, encodeClaimMessage, type SignedClaim } from './codec.ts'
import { majority } from './lines.ts'
import type { RaftCore } from './raft.ts'
import type { Fence, RaftInput } from './types.ts'

/** Claims that were found good, so that one which is repeated every second is checked once. */
const MAX_VERIFIED = 256

export interface ClaimsInit {
  readonly mesh: string
  /** Gives an input to the core; `then` runs right after its step, with the epoch's id just before it. */
  readonly run: (input: RaftInput, then?: (epochBefore: string | undefined) => void) => void
  readonly sendTo: (peer: string, frame: Uint8Array) => void
  /** The store failed: this peer speaks for nobody. */
  readonly isBroken: () => boolean
}

export interface ClaimsComponents {
  readonly core: RaftCore
  readonly pubsub: GossipSub
  readonly privateKey: PrivateKey
  readonly clock: Clock
  readonly log: Logger
  readonly offences: Offences
}

export class Claims {
  private readonly init: ClaimsInit
  private readonly components: ClaimsComponents
  private readonly topic: GossipTopic<SignedClaim>
  private readonly verified = new Set<string>()
  private own: SignedClaim | null = null
  private known: SignedClaim | null = null

  constructor(init: ClaimsInit, components: ClaimsComponents) {
    this.init = init
    this.components = components
    this.topic = new GossipTopic<SignedClaim>(
      {
        topic: topicName(init.mesh, 'claim'),
        encode: encodeClaim,
        decode: (bytes, from) => this.checkPublished(decodeClaim(bytes), from),
        onMessage: (claim, from) => this.hear(claim, from),
      },
      components,
    )
  }

  start(): void {
    this.topic.start()
  }

  stop(): void {
    this.topic.stop()
  }

  onLeader(leader: string | null): void {
    if (leader !== this.components.core.self) this.own = null
  }

  /** Just elected: out of the votes, if they prove it. */
  async make(fence: Fence): Promise<void> {
    const { core, privateKey } = this.components
    const { epoch, self, voters } = core
    if (epoch === null) return
    const own = await signVote(privateKey, { epoch, term: fence.term, candidate: self, voters })
    const votes = [...core.voteSigners].flatMap(([voter, signature]) => {
      const bytes = voter === self ? own : signature
      return bytes === undefined ? [] : [{ voter, signature: bytes }]
    })
    if (core.role !== 'leader' || core.term !== fence.term || votes.length < majority(voters)) return
    const claim: SignedClaim = { epoch, term: fence.term, leader: self, voters, votes }
    const proved = await verifyClaim(claim).then(
      () => true,
      () => false,
    )
    if (core.role !== 'leader' || core.term !== fence.term) return
    if (!proved) {
      this.init.run({ type: 'unproved', term: fence.term })
      return
    }
    this.own = claim
    this.known = claim
    this.publish()
  }

  publish(): void {
    if (this.own !== null && this.components.core.role === 'leader') void this.topic.publish(this.own)
  }

  tell(to: string): void {
    const { core, clock } = this.components
    const claim = this.own ?? this.known
    if (claim !== null && !this.init.isBroken() && claim.epoch.id === core.epoch?.id && core.vouches(clock.now()))
      this.init.sendTo(to, encodeClaimMessage(claim))
  }

  /** One that a peer passed on, or said of itself, on a stream; throws where it is out of date. */
  receive(from: string, claim: SignedClaim): void {
    const { offences, log } = this.components
    this.checkTerm(claim)
    void this.check(claim).then(
      () => this.hear(claim, from),
      (error: Error) => {
        if (error instanceof WireError) offences.report(from, error)
        else log.error('a claim could not be checked: %s', error.message)
      },
    )
  }

  private hear(claim: SignedClaim, from: string): void {
    const { core } = this.components
    const { epoch, term, leader, voters, votes } = claim
    this.init.run(
      { type: 'claim', claim: { epoch, term, leader, voters, signers: votes.map((vote) => vote.voter) }, fromLeader: from === leader },
      (before) => {
        if (core.epoch?.id === epoch.id && term === core.term && leader === core.leader) this.known = claim
        else if (before === core.epoch?.id) this.tell(leader) // our line is the better one: its leader should know
      },
    )
  }

  private async check(claim: SignedClaim): Promise<SignedClaim> {
    const key = idOf(encodeClaim(claim)) // all of it: another committee under the same name is another claim
    if (this.verified.has(key)) return claim
    await verifyClaim(claim)
    if (this.verified.size > MAX_VERIFIED) this.verified.clear()
    this.verified.add(key)
    return claim
  }

  /** On the topic a coordinator speaks for itself: who plays another one's claim again keeps a dead line alive. */
  private async checkPublished(claim: SignedClaim, from: string): Promise<SignedClaim> {
    if (from !== claim.leader) throw new WireError('STALE_CLAIM', `${from} published the claim of ${claim.leader}`)
    this.checkTerm(claim)
    return this.check(claim)
  }

  /** One that was frozen claims once more before it learns that it was replaced. */
  private checkTerm({ epoch, term, leader }: SignedClaim): void {
    const { core } = this.components
    if (epoch.id !== core.epoch?.id || term >= core.term) return
    this.init.run({ type: 'stale', leader })
    throw new WireError('STALE_CLAIM', `claim of ${leader} for term ${term}: it is term ${core.term} now`, 'tolerate')
  }
}
