/**
 * The libp2p node of a native peer: TCP and WebSockets, WebRTC-Direct for pages, a relay for tabs, mDNS on request, the
 * identity of the data directory.
 */
import { type CircuitRelayService, circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { createMesh, type Mesh } from '../../protocol/mesh/mesh.ts'
import type { Identity } from '../../protocol/store.ts'
import type { TransportFactory } from './webrtc.ts'

export interface NativeMeshInit {
  readonly privateKey: PrivateKey
  readonly mesh: string
  readonly listen: readonly string[]
  /** Look for peers of this mesh on the local network. */
  readonly lan: boolean
  /** Tabs may be reached through this peer. */
  readonly relay?: boolean
  /** Of WebSockets listeners with TLS (`/tls/ws`), PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Beside TCP and WebSockets. */
  readonly transports?: readonly TransportFactory[]
}

/** Loopback only: nobody else sees this peer unless its owner says so. */
export const LOOPBACK_LISTEN = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/udp/0/webrtc-direct'] as const
export const LAN_LISTEN = ['/ip4/0.0.0.0/tcp/0', '/ip4/0.0.0.0/tcp/0/ws', '/ip4/0.0.0.0/udp/0/webrtc-direct'] as const

const MDNS_EVERY_MS = 5000
/** The default of 15 is for relays of strangers; here every tab of the mesh takes one. */
const MAX_RESERVATIONS = 256

export async function privateKeyOf(identity: Identity): Promise<PrivateKey> {
  return generateKeyPairFromSeed('Ed25519', identity.privateKey as Uint8Array<ArrayBuffer>)
}

export async function createNativeMesh(init: NativeMeshInit): Promise<Mesh> {
  const mesh = await createMesh({
    privateKey: init.privateKey,
    listen: init.listen,
    transports: [tcp(), webSockets(init.tls === undefined ? {} : { https: init.tls }), ...(init.transports ?? [])],
    peerDiscovery: init.lan ? [mdns({ serviceTag: `_cyxwiz-${init.mesh}._udp.local`, interval: MDNS_EVERY_MS })] : [],
    // The default limits (128 KiB, two minutes) would cut a job's gradients off in the middle.
    ...(init.relay === true
      ? { services: { relay: circuitRelayServer({ reservations: { maxReservations: MAX_RESERVATIONS, applyDefaultLimit: false } }) } }
      : {}),
  })
  // libp2p keeps the place of a tab that is gone for two hours; enough visitors in that time, and nobody gets one.
  mesh.addEventListener('peer:disconnect', ({ detail: peer }) => relayOf(mesh)?.reservations.delete(peer))
  return mesh
}

/** The relay is a service that only natives have, so the mesh's type does not name it. */
export function relayOf(mesh: Mesh): CircuitRelayService | null {
  return (mesh.services as { relay?: CircuitRelayService }).relay ?? null
}
