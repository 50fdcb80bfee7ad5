/** The Worker in which a model is tried: a long kernel never blocks the page, a driver's crash never takes it along. */
import { ModelHost } from './host.ts'
import type { FromModel, ToModel } from './messages.ts'

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToModel>) => void) | null
  postMessage(message: FromModel, transfer?: Transferable[]): void
}

const scope = globalThis as unknown as WorkerScope
// WebGPU is there in secure contexts only; the types say it always is.
const host = new ModelHost(navigator.gpu as GPU | undefined)

async function serve(message: ToModel): Promise<void> {
  switch (message.type) {
    case 'load':
      scope.postMessage({ type: 'loaded', id: message.id, loaded: await host.load(message.model, message.weights, message.label) })
      return
    case 'predict': {
      const begin = performance.now()
      const output = await host.predict(message.x)
      scope.postMessage({ type: 'answer', id: message.id, output, milliseconds: performance.now() - begin }, [output.buffer as ArrayBuffer])
      return
    }
    case 'dispose':
      host.dispose()
      scope.postMessage({ type: 'disposed', id: message.id })
      return
    default:
      throw new RangeError(`unknown message ${JSON.stringify(message satisfies never)}`)
  }
}

scope.onmessage = ({ data }) => {
  serve(data).catch((cause: unknown) => {
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'FAILED'
    scope.postMessage({ type: 'error', id: data.id, code, message: cause instanceof Error ? cause.message : String(cause) })
  })
}
