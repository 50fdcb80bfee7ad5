/** Order and filter of the peers table. Unknown figures come last in either direction. Pure. */
import type { PeerView } from '../../session/types.ts'

export const KEYS = ['peer', 'kind', 'device', 'memory', 'speed', 'load', 'rtt', 'path', 'score', 'version'] as const
export type SortKey = (typeof KEYS)[number]

export const deviceName = ({ device }: PeerView): string =>
  device === null ? '' : device.description || [device.vendor, device.architecture].filter((part) => part !== '').join(' ') || 'GPU'

function figureOf(peer: PeerView, key: SortKey): string | number | null {
  switch (key) {
    case 'peer':
      return peer.peerId
    case 'kind':
      return peer.kind
    case 'device':
      return deviceName(peer).toLowerCase() || null
    case 'memory':
      return peer.memory.limitBytes === 0 ? null : peer.memory.limitBytes
    case 'speed':
      return peer.speed === 0 ? null : peer.speed
    case 'load':
      return peer.activeJobs
    case 'rtt':
      return peer.rttMs
    case 'path':
      return `${peer.path} ${peer.transport ?? ''}`
    case 'score':
      return peer.score
    case 'version':
      return peer.version
  }
}

export function sortPeers(peers: readonly PeerView[], key: SortKey, descending: boolean): readonly PeerView[] {
  return peers.toSorted((a, b) => {
    const left = figureOf(a, key)
    const right = figureOf(b, key)
    const byId = a.peerId < b.peerId ? -1 : 1
    if (left === null || right === null) return left === right ? byId : left === null ? 1 : -1
    if (left === right) return byId
    return (left < right ? -1 : 1) * (descending ? -1 : 1)
  })
}

export function filterPeers(peers: readonly PeerView[], text: string): readonly PeerView[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  return peers.filter((peer) => {
    const roles = `${peer.voter ? 'voter' : ''} ${peer.coordinator ? 'coordinator' : ''} ${peer.self ? 'this tab' : ''}`
    const whole = `${peer.peerId} ${peer.kind} ${deviceName(peer)} ${peer.transport ?? ''} ${peer.path} ${peer.version} ${roles}`.toLowerCase()
    return words.every((word) => whole.includes(word))
  })
}
