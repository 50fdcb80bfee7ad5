/**
 * How much the browser lets this site store, and asking it not to clear that away. Both are promises of the browser, not
 * ours: the figures are estimates (Chromium gives what is used plus a round number, whatever the disk has left, so that a
 * write may be refused earlier), and a "no" to persistence only means that a full disk may cost everything stored here.
 */
export interface StorageEstimate {
  readonly usedBytes: number
  /** Null where the browser does not say. */
  readonly quotaBytes: number | null
  /** The browser clears this site's data only when the person asks for it. */
  readonly persistent: boolean
}

/** Never rejects: a browser that says nothing gives zero, null and false. */
export async function storageEstimate(): Promise<StorageEstimate> {
  const { storage } = globalThis.navigator ?? {}
  const estimate = await settle(() => storage?.estimate?.())
  const persistent = await settle(() => storage?.persisted?.())
  return { usedBytes: estimate?.usage ?? 0, quotaBytes: estimate?.quota ?? null, persistent: persistent ?? false }
}

/** Asks the browser to keep this site's data; true when it does. Firefox asks the person: call it from a click. */
export async function persistStorage(): Promise<boolean> {
  const { storage } = globalThis.navigator ?? {}
  if ((await settle(() => storage?.persisted?.())) === true) return true
  return (await settle(() => storage?.persist?.())) ?? false
}

async function settle<T>(ask: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}
