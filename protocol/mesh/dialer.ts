/**
 * Staying connected: bootstrap addresses, the cache of peers met before, and the addresses that presence tells are dialled
 * on a timer, with back-off, for as long as this peer runs. libp2p 3 does not redial lost peers by itself.
 */
import type { Libp2p, Logger, PeerId, PeerInfo } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../clock.ts'
import type { PeerCache } from '../store.ts'
import { CLOSING_NOTICE_MS, DIAL_TIMEOUT_MS, KEPT_CONNECTIONS, REDIAL_EVERY_MS, REDIAL_MAX_MS } from './constants.ts'
import { isSmallMesh, planConnections } from './degree.ts'

export interface DialerInit {
  readonly bootstrap: readonly Multiaddr[]
  /** Peers of the mesh and their addresses, as presence knows them. */
  readonly peers: () => readonly { readonly peerId: string; readonly addresses: readonly string[] }[]
  /** Not to be dialled for now. */
  readonly isBarred: (peerId: string) => boolean
  /** The committee, the coordinator included. */
  readonly voters: () => readonly string[]
  /** Whose connections must not be closed to make room; asked for once a turn. */
  readonly needed: () => (peerId: string) => boolean
  /** The connection to this peer is about to be closed to make room. */
  readonly onClosing: (peerId: string) => void
}

/** Dials of a peer over its direct addresses before a relayed one is taken; WebRTC needs a second try now and then. */
const DIRECT_TRIES = 2

export interface DialerComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'hangUp' | 'getConnections' | 'peerId' | 'addEventListener' | 'removeEventListener'>
  readonly cache: PeerCache
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

interface Target {
  readonly key: string
  readonly peerId: string | null
  readonly addresses: readonly Multiaddr[]
}

export class Dialer {
  private readonly init: DialerInit
  private readonly components: DialerComponents
  private readonly backoff = new Map<string, { until: number; delay: number; tries: number }>()
  private readonly dialling = new Set<string>()
  private readonly closing = new Set<string>()
  private readonly found = new Map<string, readonly Multiaddr[]>()
  private cancelTimer: (() => void) | null = null
  private readonly stopping = new AbortController()

  constructor(init: DialerInit, components: DialerComponents) {
    this.init = init
    this.components = components
  }

  start(): void {
    const { libp2p, clock } = this.components
    libp2p.addEventListener('peer:discovery', this.onDiscovery)
    libp2p.addEventListener('peer:connect', this.onConnect)
    this.cancelTimer = clock.every(REDIAL_EVERY_MS, () => this.dialMissing())
    this.dialMissing()
  }

  stop(): void {
    const { libp2p } = this.components
    this.cancelTimer?.()
    this.cancelTimer = null
    this.stopping.abort(new Error('this peer is stopping'))
    libp2p.removeEventListener('peer:discovery', this.onDiscovery)
    libp2p.removeEventListener('peer:connect', this.onConnect)
  }

  /** Presence tells of a new peer: in a small mesh it is dialled at once, in a large one the timer draws. */
  joined(): void {
    if (isSmallMesh(this.init.peers().length - 1)) this.dialMissing()
  }

  /** Dials whoever should be connected and is not, and makes room where there are too many. */
  private dialMissing(): void {
    const { libp2p, clock, random } = this.components
    const self = libp2p.peerId.toString()
    const connected = this.connected()
    const records = new Map(this.init.peers().map((record) => [record.peerId, record.addresses]))
    records.delete(self)
    const isResting = (key: string): boolean => this.dialling.has(key) || (this.backoff.get(key)?.until ?? 0) > clock.now() || this.init.isBarred(key)
    const isNeeded = this.init.needed()
    const plan = planConnections({ self, known: [...records.keys()], connected, voters: this.init.voters(), isNeeded, isResting, random })
    for (const peer of plan.close) this.close(peer)
    const targets = plan.dial.map((peerId) => ({ key: peerId, peerId, addresses: parsed(records.get(peerId) ?? []) }))
    const alone = isSmallMesh(records.size) || connected.size < KEPT_CONNECTIONS
    for (const target of alone ? [...this.entrances(connected.size === 0), ...targets] : targets) {
      const isBarred = target.peerId !== null && this.init.isBarred(target.peerId)
      if (target.addresses.length === 0 || target.peerId === self || isBarred || isResting(target.key) || this.isConnected(target)) continue
      void this.dial(target)
    }
  }

