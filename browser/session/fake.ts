/**
 * A session on generated data, so that every screen can be built, looked at and tested without a mesh or a GPU
 * (`npm run dev:fake`). It behaves as the real one does; nothing it shows is true.
 */

import { Store } from '../state/store.ts'
import { FakeContribution } from './fake-contribution.ts'
import { FakeJobs } from './fake-jobs.ts'
import { FakeMesh, memory, PEERS, SELF } from './fake-mesh.ts'
import { linkOf } from './join-target.ts'
import { defaultSettings, type Settings } from './settings.ts'
import type { ConnectionState, LogEntry, LogLevel, RecentMesh, Session } from './types.ts'

const CHATTER_MS = 2600
const MAX_LOG = 5000
const JOIN_MS = 600
const VIA = `/ip4/192.0.2.10/tcp/4002/ws/p2p/${PEERS.server}`

const CHATTER: readonly (readonly [LogLevel, string, string])[] = [
  ['debug', 'mesh', 'heartbeat digest: 5 peers, 0 changes'],
  ['info', 'job', 'round committed by 3 members, 5,120 samples, 2.4 s'],
  ['debug', 'compute', 'step 4.1 ms, merge 11.8 ms, waited 6.2 ms'],
  ['info', 'store', 'checkpoint is on 3 peers, 795 KiB'],
  ['warn', 'mesh', 'round trip to …EqYwM took 412 ms: the relayed path is slow'],
  ['debug', 'mesh', 'gossip: 4 messages, 2.1 KiB'],
]

