/**
 * IndexedDB in memory, one "browser" per call: what was committed stays for whoever opens it again, and chosen writes can
 * be made to fail as a full quota makes them fail.
 */
import { IDBFactory, IDBKeyRange, IDBObjectStore } from 'fake-indexeddb'
import { vi } from 'vitest'
import type { DatabaseSurroundings } from '../../../../browser/store/database.ts'

export function freshBrowser(): DatabaseSurroundings {
  return { indexedDB: new IDBFactory(), IDBKeyRange }
}

/** From now on every `put` and `add` into these object stores fails for want of room, until the function it gives is called. */
export function fullQuota(...stores: readonly string[]): () => void {
  const spies = (['put', 'add'] as const).map((method) => {
    const original = IDBObjectStore.prototype[method]
    return vi.spyOn(IDBObjectStore.prototype, method).mockImplementation(function (this: IDBObjectStore, ...args: Parameters<typeof original>) {
      if (stores.length > 0 && !stores.includes(this.name)) return original.apply(this, args)
      // As Chrome does it: the request is made, then the transaction is aborted under it.
      throw new DOMException('Encountered full disk while writing', 'QuotaExceededError')
    })
  })
  return () => {
    for (const spy of spies) spy.mockRestore()
  }
}
