/**
 * One tab per browser and data name is the **contributor**: it holds the identity, votes and computes. All others are
 * **viewers** with a throwaway identity: two tabs with one name would vote twice. The lock is a Web Lock: the browser gives
 * it back when the tab is gone, however it went, and hands it to the tab that waited longest.
 *
 * Where the browser has no Web Locks (a page that is not secure) every tab is a viewer.
 */
import { type Readable, Store } from '../state/store.ts'

export type TabRole = 'contributor' | 'viewer'

export interface TabLock {
  /** Turns from viewer to contributor at most once, when the holder has gone; never back by itself. */
  readonly role: Readable<TabRole>
  /** False where there is nothing to wait for: this browser has no locks. */
  readonly canTakeOver: boolean
  /** Gives the lock back, or stops waiting for it; idempotent. The role is `viewer` afterwards. */
  release(): void
}

export interface TabLockOptions {
  /** The same as the store's. */
  readonly name: string
  /**
   * This tab waited and holds the lock now. It may open the identity and take over; a tab that does not want to must
   * `release` so that the next one is asked.
   */
  readonly onMayTakeOver?: () => void
  /** Tests give others than the browser's own; null = a browser that has none. */
  readonly locks?: LockManager | null
  /** Gives the lock back, or stops waiting. */
  readonly signal?: AbortSignal
}

/** Resolves at once with the role of this tab; never waits for another one. */
export async function takeTabLock(options: TabLockOptions): Promise<TabLock> {
  const { name, onMayTakeOver, signal } = options
  const locks = options.locks === undefined ? (globalThis.navigator?.locks ?? null) : options.locks
  const role = new Store<TabRole>('viewer')
  if (locks === null) return { role, canTakeOver: false, release: () => {} }

  const lockName = `cyxwiz:tab:${name}`
  const waiting = new AbortController()
  let letGo: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    letGo = resolve
  })
  let given = false
  const release = (): void => {
    if (given) return
    given = true
    waiting.abort()
    letGo()
    role.set('viewer')
  }

  // The callback's promise holds the lock until it resolves.
  const first = await new Promise<boolean>((resolve, reject) => {
    locks
      .request(lockName, { ifAvailable: true }, async (lock) => {
        resolve(lock !== null)
        if (lock !== null) await released
      })
      .catch(reject)
  })
  if (signal?.aborted) release()
  signal?.addEventListener('abort', release, { once: true })
  if (first) {
    if (!given) role.set('contributor')
  } else if (!given) {
    locks
      .request(lockName, { signal: waiting.signal }, async () => {
        if (given) return
        role.set('contributor')
        onMayTakeOver?.()
        await released
      })
      .catch((error: unknown) => {
        // Nobody waits any more; anything else is a defect worth seeing.
        if (!waiting.signal.aborted) throw error
      })
  }
  return { role, canTakeOver: true, release }
}
