/**
 * What health and metrics read of a running peer.
 */
import { RECOVERY_TIMEOUT_MS } from '../../protocol/coordinator/constants.ts'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import type { Peer } from '../../protocol/peer.ts'
import type { NativeCompute } from '../peer/native-compute.ts'
import { relayOf } from '../peer/native-mesh.ts'
import type { NodeStore } from '../store/index.ts'
import { VERSION } from '../version.ts'
import { Health } from './health.ts'
import type { PeerMetrics } from './metrics.ts'

export function watchHealth({ recoveryTimeoutMs }: { recoveryTimeoutMs: number | null }, peer: Peer, store: NodeStore): Health {
  return new Health(
    { version: VERSION, recoveryTimeoutMs: recoveryTimeoutMs ?? RECOVERY_TIMEOUT_MS },
    {
      coordinator: () => peer.coordinator.status(),
      checkStore: () => void store.kv.get('health'),
      now: () => performance.now(),
    },
  )
}

export interface Observed {
  readonly peer: Peer
  readonly libp2p: Mesh
  readonly store: NodeStore
  readonly compute: NativeCompute
}

export function observe(metrics: PeerMetrics, { peer, libp2p, store, compute }: Observed): void {
  metrics.observe({
    version: VERSION,
    selfId: peer.id,
    peers: () => peer.presence.list(),
    connections: () => libp2p.getConnections().map(({ remoteAddr }) => remoteAddr.toString()),
    reservations: () => relayOf(libp2p)?.reservations.size ?? 0,
    jobs: () => peer.jobs.registry.list().map(({ state }) => state),
    activeJobs: () => peer.jobs.active,
    coordinator: () => peer.coordinator.status(),
    memory: () => compute.memory(),
    storeBytes: () => store.blobs.totalBytes(),
    refused: () => peer.offences.counts,
  })
}
