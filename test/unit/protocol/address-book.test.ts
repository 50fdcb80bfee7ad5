/**
 * Whoever is not connected is found by what presence tells; libp2p's random walk ends instead of spinning.
 */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerRoutingSymbol } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { AddressBook } from '../../../protocol/mesh/address-book.ts'

it('gives the addresses that presence knows, and fails where there is nothing to give', async () => {
  const book = new AddressBook()
  const routing = book[peerRoutingSymbol]
  const id = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  await expect(routing.findPeer(id)).rejects.toThrow(`presence knows no address of ${id.toString()}`)
  const address = multiaddr('/ip4/127.0.0.1/tcp/4001')
  book.lookup = (peer) => (peer === id.toString() ? [address] : [])
  expect(await routing.findPeer(id)).toEqual({ id, multiaddrs: [address] })
  // An empty answer would be asked for again at once, for ever, by a tab that looks for relays.
  const closest = async (): Promise<void> => {
    for await (const _ of routing.getClosestPeers(new Uint8Array(32))) break
  }
  await expect(closest()).rejects.toThrow('not by their distance to a key')
})
