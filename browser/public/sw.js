/**
 * Keeps the dashboard's shell for when the network, or the peer that serves it, is away. It caches files of the build and
 * nothing else: never `/api/`, never data of a mesh. Hashed files are taken from the cache; the page itself comes fresh
 * where it can. It never reloads a page: a tab that trains goes on with the build it has.
 */
const CACHE = 'cyxwiz-shell-1'
const FRESH_TIMEOUT_MS = 3000
/** A few builds' worth; the oldest go. */
const MAX_FILES = 200

addEventListener('install', () => self.skipWaiting())
addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

/** The page tells what it has loaded before this worker was there; the browser still has it at hand. */
addEventListener('message', (event) => {
  const urls = Array.isArray(event.data?.keep) ? event.data.keep.filter((url) => typeof url === 'string' && isAsset(new URL(url, location.href))) : []
  event.waitUntil(keepAll(urls))
})

addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (isAsset(url)) event.respondWith(fromCache(request))
  else if (request.mode === 'navigate' && isPage(url)) event.respondWith(freshPage(request))
})

function isAsset(url) {
  return url.origin === location.origin && /\/assets\/[^/]+-[\w-]{8}\.\w+$/.test(url.pathname)
}

/** Not `/health` and the like, which lie on the same server. */
function isPage(url) {
  const folder = new URL(registration.scope).pathname
  return url.pathname === folder || url.pathname === `${folder}index.html`
}

async function fromCache(request) {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request, { ignoreVary: true })
  if (known !== undefined) return known
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}

async function freshPage(request) {
  const cache = await caches.open(CACHE)
  const page = new URL('./', registration.scope).href
  try {
    // A request to navigate takes no options of ours: asked anew.
    const response = await fetch(request.url, { signal: AbortSignal.timeout(FRESH_TIMEOUT_MS), credentials: 'same-origin' })
    if (response.ok) await cache.put(page, response.clone())
    return response
  } catch (error) {
    const known = await cache.match(page, { ignoreVary: true })
    if (known === undefined) throw error
    return known
  }
}

async function keepAll(urls) {
  const cache = await caches.open(CACHE)
  for (const url of [new URL('./', registration.scope).href, ...urls]) {
    if ((await cache.match(url, { ignoreVary: true })) !== undefined) continue
    try {
      const response = await fetch(url)
      if (response.ok) await cache.put(url, response)
    } catch {
      // Offline already: what is there is there.
    }
  }
  const keys = await cache.keys()
  for (const old of keys.slice(0, Math.max(0, keys.length - MAX_FILES))) await cache.delete(old)
}
