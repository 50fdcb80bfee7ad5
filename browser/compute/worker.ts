/**
 * The compute Worker: serves one page with the same protocol as Node's compute child. It has a GPU and the blobs of this
 * browser, and nothing else: no network, no identity. A crash of the GPU costs this Worker, not the peer on the page.
 */
import { computeKernels } from '../../kernels/compute.ts'
import { errorDataOf, type FromCompute, type ServerPort, serveCompute, type ToCompute } from '../../protocol/compute/index.ts'
import { readBlobInWorker } from '../store/blob-location.ts'
import { openTabDevice } from './device.ts'
import { browserFacts, isPhone } from './support.ts'
import { tabTuning } from './tuning.ts'
import { Assembler, type FromWorker, type ToWorker } from './wire.ts'

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null
  addEventListener(type: 'error' | 'unhandledrejection', listener: (event: ErrorEvent | PromiseRejectionEvent) => void): void
  postMessage(message: FromWorker, transfer?: Transferable[]): void
  close(): void
}

const scope = globalThis as unknown as WorkerScope

function pagePort(): ServerPort {
  const assembler = new Assembler()
  let listener: ((message: ToCompute) => void) | null = null
  scope.onmessage = ({ data }) => {
    const message = assembler.receive(data)
    if (message !== null) listener?.(message)
  }
  return {
    post: (message, transfer = []) => scope.postMessage({ kind: 'message', message }, [...transfer]),
    onMessage(next) {
      listener = next
    },
    // A page that goes takes its Workers with it: nobody is left to be told.
    onClose() {},
    close: () => scope.close(),
  }
}

/** A defect: told to the page before the end. */
function fail(error: unknown): void {
  const message: FromCompute = { type: 'notice', notice: { kind: 'fatal', error: errorDataOf(error) } }
  scope.postMessage({ kind: 'message', message })
  scope.close()
}

scope.addEventListener('error', (event) => fail('error' in event ? event.error : event))
scope.addEventListener('unhandledrejection', (event) => fail('reason' in event ? event.reason : event))

const facts = browserFacts()
/** Once: a device that is opened again must choose as before. */
const tuning = tabTuning(navigator.userAgent)
const { deviceMemory } = navigator as { readonly deviceMemory?: number }
serveCompute(pagePort(), {
  kernels: computeKernels,
  surroundings: {
    openDevice: async (params) =>
      openTabDevice({ gpu: navigator.gpu as GPU | undefined, facts, phone: isPhone(facts), machineGib: deviceMemory ?? null, tuning: await tuning }, params),
    readBytes: readBlobInWorker,
    now: () => performance.now(),
  },
  onEnd: () => scope.close(),
})

// Held until the Worker ends, however it ends: that is how the page finds out.
const lock = `cyxwiz-compute-${crypto.randomUUID()}`
void navigator.locks?.request(lock, () => {
  scope.postMessage({ kind: 'alive', lock })
  return new Promise<never>(() => {})
})
