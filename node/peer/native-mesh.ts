/**
 * The libp2p node of a native peer: TCP and WebSockets, mDNS on request, the identity of the data directory.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createMesh, type Mesh } from '../../protocol/mesh/mesh.ts'
import type { Identity } from '../../protocol/store.ts'

export interface NativeMeshInit {
  readonly privateKey: PrivateKey
  readonly mesh: string
  readonly listen: readonly string[]
  /** Look for peers of this mesh on the local network. */
  readonly lan: boolean
}

/** Loopback only: nobody else sees this peer unless its owner says so. */
export const LOOPBACK_LISTEN = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] as const
export const LAN_LISTEN = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws'] as const

const MDNS_EVERY_MS = 5000

export async function privateKeyOf(identity: Identity): Promise<PrivateKey> {
  return generateKeyPairFromSeed('Ed25519', identity.privateKey as Uint8Array<ArrayBuffer>)
}

export async function createNativeMesh(init: NativeMeshInit): Promise<Mesh> {
  return createMesh({
    privateKey: init.privateKey,
    listen: init.listen,
    transports: [tcp(), webSockets()],
    peerDiscovery: init.lan ? [mdns({ serviceTag: `_cyxwiz-${init.mesh}._udp.local`, interval: MDNS_EVERY_MS })] : [],
  })
}
