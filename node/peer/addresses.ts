/**
 * Addresses that people type, and what is wrong with them: in words, one line, naming the address.
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import { PeerStartError } from './errors.ts'

type AddressOption = '--listen' | '--bootstrap'

/** TCP, with WebSockets or without, is what native peers dial; `dnsaddr` stands for addresses that DNS tells. */
const DIALABLE: ReadonlySet<string> = new Set(['tcp', 'dnsaddr'])
/** Listened on for pages: WebRTC-Direct too. */
const LISTENABLE: ReadonlySet<string> = new Set(['tcp', 'webrtc-direct'])

export function parseAddress(text: string, option: AddressOption): Multiaddr {
  let address: Multiaddr
  try {
    address = multiaddr(text)
  } catch (cause) {
    throw new PeerStartError('BAD_ADDRESS', `${option} ${text}: not a multiaddr (example: /ip4/127.0.0.1/tcp/4001)`, { cause })
  }
  const known = option === '--listen' ? LISTENABLE : DIALABLE
  if (!address.getComponents().some(({ name }) => known.has(name))) {
    throw new PeerStartError('BAD_ADDRESS', `${option} ${text}: has no TCP port (example: /ip4/127.0.0.1/tcp/4001)`)
  }
  return address
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not allowed for this user',
  EAFNOSUPPORT: 'this machine has no such kind of address',
  ENOTFOUND: 'the name is not known',
}

/** Makes the libp2p node; what it cannot listen on becomes a `PeerStartError` that names the address. */
export async function listening(create: () => Promise<Mesh>, listen: readonly string[]): Promise<Mesh> {
  try {
    return await create()
  } catch (cause) {
    const { message, name } = cause as Error
    if (!NAMES.has(name) && !message.includes('listen')) throw cause
    // libp2p lists address after address with its error, stack and all.
    const lines = message.split('\n').map((line) => line.trim())
    const told = listen.map((address) => [address, lines.find((line) => line.startsWith(`${address}: `)) ?? ''] as const)
    const failed = told.filter(([, line]) => line !== '')
    const [address, line] = failed[0] ?? [listen.join(', '), lines[0] ?? message]
    if (line.includes('UnsupportedListenAddressError')) {
      throw new PeerStartError(
        'BAD_ADDRESS',
        `--listen ${address}: only TCP, WebSockets and WebRTC-Direct can be listened on (example: /ip4/127.0.0.1/tcp/4001)`,
        { cause },
      )
    }
    const [code] = /\bE[A-Z]{3,}\b/.exec(line) ?? []
    throw new PeerStartError('CANNOT_LISTEN', `cannot listen on ${address}: ${(code !== undefined && WORDS[code]) || line}`, { cause })
  }
}

const NAMES: ReadonlySet<string> = new Set(['NoValidAddressesError', 'UnsupportedListenAddressError', 'UnsupportedListenAddressesError'])
