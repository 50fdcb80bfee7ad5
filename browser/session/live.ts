/**
 * The real session: storage, mesh, jobs and contribution of this tab, behind what pages see (`types.ts`). Starting it joins
 * nothing that was not joined before or named by the link or the server the page came from, and never starts to compute.
 */

import type { Clock } from '../../protocol/clock.ts'
import type { JobDetail } from '../../protocol/control/types.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import type { JobAction } from '../../protocol/jobs/actions.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { TabCompute } from '../compute/index.ts'
import type { JobMetrics } from '../metrics/types.ts'
import { startTabClock } from '../peer/tab-clock.ts'
import { Store } from '../state/store.ts'
import { openPageStore, openTabChannel, type PageStore, type StoreNotice, storageEstimate, type TabChannel } from '../store/index.ts'
import { VERSION } from '../version.ts'
import { targetOfFragment, targetOfServer } from './join-target.ts'
import { LiveConnection } from './live-connection.ts'
import { LiveContribution } from './live-contribution.ts'
import { LiveJobs } from './live-jobs.ts'
import { LiveLog } from './live-log.ts'
import { LiveStorage } from './live-storage.ts'
import { MeshView } from './mesh-view.ts'
import type { Settings } from './settings.ts'
import type { DraftReport, JobDraft, JoinTarget, Preflight, RecentMesh, Session } from './types.ts'

const TAB_CHANNEL = 'page'
/** Not needed to look at the mesh, but to coordinate when all native peers are gone, and with them this page's server. */
const SIZES_AFTER_MS = 10_000

export async function createLiveSession(): Promise<Session> {
  const log = new LiveLog(() => live?.settings.value.logLevel === 'debug')
  const onNotice = (notice: StoreNotice): void => {
    log.add(notice.kind === 'recovered' ? 'info' : 'error', 'store', notice.message)
    live?.onStorage(notice)
  }
  let live: LiveSession | null = null
  const clock = startTabClock()
  const page = await openPageStore({ onNotice })
  const settings = await page.settings.get()
  const recent = await page.meshes.list()
  const { dutyPercent, memoryLimitBytes } = settings
  const compute = new TabCompute({ clock, limits: { dutyPercent, memoryLimitBytes } })
  live = new LiveSession({ page, log, settings, recent, onNotice, clock, compute })
  live.begin()
  return live
}

interface LiveInit {
  readonly page: PageStore
  readonly log: LiveLog
  readonly settings: Settings
  readonly recent: readonly RecentMesh[]
  readonly onNotice: (notice: StoreNotice) => void
  readonly clock: Clock
  readonly compute: TabCompute
}

class LiveSession implements Session {
  readonly settings: Store<Settings>
  readonly recentMeshes: Store<readonly RecentMesh[]>
  readonly log
  readonly viewer
  readonly peers
  readonly coordinator
  readonly jobs
  readonly connection
  readonly contribution
  private readonly page: PageStore
  private readonly livelog: LiveLog
  private readonly storageOf: LiveStorage
  private readonly mesh: LiveConnection
  private readonly view = new MeshView()
  private readonly work: LiveJobs
  private readonly giving: LiveContribution
  private readonly channel: TabChannel

  constructor({ page, log, settings, recent, onNotice, clock, compute }: LiveInit) {
    this.page = page
    this.livelog = log
    this.settings = new Store(settings)
    this.recentMeshes = new Store(recent)
    this.storageOf = new LiveStorage({ page, onNotice, onMayTakeOver: () => this.takeOver() })
    this.giving = new LiveContribution({
      settings: this.settings,
      contributions: page.contributions,
      compute,
      clock,
      log,
      connection: () => this.mesh.state,
      viewer: this.storageOf.viewer,
    })
    this.mesh = new LiveConnection({
      version: VERSION,
      visible: () => this.giving.visible,
      vectorLength: (spec) => compute.vectorLength(spec),
      compute,
      clock,
      logger: (name) => log.logger(name),
      emit: (event) => this.onEvent(event),
      openStore: (mesh) => this.storageOf.open(mesh),
      onJoined: (tab) => {
        this.view.attach(tab)
        clock.after(SIZES_AFTER_MS, () => void compute.loadSizes()?.catch((error: Error) => log.add('warn', 'compute', error.message)))
        this.giving.joined(tab)
        this.work.meshChanged()
      },
      onLeft: () => {
        this.view.detach()
        this.giving.left()
        this.work.meshChanged()
      },
    })
    this.work = new LiveJobs({
      tab: () => this.mesh.tab,
      blobs: () => {
        const { blobs } = this.storageOf
        if (blobs === null) throw new Error('the storage of this browser is not open: join a mesh first')
        return blobs
      },
      peers: () => this.view.peers.value,
      metricStore: page.metrics,
      onError: (error) => log.add('warn', 'store', error.message),
    })
    // Only what answered is worth coming back to.
    let remembered = ''
    this.mesh.state.subscribe(() => {
      const { phase, mesh, bootstrap } = this.mesh.state.value
      const key = `${mesh} ${bootstrap.join()}`
      if (phase !== 'connected' || mesh === null || key === remembered) return
      remembered = key
      void this.remember({ mesh, addresses: bootstrap })
    })
    this.log = log.entries
    this.viewer = this.storageOf.viewer
    this.peers = this.view.peers
    this.coordinator = this.view.coordinator
    this.jobs = this.view.jobs
    this.connection = this.mesh.state
    this.contribution = this.giving.state
    this.channel = openTabChannel(TAB_CHANNEL, (message) => {
      if (message.type === 'settings') void page.settings.get().then((read) => this.settings.set(read))
      if (message.type === 'page' && message.table === 'meshes') void page.meshes.list().then((list) => this.recentMeshes.set(list))
      if (message.type === 'cleared') location.reload()
    })
    addEventListener('pagehide', this.onPageHide)
    document.addEventListener('visibilitychange', () => {
      // A hidden page may never get another moment.
      if (document.visibilityState === 'hidden') void this.work.recorders.flush()
    })
    addEventListener('pageshow', this.onPageShow)
  }

  /** What the storage says of itself. */
  onStorage({ kind, error }: StoreNotice): void {
    if (error?.code === 'QUOTA' || kind === 'recovered') this.giving.storageFull(kind !== 'recovered')
  }

  /** The link's mesh, else the server's, else the one used last. */
  begin(): void {
    void this.firstTarget()
      .then((target) => (target === null ? undefined : this.connect(target)))
      .catch((error: Error) => this.livelog.add('error', 'mesh', error.message))
  }

  changeSettings(change: Partial<Settings>): void {
    this.settings.update((settings) => ({ ...settings, ...change }))
    void this.page.settings
      .put(this.settings.value)
      .then(() => this.channel.tell({ type: 'settings' }))
      .catch((error: Error) => this.livelog.add('error', 'store', `settings were not saved: ${error.message}`))
  }

  // ---- the mesh ----

  connect(target: JoinTarget): Promise<void> {
    this.giving.goingTo(target.mesh)
    return this.mesh.connect(target)
  }

  disconnect(): Promise<void> {
    return this.mesh.disconnect(() => this.storageOf.release())
  }

  joinLink(): string | null {
    return this.mesh.joinLink(new URL(location.href))
  }

  private async firstTarget(): Promise<JoinTarget | null> {
    const linked = targetOfFragment(location.hash)
    if (linked !== null) {
      // The link has done its work: a reload must not join again what was left since, and it holds addresses.
      history.replaceState(null, '', `${location.pathname}${location.search}#/jobs`)
      dispatchEvent(new HashChangeEvent('hashchange'))
      return linked
    }
    return (await targetOfServer(new URL('.', location.href))) ?? this.recentMeshes.value[0] ?? null
  }

  private async remember({ mesh, addresses }: JoinTarget): Promise<void> {
    try {
      await this.page.meshes.put({ mesh, addresses, lastUsedMs: Date.now() })
      this.recentMeshes.set(await this.page.meshes.list())
      this.channel.tell({ type: 'page', table: 'meshes' })
    } catch (error) {
      this.livelog.add('warn', 'store', `the mesh was not remembered: ${(error as Error).message}`)
    }
  }

