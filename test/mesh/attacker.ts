/**
 * A peer that means harm: a libp2p node like any other, which joins a mesh of real peers and says what it likes, on every
 * stream and topic of theirs.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Logger, PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import * as lp from 'it-length-prefixed'
import { type Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { createNativeMesh } from '../../node/peer/native-mesh.ts'
import { askControl } from '../../protocol/control/service.ts'
import { decodeClaim, type SignedClaim } from '../../protocol/coordinator/codec.ts'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import { protocolId, topicName } from '../../protocol/mesh/names.ts'

const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false, newScope: () => log }) as unknown as Logger
const WAIT_MS = 60_000

export class Attacker {
  readonly node: Mesh
  readonly key: PrivateKey
  readonly id: string
  private readonly mesh: string
  private claim: SignedClaim | null = null

  private constructor(node: Mesh, key: PrivateKey, mesh: string) {
    this.node = node
    this.key = key
    this.id = peerIdFromPrivateKey(key).toString()
    this.mesh = mesh
  }

  /** Connected to all peers that live, and taken for one of the mesh by gossip. */
  static async join(mesh: Cluster): Promise<Attacker> {
    const key = await generateKeyPair('Ed25519')
    const attacker = new Attacker(await createNativeMesh({ privateKey: key, mesh: mesh.mesh, listen: ['/ip4/127.0.0.1/tcp/0'], lan: false }), key, mesh.mesh)
    const { pubsub } = attacker.node.services
    pubsub.addEventListener('message', ({ detail }) => {
      if (detail.topic === topicName(mesh.mesh, 'claim')) attacker.claim = decodeClaim(detail.data)
    })
    for (const topic of ['claim', 'presence', 'offer'] as const) pubsub.subscribe(topicName(mesh.mesh, topic))
    for (const peer of mesh.living) await attacker.dial(peer)
    const heard = (): boolean => pubsub.getSubscribers(topicName(mesh.mesh, 'claim')).length >= mesh.living.length
    await waitFor(heard, WAIT_MS, 'the attacker was not told who is in the mesh')
    return attacker
  }

  async dial(peer: ClusterPeer): Promise<void> {
    const address = peer.ready?.addresses.find((one) => one.includes('/tcp/') && !one.includes('/ws')) ?? ''
    await this.node.dial(multiaddr(address))
  }

  /** The true claim of the coordinator, as it was gossiped. */
  async heardClaim(): Promise<SignedClaim> {
    await waitFor(() => this.claim !== null, WAIT_MS, 'the attacker heard no claim')
    return this.claim as SignedClaim
  }

  connectedTo(peer: ClusterPeer): boolean {
    return this.node.getConnections(peerIdFromString(peer.id)).length > 0
  }

  /** Frames as they are; resolves when they are on their way, or the other side has had enough. */
  async frames(peer: ClusterPeer, protocol: Parameters<typeof protocolId>[1], frames: readonly Uint8Array[]): Promise<void> {
    await this.raw(
      peer,
      protocol,
      frames.map((frame) => lp.encode.single(frame).subarray()),
    )
  }

  /** Bytes without framing. */
  async raw(peer: ClusterPeer, protocol: Parameters<typeof protocolId>[1], chunks: readonly Uint8Array[]): Promise<void> {
    const stream = await this.node.dialProtocol(peerIdFromString(peer.id), protocolId(this.mesh, protocol))
    try {
      for (const chunk of chunks) stream.send(chunk)
      await stream.close()
    } catch {
      stream.abort(new Error('the other side hung up'))
    }
  }

  async publish(topic: Parameters<typeof topicName>[1], bytes: Uint8Array): Promise<void> {
    await this.node.services.pubsub.publish(topicName(this.mesh, topic), bytes)
  }

  /** What the peer answers to a request; its error, where it refuses. */
  async ask(peer: ClusterPeer, method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> {
    const signal = AbortSignal.timeout(WAIT_MS)
    try {
      for await (const answer of askControl({ libp2p: this.node, log }, this.mesh, peer.id, method, params, signal)) return answer
      return null
    } catch (error) {
      return error
    }
  }

  async leave(): Promise<void> {
    await this.node.stop()
  }
}

/** Messages that this peer has refused so far, by reason; as an operator sees it. */
export async function refusals(peer: ClusterPeer): Promise<Map<string, number>> {
  const text = await (await fetch(new URL('/metrics', peer.ready?.http))).text()
  return new Map([...text.matchAll(/^cyxwiz_refused_messages_total\{reason="([A-Z_]+)"\} (\d+)/gm)].map(([, reason = '', count]) => [reason, Number(count)]))
}
