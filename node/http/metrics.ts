/**
 * Prometheus figures of a peer. Base units, `cyxwiz_*`, and labels from small fixed sets only: a label with a peer id or a
 * job id would grow a monitoring system without end.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { MemoryReport } from '../../kernels/report.ts'
import type { CoordinatorInfo } from '../../protocol/control/types.ts'
import type { CyxEvent, JobProgressEvent, JobStateName } from '../../protocol/events/types.ts'

const STATES: readonly JobStateName[] = ['queued', 'offered', 'running', 'paused', 'completed', 'failed', 'cancelled']
/** `ws`: with TLS or without, which the accepting side does not tell apart. */
const TRANSPORTS = ['tcp', 'ws', 'webrtc-direct', 'relayed', 'other'] as const
/** A round is about a second of training; a slow group takes minutes. */
const ROUND_SECONDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128]

/** prom-client's own 10 ms would wake an idle peer a hundred times a second. */
const LOOP_SAMPLE_MS = 50

/** What is read when somebody asks. */
export interface MetricSources {
  readonly version: string
  readonly selfId: string
  readonly peers: () => readonly { readonly kind: 'native' | 'browser' }[]
  /** Remote addresses of open connections. */
  readonly connections: () => readonly string[]
  readonly reservations: () => number
  readonly jobs: () => readonly JobStateName[]
  readonly activeJobs: () => number
  readonly coordinator: () => CoordinatorInfo
  readonly memory: () => MemoryReport
  readonly storeBytes: () => Promise<number>
  /** Messages of other peers that were refused so far, by reason. */
  readonly refused: () => ReadonlyMap<string, number>
}

export class PeerMetrics {
  private readonly registry = new Registry()
  private readonly rounds: Counter<'outcome'>
  private readonly roundSeconds: Histogram
  private readonly traffic: Counter<'direction'>
  private readonly elections: Counter
  /** Last told figures of jobs that train here. */
  private readonly told = new Map<string, Pick<JobProgressEvent, 'bytesSent' | 'bytesReceived'>>()

  constructor() {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS })
    this.rounds = new Counter({ name: 'cyxwiz_rounds_total', help: 'Rounds of jobs of the mesh.', labelNames: ['outcome'], registers })
    this.roundSeconds = new Histogram({ name: 'cyxwiz_round_duration_seconds', help: 'Time a committed round took.', buckets: ROUND_SECONDS, registers })
    this.traffic = new Counter({
      name: 'cyxwiz_training_bytes_total',
      help: 'Bytes of gradients and updates, sent and received by this peer.',
      labelNames: ['direction'],
      registers,
    })
    this.elections = new Counter({ name: 'cyxwiz_coordinator_changes_total', help: 'Times this peer followed another coordinator or term.', registers })
    for (const outcome of ['committed', 'failed']) this.rounds.inc({ outcome }, 0)
    for (const direction of ['sent', 'received']) this.traffic.inc({ direction }, 0)
  }

  onEvent(event: CyxEvent): void {
    switch (event.event) {
      case 'job.round':
        this.rounds.inc({ outcome: event.committed ? 'committed' : 'failed' })
        if (event.committed) this.roundSeconds.observe(event.seconds)
        return
      case 'job.progress': {
        const before = this.told.get(event.jobId) ?? { bytesSent: 0, bytesReceived: 0 }
        // A new attempt may count from zero again.
        this.traffic.inc({ direction: 'sent' }, since(before.bytesSent, event.bytesSent))
        this.traffic.inc({ direction: 'received' }, since(before.bytesReceived, event.bytesReceived))
        this.told.set(event.jobId, { bytesSent: event.bytesSent, bytesReceived: event.bytesReceived })
        return
      }
      case 'job.state':
        if (event.state === 'completed' || event.state === 'failed' || event.state === 'cancelled') this.told.delete(event.jobId)
        return
      case 'coordinator.elected':
        this.elections.inc()
        return
      default:
        return
    }
  }

  /** Once, when the peer is there. */
  observe(sources: MetricSources): void {
    const gauge = <T extends string = never>(name: string, help: string, labelNames: readonly T[], collect: (set: Gauge<T>) => void | Promise<void>): void => {
      const made: Gauge<T> = new Gauge<T>({
        name: `cyxwiz_${name}`,
        help,
        labelNames: [...labelNames],
        registers: [this.registry],
        collect: () => collect(made),
      })
    }
    gauge('build_info', 'Always 1; the version is a label.', ['version'], (set) => set.set({ version: sources.version }, 1))
    gauge('peers', 'Peers of the mesh that this one knows, itself included.', ['kind'], (set) => {
      const peers = sources.peers()
      for (const kind of ['native', 'browser'] as const) set.set({ kind }, peers.filter((peer) => peer.kind === kind).length)
    })
    gauge('connections', 'Open connections to other peers.', ['transport'], (set) => {
      const kinds = sources.connections().map(transportOf)
      for (const transport of TRANSPORTS) set.set({ transport }, kinds.filter((kind) => kind === transport).length)
    })
    gauge('relay_reservations', 'Tabs that can be reached through this peer.', [], (set) => set.set(sources.reservations()))
    gauge('jobs', 'Jobs of the mesh by state.', ['state'], (set) => {
      const states = sources.jobs()
      for (const state of STATES) set.set({ state }, states.filter((one) => one === state).length)
    })
    gauge('active_jobs', 'Jobs that hold this adapter.', [], (set) => set.set(sources.activeJobs()))
    gauge('coordinator_epoch', 'Epoch that this peer follows.', [], (set) => set.set(sources.coordinator().epoch))
    gauge('coordinator_term', 'Term that this peer follows.', [], (set) => set.set(sources.coordinator().term))
    gauge('coordinator_known', '1 while this peer follows a coordinator.', [], (set) => set.set(sources.coordinator().peerId === null ? 0 : 1))
    gauge('is_coordinator', '1 while this peer coordinates.', [], (set) => set.set(sources.coordinator().peerId === sources.selfId ? 1 : 0))
    gauge('voters', 'Size of the committee.', [], (set) => set.set(sources.coordinator().voters.length))
    const { refused } = sources
    new Counter({
      name: 'cyxwiz_refused_messages_total',
      help: 'Messages of other peers that were refused.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect() {
        this.reset()
        for (const [reason, count] of refused()) this.inc({ reason }, count)
      },
    })
    gauge('gpu_memory_used_bytes', 'What buffers of this peer hold.', [], (set) => set.set(sources.memory().usedBytes))
    gauge('gpu_memory_limit_bytes', 'What this peer may take in all.', [], (set) => set.set(sources.memory().limitBytes))
    gauge('store_blob_bytes', 'Data, checkpoints and weights on this disk.', [], async (set) => set.set(await sources.storeBytes()))
  }

  async text(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() }
  }

  stop(): void {
    this.registry.clear()
  }
}

const since = (before: number, now: number): number => (now >= before ? now - before : now)

function transportOf(address: string): (typeof TRANSPORTS)[number] {
  if (address.includes('/p2p-circuit')) return 'relayed'
  if (address.includes('/webrtc-direct')) return 'webrtc-direct'
  if (/\/wss?(\/|$)/.test(address)) return 'ws'
  return address.includes('/tcp/') ? 'tcp' : 'other'
}
