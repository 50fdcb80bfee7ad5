/**
 * The mesh as pages see it: peers with their links, who coordinates and since when, the jobs. Read from the peer a few
 * times a second and told only when something is different.
 */

import { askControl } from '../../protocol/control/service.ts'
import type { JobSummary } from '../../protocol/control/types.ts'
import { jobSummary, peerList } from '../../protocol/control/views.ts'
import { isTerminal } from '../../protocol/jobs/record.ts'
import type { TabPeer } from '../peer/tab-peer.ts'
import { Store } from '../state/store.ts'
import { quietLogger } from './quiet-logger.ts'
import type { CoordinatorView, PeerView } from './types.ts'

const REFRESH_EVERY_MS = 400
/** Why jobs wait is known to the coordinator only; asked this often while some job waits. */
const ASK_REASONS_EVERY_MS = 2000
const ASK_TIMEOUT_MS = 4000
const MAX_REASON_LENGTH = 500

export const NO_COORDINATOR: CoordinatorView = { peerId: null, epoch: 0, term: 0, voters: [], sinceMs: null }

export class MeshView {
  readonly peers = new Store<readonly PeerView[]>([])
  readonly coordinator = new Store<CoordinatorView>(NO_COORDINATOR)
  readonly jobs = new Store<readonly JobSummary[]>([])
  private tab: TabPeer | null = null
  private timer: ReturnType<typeof setInterval> | null = null
  private stopJobs: (() => void) | null = null
  private reasons = new Map<string, string>()
  private askedAt = 0
  private asking: AbortController | null = null
  private followed = { key: '', sinceMs: 0 }

  attach(tab: TabPeer): void {
    this.detach()
    this.tab = tab
    this.timer = setInterval(() => this.refresh(), REFRESH_EVERY_MS)
    this.stopJobs = tab.peer.jobs.onChange(() => this.refreshJobs())
    this.refresh()
  }

  /** Forgets everything: the next mesh is another one. */
  detach(): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
    this.stopJobs?.()
    this.stopJobs = null
    this.asking?.abort(new Error('left the mesh'))
    this.asking = null
    this.tab = null
    this.reasons.clear()
    this.peers.set([])
    this.coordinator.set(NO_COORDINATOR)
    this.jobs.set([])
  }

  refresh(): void {
    const { tab } = this
    if (tab === null) return
    const { peer, links } = tab
    const status = peer.coordinator.status()
    const key = `${status.peerId} ${status.epoch} ${status.term}`
    if (key !== this.followed.key) this.followed = { key, sinceMs: Date.now() }
    setIfDifferent(this.coordinator, { ...status, sinceMs: status.peerId === null ? null : this.followed.sinceMs })
    const peers = peerList(peer.presence.list(), status).map((info): PeerView => {
      if (info.self) return { ...info, path: 'self', transport: null, rttMs: null, score: null }
      const link = links.of(info.peerId)
      return { ...info, ...link, rttMs: link.rttMs === null ? null : Math.round(link.rttMs * 10) / 10 }
    })
    setIfDifferent(this.peers, peers)
    this.refreshJobs()
    void this.askReasons()
  }

  private refreshJobs(): void {
    const { tab } = this
    if (tab === null) return
    const { jobs } = tab.peer
    const summaries = jobs.registry.list().map((record) => jobSummary(record, jobs.waitingReason(record.jobId) ?? this.reasons.get(record.jobId) ?? null))
    setIfDifferent(this.jobs, summaries)
  }

  private async askReasons(): Promise<void> {
    const { tab } = this
    if (tab === null || this.asking !== null || Date.now() - this.askedAt < ASK_REASONS_EVERY_MS) return
    const { coordinator, jobs } = tab.peer
    const { leader } = coordinator
    const waiting = jobs.registry.list().some((record) => !isTerminal(record) && record.state !== 'running')
    if (!waiting || leader === null || leader === coordinator.self) return
    const asking = new AbortController()
    this.asking = asking
    this.askedAt = Date.now()
    try {
      const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(ASK_TIMEOUT_MS)])
      for await (const answer of askControl({ libp2p: tab.libp2p, log: quietLogger }, tab.mesh, leader, 'jobs', {}, signal)) {
        this.reasons = readReasons(answer)
      }
    } catch {
      // An election, say: asked again in a moment.
    } finally {
      if (this.asking === asking) this.asking = null
    }
  }
}

/** Plain data: equal text is equal content. */
function setIfDifferent<T>(store: Store<T>, value: T): void {
  if (JSON.stringify(store.value) !== JSON.stringify(value)) store.set(value)
}

/** From another peer: nothing of it is believed to have a shape. */
function readReasons(answer: unknown): Map<string, string> {
  const found = new Map<string, string>()
  for (const job of Array.isArray(answer) ? answer : []) {
    const { jobId, reason } = (job ?? {}) as Record<string, unknown>
    if (typeof jobId === 'string' && typeof reason === 'string') found.set(jobId, reason.slice(0, MAX_REASON_LENGTH))
  }
  return found
}
