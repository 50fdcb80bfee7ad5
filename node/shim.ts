/**
 * What libp2p 3 expects of its runtime and Node 20 lacks: `Promise.withResolvers` and a global `WebSocket`. Every Node
 * entry file imports this first, before anything that loads libp2p; it is the first setup file of the Node test
 * projects too. On Node 22 and newer it changes nothing. Our own code does not use either (tsconfig `lib`).
 */
import { WebSocket } from 'ws'

const promise = Promise as typeof Promise & { withResolvers?: unknown }
promise.withResolvers ??= function <T>(this: PromiseConstructor) {
  let resolve!: (value: T | PromiseLike<T>) => void
  let reject!: (reason?: unknown) => void
  const made = new this<T>((ok, no) => {
    resolve = ok
    reject = no
  })
  return { promise: made, resolve, reject }
}

globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket
