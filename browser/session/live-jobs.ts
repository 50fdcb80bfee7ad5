/**
 * Jobs as pages use them: details, drafts, submission with its files, actions, weights, metrics while somebody looks.
 */

import type { ControlMethod, ControlMethods, JobDetail } from '../../protocol/control/types.ts'
import type { JobEvent } from '../../protocol/events/types.ts'
import { findJob, type JobAction } from '../../protocol/jobs/actions.ts'
import { checkpointsOf, isTerminal } from '../../protocol/jobs/record.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { BlobStore } from '../../protocol/store.ts'
import { MetricRecorder } from '../metrics/recorder.ts'
import { MetricRegistry } from '../metrics/registry.ts'
import type { JobMetrics } from '../metrics/types.ts'
import type { TabPeer } from '../peer/tab-peer.ts'
import type { MetricChunkStore } from '../store/metric-chunks.ts'
import { addBlob, readWhole } from './blob-transfer.ts'
import { fillHistory } from './job-history.ts'
import type { DraftReport, JobDraft, PeerView } from './types.ts'

export interface LiveJobsInit {
  readonly tab: () => TabPeer | null
  readonly blobs: () => BlobStore
  readonly peers: () => readonly PeerView[]
  readonly metricStore: MetricChunkStore
  readonly onError: (error: Error) => void
}

export class NotConnectedError extends Error {
  readonly code = 'NOT_CONNECTED'

  constructor() {
    super('this tab is in no mesh yet: connect first')
    this.name = 'NotConnectedError'
  }
}

export class LiveJobs {
  readonly recorders: MetricRegistry
  private readonly init: LiveJobsInit
  /** What is being recorded, fed by the mesh of the moment or by none. */
  private readonly feeds = new Map<string, { readonly recorder: MetricRecorder; stop: () => void }>()

  constructor(init: LiveJobsInit) {
    this.init = init
    this.recorders = new MetricRegistry({ open: (jobId) => this.record(jobId), onError: init.onError })
  }

  async job(jobId: string, signal: AbortSignal = new AbortController().signal): Promise<JobDetail> {
    return this.ask('job', { jobId }, signal)
  }

  spec(jobId: string): JobSpec | null {
    const registry = this.init.tab()?.peer.jobs.registry
    return registry?.get(jobId) === undefined ? null : registry.spec(jobId)
  }

  metrics(jobId: string): { readonly metrics: JobMetrics; release(): void } {
    return this.recorders.hold(jobId)
  }

  async checkDraft(draft: JobDraft, signal?: AbortSignal): Promise<DraftReport> {
    const { checkDraft } = await import('../jobs/index.ts')
    return checkDraft(draft, { peers: this.init.peers() }, signal)
  }

  async submit(draft: JobDraft, options: { signal?: AbortSignal; onProgress?: (text: string) => void } = {}): Promise<{ jobId: string }> {
    const { onProgress } = options
    const signal = options.signal ?? new AbortController().signal
    this.tab() // not worth the work otherwise
    const { specOfDraft } = await import('../jobs/index.ts')
    const { spec, uploads } = await specOfDraft(draft, { signal, ...(onProgress === undefined ? {} : { onProgress }) })
    for (const { sha256, bytes, blob } of uploads) {
      onProgress?.('keeping the files for the members')
      await addBlob(this.init.blobs(), { sha256, bytes }, blob, signal)
    }
    onProgress?.('waiting for the coordinator')
    return this.ask('submit', { spec }, signal)
  }

  async act(jobId: string, action: JobAction): Promise<void> {
    await this.ask('action', { jobId, action }, new AbortController().signal)
  }

  async weights(jobId: string, options: { signal?: AbortSignal; onProgress?: (fraction: number) => void } = {}): Promise<Uint8Array> {
    const signal = options.signal ?? new AbortController().signal
    const tab = this.tab()
    const record = findJob(tab.peer.jobs.registry, jobId)
    const weights = record.result?.weights
    if (weights === undefined) throw new Error(`this job is ${record.state}: it has no weights yet`)
    const first = record.members.map(({ peerId }) => peerId)
    return this.fetch(weights, { signal, first, onProgress: options.onProgress ?? (() => {}) })
  }

  async blob(ref: { readonly sha256: string; readonly bytes: number }, options: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    return this.fetch(ref, { signal: options.signal ?? new AbortController().signal, first: [], onProgress: () => {} })
  }

