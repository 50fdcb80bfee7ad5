/**
 * Typed gossip: a topic with a size limit and a validator that runs before a message is passed on, so that garbage dies
 * at the first honest peer.
 */
import { type GossipSub, type Message, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Logger, PeerId } from '@libp2p/interface'
import { MAX_GOSSIP_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'

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

  private readonly validate = async (_peer: PeerId, message: Message): Promise<TopicValidatorResult> => {
    if (message.type !== 'signed' || message.data.byteLength > MAX_GOSSIP_BYTES) return TopicValidatorResult.Reject
    try {
      this.decoded.set(message.data, await this.init.decode(message.data, message.from.toString()))
      return TopicValidatorResult.Accept
    } catch (error) {
      this.components.log('message of %p on %s refused: %s', message.from, this.topic, (error as Error).message)
      return error instanceof WireError && error.peerAction === 'ignore' ? TopicValidatorResult.Ignore : TopicValidatorResult.Reject
    }
  }

  private readonly onMessage = (event: CustomEvent<Message>): void => {
    const message = event.detail
    if (message.topic !== this.topic || message.type !== 'signed') return
    const value = this.decoded.get(message.data)
    if (value !== undefined) this.init.onMessage(value, message.from.toString())
  }
}
