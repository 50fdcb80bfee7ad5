/**
 * The storage of the tab per mesh: one tab of this browser holds the identity of a mesh, the others watch under a
 * throwaway one, and one of them takes over when the holder goes.
 */
import type { DataPart } from '../../kernels/data/types.ts'
import type { PeerStore } from '../../protocol/store.ts'
import type { DataAccess } from '../../protocol/training/compute-provider.ts'
import { Store } from '../state/store.ts'
import { deleteTabStore, openTabStore, type PageStore, type StoreNotice, type TabBlobs, type TabLock, type TabStore, takeTabLock } from '../store/index.ts'

const LOCK_NAME = 'contributor'

export interface LiveStorageInit {
  readonly page: PageStore
  readonly onNotice: (notice: StoreNotice) => void
  /** The tab that held the identity is gone: this one may be the peer now. */
  readonly onMayTakeOver: () => void
}

export class LiveStorage {
  /** Another tab holds the identity. */
  readonly viewer = new Store(false)
  private readonly init: LiveStorageInit
  private lock: TabLock | null = null
  private current: TabStore | null = null

  constructor(init: LiveStorageInit) {
    this.init = init
  }

  get blobs(): TabBlobs | null {
    return this.current?.blobs ?? null
  }

  /** Opened for watching, though this tab holds the lock by now. */
  get outdated(): boolean {
    return this.current?.role === 'viewer' && this.lock?.role.value === 'contributor'
  }

  async open(mesh: string): Promise<{ readonly store: PeerStore; readonly data: DataAccess; close(): Promise<void> }> {
    // One for all meshes: a computer has one GPU to give, whatever its tabs look at.
    this.lock ??= await takeTabLock({ name: LOCK_NAME, onMayTakeOver: () => this.init.onMayTakeOver() })
    const role = this.lock.role.value
    const store = await openTabStore({ name: mesh, role, page: this.init.page, onNotice: this.init.onNotice })
    this.current = store
    this.viewer.set(role === 'viewer')
    const { blobs } = store
    return {
      store,
      data: { locate: async ({ sha256 }: Pick<DataPart, 'sha256' | 'bytes'>) => ((await blobs.has(sha256)) ? blobs.location(sha256) : null) },
      close: async () => {
        if (this.current === store) this.current = null
        await store.close()
      },
    }
  }

  async flush(): Promise<void> {
    await this.current?.flush()
  }

  /** Lets another tab be the peer. */
  release(): void {
    this.lock?.release()
    this.lock = null
    this.viewer.set(false)
  }

  /** Of a mesh that was left. `everything`: all meshes' blobs and the page's part too. */
  async forget(mesh: string | null, everything: boolean): Promise<void> {
    await deleteTabStore(mesh ?? 'none', { everything })
  }
}