  private async fetch(
    { sha256, bytes }: { sha256: string; bytes: number },
    { signal, first, onProgress }: { signal: AbortSignal; first: readonly string[]; onProgress: (fraction: number) => void },
  ): Promise<Uint8Array> {
    const tab = this.tab()
    const peers = [...new Set([...first, ...tab.peer.jobs.connectedPeers()])].filter((peer) => peer !== tab.peer.id)
    await tab.peer.content.fetch(sha256, bytes, peers, { signal, onProgress: (received, total) => onProgress(total === 0 ? 1 : received / total) })
    return readWhole(this.init.blobs(), sha256, bytes, signal)
  }

  /** What jobs that have not ended need: data, starting weights, the newest checkpoint. */
  blobsInUse(): ReadonlySet<string> {
    const registry = this.init.tab()?.peer.jobs.registry
    const needed = new Set<string>()
    for (const record of registry?.list() ?? []) {
      if (registry === undefined || isTerminal(record)) continue
      const { data, init } = registry.spec(record.jobId)
      for (const { sha256 } of data.parts) needed.add(sha256)
      if (init !== null) needed.add(init.sha256)
      for (const checkpoint of checkpointsOf(record)) needed.add(checkpoint.sha256)
    }
    return needed
  }

  /** One answer of this tab's own peer. */
  async ask<M extends ControlMethod>(method: M, params: ControlMethods[M]['params'], signal: AbortSignal): Promise<ControlMethods[M]['answer']> {
    for await (const answer of this.tab().peer.control.handle(method, params, 'local', signal)) return answer as ControlMethods[M]['answer']
    throw new Error(`${method}: no answer`)
  }

  private tab(): TabPeer {
    const tab = this.init.tab()
    if (tab === null) throw new NotConnectedError()
    return tab
  }

  // ---- metrics ----

  private record(jobId: string): { readonly recorder: MetricRecorder; stop(): void } {
    const recorder = new MetricRecorder({ jobId, store: this.init.metricStore, onError: this.init.onError })
    this.feeds.set(jobId, { recorder, stop: this.feed(jobId, recorder) })
    return {
      recorder,
      stop: () => {
        this.feeds.get(jobId)?.stop()
        this.feeds.delete(jobId)
      },
    }
  }

  /** A mesh was joined, or left: pages keep the recorders they hold, whatever feeds them. */
  meshChanged(): void {
    for (const [jobId, { recorder, stop }] of this.feeds) {
      stop()
      this.feeds.set(jobId, { recorder, stop: this.feed(jobId, recorder) })
    }
  }

  private feed(jobId: string, recorder: MetricRecorder): () => void {
    const tab = this.init.tab()
    if (tab === null) return () => {}
    const { watchers } = tab.peer.jobs
    const stopping = new AbortController()
    const stops: (() => void)[] = []
    // What was before comes first: columns grow at their end only.
    void fillHistory(tab, jobId, recorder, stopping.signal)
      .catch(this.init.onError)
      .then(() => {
        if (stopping.signal.aborted) return
        stops.push(watchers.watchMembers(jobId, (peerId, event) => recorder.progress(peerId, event, Date.now())))
        let kept = tab.peer.jobs.registry.get(jobId)?.checkpoint?.step ?? 0
        stops.push(
          watchers.watch(jobId, (event) => {
            tellRecorder(recorder, event)
            const step = tab.peer.jobs.registry.get(jobId)?.checkpoint?.step ?? 0
            if (step > kept) recorder.mark('checkpoint', `checkpoint of step ${step}`, Date.now())
            kept = step
          }),
        )
      })
    return () => {
      stopping.abort(new Error('nobody looks any more'))
      for (const stop of stops) stop()
    }
  }

  /** Marks that concern every job somebody looks at. */
  markAll(kind: 'joined' | 'left' | 'coordinator', text: string): void {
    for (const jobId of this.recorders.jobIds) this.recorders.peek(jobId)?.mark(kind, text, Date.now())
  }
}

function tellRecorder(recorder: MetricRecorder, event: JobEvent): void {
  const now = Date.now()
  if (event.event === 'job.round') recorder.round(event, now)
  else if (event.event === 'job.state' && event.state === 'paused') recorder.mark('paused', 'paused by its owner', now)
  else if (event.event === 'job.state' && event.state === 'queued' && event.attempt > 1)
    recorder.mark('attempt', `attempt ${event.attempt}${event.reason === undefined ? '' : `: ${event.reason}`}`, now)
}
