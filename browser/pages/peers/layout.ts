/**
 * Where peers stand in the topology: natives on an inner ring, tabs on an outer one, this tab in the middle. No forces, so
 * nothing drifts when a figure changes; the same peers give the same picture. Pure.
 */
import type { PeerView } from '../../session/types.ts'

export const MOST_DRAWN = 100
export const SIZE = { width: 560, height: 380 } as const

export interface Placed {
  readonly peer: PeerView
  readonly x: number
  readonly y: number
}

export function placePeers(peers: readonly PeerView[]): readonly Placed[] {
  const shown = peers.toSorted((a, b) => (a.peerId < b.peerId ? -1 : 1)).slice(0, MOST_DRAWN)
  const centre = { x: SIZE.width / 2, y: SIZE.height / 2 }
  const ring = (members: readonly PeerView[], radius: number, turn: number): Placed[] =>
    members.map((peer, index) => {
      const angle = ((index + turn) / members.length) * 2 * Math.PI - Math.PI / 2
      return { peer, x: centre.x + radius * 1.5 * Math.cos(angle), y: centre.y + radius * Math.sin(angle) }
    })
  const others = shown.filter(({ self }) => !self)
  return [
    ...shown.filter(({ self }) => self).map((peer) => ({ peer, ...centre })),
    ...ring(
      others.filter(({ kind }) => kind === 'native'),
      100,
      0,
    ),
    ...ring(
      others.filter(({ kind }) => kind === 'browser'),
      140,
      0.3,
    ),
  ]
}
