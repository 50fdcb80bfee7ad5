/**
 * A generated mesh that moves: peers with drifting figures, one that comes and goes, a coordinator that changes now and
 * then. Fake data only; nothing of the real session may import this.
 */
import type { DeviceReport, MemoryReport } from '../../kernels/report.ts'
import { Store } from '../state/store.ts'
import type { CoordinatorView, LinkPath, PeerView } from './types.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

/** The same walk on every start, so that pictures of two runs can be compared. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export function device(vendor: string, architecture: string, description: string, backend: string, type: string, f16 = true): DeviceReport {
  const limits = {
    maxBufferSize: 4 * GIB,
    maxStorageBufferBindingSize: 2 * GIB - 4,
    maxComputeWorkgroupStorageSize: 49_152,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxStorageBuffersPerShaderStage: 10,
  }
  return { vendor, architecture, description, backend, type, features: f16 ? ['shader-f16', 'subgroups', 'timestamp-query'] : ['subgroups'], limits }
}

export function memory(source: MemoryReport['source'], totalGib: number | null, limitGib: number, usedBytes: number): MemoryReport {
  const totalBytes = totalGib === null ? null : totalGib * GIB
  return {
    totalBytes,
    freeBytes: totalBytes === null ? null : totalBytes - usedBytes - 700 * MIB,
    source,
    limitBytes: limitGib * GIB,
    usedBytes,
    maxBufferSize: 4 * GIB,
    maxStorageBufferBindingSize: 2 * GIB - 4,
  }
}

export const SELF = '12D3KooWQ8mTzR4vLhXb2cN7sYpJd5fGkA9wEuVoCiZtMxHrB6nS'
const NAMES = {
  workstation: '12D3KooWEr4hPq2mYvUj8LsKcTzWn6XbGd3oFa7iRtNk5VxQyHJw',
  mini: '12D3KooWH5tVbNx9wQzRm2aYkLc7PsJd4gUeXi8oFvTn3KrWqEhB',
  server: '12D3KooWLm7cXkDf3sWvGy5nRjPa8bTuQz2oEiHr6LtVxKq9YwNd',
  laptop: '12D3KooWPz3yGnJk6tRbVd9mXsLf2aWcQh7oUeTi5vKxNr8EqYwM',
  visitor: '12D3KooWTw6qLsFh4kXnBz8vCmRd3jYpGa9oUeVi7tKxNr2EqJbW',
} as const
export const PEERS = NAMES

interface Seed {
  readonly peerId: string
  readonly kind: 'native' | 'browser'
  readonly device: DeviceReport | null
  readonly source: MemoryReport['source']
  readonly totalGib: number | null
  readonly limitGib: number
  readonly usedMib: number
  readonly speed: number
  readonly path: LinkPath
  readonly transport: string | null
  readonly rttMs: number | null
  readonly voter: boolean
  readonly addresses: readonly string[]
}

const relayed = (peer: string): string => `/ip4/192.0.2.10/tcp/4002/ws/p2p/${NAMES.server}/p2p-circuit/webrtc/p2p/${peer}`

const SEEDS: readonly Seed[] = [
  {
    peerId: NAMES.workstation,
    kind: 'native',
    device: device('nvidia', 'ada', 'NVIDIA RTX 4070', 'vulkan', 'discrete'),
    source: 'nvml',
    totalGib: 12,
    limitGib: 10,
    usedMib: 2310,
    speed: 21_400,
    path: 'direct',
    transport: 'ws',
    rttMs: 3.1,
    voter: true,
    addresses: [`/ip4/192.0.2.21/tcp/4002/ws/p2p/${NAMES.workstation}`],
  },
  {
    peerId: NAMES.mini,
    kind: 'native',
    device: device('apple', 'metal-3', 'Apple M2', 'metal', 'integrated'),
    source: 'heaps',
    totalGib: 16,
    limitGib: 8,
    usedMib: 1640,
    speed: 9_800,
    path: 'direct',
    transport: 'webrtc-direct',
    rttMs: 11.8,
    voter: true,
    addresses: [`/ip4/192.0.2.22/udp/4003/webrtc-direct/certhash/uEiDkY/p2p/${NAMES.mini}`],
  },
  {
    peerId: NAMES.server,
    kind: 'native',
    device: null,
    source: 'host',
    totalGib: 32,
    limitGib: 0,
    usedMib: 0,
    speed: 0,
    path: 'direct',
    transport: 'wss',
    rttMs: 38,
    voter: true,
    addresses: [`/ip4/192.0.2.10/tcp/4002/ws/p2p/${NAMES.server}`],
  },
  {
    peerId: NAMES.laptop,
    kind: 'browser',
    device: device('intel', 'xe', '', 'webgpu', 'unknown', false),
    source: 'probe',
    totalGib: null,
    limitGib: 1.5,
    usedMib: 420,
    speed: 1_900,
    path: 'relayed',
    transport: 'webrtc',
    rttMs: 64,
    voter: false,
    addresses: [relayed(NAMES.laptop)],
  },
  {
    peerId: SELF,
    kind: 'browser',
    device: null,
    source: 'limits',
    totalGib: null,
    limitGib: 0,
    usedMib: 0,
    speed: 0,
    path: 'self',
    transport: null,
    rttMs: null,
    voter: false,
    addresses: [relayed(SELF)],
  },
]
const VISITOR: Seed = {
  peerId: NAMES.visitor,
  kind: 'browser',
  device: device('amd', 'rdna-2', '', 'webgpu', 'unknown'),
  source: 'probe',
  totalGib: null,
  limitGib: 3,
  usedMib: 900,
  speed: 4_100,
  path: 'none',
  transport: null,
  rttMs: null,
  voter: false,
  addresses: [relayed(NAMES.visitor)],
}

const TICK_MS = 1500
const VISIT_EVERY_TICKS = 16
const ELECTION_EVERY_TICKS = 40

export interface FakeMeshEvents {
  joined(peerId: string): void
  left(peerId: string): void
  elected(peerId: string, term: number): void
}

export class FakeMesh {
  readonly peers = new Store<readonly PeerView[]>([])
  readonly coordinator = new Store<CoordinatorView>({ peerId: null, epoch: 0, term: 0, voters: [], sinceMs: null })
  #tick = 0
  readonly #random = seeded(3)
  readonly #events: FakeMeshEvents
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(events: FakeMeshEvents) {
    this.#events = events
  }

  join(): void {
    this.peers.set(SEEDS.map((seed) => this.#viewOf(seed)))
    this.coordinator.set({
      peerId: NAMES.workstation,
      epoch: 3,
      term: 12,
      voters: SEEDS.filter(({ voter }) => voter).map(({ peerId }) => peerId),
      sinceMs: Date.now() - 47 * 60_000,
    })
    this.#timer ??= setInterval(() => this.#move(), TICK_MS)
  }

  leave(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.peers.set([])
    this.coordinator.set({ peerId: null, epoch: 0, term: 0, voters: [], sinceMs: null })
  }

  /** What this tab tells the others of itself. */
  describeSelf(given: DeviceReport | null, report: MemoryReport, activeJobs: number): void {
    this.peers.update((peers) =>
      peers.map((peer) => (peer.self ? { ...peer, device: given, memory: report, activeJobs, speed: given === null ? 0 : 3600 } : peer)),
    )
  }

  #viewOf(seed: Seed): PeerView {
    return {
      peerId: seed.peerId,
      kind: seed.kind,
      version: seed.peerId === NAMES.laptop ? '0.0.9' : '0.1.0',
      device: seed.device,
      memory: memory(seed.source, seed.totalGib, seed.limitGib, seed.usedMib * MIB),
      speed: seed.speed,
      slots: 1,
      activeJobs: seed.device === null ? 0 : 1,
      visible: seed.peerId !== NAMES.laptop,
      mayVote: seed.kind === 'native',
      addresses: seed.addresses,
      epochId: 'fake-epoch',
      voter: seed.voter,
      coordinator: seed.peerId === NAMES.workstation,
      self: seed.path === 'self',
      path: seed.path,
      transport: seed.transport,
      rttMs: seed.rttMs,
      score: seed.rttMs === null ? null : Math.round((seed.rttMs % 7) * 10) / 10,
    }
  }

  #move(): void {
    this.#tick++
    const drift = (value: number, share: number): number => value * (1 + (this.#random() - 0.5) * share)
    this.peers.update((peers) =>
      peers.map((peer) =>
        peer.self
          ? peer
          : {
              ...peer,
              speed: peer.speed === 0 ? 0 : Math.round(drift(peer.speed, 0.02)),
              rttMs: peer.rttMs === null ? null : Math.max(0.4, drift(peer.rttMs, 0.2)),
              memory: { ...peer.memory, usedBytes: Math.min(peer.memory.limitBytes, Math.round(drift(peer.memory.usedBytes, 0.03))) },
            },
      ),
    )
    if (this.#tick % VISIT_EVERY_TICKS === 0) this.#visit()
    if (this.#tick % ELECTION_EVERY_TICKS === 0) this.#elect()
  }

  #visit(): void {
    const here = this.peers.value.some(({ peerId }) => peerId === NAMES.visitor)
    this.peers.update((peers) => (here ? peers.filter(({ peerId }) => peerId !== NAMES.visitor) : [...peers, this.#viewOf(VISITOR)]))
    if (here) this.#events.left(NAMES.visitor)
    else this.#events.joined(NAMES.visitor)
  }

  #elect(): void {
    const { peerId, voters, term, ...rest } = this.coordinator.value
    const next = voters[(voters.indexOf(peerId ?? '') + 1) % voters.length] ?? null
    this.coordinator.set({ ...rest, voters, peerId: next, term: term + 1, sinceMs: Date.now() })
    this.peers.update((peers) => peers.map((peer) => ({ ...peer, coordinator: peer.peerId === next })))
    if (next !== null) this.#events.elected(next, term + 1)
  }
}
