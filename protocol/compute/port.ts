/**
 * What carries the messages: a child process's IPC channel, a Worker, or nothing but a queue (`loopbackPorts`).
 */
import type { FromCompute, ToCompute } from './messages.ts'

/** One end of the channel. Messages arrive in order. Listeners are set once, before the first message is due. */
interface ComputePort<Out, In> {
  /** `transfer`: buffers that the sender gives away where the channel can move instead of copy. */
  post(message: Out, transfer?: readonly ArrayBuffer[]): void
  onMessage(listener: (message: In) => void): void
  /** Called once, when the other side is gone or `close` was called; `reason` for people. */
  onClose(listener: (reason: string) => void): void
  close(): void
}

export type ClientPort = ComputePort<ToCompute, FromCompute>
export type ServerPort = ComputePort<FromCompute, ToCompute>

/**
 * Two ends in one process: `cyxwiz train`, and tests. `clone` copies every message, as real channels do; without it
 * vectors are handed over, which is the point of being in one process.
 */
export function loopbackPorts(options: { clone?: boolean } = {}): { client: ClientPort; server: ServerPort } {
  const pass = options.clone ? <T>(message: T): T => structuredClone(message) : <T>(message: T): T => message
  const client = new LoopbackEnd<ToCompute, FromCompute>(pass)
  const server = new LoopbackEnd<FromCompute, ToCompute>(pass)
  client.peer = server
  server.peer = client
  return { client, server }
}

class LoopbackEnd<Out, In> implements ComputePort<Out, In> {
  peer: LoopbackEnd<In, Out> | null = null
  readonly #pass: <T>(message: T) => T
  #listener: ((message: In) => void) | null = null
  #closeListener: ((reason: string) => void) | null = null
  #open = true

  constructor(pass: <T>(message: T) => T) {
    this.#pass = pass
  }

  post(message: Out): void {
    if (!this.#open) return
    const copy = this.#pass(message)
    queueMicrotask(() => this.peer?.deliver(copy))
  }

  deliver(message: In): void {
    if (this.#open) this.#listener?.(message)
  }

  onMessage(listener: (message: In) => void): void {
    this.#listener = listener
  }

  onClose(listener: (reason: string) => void): void {
    this.#closeListener = listener
  }

  close(): void {
    this.end('closed')
    queueMicrotask(() => this.peer?.end('closed by the other side'))
  }

  end(reason: string): void {
    if (!this.#open) return
    this.#open = false
    this.#closeListener?.(reason)
  }
}
