/**
 * A native peer, put together: store, libp2p node, compute children, services, control socket. Started and stopped in an
 * order in which nothing is left behind when a step fails.
 */
import type pino from 'pino'
import { layoutOf } from '../../kernels/index.ts'
import { systemClock } from '../../protocol/clock.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { trainingSpecOf } from '../../protocol/jobs/spec.ts'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import { Peer } from '../../protocol/peer.ts'
import { type NodeStore, openStore } from '../store/index.ts'
import { VERSION } from '../version.ts'
import { listening, parseAddress } from './addresses.ts'
import { ControlSocket } from './control-socket.ts'
import { NativeData } from './data-access.ts'
import { componentLogger } from './log.ts'
import { NativeCompute } from './native-compute.ts'
import { createNativeMesh, LAN_LISTEN, LOOPBACK_LISTEN, privateKeyOf } from './native-mesh.ts'
import { rememberPorts, withRememberedPorts } from './ports.ts'
import { isWebRtcDirect, loadWebRtc, webRtcListener } from './webrtc.ts'

export interface NativePeerOptions {
  readonly dataDir: string
  readonly mesh: string
  readonly listen: readonly string[]
  readonly bootstrap: readonly string[]
  readonly gpu: string
  readonly memoryLimitBytes: number | null
  readonly diskLimitBytes: number | null
  readonly slots: number
  readonly lan: boolean
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
      const listen = options.listen.length > 0 ? options.listen : options.lan ? LAN_LISTEN : LOOPBACK_LISTEN
      for (const address of listen) parseAddress(address, '--listen')

      const store: NodeStore = await openStore(options.dataDir, options.diskLimitBytes === null ? {} : { diskLimitBytes: options.diskLimitBytes })
      closers.push(() => store.close())
      // Loading takes a moment of CPU time: while the adapter is asked.
      const asked = options.listen.some(isWebRtcDirect)
      const loading = listen.some(isWebRtcDirect)
        ? loadWebRtc((reason) => log[asked ? 'warn' : 'debug'](`no WebRTC on this platform, pages dial by WebSockets only: ${reason}`))
        : null
      const compute = await NativeCompute.start({
        gpu: options.gpu,
        memoryLimitBytes: options.memoryLimitBytes,
        slots: options.slots,
        logger: log.child({ name: 'cyxwiz:compute' }),
      })
      closers.push(() => compute.stop())
      const privateKey = await privateKeyOf(store.identity)
      const webRtc = await loading
      const wanted = webRtc === null ? listen.filter((address) => !isWebRtcDirect(address)) : listen
      const listenNow = await withRememberedPorts(store.kv, wanted)
      const transports = webRtc === null ? [] : [await webRtcListener(webRtc, store.kv)]
      const listenOn = (addresses: readonly string[]): Promise<Mesh> =>
        listening(() => createNativeMesh({ privateKey, mesh: options.mesh, listen: addresses, lan: options.lan, relay: true, transports }), addresses)
      // Somebody may take a remembered port in the moment between looking and listening.
      const libp2p = await listenOn(listenNow).catch((error) => (listenNow.join() === wanted.join() ? Promise.reject(error) : listenOn(wanted)))
      closers.push(async () => libp2p.stop())
      const addresses = libp2p.getMultiaddrs().map((address) => address.toString())
      if (options.listen.length === 0) rememberPorts(store.kv, addresses)

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
          emit,
          ...(options.recoveryTimeoutMs === null ? {} : { recoveryTimeoutMs: options.recoveryTimeoutMs }),
          vectorLength: (spec) => layoutOf(trainingSpecOf(spec, spec.totalSteps)).length,
          putFile: (path) => store.blobs.putFile(path),
          onFatal,
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
      emit({ event: 'peer.ready', peerId: peer.id, addresses, mesh: options.mesh, device: compute.device, memory: compute.memory() })
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
