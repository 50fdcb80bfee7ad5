/**
 * The HTTP face of a peer: dashboard, `/api/mesh`, `/health`, `/metrics`, over http, https or both.
 */
import { fileURLToPath } from 'node:url'
import type { Logger } from '@libp2p/interface'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import type { Peer } from '../../protocol/peer.ts'
import { rememberedPort, rememberPort } from '../peer/ports.ts'
import type { NodeStore } from '../store/index.ts'
import { type HttpAddress, urlOf } from './address.ts'
import { orderedFor } from './browser-addresses.ts'
import type { Health } from './health.ts'
import type { PeerMetrics } from './metrics.ts'
import { HttpServer } from './server.ts'
import { StaticFiles } from './static-files.ts'
import type { Tls } from './tls.ts'

/** `npm run build` puts it there. */
export const DASHBOARD = fileURLToPath(new URL('../../browser/dist', import.meta.url))

export interface PeerHttpOptions {
  readonly mesh: string
  readonly http: HttpAddress | null
  readonly https: HttpAddress | null
  /** There when `https` is. */
  readonly tls: Tls | null
  /** Another folder than the built dashboard, for tests. */
  readonly dashboard?: string
}

export interface PeerHttpDependencies {
  readonly peer: Peer
  readonly libp2p: Mesh
  readonly store: NodeStore
  readonly health: Health
  readonly metrics: PeerMetrics
  readonly log: Logger
}

export class PeerHttp {
  readonly urls: { readonly http?: string; readonly https?: string }
  private readonly servers: readonly HttpServer[]

  private constructor(servers: readonly HttpServer[], urls: PeerHttp['urls']) {
    this.servers = servers
    this.urls = urls
  }

  static async start(options: PeerHttpOptions, { peer, libp2p, store, health, metrics, log }: PeerHttpDependencies): Promise<PeerHttp> {
    const content = {
      files: new StaticFiles(options.dashboard ?? DASHBOARD),
      mesh: (asker: Parameters<typeof orderedFor>[2]) => ({
        mesh: options.mesh,
        peerId: peer.id,
        addresses: orderedFor(
          libp2p.getMultiaddrs().map((address) => address.toString()),
          peer.id,
          asker,
        ),
        coordinator: peer.coordinator.status(),
      }),
      health: () => health.report(),
      metrics: () => metrics.text(),
    }
    const servers: HttpServer[] = []
    const urls: { http?: string; https?: string } = {}
    const open = async (scheme: 'http' | 'https', { host, port }: HttpAddress, tls: Tls | null): Promise<void> => {
      const make = (wanted: number): HttpServer =>
        new HttpServer(
          { address: { host, port: wanted }, option: `--${scheme}`, ...(tls === null ? {} : { tls: { key: tls.key, cert: tls.cert } }) },
          { content, log },
        )
      // The tab's storage belongs to its address, port included: the same port after a restart, while it is free.
      const before = port === 0 ? rememberedPort(store.kv, scheme) : 0
      let server = make(before === 0 ? port : before)
      const bound = await server.start().catch((error) => {
        if (before === 0) throw error
        server = make(0)
        return server.start()
      })
      servers.push(server)
      if (port === 0) rememberPort(store.kv, scheme, bound.port)
      urls[scheme] = urlOf(scheme, bound)
    }
    try {
      if (options.http !== null) await open('http', options.http, null)
      if (options.https !== null) await open('https', options.https, options.tls)
    } catch (error) {
      for (const server of servers) await server.stop()
      throw error
    }
    return new PeerHttp(servers, urls)
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()))
  }
}
