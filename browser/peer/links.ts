/**
 * How this tab reaches each peer: directly or through a relay, over what, and how fast a ping comes back.
 */
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Ping } from '@libp2p/ping'
import type { Clock } from '../../protocol/clock.ts'
import type { LinkPath } from '../session/types.ts'

const PING_EVERY_MS = 5000
const PING_TIMEOUT_MS = 4000
/** So many at a time: pings must not become traffic in a large mesh. */
const PINGS_PER_TURN = 16

export interface Link {
  readonly path: LinkPath
  readonly transport: string | null
  readonly rttMs: number | null
  /** Of gossip; null where there is no link. */
  readonly score: number | null
}

export interface LinksComponents {
  readonly libp2p: Pick<Libp2p<{ ping: Ping; pubsub: GossipSub }>, 'getConnections' | 'services'>
  readonly clock: Clock
}

export class Links {
  private readonly components: LinksComponents
  private readonly rtts = new Map<string, number>()
  private cancelTimer: (() => void) | null = null
  private readonly stopping = new AbortController()
  private pinging = false
  private turn = 0

  constructor(components: LinksComponents) {
    this.components = components
  }

  start(): void {
    this.cancelTimer = this.components.clock.every(PING_EVERY_MS, () => void this.pingAll())
    this.components.clock.after(500, () => void this.pingAll())
  }

  stop(): void {
    this.cancelTimer?.()
    this.stopping.abort(new Error('stopped'))
  }

  of(peerId: string): Link {
    const connections = this.components.libp2p.getConnections().filter((connection) => connection.remotePeer.toString() === peerId)
    const best = connections.sort((a, b) => Number(isRelayed(a)) - Number(isRelayed(b)))[0]
    if (best === undefined) return { path: 'none', transport: null, rttMs: null, score: null }
    return {
      path: isRelayed(best) ? 'relayed' : 'direct',
      transport: transportOf(best),
      rttMs: this.rtts.get(peerId) ?? null,
      score: scoreOf(this.components.libp2p.services.pubsub, peerId),
    }
  }

  private async pingAll(): Promise<void> {
    if (this.pinging || this.stopping.signal.aborted) return
    this.pinging = true
    try {
      const { libp2p, clock } = this.components
      const peers = [...new Map(libp2p.getConnections().map((connection) => [connection.remotePeer.toString(), connection.remotePeer])).entries()]
      for (const known of [...this.rtts.keys()]) if (!peers.some(([id]) => id === known)) this.rtts.delete(known)
      const from = (this.turn * PINGS_PER_TURN) % Math.max(1, peers.length)
      this.turn += 1
      for (const [id, peer] of [...peers.slice(from), ...peers.slice(0, from)].slice(0, PINGS_PER_TURN)) {
        const at = clock.now()
        try {
          await libp2p.services.ping.ping(peer, { signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(PING_TIMEOUT_MS)]) })
          this.rtts.set(id, clock.now() - at)
        } catch {
          this.rtts.delete(id) // unknown is better than old
        }
      }
    } finally {
      this.pinging = false
    }
  }
}

/** Through somebody else's connection; WebRTC that was only introduced by a relay is direct. */
function isRelayed(connection: Connection): boolean {
  const names = connection.remoteAddr.getComponents().map(({ name }) => name)
  return names.includes('p2p-circuit') && !names.includes('webrtc')
}

function transportOf(connection: Connection): string {
  const all = connection.remoteAddr.getComponents().map(({ name }) => name)
  const relay = all.lastIndexOf('p2p-circuit')
  // What stands before is how the relay is reached.
  const names = all.slice(relay + 1)
  if (names.includes('webrtc')) return 'webrtc'
  if (relay >= 0) return 'relay'
  if (names.includes('webrtc-direct')) return 'webrtc-direct'
  if (names.includes('wss') || (names.includes('ws') && names.includes('tls'))) return 'wss'
  return names.includes('ws') ? 'ws' : 'tcp'
}

/** Not in gossipsub's public type, though the class has it. */
function scoreOf(pubsub: GossipSub, peerId: string): number | null {
  const { getScore } = pubsub as GossipSub & { readonly getScore?: (peerId: string) => number }
  return typeof getScore === 'function' ? Math.round(getScore.call(pubsub, peerId) * 10) / 10 : null
}