  /** To whom there is a connection, and for how long. */
  private connected(): Map<string, number> {
    const { libp2p, clock } = this.components
    const now = clock.wall()
    const connected = new Map<string, number>()
    for (const { remotePeer, timeline } of libp2p.getConnections()) {
      const peer = remotePeer.toString()
      connected.set(peer, Math.max(connected.get(peer) ?? 0, now - timeline.open))
    }
    return connected
  }

  /** Ways into the mesh beside those that presence tells. */
  private entrances(alone: boolean): Target[] {
    const targets: Target[] = this.init.bootstrap.map((address) => ({ key: address.toString(), peerId: peerOf(address), addresses: [address] }))
    for (const [peerId, addresses] of this.found) targets.push({ key: peerId, peerId, addresses })
    if (alone)
      for (const { peerId, addresses } of this.components.cache.list().slice(0, 16)) targets.push({ key: peerId, peerId, addresses: parsed(addresses) })
    return targets
  }

  private close(peer: string): void {
    if (this.closing.has(peer)) return
    const { libp2p, clock, log } = this.components
    this.closing.add(peer)
    this.init.onClosing(peer)
    clock.after(CLOSING_NOTICE_MS, () => {
      this.closing.delete(peer)
      if (this.stopping.signal.aborted) return
      void libp2p.hangUp(peerIdFromString(peer), { signal: this.stopping.signal }).catch((error: Error) => log('closing %s: %s', peer, error.message))
    })
  }

  private isConnected(target: Target): boolean {
    const connections = this.components.libp2p.getConnections()
    if (target.peerId !== null) return connections.some((connection) => connection.remotePeer.toString() === target.peerId)
    return target.addresses.some((address) => connections.some((connection) => connection.remoteAddr.toString().startsWith(address.toString())))
  }

  private async dial(target: Target): Promise<void> {
    const { libp2p, clock, log } = this.components
    this.dialling.add(target.key)
    try {
      await libp2p.dial(this.choose(target), { signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]) })
      this.backoff.delete(target.key)
    } catch (error) {
      const before = this.backoff.get(target.key)
      const delay = Math.min(REDIAL_MAX_MS, (before?.delay ?? REDIAL_EVERY_MS / 2) * 2)
      this.backoff.set(target.key, { until: clock.now() + delay, delay, tries: (before?.tries ?? 0) + 1 })
      log('dialling %s failed, next try in %d ms: %s', target.key, delay, (error as Error).message)
    } finally {
      this.dialling.delete(target.key)
    }
  }

  /** A relayed connection that stands first would carry everything, though a direct one is possible. */
  private choose(target: Target): Multiaddr[] {
    const direct = target.addresses.filter((address) => !isRelayed(address))
    const tries = this.backoff.get(target.key)?.tries ?? 0
    return direct.length > 0 && tries < DIRECT_TRIES ? direct : [...target.addresses]
  }

  private readonly onDiscovery = (event: CustomEvent<PeerInfo>): void => {
    this.found.set(event.detail.id.toString(), event.detail.multiaddrs)
    this.dialMissing()
  }

  private readonly onConnect = (event: CustomEvent<PeerId>): void => {
    this.backoff.delete(event.detail.toString())
  }
}

function peerOf(address: Multiaddr): string | null {
  return address.getComponents().findLast((component) => component.name === 'p2p')?.value ?? null
}

/** Through a relay to the end; WebRTC uses the relay only for the introduction. */
function isRelayed(address: Multiaddr): boolean {
  const names = address.getComponents().map(({ name }) => name)
  return names.includes('p2p-circuit') && !names.includes('webrtc')
}

export function parsed(addresses: readonly string[]): Multiaddr[] {
  return addresses.flatMap((address) => {
    try {
      return [multiaddr(address)]
    } catch {
      return [] // an address of a kind this version does not know
    }
  })
}