  /** The tab that was this browser's peer is gone: this one joins again, under the identity now. */
  private takeOver(): void {
    this.livelog.add('info', 'page', 'the other tab of this browser is closed: this one is the peer now')
    // Behind a join that is under way: that one may have opened the storage as a viewer.
    void this.mesh.rejoin(() => this.storageOf.outdated).catch((error: Error) => this.livelog.add('error', 'mesh', error.message))
  }

  private onEvent(event: CyxEvent): void {
    this.livelog.event(event)
    this.giving.event(event)
    if (event.event === 'peer.joined') this.work.markAll('joined', `${event.peerId.slice(-6)} joined the mesh`)
    else if (event.event === 'peer.left') this.work.markAll('left', `${event.peerId.slice(-6)} left the mesh`)
    else if (event.event === 'coordinator.elected') this.work.markAll('coordinator', `${event.peerId.slice(-6)} coordinates`)
  }

  /** Best effort: the browser gives a page that goes a moment, not more. */
  private readonly onPageHide = (event: PageTransitionEvent): void => {
    void this.work.recorders.flush()
    void this.storageOf.flush()
    void this.giving.flush()
    // Kept in the back-forward cache, the page may come back: connections do not survive it, so say goodbye either way.
    void this.mesh.tab?.peer.presence.leave().catch(() => {})
    if (!event.persisted) void this.mesh.disconnect(() => this.storageOf.release())
  }

  private readonly onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) void this.mesh.rejoin(() => true).catch(() => {}) // the state tells
  }

  // ---- contributing ----

  preflight(): Promise<Preflight> {
    return this.giving.preflight()
  }

  contribute(): Promise<void> {
    return this.giving.contribute()
  }

  pause(forMs?: number): Promise<void> {
    return this.giving.pause(forMs)
  }

  resume(): Promise<void> {
    return this.giving.resume()
  }

  finishRound(): Promise<void> {
    return this.giving.finishRound()
  }

  // ---- jobs ----

  job(jobId: string, signal?: AbortSignal): Promise<JobDetail> {
    return this.work.job(jobId, signal)
  }

  spec(jobId: string): JobSpec | null {
    return this.work.spec(jobId)
  }

  metrics(jobId: string): { readonly metrics: JobMetrics; release(): void } {
    return this.work.metrics(jobId)
  }

  checkDraft(draft: JobDraft, signal?: AbortSignal): Promise<DraftReport> {
    return this.work.checkDraft(draft, signal)
  }

  submit(draft: JobDraft, options?: { signal?: AbortSignal; onProgress?: (text: string) => void }): Promise<{ jobId: string }> {
    return this.work.submit(draft, options)
  }

  act(jobId: string, action: JobAction): Promise<void> {
    return this.work.act(jobId, action)
  }

  weights(jobId: string, options?: { signal?: AbortSignal; onProgress?: (fraction: number) => void }): Promise<Uint8Array> {
    return this.work.weights(jobId, options)
  }

  blob(ref: { readonly sha256: string; readonly bytes: number }, options?: { signal?: AbortSignal }): Promise<Uint8Array> {
    return this.work.blob(ref, options)
  }

  // ---- storage ----

  storage(): Promise<{ readonly usedBytes: number; readonly quotaBytes: number | null; readonly persistent: boolean }> {
    return storageEstimate()
  }

  async clearStorage(what: 'weights-and-data' | 'metrics' | 'everything'): Promise<void> {
    if (what === 'metrics') {
      await this.page.metrics.clear()
      return
    }
    if (what === 'weights-and-data') {
      const needed = this.work.blobsInUse()
      await this.storageOf.blobs?.evict({ keep: (sha256) => needed.has(sha256) })
      return
    }
    const { mesh } = this.mesh.state.value
    await this.disconnect()
    this.page.close()
    await this.storageOf.forget(mesh, true)
    if ('caches' in globalThis) for (const name of await caches.keys()) await caches.delete(name)
    this.channel.tell({ type: 'cleared' })
    location.reload()
  }
}
