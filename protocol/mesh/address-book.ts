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
    // Peers have no place in a key space here. It must fail, as it does without a router: libp2p's random walk, by which a
    // tab looks for relays, asks again at once when the answer is empty, and hangs the page.
    // biome-ignore lint/correctness/useYield: there is nothing to give
    getClosestPeers: async function* () {
      throw new NotFoundError('peers are found by presence, not by their distance to a key')
    },
  }
}
