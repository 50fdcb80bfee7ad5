/**
 * The page's end of the draft Worker. Started with the first draft that names files, ended when nobody asked for a while,
 * as it holds the loaded data. Where there are no Workers (tests), the work is done in place.
 */
import { digestBlob } from './digest.ts'
import { fromPlain } from './draft-error.ts'
import { type Examined, type ExamineOptions, type ExamineRequest, Examiner } from './examine.ts'
import type { FromDraftWorker, NumberedBlob, ToDraftWorker } from './worker-messages.ts'

/** Long enough to think about the next field. */
const IDLE_MS = 120_000

interface Waiting {
  readonly resolve: (result: Examined) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: ((text: string) => void) | undefined
}

let worker: Worker | null = null
let idle: ReturnType<typeof setTimeout> | undefined
let lastId = 0
let lastNumber = 0
const waiting = new Map<number, Waiting>()
const numbers = new WeakMap<Blob, number>()

export async function examine(request: ExamineRequest, options: ExamineOptions = {}): Promise<Examined> {
  const { signal, onProgress } = options
  signal?.throwIfAborted()
  // Nothing to read: known data sets are counted at once.
  if (typeof Worker === 'undefined' || Object.keys(request.files).length === 0) return new Examiner(digestBlob).examine(request, options)
  const id = ++lastId
  const host = start()
  return new Promise<Examined>((resolve, reject) => {
    const cancel = (): void => {
      send(host, { type: 'cancel', id })
      settle(id)?.reject(signal?.reason)
    }
    const done =
      <T>(then: (value: T) => void) =>
      (value: T): void => {
        signal?.removeEventListener('abort', cancel)
        then(value)
      }
    waiting.set(id, { resolve: done(resolve), reject: done(reject), onProgress })
    signal?.addEventListener('abort', cancel, { once: true })
    send(host, { type: 'examine', id, job: request.job, identity: request.identity, files: numbered(request.files) })
  })
}

function numbered(files: ExamineRequest['files']): Record<string, NumberedBlob> {
  return Object.fromEntries(
    Object.entries(files).map(([path, blob]) => {
      const number = numbers.get(blob) ?? ++lastNumber
      numbers.set(blob, number)
      return [path, { number, blob }]
    }),
  )
}

function start(): Worker {
  clearTimeout(idle)
  if (worker !== null) return worker
  const started = new Worker(new URL('./draft-worker.ts', import.meta.url), { type: 'module', name: 'draft' })
  started.onmessage = ({ data }: MessageEvent<FromDraftWorker>) => {
    if (data.type === 'progress') waiting.get(data.id)?.onProgress?.(data.text)
    else if (data.type === 'done') settle(data.id)?.resolve(data.result)
    else settle(data.id)?.reject(fromPlain(data.error))
  }
  started.onerror = (event) => {
    const error = new Error(`checking the draft failed: ${event.message || 'the Worker could not be started'}`)
    stop()
    for (const id of [...waiting.keys()]) settle(id)?.reject(error)
  }
  worker = started
  return started
}

function settle(id: number): Waiting | undefined {
  const found = waiting.get(id)
  waiting.delete(id)
  if (waiting.size === 0) {
    clearTimeout(idle)
    idle = setTimeout(stop, IDLE_MS)
  }
  return found
}

function stop(): void {
  clearTimeout(idle)
  worker?.terminate()
  worker = null
}

function send(host: Worker, message: ToDraftWorker): void {
  host.postMessage(message)
}
