/**
 * Typed gossip: a topic with a size limit and a validator that runs before a message is passed on, so that garbage dies
 * at the first honest peer.
 */
import { type GossipSub, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Logger, PeerId } from '@libp2p/interface'
import { MAX_GOSSIP_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'
import { INVALID_MESSAGE_DECAY, INVALID_MESSAGE_WEIGHT } from './constants.ts'
import type { Offences } from './offences.ts'

export interface GossipTopicInit<T> {
  readonly topic: string
  readonly encode: (value: T) => Uint8Array
  /** Decodes and checks; throws a `WireError`. `from` is the signed author. */
  readonly decode: (bytes: Uint8Array, from: string) => T | Promise<T>
  readonly onMessage: (value: T, from: string) => void
}

export interface GossipComponents {
  readonly pubsub: GossipSub
  readonly log: Logger
  readonly offences: Pick<Offences, 'report'>
}

export class GossipTopic<T> {
  readonly topic: string
  private readonly init: GossipTopicInit<T>
  private readonly components: GossipComponents
  /** Decoded by the validator, taken by the listener: each message is decoded once. */
  private readonly decoded = new WeakMap<Uint8Array, T>()
  private started = false

  constructor(init: GossipTopicInit<T>, components: GossipComponents) {
    this.topic = init.topic
    this.init = init
    this.components = components
  }

  start(): void {
    if (this.started) return
    this.started = true
    const { pubsub } = this.components
    pubsub.topicValidators.set(this.topic, this.validate)
    scoreInvalid(pubsub, this.topic)
    pubsub.addEventListener('message', this.onMessage)
    pubsub.subscribe(this.topic)
  }

  stop(): void {
    if (!this.started) return
    this.started = false
    const { pubsub } = this.components
    pubsub.removeEventListener('message', this.onMessage)
    pubsub.topicValidators.delete(this.topic)
    pubsub.unsubscribe(this.topic)
  }

  /** Sends to every subscriber. Never throws for want of peers: gossip is a best effort. */
  async publish(value: T): Promise<void> {
    const bytes = this.init.encode(value)
    if (bytes.byteLength > MAX_GOSSIP_BYTES) {
      throw new WireError('TOO_LARGE', `gossip message on ${this.topic} has ${bytes.byteLength} bytes, limit ${MAX_GOSSIP_BYTES}`)
    }
    try {
      await this.components.pubsub.publish(this.topic, bytes)
    } catch (error) {
      this.components.log('publish on %s failed: %s', this.topic, (error as Error).message)
    }
  }

  /**
   * Garbage is laid to the charge of who passed it on: an honest peer would not have. What is late, or not for its author to
   * say, may have passed honest peers that could not know, and is its author's.
   */
  private readonly validate = async (passedBy: PeerId, message: Message): Promise<TopicValidatorResult> => {
    const { offences, log } = this.components
    try {
      if (message.type !== 'signed') throw new WireError('BAD_SIGNATURE', `unsigned message on ${this.topic}`)
      if (message.data.byteLength > MAX_GOSSIP_BYTES)
        throw new WireError('TOO_LARGE', `gossip message on ${this.topic} has ${message.data.byteLength} bytes, limit ${MAX_GOSSIP_BYTES}`)
      this.decoded.set(message.data, await this.init.decode(message.data, message.from.toString()))
      return TopicValidatorResult.Accept
    } catch (error) {
      if (!(error instanceof WireError)) {
        log.error('message on %s could not be checked: %s', this.topic, (error as Error).message)
        return TopicValidatorResult.Ignore
      }
      const blamed = error.peerAction !== 'penalise' && message.type === 'signed' ? message.from : passedBy
      offences.report(blamed.toString(), error)
      return error.peerAction === 'penalise' ? TopicValidatorResult.Reject : TopicValidatorResult.Ignore
    }
  }

  private readonly onMessage = (event: CustomEvent<Message>): void => {
    const message = event.detail
    if (message.topic !== this.topic || message.type !== 'signed') return
    const value = this.decoded.get(message.data)
    if (value !== undefined) this.init.onMessage(value, message.from.toString())
  }
}

/** Gossip drops messages with a wrong signature before our validators run, and scores only topics that it was told of. */
function scoreInvalid(pubsub: GossipSub, topic: string): void {
  const { score } = pubsub as GossipSub & { readonly score?: { readonly params: { readonly topics: Record<string, unknown> } } }
  if (score === undefined) return // a fake of a test
  score.params.topics[topic] = {
    topicWeight: 1,
    timeInMeshWeight: 0,
    timeInMeshQuantum: 1,
    timeInMeshCap: 1,
    firstMessageDeliveriesWeight: 0,
    firstMessageDeliveriesDecay: 0.5,
    firstMessageDeliveriesCap: 1,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 0,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 5000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: INVALID_MESSAGE_WEIGHT,
    invalidMessageDeliveriesDecay: INVALID_MESSAGE_DECAY,
  }
}
