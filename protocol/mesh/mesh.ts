/**
 * What a libp2p node must provide for CyxWiz, the same in Node and in a tab: encryption, multiplexing, identify, ping and
 * gossip with the settings that a small mesh on few addresses needs. Transports and listening addresses come from the
 * surroundings.
 */
import { type GossipSub, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { ComponentLogger, ConnectionGater, Libp2p, PeerDiscovery, PrivateKey, Transport } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { type Ping, ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { MAX_GOSSIP_BYTES } from '../wire/constants.ts'
import { AddressBook } from './address-book.ts'
import { DIAL_TIMEOUT_MS, INBOUND_CONNECTIONS_PER_SECOND, STREAM_WINDOW_BYTES } from './constants.ts'

// biome-ignore lint/suspicious/noExplicitAny: libp2p's own type for "any component set"
type Components = any

export interface MeshInit {
  readonly privateKey: PrivateKey
  /** Multiaddrs to listen on; empty for a tab. */
  readonly listen: readonly string[]
  readonly transports: readonly ((components: Components) => Transport)[]
  readonly peerDiscovery?: readonly ((components: Components) => PeerDiscovery)[]
  /** Addresses that must not be dialled from here. */
  readonly connectionGater?: ConnectionGater
  readonly logger?: ComponentLogger
  /** Beside those that every peer has: a relay, for example. */
  readonly services?: Readonly<Record<string, (components: Components) => unknown>>
}

/**
 * `standing`: what this peer holds against others, by peer id, 0 or less; a part of gossip's score (`offences.ts`).
 * `addresses`: how to reach who is not connected.
 */
export type MeshServices = { identify: Identify; ping: Ping; pubsub: GossipSub; standing: Map<string, number>; addresses: AddressBook }
export type Mesh = Libp2p<MeshServices>

/** Room for gossipsub's own framing and control messages beside a full-size message. */
const GOSSIP_RPC_BYTES = 16 * MAX_GOSSIP_BYTES

export async function createMesh(init: MeshInit): Promise<Mesh> {
  const standing = new Map<string, number>()
  return createLibp2p<MeshServices>({
    privateKey: init.privateKey,
    addresses: { listen: [...init.listen] },
    transports: [...init.transports],
    peerDiscovery: [...(init.peerDiscovery ?? [])],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES } })],
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND,
      maxIncomingPendingConnections: INBOUND_CONNECTIONS_PER_SECOND,
      dialTimeout: DIAL_TIMEOUT_MS,
    },
    ...(init.connectionGater === undefined ? {} : { connectionGater: init.connectionGater }),
    ...(init.logger === undefined ? {} : { logger: init.logger }),
    services: {
      ...init.services,
      identify: identify(),
      ping: ping(),
      standing: () => standing,
      addresses: () => new AddressBook(),
      pubsub: gossipsub({
        allowPublishToZeroTopicPeers: true,
        emitSelf: false,
        floodPublish: true,
        maxInboundDataLength: GOSSIP_RPC_BYTES,
        // Many honest peers share one address: a classroom, a relay, three peers on one machine (mesh.md section 6).
        scoreParams: { IPColocationFactorWeight: 0, appSpecificScore: (peer) => standing.get(peer) ?? 0, appSpecificWeight: 1 },
      }),
    },
  })
}
