/**
 * Which addresses this page may and should dial. A page from this machine or the local network may dial both; a page from
 * the internet dials private addresses only when somebody typed them: those that strangers announce are theirs, not ours,
 * and trying them makes the browser ask for permission to the local network.
 */
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

const PRIVATE_IPV4 = /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/
const PRIVATE_IPV6 = /^(::1?$|f[cd]|fe[89ab])/i
const LOCAL_NAME = /^(localhost|.*\.local|.*\.localhost)$/i

/** What a tab's transports understand. */
const DIALLABLE = new Set(['ws', 'wss', 'webrtc', 'webrtc-direct', 'p2p-circuit'])

export function isPrivateHost(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  return PRIVATE_IPV4.test(bare) || PRIVATE_IPV6.test(bare) || LOCAL_NAME.test(bare)
}

export function hostOf(address: Multiaddr): string | null {
  const first = address.getComponents().find(({ name }) => ['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr'].includes(name))
  return first?.value ?? null
}

export function isDiallable(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => DIALLABLE.has(name))
}

/** Plain ws from an https page is blocked as mixed content, save to this machine. */
function isMixedContent(address: Multiaddr, page: PageOrigin): boolean {
  if (!page.secureScheme) return false
  const names = address.getComponents().map(({ name }) => name)
  const plain = names.includes('ws') && !names.includes('tls') && !names.includes('wss')
  const host = hostOf(address)
  return plain && !(host !== null && (host === 'localhost' || host.startsWith('127.') || host === '::1'))
}

export interface PageOrigin {
  /** `location.hostname`. */
  readonly host: string
  /** The page came by https. */
  readonly secureScheme: boolean
}

/** Whether to refuse an address; `typed` = given by the person or by the page's own server. */
export function refusesAddress(address: Multiaddr, page: PageOrigin, typed: readonly string[]): boolean {
  if (!isDiallable(address) || isMixedContent(address, page)) return true
  if (isPrivateHost(page.host)) return false
  const host = hostOf(address)
  if (host === null || !isPrivateHost(host)) return false
  const text = address.toString()
  return !typed.some((known) => text.startsWith(known) || known.startsWith(text))
}

export class AddressError extends Error {
  readonly code = 'BAD_ADDRESS'

  constructor(message: string) {
    super(message)
    this.name = 'AddressError'
  }
}

/** Reads a pasted address; errors say what is wrong with it in words. */
export function parseDialAddress(text: string): Multiaddr {
  const trimmed = text.trim()
  if (trimmed === '') throw new AddressError('an address is missing: it looks like /ip4/192.168.1.20/tcp/4001/ws/p2p/12D3Koo…')
  let address: Multiaddr
  try {
    address = multiaddr(trimmed)
  } catch {
    throw new AddressError(`"${trimmed}" is not an address: it must look like /ip4/192.168.1.20/tcp/4001/ws/p2p/12D3Koo…`)
  }
  if (!isDiallable(address)) throw new AddressError(`a browser cannot dial ${trimmed}: it needs an address with /ws, /wss or /webrtc-direct`)
  return address
}
