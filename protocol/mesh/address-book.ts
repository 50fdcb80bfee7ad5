/**
 * How libp2p finds whoever is not connected: in a large mesh nobody is connected to everybody, and any service may have to
 * reach any peer. The addresses are those that presence tells; asked for only when libp2p remembers none itself.
 */
import { NotFoundError, type PeerId, type PeerInfo, type PeerRouting, peerRoutingSymbol } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export class AddressBook {
  /** Set by the peer, which is made after its libp2p node. */
  lookup: (peer: string) => readonly Multiaddr[] = () => []

  readonly [peerRoutingSymbol]: PeerRouting = {
    findPeer: async (id: PeerId): Promise<PeerInfo> => {
      const multiaddrs = [...this.lookup(id.toString())]
      if (multiaddrs.length === 0) throw new NotFoundError(`presence knows no address of ${id.toString()}`)
      return { id, multiaddrs }
    },
    // Peers have no place in a key space here.
    getClosestPeers: async function* () {},
  }
}
