/**
 * A peer in a tab, put together: the same `Peer` as in Node over what a page has. Started and stopped in an order in which
 * nothing is left behind when a step fails.
 */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Logger } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../protocol/clock.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import type { Mesh } from '../../protocol/mesh/mesh.ts'
import { checkMeshName } from '../../protocol/mesh/names.ts'
import { Peer } from '../../protocol/peer.ts'
import type { PeerStore } from '../../protocol/store.ts'
import type { ComputeProvider, DataAccess } from '../../protocol/training/compute-provider.ts'
import type { PageOrigin } from './addresses.ts'
import { Links } from './links.ts'
import { createTabMesh } from './tab-mesh.ts'

export interface TabPeerInit {
  readonly mesh: string
  readonly version: string
  readonly bootstrap: readonly Multiaddr[]
  readonly page: PageOrigin
  readonly visible: () => boolean
  readonly vectorLength: (spec: JobSpec) => number
  readonly emit: (event: CyxEvent) => void
  readonly onFatal: (error: Error) => void
}

export interface TabPeerComponents {
  readonly store: PeerStore
  readonly compute: ComputeProvider
  readonly data: DataAccess
  readonly clock: Clock
  readonly logger: (name: string) => Logger
}

export class TabPeer {
  readonly mesh: string
  readonly peer: Peer
  readonly libp2p: Mesh
  readonly links: Links
  private readonly closers: (() => Promise<void> | void)[]

  private constructor(parts: Pick<TabPeer, 'mesh' | 'peer' | 'libp2p' | 'links'>, closers: (() => Promise<void> | void)[]) {
    this.mesh = parts.mesh
    this.peer = parts.peer
    this.libp2p = parts.libp2p
    this.links = parts.links
    this.closers = closers
  }

  /** The store stays open, and its owner's. */
  static async start(init: TabPeerInit, components: TabPeerComponents): Promise<TabPeer> {
    checkMeshName(init.mesh)
    const closers: (() => Promise<void> | void)[] = []
    try {
      const { store, clock } = components
      const privateKey = await generateKeyPairFromSeed('Ed25519', store.identity.privateKey as Uint8Array<ArrayBuffer>)
      const typed = init.bootstrap.map((address) => address.toString())
      const libp2p = await createTabMesh({ privateKey, page: init.page, typed: () => typed })
      closers.push(async () => libp2p.stop())
      const peer = new Peer(
        {
          mesh: init.mesh,
          kind: 'browser',
          version: init.version,
          // A page comes and goes without a word: votes are for peers that stay.
          mayVote: false,
          bootstrap: init.bootstrap,
          discovers: true,
          visible: init.visible,
          sources: [],
          emit: init.emit,
          vectorLength: init.vectorLength,
          onFatal: init.onFatal,
        },
        {
          libp2p,
          privateKey,
          store,
          clock,
          random: Math.random,
          compute: components.compute,
          data: components.data,
          logger: components.logger,
        },
      )
      const links = new Links({ libp2p, clock })
      await peer.start()
      closers.push(() => peer.stop())
      links.start()
      closers.push(() => links.stop())
      return new TabPeer({ mesh: init.mesh, peer, libp2p, links }, closers)
    } catch (error) {
      await closeAll(closers)
      throw error
    }
  }

  /** Leaves the mesh in good order and frees everything; idempotent. */
  async stop(): Promise<void> {
    await closeAll(this.closers)
  }
}

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  // One that fails must not keep the others open.
  for (const close of closers.splice(0).reverse()) await Promise.resolve(close()).catch(() => {})
}
