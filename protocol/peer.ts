/**
 * A peer: all services composed over what its surroundings give (libp2p node, store, clock, compute). Node and tabs use
 * this file unchanged.
 */
import type { Logger, PeerId, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from './clock.ts'
import { Content, type ContentSource } from './content/service.ts'
import { Control } from './control/service.ts'
import { DISCOVERY_MS, RECOVERY_TIMEOUT_MS } from './coordinator/constants.ts'
import { Coordinator, type Followers } from './coordinator/service.ts'
import type { CyxEvent } from './events/types.ts'
import { featuresFor, type JobNeed } from './jobs/capacity.ts'
import { partnersOf } from './jobs/partners.ts'
import { Jobs } from './jobs/service.ts'
import type { JobSpec } from './jobs/spec.ts'
import { Dialer, parsed } from './mesh/dialer.ts'
import type { Mesh } from './mesh/mesh.ts'
import { Offences } from './mesh/offences.ts'
import { newIncarnation } from './presence/incarnation.ts'
import { PresenceService } from './presence/service.ts'
import type { PeerStore } from './store.ts'
import type { ComputeProvider, DataAccess } from './training/compute-provider.ts'

/** Who has been connected for so long and says nothing of itself is no peer of this mesh. */
const NEWCOMER_MS = 1000
const IMPORT_RETRY_MS = 1000
/** The committee is told to presence this often. */
const LOOK_EVERY_MS = 500

export interface PeerInit {
  readonly mesh: string
  readonly kind: 'native' | 'browser'
  readonly version: string
  /** Takes part in elections; tabs and `--no-vote` peers do not. */
  readonly mayVote: boolean
  readonly bootstrap: readonly Multiaddr[]
  /** Somebody may be found without a bootstrap list (mDNS): look before founding a mesh. */
  readonly discovers: boolean
  readonly recoveryTimeoutMs?: number
  /** False while nobody sees this peer's page: its timers may be slowed down then. Absent = always true. */
  readonly visible?: () => boolean
  readonly sources: readonly ContentSource[]
  readonly emit: (event: CyxEvent) => void
  readonly vectorLength: (spec: JobSpec) => number
  readonly putFile?: (path: string) => Promise<string>
  /** The peer cannot go on (its store failed). */
  readonly onFatal: (error: Error) => void
}

export interface PeerComponents {
  readonly libp2p: Mesh
  readonly privateKey: PrivateKey
  readonly store: PeerStore
  readonly clock: Clock
  readonly random: () => number
  readonly compute: ComputeProvider
  readonly data: DataAccess
  readonly logger: (name: string) => Logger
}

export class Peer {
  readonly id: string
  readonly presence: PresenceService
  readonly coordinator: Coordinator
  readonly jobs: Jobs
  readonly control: Control
  readonly content: Content
  readonly offences: Offences
  private readonly components: PeerComponents
  private readonly dialer: Dialer
  private cancelTimers: (() => void)[] = []
  private readonly stopping = new AbortController()
  private bringing = false
  private readonly remembered = new Set<string>()

  constructor(init: PeerInit, components: PeerComponents) {
    this.components = components
    const { libp2p, store, clock, compute, logger } = components
    const { mesh } = init
    const { pubsub, standing, addresses } = libp2p.services
    this.id = libp2p.peerId.toString()
    const offences = new Offences({ libp2p, standing, clock, log: logger('cyxwiz:mesh') })
    this.offences = offences
    const knownPeers = store.peers.list().length > 0
    const { entries, snapshot } = store.raft.load()
    const stored = entries.at(-1)?.index ?? (snapshot === null ? 0 : Number(snapshot.header.index))
    const needOf = (spec: JobSpec): JobNeed => ({
      bytes: compute.estimateBytes(spec),
      vectorBytes: 4 * init.vectorLength(spec),
      features: featuresFor(spec),
    })
    this.jobs = new Jobs(
      { mesh, emit: init.emit, needOf, knownIndex: stored },
      {
        libp2p,
        pubsub,
        clock,
        compute,
        data: components.data,
        blobs: store.blobs,
        kv: store.kv,
        offences,
        log: logger('cyxwiz:jobs'),
        coordinator: () => this.coordinator,
        presence: () => this.presence,
        content: () => this.content,
      },
    )
    this.coordinator = new Coordinator(
      {
        mesh,
        mayVote: init.mayVote,
        discoveryMs: init.bootstrap.length > 0 || init.discovers || knownPeers ? DISCOVERY_MS : 0,
        recoveryTimeoutMs: init.recoveryTimeoutMs ?? RECOVERY_TIMEOUT_MS,
        check: (effects) => this.jobs.check(effects),
        onCommitted: (entry) => this.jobs.onCommitted(entry),
        onLeader: (leader, fence) => {
          this.jobs.onLeader(leader)
          if (leader !== null) init.emit({ event: 'coordinator.elected', peerId: leader, epoch: fence.epoch, term: fence.term })
          this.presence.follow(leader, fence, this.coordinator.status().voters)
          this.presence.changed()
          void this.bringOrphans()
        },
        onAbandon: (entries) => this.jobs.onAbandon(entries),
        onReset: () => this.jobs.onReset(),
        takeSnapshot: () => this.jobs.registry.snapshot(),
        onRestore: (index, data) => this.jobs.onRestore(index, data),
        onBroken: (error) => init.onFatal(error),
        followers: () => this.followers(),
      },
      { libp2p, pubsub, privateKey: components.privateKey, storage: store.raft, clock, random: components.random, offences, log: logger('cyxwiz:coordinator') },
    )
    this.presence = new PresenceService(
      {
        mesh,
        incarnation: newIncarnation(store.kv, clock, components.random),
        describe: () => ({
          kind: init.kind,
          version: init.version,
          device: compute.device,
          memory: compute.memory(),
          speed: this.jobs.speed,
          slots: compute.device === null ? 0 : compute.slots,
          activeJobs: this.jobs.active,
          visible: init.visible?.() ?? true,
          mayVote: init.mayVote,
          epochId: this.coordinator.fence.epochId,
        }),
        onJoined: (record) => {
          init.emit({ event: 'peer.joined', peerId: record.peerId })
          this.dialer.joined()
        },
        onLeft: (peer) => {
          init.emit({ event: 'peer.left', peerId: peer })
          this.remembered.delete(peer)
          this.jobs.onPeerSilent(peer)
        },
        onUpdated: ({ peerId }) => void this.remembered.delete(peerId),
        onTwin: (error) => init.onFatal(error),
      },
      { libp2p, pubsub, privateKey: components.privateKey, clock, random: components.random, offences, log: logger('cyxwiz:presence') },
    )
    this.content = new Content(
      {
        mesh,
        sources: init.sources,
        exportState: (jobId, step) => this.jobs.exportState(jobId, step),
        stateStored: (jobId, sha256) => this.jobs.stateStored(jobId, sha256),
      },
      { libp2p, blobs: store.blobs, offences, log: logger('cyxwiz:content') },
    )
    this.control = new Control(
      { mesh, ...(init.putFile === undefined ? {} : { putFile: init.putFile }) },
      {
        libp2p,
        privateKey: components.privateKey,
        clock,
        jobs: this.jobs,
        presence: this.presence,
        coordinator: this.coordinator,
        content: this.content,
        blobs: store.blobs,
        needOf,
        loadSizes: () => compute.loadSizes?.() ?? null,
        offences,
        log: logger('cyxwiz:control'),
      },
    )
    this.dialer = new Dialer(
      {
        bootstrap: init.bootstrap,
        peers: () => this.presence.list(),
        isBarred: (peer) => offences.isBarred(peer),
        voters: () => this.coordinator.status().voters,
        needed: () => this.needed(init.kind),
        onClosing: (peer) => this.presence.closing(peer),
      },
      { libp2p, cache: store.peers, clock, random: components.random, log: logger('cyxwiz:mesh') },
    )
    addresses.lookup = (peer) => parsed(this.presence.get(peer)?.addresses ?? [])
  }

  /** The libp2p node must have been started. */
  async start(): Promise<void> {
    const { libp2p, clock } = this.components
    libp2p.addEventListener('peer:disconnect', this.onDisconnect)
    this.offences.start()
    await this.content.start()
    await this.jobs.start()
    await this.control.start()
    await this.coordinator.start()
    await this.presence.start()
    this.dialer.start()
    this.cancelTimers = [clock.every(LOOK_EVERY_MS, () => this.lookAround()), clock.every(IMPORT_RETRY_MS, () => void this.bringOrphans())]
  }

  /** Leaves in good order: hands over coordination, says goodbye, frees everything. The libp2p node is not stopped. */
  async stop(): Promise<void> {
    for (const cancel of this.cancelTimers) cancel()
    this.stopping.abort(new Error('this peer is stopping'))
    this.components.libp2p.removeEventListener('peer:disconnect', this.onDisconnect)
    this.dialer.stop()
    await this.coordinator.leave()
    await this.presence.leave()
    await this.jobs.stop()
    await this.presence.stop()
    await this.control.stop()
    await this.content.stop()
    await this.coordinator.stop()
    this.offences.stop()
  }

  /** Connected peers of the mesh, whatever line they follow now, and the natives among them that may vote. */
  private followers(): Followers {
    const wall = this.components.clock.wall()
    const connected = new Map(this.components.libp2p.getConnections().map(({ remotePeer, timeline }) => [remotePeer.toString(), timeline.open]))
    const known = this.presence.available().filter(({ peerId }) => connected.has(peerId))
    return {
      learners: known.map(({ peerId }) => peerId),
      mayVote: known.filter(({ mayVote, kind }) => mayVote && kind === 'native').map(({ peerId }) => peerId),
      newcomers: [...connected].some(([peer, openedAt]) => wall - openedAt < NEWCOMER_MS && this.presence.get(peer) === undefined),
    }
  }

  /** The committee may have changed under the same coordinator; and who is connected is worth remembering. */
  private lookAround(): void {
    const { leader, fence } = this.coordinator
    this.presence.follow(leader, fence, this.coordinator.status().voters)
    const connected = new Set(this.components.libp2p.getConnections().map((connection) => connection.remotePeer.toString()))
    for (const { peerId, addresses } of this.presence.available()) if (connected.has(peerId)) this.remember(peerId, addresses)
  }

  /**
   * Whose connections stay when a large mesh makes room: those that train with this peer, or are coordinated by it, and,
   * at a native, tabs, which the others reach through it.
   */
  private needed(kind: 'native' | 'browser'): (peer: string) => boolean {
    const partners = partnersOf(this.jobs.registry.list(), this.id, this.coordinator.leads)
    return (peer) => partners.has(peer) || (kind === 'native' && this.presence.get(peer)?.kind === 'browser')
  }

  /** Who was reached, and where: how this peer finds its mesh again. */
  private remember(peerId: string, addresses: readonly string[]): void {
    if (this.remembered.has(peerId)) return
    this.remembered.add(peerId)
    const { store, clock, logger } = this.components
    try {
      store.peers.put({ peerId, addresses, seenAtMs: clock.wall() })
    } catch (error) {
      // A disk that has no room for it may still have some for what matters, and says so there if not.
      logger('cyxwiz:mesh')('the address of %s could not be kept: %s', peerId, (error as Error).message)
    }
  }

  private readonly onDisconnect = (event: CustomEvent<PeerId>): void => {
    this.jobs.onPeerGone(event.detail.toString())
  }

  private async bringOrphans(): Promise<void> {
    if (this.bringing || this.jobs.orphaned.length === 0 || this.coordinator.leader === null) return
    this.bringing = true
    try {
      await this.control.bringOrphans(this.stopping.signal)
    } catch (error) {
      this.components.logger('cyxwiz:jobs')('jobs of the former line could not be brought along yet: %s', (error as Error).message)
    } finally {
      this.bringing = false
    }
  }
}
