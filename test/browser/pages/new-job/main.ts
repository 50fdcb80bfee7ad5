/**
 * The page for new jobs and the project menu, with a session that only notes what it is asked: `test/browser/new-job.test.ts`
 * drives it as a person would and reads `window.probe`.
 */
import '../../../../browser/pages/new-job/new-job-page.ts'
import '../../../../browser/projects/project-menu.ts'
import { specOfDraft } from '../../../../browser/jobs/index.ts'
import type { NewJobPage } from '../../../../browser/pages/new-job/new-job-page.ts'
import type { ProjectMenu } from '../../../../browser/projects/project-menu.ts'
import { defaultSettings, type Settings } from '../../../../browser/session/settings.ts'
import type { ConnectionState, JobDraft, PeerView, Session } from '../../../../browser/session/types.ts'
import { Store } from '../../../../browser/state/store.ts'
import { theme } from '../../../../browser/theme/theme.ts'
import type { JobSummary } from '../../../../protocol/control/types.ts'
import type { JobSpec } from '../../../../protocol/jobs/spec.ts'

type Toast = { text: string; level: string; undo?: () => void }

export interface Probe {
  readonly submitted: { readonly spec: JobSpec; readonly uploads: readonly { readonly bytes: number; readonly sha256: string }[] }[]
  readonly toasts: Toast[]
  readonly settings: () => Settings
  /** Makes the next submission fail with this message. */
  failWith: string | null
  go(params: readonly string[]): void
  longestTaskMs: number
}

declare global {
  interface Window {
    probe: Probe
  }
}

const GIB = 2 ** 30

function peer(peerId: string, change: Partial<PeerView>): PeerView {
  const memory = {
    totalBytes: null,
    freeBytes: null,
    source: 'limits' as const,
    limitBytes: 2 * GIB,
    usedBytes: 0,
    maxBufferSize: GIB,
    maxStorageBufferBindingSize: GIB,
  }
  const device = { vendor: 'mesa', architecture: '', description: 'software', backend: 'vulkan', type: 'cpu', features: [], limits: {} }
  const facts = { kind: 'native' as const, version: '0.1.0', speed: 900, slots: 1, activeJobs: 0, visible: true, mayVote: true, addresses: [], epochId: '' }
  const links = { voter: true, coordinator: false, self: false, path: 'direct' as const, transport: 'ws', rttMs: 4, score: 0 }
  return { peerId, device, memory, ...facts, ...links, ...change }
}

const settings = new Store<Settings>(defaultSettings)
const peers = new Store<readonly PeerView[]>([
  peer('12D3KooWNativeOne111111', { coordinator: true }),
  peer('12D3KooWNativeTwo222222', { activeJobs: 1 }),
  peer('12D3KooWSmallTab333333', { kind: 'browser', memory: { ...peer('', {}).memory, limitBytes: 64 * 1024 } }),
  peer('12D3KooWThisTab444444', { kind: 'browser', self: true, device: null, path: 'self', transport: null, rttMs: null, score: null }),
])
const jobs = new Store<readonly JobSummary[]>([
  { jobId: 'old', name: 'older job', state: 'completed', attempt: 1, progress: 1, submitter: 'me', submittedAt: '2026-03-01T10:00:00.000Z' },
])
const connection = new Store<ConnectionState>({ phase: 'connected', mesh: 'test', peerId: 'me', bootstrap: [], addresses: [], detail: null })
const oldCsv = 'a,b,kind\n1,2,0\n3,4,1\n'
const { spec: oldSpec } = await specOfDraft({
  job: {
    name: 'older job',
    model: { kind: 'sequential', input: [2], layers: [{ type: 'linear', units: 2 }] },
    data: { csv: 'old.csv', label: 'kind' },
    optimizer: { type: 'adam', lr: 0.5 },
    batchSize: 2,
    steps: 7,
  },
  files: { 'old.csv': new Blob([oldCsv]) },
})

const probe: Probe = { submitted: [], toasts: [], settings: () => settings.value, failWith: null, go, longestTaskMs: 0 }
window.probe = probe

/** What the pages under test use; the rest is not theirs. */
type Used = Pick<Session, 'settings' | 'changeSettings' | 'peers' | 'jobs' | 'connection' | 'spec' | 'submit' | 'weights' | 'blob'>
const session: Used = {
  settings,
  changeSettings: (change) => settings.update((value) => ({ ...value, ...change })),
  peers,
  jobs,
  connection,
  spec: (jobId) => (jobId === 'old' ? oldSpec : null),
  async submit(draft: JobDraft, { signal, onProgress } = {}) {
    const { spec, uploads } = await specOfDraft(draft, { signal, onProgress })
    onProgress?.('Sending the job')
    await new Promise((resolve) => setTimeout(resolve, 50))
    signal?.throwIfAborted()
    if (probe.failWith !== null) throw new Error(probe.failWith)
    probe.submitted.push({ spec, uploads: uploads.map(({ bytes, sha256 }) => ({ bytes, sha256 })) })
    return { jobId: `job-${probe.submitted.length}` }
  },
  blob: async () => new TextEncoder().encode(oldCsv),
  weights: async () => new Uint8Array([1, 2, 3]),
}

theme.install()
document.addEventListener('cyx-toast', (event) => probe.toasts.push((event as CustomEvent<Toast>).detail))
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) probe.longestTaskMs = Math.max(probe.longestTaskMs, entry.duration)
}).observe({ type: 'longtask', buffered: false })

const menu = document.createElement('cyx-project-menu') as ProjectMenu
menu.session = session as Session
document.querySelector('#menu')?.append(menu)

function go(params: readonly string[]): void {
  document.querySelector('cyx-new-job-page')?.remove()
  const page = document.createElement('cyx-new-job-page') as NewJobPage
  page.session = session as Session
  page.params = params
  document.querySelector('#main')?.append(page)
}
go([])
