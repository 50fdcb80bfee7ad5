/**
 * The Worker's end: examines one draft after the other. A cancelled one stops at its next piece; what was hashed stays
 * known for as long as the Worker lives.
 */
import { type BlobDigest, digestBlob } from './digest.ts'
import { toPlain } from './draft-error.ts'
import { Examiner } from './examine.ts'
import type { FromDraftWorker, ToDraftWorker } from './worker-messages.ts'

/** What of a Worker's surroundings is used here; the DOM's types describe a page. */
interface WorkerSide {
  postMessage(message: FromDraftWorker): void
  onmessage: ((event: MessageEvent<ToDraftWorker>) => void) | null
}

const page = globalThis as unknown as WorkerSide
const running = new Map<number, AbortController>()
const numbers = new WeakMap<Blob, number>()
const digests = new Map<number, BlobDigest>()

const examiner = new Examiner(async (blob, options) => {
  const number = numbers.get(blob)
  const known = number === undefined ? undefined : digests.get(number)
  if (known !== undefined) return known
  const digest = await digestBlob(blob, options)
  if (number !== undefined) digests.set(number, digest)
  return digest
})

let queue: Promise<void> = Promise.resolve()

page.onmessage = ({ data: message }) => {
  switch (message.type) {
    case 'cancel':
      running.get(message.id)?.abort()
      return
    case 'examine': {
      const stop = new AbortController()
      running.set(message.id, stop)
      queue = queue.then(() => examine(message, stop.signal))
      return
    }
    default:
      throw new TypeError(`unknown message ${JSON.stringify(message satisfies never)}`)
  }
}

async function examine({ id, job, identity, files }: Extract<ToDraftWorker, { type: 'examine' }>, signal: AbortSignal): Promise<void> {
  const blobs: Record<string, Blob> = {}
  for (const [path, { number, blob }] of Object.entries(files)) {
    numbers.set(blob, number)
    blobs[path] = blob
  }
  try {
    signal.throwIfAborted()
    const result = await examiner.examine({ job, identity, files: blobs }, { signal, onProgress: (text) => page.postMessage({ type: 'progress', id, text }) })
    page.postMessage({ type: 'done', id, result })
  } catch (error) {
    page.postMessage({ type: 'failed', id, error: toPlain(error) })
  } finally {
    running.delete(id)
  }
}
