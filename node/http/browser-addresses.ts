/**
 * A peer's addresses in the order in which a page should try them. What works depends on where the page came from: plain
 * WebSockets from this peer's own http page, `wss` from its https page (whoever sees that page has accepted the certificate),
 * WebRTC-Direct from a page of another host, which has no reason to accept it.
 */
import { isIP } from 'node:net'

export interface Asker {
  /** The page came by https. */
  readonly secure: boolean
  /** The page came from this server. */
  readonly own: boolean
  /** The name or address under which the asker reached this server; null when it did not say. */
  readonly host: string | null
}

type Kind = 'ws' | 'wss' | 'webrtc-direct' | 'other'

export function orderedFor(addresses: readonly string[], peerId: string, asker: Asker): string[] {
  const order: readonly Kind[] = asker.own
    ? asker.secure
      ? ['wss', 'webrtc-direct', 'ws', 'other']
      : ['ws', 'webrtc-direct', 'wss', 'other']
    : asker.secure
      ? ['webrtc-direct', 'wss', 'ws', 'other']
      : ['ws', 'webrtc-direct', 'wss', 'other']
  const complete = addresses.map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peerId}`))
  return [...named(complete, asker), ...complete]
    .map((address, index) => ({ address, index, rank: order.indexOf(kindOf(address)), near: nearness(address, asker.host) }))
    .sort((a, b) => a.rank - b.rank || a.near - b.near || a.index - b.index)
    .map(({ address }) => address)
}

function kindOf(address: string): Kind {
  if (address.includes('/webrtc-direct')) return 'webrtc-direct'
  if (address.includes('/tls/ws') || address.includes('/wss')) return 'wss'
  return address.includes('/ws') ? 'ws' : 'other'
}

/** The address the asker came to first, then others, loopback last: it means another machine there. */
function nearness(address: string, host: string | null): number {
  const [, , own = ''] = address.split('/')
  if (host !== null && (own === host || (host === 'localhost' && isLoopbackIp(own)))) return 0
  return isLoopbackIp(own) ? 2 : 1
}

const isLoopbackIp = (host: string): boolean => host.startsWith('127.') || host === '::1'

/** A certificate for a name does not fit an IP address: who came by name gets secure addresses by name too. */
function named(addresses: readonly string[], { secure, own, host }: Asker): string[] {
  if (!secure || !own || host === null || isIP(host) !== 0) return []
  const secured = addresses.filter((address) => kindOf(address) === 'wss')
  return [...new Set(secured.map((address) => address.replace(/^\/ip[46]\/[^/]+/, `/dns/${host}`)))]
}