export function createFakeSession(): Session {
  const settings = new Store<Settings>(defaultSettings)
  const log = new Store<readonly LogEntry[]>([])
  const say = (level: LogLevel, source: string, text: string, about: { jobId?: string; peerId?: string } = {}): void =>
    log.update((entries) => [...entries.slice(-MAX_LOG + 1), { timeMs: Date.now(), level, source, text, ...about }])

  const jobs = new FakeJobs(({ jobId, name, state, reason }) =>
    say(state === 'failed' ? 'error' : 'info', 'job', `${name} is ${state}${reason === undefined ? '' : `: ${reason}`}`, { jobId }),
  )
  const mesh = new FakeMesh({
    joined: (peerId) => {
      say('info', 'mesh', `…${peerId.slice(-6)} joined`, { peerId })
      jobs.mark('joined', `…${peerId.slice(-6)} joined the mesh`)
    },
    left: (peerId) => {
      say('info', 'mesh', `…${peerId.slice(-6)} left`, { peerId })
      jobs.mark('left', `…${peerId.slice(-6)} left the mesh`)
    },
    elected: (peerId, term) => {
      say('info', 'mesh', `follows coordinator …${peerId.slice(-6)} (epoch 3, term ${term})`, { peerId })
      jobs.mark('coordinator', `…${peerId.slice(-6)} coordinates`)
    },
  })
  const connection = new Store<ConnectionState>({ phase: 'idle', mesh: null, peerId: null, bootstrap: [], addresses: [], detail: null })
  const recent = new Store<readonly RecentMesh[]>([
    { mesh: 'demo', addresses: [VIA], lastUsedMs: Date.now() - 86_400_000 },
    { mesh: 'lab-north', addresses: ['/dns4/relay.example/tcp/443/wss'], lastUsedMs: Date.now() - 5 * 86_400_000 },
  ])
  const contribution = new FakeContribution({
    settings: () => settings.value,
    running: () => jobs.running(),
    connected: () => connection.value.phase === 'connected',
    onChange: (state) => {
      jobs.contributes(state.phase === 'computing' || state.phase === 'finishing')
      mesh.describeSelf(state.device, state.memory ?? memory('limits', null, 0, 0), state.jobs.length)
    },
  })

  const joined = (name: string, bootstrap: readonly string[]): void => {
    mesh.join()
    jobs.start()
    connection.set({ phase: 'connected', mesh: name, peerId: SELF, bootstrap, addresses: [`${VIA}/p2p-circuit/webrtc/p2p/${SELF}`], detail: null })
    say('info', 'mesh', `joined mesh ${name} through ${bootstrap.length} address${bootstrap.length === 1 ? '' : 'es'}`)
  }
  joined('demo', [VIA])
  for (const [level, source, text] of CHATTER) say(level, source, text)
  let chatter = 0
  const [running] = jobs.jobs.value
  setInterval(() => {
    if (connection.value.phase !== 'connected') return
    const [level, source, text] = CHATTER[chatter++ % CHATTER.length] as (typeof CHATTER)[number]
    say(level, source, text, source === 'mesh' || running === undefined ? {} : { jobId: running.jobId })
  }, CHATTER_MS)

  let usedBytes = 225_000_000
  const known = (jobId: string) => {
    const spec = jobs.spec(jobId)
    if (spec === null) throw new Error(`job ${jobId.slice(0, 8)}: not known in this mesh`)
    return spec
  }

  return {
    settings,
    changeSettings: (change) => settings.update((before) => ({ ...before, ...change })),
    connection,
    recentMeshes: recent,
    async connect({ mesh: name, addresses }) {
      mesh.leave()
      connection.set({ phase: 'connecting', mesh: name, peerId: SELF, bootstrap: addresses, addresses: [], detail: `dialling ${addresses[0] ?? 'no address'}` })
      await new Promise((resolve) => setTimeout(resolve, JOIN_MS))
      if (addresses.some((address) => address.includes('203.0.113.'))) {
        const detail = `nobody answers at ${addresses[0]}: is the peer running, and does it listen on ws?`
        connection.update((state) => ({ ...state, phase: 'failed', detail }))
        throw new Error(detail)
      }
      joined(name, addresses)
      recent.update((before) => [{ mesh: name, addresses, lastUsedMs: Date.now() }, ...before.filter((entry) => entry.mesh !== name)])
    },
    async disconnect() {
      mesh.leave()
      jobs.stop()
      connection.set({ phase: 'idle', mesh: null, peerId: null, bootstrap: [], addresses: [], detail: null })
    },
    joinLink: () => {
      const { mesh: name, bootstrap } = connection.value
      return name === null ? null : linkOf(new URL(location.href), { mesh: name, addresses: bootstrap })
    },
    viewer: new Store(false),
    peers: mesh.peers,
    coordinator: mesh.coordinator,
    log,
    contribution: contribution.state,
    preflight: () => contribution.preflight(),
    contribute: () => contribution.contribute(),
    pause: (forMs) => contribution.pause(forMs),
    resume: () => contribution.resume(),
    finishRound: () => contribution.finishRound(),
    jobs: jobs.jobs,
    job: async (jobId) => jobs.detail(jobId),
    spec: (jobId) => jobs.spec(jobId),
    metrics: (jobId) => ({ metrics: jobs.metrics(jobId), release: () => {} }),
    async checkDraft(draft, signal) {
      const { checkDraft } = await import('../jobs/index.ts')
      return checkDraft(draft, { peers: mesh.peers.value }, signal)
    },
    async submit(draft, options) {
      const { specOfDraft } = await import('../jobs/index.ts')
      const { spec } = await specOfDraft(draft, options)
      return { jobId: jobs.submit(spec) }
    },
    act: async (jobId, action) => jobs.act(jobId, action),
    async weights(jobId, options) {
      const { fakeWeights } = await import('./fake-model.ts')
      options?.onProgress?.(1)
      return fakeWeights(known(jobId))
    },
    async blob({ sha256 }) {
      const { fakeBlob } = await import('./fake-model.ts')
      const found = fakeBlob(sha256)
      if (found === null) throw new Error(`nobody in this mesh holds ${sha256.slice(0, 8)}`)
      return found
    },
    storage: async () => ({ usedBytes, quotaBytes: 61.4 * 1024 ** 3, persistent: false }),
    async clearStorage(what) {
      usedBytes = what === 'metrics' ? Math.max(0, usedBytes - 25_000_000) : what === 'everything' ? 0 : 8_000_000
    },
  }
}
