/**
 * A native peer, put together: store, libp2p node, compute children, services, control socket. Started and stopped in an
 * order in which nothing is left behind when a step fails.
 */
import type pino from 'pino'
import { layoutOf } from '../../kernels/index.ts'
import { systemClock } from '../../protocol/clock.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import { Peer } from '../../protocol/peer.ts'
import type { HttpAddress } from '../http/address.ts'
import { PeerMetrics } from '../http/metrics.ts'
import { PeerHttp } from '../http/peer-http.ts'
import { observe, watchHealth } from '../http/sources.ts'
import { type NodeStore, openStore } from '../store/index.ts'
import { VERSION } from '../version.ts'
import { parseAddress } from './addresses.ts'
import { ControlSocket } from './control-socket.ts'
import { NativeData } from './data-access.ts'
import { componentLogger } from './log.ts'
import { NativeCompute } from './native-compute.ts'
import { privateKeyOf } from './native-mesh.ts'
import { becomeReachable, listenAddresses, loadTransports, type ReachableOptions } from './reachable.ts'

export interface NativePeerOptions extends ReachableOptions {
  readonly dataDir: string
  readonly bootstrap: readonly string[]
  readonly gpu: string
  readonly memoryLimitBytes: number | null
  readonly diskLimitBytes: number | null
  readonly slots: number
  /** Where the dashboard, `/health` and `/metrics` are; null = nowhere. */
  readonly http: HttpAddress | null
  readonly mayVote: boolean
  readonly recoveryTimeoutMs: number | null
}

export interface NativePeerDependencies {
  readonly log: pino.Logger
  readonly emit: (event: CyxEvent) => void
  /** The peer has stopped working and must end. */
  readonly onFatal: (error: Error) => void
}

export class NativePeer {
  readonly peer: Peer
  private readonly closers: (() => Promise<void>)[]

  private constructor(peer: Peer, closers: (() => Promise<void>)[]) {
    this.peer = peer
    this.closers = closers
  }

  static async start(options: NativePeerOptions, dependencies: NativePeerDependencies): Promise<NativePeer> {
    const closers: (() => Promise<void>)[] = []
    try {
      return await start(options, dependencies, closers)
    } catch (error) {
      for (const close of closers.reverse()) await close().catch(() => {}) // the first error is the one to tell
      throw error
    }
    async function start(options: NativePeerOptions, { log, emit, onFatal }: NativePeerDependencies, closers: (() => Promise<void>)[]): Promise<NativePeer> {
      checkMeshName(options.mesh)
      const bootstrap = options.bootstrap.map((address) => parseAddress(address, '--bootstrap'))
      listenAddresses(options)

      const store: NodeStore = await openStore(options.dataDir, options.diskLimitBytes === null ? {} : { diskLimitBytes: options.diskLimitBytes })
      closers.push(() => store.close())
      const loading = loadTransports(options, log)
      const compute = await NativeCompute.start({
        gpu: options.gpu,
        memoryLimitBytes: options.memoryLimitBytes,
        slots: options.slots,
        logger: log.child({ name: 'cyxwiz:compute' }),
      })
      closers.push(() => compute.stop())
      const privateKey = await privateKeyOf(store.identity)
      const { libp2p, addresses, tls } = await becomeReachable(options, { privateKey, kv: store.kv, webRtc: await loading })
      closers.push(async () => libp2p.stop())

      const metrics = new PeerMetrics()
      const data = new NativeData(store.blobs)
      const peer = new Peer(
        {
          mesh: options.mesh,
          kind: 'native',
          version: VERSION,
          mayVote: options.mayVote,
          bootstrap,
          discovers: options.lan,
          sources: [data],
          emit: (event) => {
            metrics.onEvent(event)
            emit(event)
          },
          ...(options.recoveryTimeoutMs === null ? {} : { recoveryTimeoutMs: options.recoveryTimeoutMs }),
          vectorLength: (spec) => layoutOf(trainingSpecOf(spec, spec.totalSteps)).length,
          putFile: (path) => store.blobs.putFile(path),
          onFatal: (error) => {
            health.fail(error)
            onFatal(error)
          },
        },
        {
          libp2p,
          privateKey,
          store,
          clock: systemClock,
          random: Math.random,
          compute,
          data,
          logger: (name) => componentLogger(log, name),
        },
      )
      compute.onMemory(() => peer.presence.changed())
      const socket = new ControlSocket(options.dataDir, peer.control)
      await socket.start()
      closers.push(() => socket.stop())
      const health = watchHealth(options, peer, store)
      closers.push(async () => health.stop())
      observe(metrics, { peer, libp2p, store, compute })
      const http = await PeerHttp.start(
        { mesh: options.mesh, http: options.http, https: options.https, tls },
        { peer, libp2p, store, health, metrics, log: componentLogger(log, 'cyxwiz:http') },
      )
      closers.push(() => http.stop())
      const fingerprint = options.https === null || tls === null ? {} : { httpsFingerprint: tls.fingerprint }
      const { device } = compute
      emit({ event: 'peer.ready', peerId: peer.id, addresses, mesh: options.mesh, device, memory: compute.memory(), ...http.urls, ...fingerprint })
      await peer.start()
      closers.push(() => peer.stop())
      return new NativePeer(peer, closers)
    }
  }

  /** Leaves the mesh in good order and frees everything; idempotent. */
  async stop(): Promise<void> {
    for (const close of this.closers.splice(0).reverse()) await close()
  }
}
