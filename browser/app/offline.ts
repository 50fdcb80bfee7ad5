/**
 * The shell opens without a network too (public/sw.js), and can be installed. Nothing is asked of the person, and a browser
 * that cannot do it misses nothing else.
 */
const SETTLED_MS = 4000

export function keepForOffline(): void {
  if (!('serviceWorker' in navigator) || !isSecureContext) return
  // After the page has what it needs: this must not compete with joining a mesh.
  setTimeout(() => void register().catch(() => {}), SETTLED_MS)
}

async function register(): Promise<void> {
  await navigator.serviceWorker.register('./sw.js', { scope: './', updateViaCache: 'none' })
  const { active } = await navigator.serviceWorker.ready
  const loaded = performance.getEntriesByType('resource').map(({ name }) => name)
  active?.postMessage({ keep: loaded })
}
