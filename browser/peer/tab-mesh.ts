/**
 * The libp2p node of a tab: WebSockets and WebRTC-Direct to native peers, WebRTC to other tabs with a native peer as relay
 * and introducer; the relayed path stays as fallback. No STUN or TURN server is ever asked: nobody outside the mesh
 * learns of this tab.
 */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import type { PrivateKey } from '@libp2p/interface'
import { webRTC, webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { createMesh, type Mesh } from '../../protocol/mesh/mesh.ts'
import { type PageOrigin, refusesAddress } from './addresses.ts'

export interface TabMeshInit {
  readonly privateKey: PrivateKey
  readonly page: PageOrigin
  /** Addresses that a person typed, or that the page's own server told. */
  readonly typed: () => readonly string[]
}

export function createTabMesh({ privateKey, page, typed }: TabMeshInit): Promise<Mesh> {
  const rtcConfiguration = { iceServers: [] }
  return createMesh({
    privateKey,
    listen: ['/p2p-circuit', '/webrtc'],
    transports: [webSockets(), webRTC({ rtcConfiguration }), webRTCDirect({ rtcConfiguration }), circuitRelayTransport()],
    connectionGater: { denyDialMultiaddr: (address) => refusesAddress(address, page, typed()) },
  })
}
