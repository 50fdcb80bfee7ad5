/**
 * Free ports that stay the same over restarts. A page's storage belongs to its address, port included, and links and other
 * peers remember where a peer was: so whoever leaves the choice of a port to this peer gets last time's again, while it
 * is free.
 */
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import type { KeyValueStore } from '../../protocol/store.ts'
import { PeerStartError } from './errors.ts'

const PREFIX = 'port/'

export function rememberedPort(kv: KeyValueStore, name: string): number {
  const bytes = kv.get(PREFIX + name)
  const port = bytes === null ? 0 : Number(new TextDecoder().decode(bytes))
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
}

export function rememberPort(kv: KeyValueStore, name: string, port: number): void {
  if (port !== 0 && rememberedPort(kv, name) !== port) kv.set(PREFIX + name, new TextEncoder().encode(String(port)))
}

/** Addresses that leave the port open (`/tcp/0`), with last time's port where nobody has it now. */
export async function withRememberedPorts(kv: KeyValueStore, addresses: readonly string[]): Promise<string[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const { kind, host, protocol, port } = partsOf(address)
      if (port !== 0) return address
      const before = rememberedPort(kv, kind)
      const free = before !== 0 && (await bindable(protocol, host, before)) !== null
      return free ? address.replace(`/${protocol}/0`, `/${protocol}/${before}`) : address
    }),
  )
}

/**
 * The UDP ports of addresses made sure of before the WebRTC library listens: it tells nobody when it cannot (but stdout),
 * and takes a free TCP port for a free UDP port.
 */
export async function withUdpPorts(addresses: readonly string[]): Promise<string[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const { host, protocol, port } = partsOf(address)
      if (protocol !== 'udp') return address
      const bound = await bindable('udp', host, port)
      if (bound === null) throw new PeerStartError('CANNOT_LISTEN', `cannot listen on ${address}: the port is in use, or this machine has no such address`)
      return address.replace(`/udp/${port}`, `/udp/${bound}`)
    }),
  )
}

/** Keeps the ports of addresses that are listened on for the next start. */
export function rememberPorts(kv: KeyValueStore, listening: readonly string[]): void {
  for (const address of listening) {
    const { kind, port } = partsOf(address)
    rememberPort(kv, kind, port)
  }
}

interface Parts {
  /** `tcp`, `tcp/ws`, `tcp/tls/ws`, `udp/webrtc-direct`. */
  readonly kind: string
  readonly host: string
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

function partsOf(address: string): Parts {
  const components = multiaddr(address).getComponents()
  const names = components.map(({ name }) => name).filter((name) => !['ip4', 'ip6', 'p2p', 'certhash', 'ip6zone'].includes(name))
  const port = components.find(({ name }) => name === 'tcp' || name === 'udp')
  return {
    kind: names.join('/'),
    host: components.find(({ name }) => name === 'ip4' || name === 'ip6')?.value ?? '',
    protocol: port?.name === 'udp' ? 'udp' : 'tcp',
    port: Number(port?.value ?? 0),
  }
}

/** The port, where it can be had; a free one for 0; null where it cannot. */
export async function bindable(protocol: 'tcp' | 'udp', host: string, port: number): Promise<number | null> {
  return new Promise((done) => {
    if (protocol === 'udp') {
      const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      socket.once('error', () => socket.close(() => done(null)))
      socket.bind({ address: host, port, exclusive: true }, () => {
        const bound = socket.address().port
        socket.close(() => done(bound))
      })
    } else {
      const server = createServer()
      server.once('error', () => done(null))
      server.listen({ host, port, exclusive: true }, () => {
        const bound = (server.address() as AddressInfo).port
        server.close(() => done(bound))
      })
    }
  })
}
