/**
 * The local control socket: JSON lines over a Unix socket (a named pipe on Windows) that only this user can open. The
 * command line talks to a running peer through it. One request per connection, answers until `done`.
 */
import { createHash } from 'node:crypto'
import { existsSync, unlinkSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { ControlError } from '../../protocol/control/errors.ts'
import { codeOf } from '../../protocol/control/params.ts'
import type { Control } from '../../protocol/control/service.ts'

/** A Unix socket's path may have 107 bytes. */
const MAX_SOCKET_PATH_BYTES = 100
const MAX_LINE_BYTES = 4 * 1024 * 1024

/** In the data directory where the path is short enough, else under a name made from it. */
export function socketPath(dataDir: string): string {
  const directory = resolve(dataDir)
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  if (process.platform === 'win32') return `\\\\.\\pipe\\cyxwiz-${hash}`
  const inside = join(directory, 'control.sock')
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH_BYTES ? inside : join(tmpdir(), `cyxwiz-${userInfo().uid}-${hash}.sock`)
}

export class ControlSocket {
  private readonly path: string
  private readonly control: Control
  private readonly server: Server
  private readonly open = new Set<Socket>()

  constructor(dataDir: string, control: Control) {
    this.path = socketPath(dataDir)
    this.control = control
    this.server = createServer((socket) => this.serve(socket))
  }

  /** The data directory's lock is held: a socket file that is there was left by a peer that was killed. */
  async start(): Promise<void> {
    if (process.platform !== 'win32' && existsSync(this.path)) unlinkSync(this.path)
    const before = process.umask(0o077)
    try {
      await new Promise<void>((done, failed) => {
        this.server.once('error', failed)
        this.server.listen(this.path, () => {
          this.server.off('error', failed)
          done()
        })
      })
    } finally {
      process.umask(before)
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy()
    await new Promise<void>((done) => this.server.close(() => done()))
  }

  private serve(socket: Socket): void {
    this.open.add(socket)
    const gone = new AbortController()
    socket.on('error', () => {}) // the close that follows is what counts
    socket.once('close', () => {
      this.open.delete(socket)
      gone.abort(new Error('the asker is gone'))
    })
    let text = ''
    const onData = (chunk: string): void => {
      text += chunk
      const end = text.indexOf('\n')
      if (end < 0) {
        if (text.length > MAX_LINE_BYTES) socket.destroy()
        return
      }
      socket.off('data', onData)
      void this.answer(socket, text.slice(0, end), gone.signal)
    }
    socket.setEncoding('utf8').on('data', onData)
  }

  private async answer(socket: Socket, line: string, signal: AbortSignal): Promise<void> {
    const say = (reply: object): void => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(reply)}\n`)
    }
    try {
      const { method, params } = requestOf(line)
      for await (const answer of this.control.handle(method, params, 'local', signal)) say({ answer })
      say({ done: true })
    } catch (error) {
      say({ error: { code: codeOf(error), message: (error as Error).message }, done: true })
    }
    socket.end()
  }
}

function requestOf(line: string): { method: string; params: unknown } {
  let request: unknown
  try {
    request = JSON.parse(line)
  } catch {
    throw new ControlError('BAD_REQUEST', 'a request is one line of JSON')
  }
  const { method, params } = (typeof request === 'object' && request !== null ? request : {}) as { method?: unknown; params?: unknown }
  if (typeof method !== 'string') throw new ControlError('BAD_REQUEST', 'method: must be a string')
  return { method, params }
}

/** Asks the peer that runs on a data directory; yields its answers, throws a `ControlError`. */
export async function* askLocal(dataDir: string, method: string, params: Record<string, unknown>, signal: AbortSignal): AsyncGenerator<unknown> {
  const socket = await connect(dataDir)
  const onAbort = (): void => {
    socket.destroy()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  // A destroyed socket ends no lines by itself: who waits for one would wait for ever.
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })
  socket.on('error', () => {}) // told by the close that follows
  socket.once('close', () => lines.close())
  try {
    signal.throwIfAborted()
    socket.write(`${JSON.stringify({ method, params })}\n`)
    for await (const line of lines) {
      const reply = JSON.parse(line) as { answer?: unknown; error?: { code: string; message: string }; done?: boolean }
      if (reply.error !== undefined) throw new ControlError(reply.error.code, reply.error.message)
      if ('answer' in reply) yield reply.answer
      if (reply.done === true) return
    }
    signal.throwIfAborted()
    throw new ControlError('UNREACHABLE', `the peer on ${dataDir} went away before it answered`)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ControlError) throw error
    throw new ControlError('UNREACHABLE', `the peer on ${dataDir} went away: ${(error as Error).message}`)
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

async function connect(dataDir: string): Promise<Socket> {
  return new Promise((done, failed) => {
    const socket = createConnection(socketPath(dataDir))
    socket.once('connect', () => done(socket))
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      const absent = cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      failed(
        new ControlError(
          'UNREACHABLE',
          absent ? `no peer is running on ${dataDir}: start one with "cyxwiz peer --data-dir ${dataDir}"` : `${dataDir}: ${cause.message}`,
        ),
      )
    })
  })
}
