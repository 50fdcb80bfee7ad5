/**
 * Certificates on one peer: signs what the core says, checks what comes in before the core sees it, and gossips how far
 * the mesh is.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Logger, PrivateKey } from '@libp2p/interface'
import { hexToBytes } from '@noble/hashes/utils.js'
import { GossipTopic } from '../mesh/gossip.ts'
import { topicName } from '../mesh/names.ts'
import type { Offences } from '../mesh/offences.ts'
import { WireError } from '../wire/errors.ts'
import { idOf } from '../wire/signed.ts'
import { isSigned, signStatement, verifyCertificate } from './claim.ts'
import { decodeAnnouncement, encodeAnnouncement } from './codec.ts'
import { consentStatement } from './steps.ts'
import type { Announcement, Certificate, ConfigStep, RaftInput, RaftMessage, Statement } from './types.ts'

/** Certificates that were found good: each comes once from gossip and with each piece that neighbours send. */
const MAX_VERIFIED = 256

export interface CertificatesInit {
  readonly mesh: string
  readonly run: (input: RaftInput) => void
}

export interface CertificatesComponents {
  readonly pubsub: GossipSub
  readonly privateKey: PrivateKey
  readonly log: Logger
  readonly offences: Offences
}

export class Certificates {
  private readonly init: CertificatesInit
  private readonly components: CertificatesComponents
  private readonly topic: GossipTopic<Announcement>
  private readonly verified = new Set<string>()

  constructor(init: CertificatesInit, components: CertificatesComponents) {
    this.init = init
    this.components = components
    this.topic = new GossipTopic<Announcement>(
      {
        topic: topicName(init.mesh, 'commit'),
        encode: encodeAnnouncement,
        decode: (bytes, from) => this.checkAnnounced(decodeAnnouncement(bytes), from),
        onMessage: (announcement, from) => init.run({ type: 'announcement', from, announcement }),
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

  announce(announcement: Announcement): void {
    void this.topic.publish(announcement).catch((error: Error) => this.components.log.error('announcing: %s', error.message))
  }

  /** This peer's own signature, back to the core. */
  sign(statement: Statement, voters: readonly string[]): void {
    this.settle(signStatement(this.components.privateKey, statement, voters), (signature) => this.init.run({ type: 'signed', statement, voters, signature }))
  }

  /** What this peer sends as a voter, signed. */
  signed(message: RaftMessage & { type: 'certified' }, send: (message: RaftMessage) => void): void {
    this.settle(signStatement(this.components.privateKey, message.statement, message.voters), (signature) => send({ ...message, signature }))
  }

  /** Gives the message to the core once the signatures in it have been checked. False where there are none to check. */
  receive(from: string, message: RaftMessage): boolean {
    const pass = (): void => this.init.run({ type: 'message', from, message })
    if (message.type === 'certified') {
      const { statement, voters, signature } = message
      this.settle(
        isSigned(statement, voters, from, signature ?? new Uint8Array()).then((good) => {
          if (!good) throw new WireError('BAD_SIGNATURE', `statement about entry ${statement.index}: not signed by ${from}`)
        }),
        pass,
        from,
      )
      return true
    }
    if (message.type === 'steps') {
      const { epochId, steps } = message
      this.settle(this.checkSteps(epochId, steps), pass, from)
      return true
    }
    if (message.type !== 'feedSnapshot' && (message.type !== 'feed' || message.certificate === null)) return false
    this.settle(this.check(message.certificate as Certificate), pass, from)
    return true
  }

  /** Whoever plays a certificate again says nothing new: only voters speak of how far they are. */
  private async checkAnnounced(announcement: Announcement, from: string): Promise<Announcement> {
    const { commit, snapshot } = announcement
    if (!commit.voters.includes(from)) throw new WireError('NOT_A_VOTER', `${from} announces what others have committed`, 'tolerate')
    await this.check(commit)
    if (snapshot !== null) await this.check(snapshot)
    return announcement
  }

  private async checkSteps(epochId: string, steps: readonly ConfigStep[]): Promise<void> {
    for (const { voters, consent } of steps) {
      if (consent === null) continue
      const votes = consent.votes.map(({ voter, signature }) => ({ voter, signature: hexToBytes(signature) }))
      await this.check({ statement: consentStatement(epochId, consent.replaces, voters), voters: consent.voters, votes })
    }
  }

  private async check(certificate: Certificate): Promise<void> {
    const key = idOf(encodeAnnouncement({ commit: certificate, snapshot: null, ageMs: 0 }))
    if (this.verified.has(key)) return
    await verifyCertificate(certificate)
    if (this.verified.size > MAX_VERIFIED) this.verified.clear()
    this.verified.add(key)
  }

  private settle<T>(work: Promise<T>, then: (value: T) => void, blamed?: string): void {
    void work.then(then, (error: Error) => {
      if (error instanceof WireError && blamed !== undefined) this.components.offences.report(blamed, error)
      else this.components.log.error('a statement could not be signed or checked: %s', error.message)
    })
  }
}
