/**
 * Starts the compute Worker and gives its end of the message port. A Worker can end without a word (its process runs out
 * of memory, or it closes itself), so it holds a Web Lock for as long as it lives: when the page gets that lock, the
 * Worker is gone.
 */
import type { ClientPort, SpawnedHost } from '../../protocol/compute/index.ts'
import { type FromWorker, PieceSender } from './wire.ts'

let started = 0

export function spawnComputeWorker(): SpawnedHost {
  started += 1
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'cyxwiz-compute' })
  return hostOf(worker, `worker ${started}`)
}

export function hostOf(worker: Worker, label: string): SpawnedHost {
  const waiting = new AbortController()
  const turns = new Turns()
  const sender = new PieceSender(
    (message, transfer) => worker.postMessage(message, transfer),
    () => turns.next(),
  )
  let onMessage: Parameters<ClientPort['onMessage']>[0] = () => {}
  let onClose: (reason: string) => void = () => {}
  let exit: () => void = () => {}
  const exited = new Promise<void>((resolve) => {
    exit = resolve
  })
  let ended = false
  const end = (reason: string): void => {
    if (ended) return
    ended = true
    waiting.abort()
    sender.close()
    turns.close()
    worker.terminate()
    onClose(reason)
    exit()
  }
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === 'message') onMessage(data.message)
    else void whenReleased(data.lock, waiting.signal).then((gone) => gone && end('its Worker ended'))
  })
  // Also: its script could not be loaded. Then there is no message at all.
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    end(event.message ? `its Worker failed: ${event.message}` : 'its Worker could not be loaded')
  })
  worker.addEventListener('messageerror', () => end('its Worker sent what cannot be read'))
  return {
    label,
    exited,
    kill: () => end('it was ended'),
    port: {
      post: (message) => sender.send(message),
      onMessage(listener) {
        onMessage = listener
      },
      onClose(listener) {
        onClose = listener
      },
      close: () => end('closed'),
    },
  }
}

/** Resolves when nobody holds the lock any more; false when the wait was given up, or the browser has no locks. */
async function whenReleased(name: string, signal: AbortSignal): Promise<boolean> {
  const locks = navigator.locks as LockManager | undefined
  if (locks === undefined) return false
  try {
    await locks.request(name, { signal }, () => {})
    return true
  } catch {
    return false
  }
}

/** Turns of the event loop by messages: timers of hidden pages come once a second. */
class Turns {
  readonly #channel = new MessageChannel()
  #resolve: () => void = () => {}

  constructor() {
    this.#channel.port1.onmessage = () => this.#resolve()
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#channel.port2.postMessage(null)
    })
  }

  close(): void {
    this.#resolve()
    this.#channel.port1.close()
  }
}
