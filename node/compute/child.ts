/**
 * Entry of the compute child process: serves one network host over the IPC channel. It has a GPU and nothing else: no
 * sockets, no store. It ends when its parent does (`disconnect` arrives even when the parent was killed), and runs at
 * lower priority, so that a software driver on all cores does not starve the heartbeats of the parent.
 */
import '../shim.ts'
import { constants, setPriority } from 'node:os'
import { errorDataOf, type FromCompute, type ServerPort, serveCompute, type ToCompute } from '../../protocol/compute/index.ts'
import { computeKernels } from './kernels.ts'
import { nodeSurroundings } from './surroundings.ts'

/** Dawn's threads end with the process, not before: a plain return would hang. */
function leave(code: number): never {
  process.exit(code)
}

function parentPort(): ServerPort {
  const post = (message: FromCompute): void => {
    // Between the parent's death and `disconnect` a send fails; there is nobody left to tell.
    if (process.connected) process.send?.(message, undefined, {}, () => {})
  }
  return {
    post,
    onMessage: (listener) => process.on('message', (message) => listener(message as ToCompute)),
    onClose: (listener) => process.on('disconnect', () => listener('the parent is gone')),
    close: () => process.disconnect(),
  }
}

function fail(error: unknown): void {
  const message: FromCompute = { type: 'notice', notice: { kind: 'fatal', error: errorDataOf(error) } }
  if (!process.connected) leave(1)
  process.send?.(message, undefined, {}, () => leave(1))
}

if (process.send === undefined) {
  process.stderr.write('this file is started by a peer, not by hand\n')
  leave(2)
}
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.on('disconnect', () => leave(0))
// Ctrl-C reaches the whole process group: the parent decides what becomes of the work here.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
try {
  setPriority(process.pid, constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // Not allowed here; it would only have been kinder.
}
serveCompute(parentPort(), {
  kernels: computeKernels,
  surroundings: nodeSurroundings(),
  // The answer to `shutdown` is in the pipe already; `disconnect` follows once it is flushed.
  onEnd: () => setImmediate(() => process.connected && process.disconnect()),
})
