/**
 * A small HTTP server for people and scripts that look at a peer: `/`, `/api/mesh`, `/health`, `/metrics`. It reads and
 * never changes: GET and HEAD only, no body is looked at, and there is no way to a job through here (that is what the
 * signed control protocol is for).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Logger } from '@libp2p/interface'
import { PeerStartError } from '../peer/errors.ts'
import type { HttpAddress } from './address.ts'
import type { Asker } from './browser-addresses.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { hostAllowed, hostnameOf } from './host-check.ts'
import { NOT_BUILT_PAGE } from './not-built.ts'
import type { StaticFiles } from './static-files.ts'

/** A request is a line and some headers: who needs longer holds the connection on purpose. */
const REQUEST_TIMEOUT_MS = 10_000
/** Without a byte in either direction: who asks for a file and does not read it would keep a connection for ever. */
const IDLE_MS = 30_000
/** Between two requests of a page. */
const KEEP_ALIVE_MS = 5000
const CHECK_CONNECTIONS_MS = 2000
const MAX_CONNECTIONS = 256
const MAX_HEADER_BYTES = 16 * 1024

export interface HttpContent {
  readonly files: StaticFiles
  mesh(asker: Asker): object
  health(): { readonly healthy: boolean; readonly body: object }
  metrics(): Promise<{ readonly type: string; readonly text: string }>
}

export interface HttpServerOptions {
  readonly address: HttpAddress
  /** What was typed to ask for this server, for errors. */
  readonly option: '--http' | '--https'
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Default 30 s. */
  readonly idleMs?: number
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

export class HttpServer {
  private readonly options: HttpServerOptions
  private readonly content: HttpContent
  private readonly log: Logger
  private readonly server: Server

  constructor(options: HttpServerOptions, { content, log }: { content: HttpContent; log: Logger }) {
    this.options = options
    this.content = content
    this.log = log
    const limits = {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    }
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.serve(request, response)
    this.server =
      options.tls === undefined
        ? createServer(limits, listener)
        : createTlsServer({ ...limits, ...options.tls, handshakeTimeout: REQUEST_TIMEOUT_MS }, listener)
    this.server.timeout = options.idleMs ?? IDLE_MS
    this.server.maxConnections = MAX_CONNECTIONS
  }

  /** Resolves with the port that was taken. */
  async start(): Promise<HttpAddress> {
    const { host, port } = this.options.address
    await new Promise<void>((done, failed) => {
      const onError = (error: NodeJS.ErrnoException): void => failed(startError(this.options, error))
      this.server.once('error', onError)
      this.server.listen({ host, port }, () => {
        this.server.off('error', onError)
        this.server.on('error', (error) => this.log.error('http server: %s', error.message))
        done()
      })
    })
    const bound = this.server.address()
    return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port }
  }

  /** Open connections are cut: an answer takes milliseconds, a page that keeps one open would hold the peer up. */
  async stop(): Promise<void> {
    if (!this.server.listening) return
    const closed = new Promise<void>((done) => this.server.close(() => done()))
    this.server.closeAllConnections()
    await closed
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume() // a body is nobody's business here
    let answer: Answer
    try {
      answer = await this.answer(request)
    } catch (error) {
      this.log.error('%s %s failed: %s', request.method, request.url, (error as Error).message)
      answer = text(500, 'This peer could not answer; its log says why.')
    }
    send(request, response, answer)
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const { method, url = '', headers } = request
    if (!hostAllowed(headers.host, this.options.address)) {
      return text(403, 'This peer answers on this machine only: ask for localhost or 127.0.0.1.')
    }
    const path = url.split('?', 1)[0] ?? ''
    if (path === '/api/mesh' && method === 'OPTIONS') return preflight()
    if (method !== 'GET' && method !== 'HEAD') {
      return text(405, 'Only GET and HEAD are answered here.', { allow: path === '/api/mesh' ? 'GET, HEAD, OPTIONS' : 'GET, HEAD', connection: 'close' })
    }
    switch (path) {
      case '/api/mesh':
        return json(200, this.content.mesh(this.askerOf(request)), { 'access-control-allow-origin': '*' })
      case '/health': {
        const { healthy, body } = this.content.health()
        return json(healthy ? 200 : 503, body)
      }
      case '/metrics': {
        const { type, text: body } = await this.content.metrics()
        return { status: 200, type, body, headers: { 'cache-control': 'no-store' } }
      }
      default:
        return this.file(path, request)
    }
  }

  private async file(path: string, { headers }: IncomingMessage): Promise<Answer> {
    const file = await this.content.files.find(path)
    if (file === null) {
      if (path === '/') return { status: 200, type: 'text/html; charset=utf-8', body: NOT_BUILT_PAGE, headers: NOT_BUILT_HEADERS }
      // Browsers ask for it unasked, and a 404 would be an error in the page's console.
      if (path === '/favicon.ico') return text(204, '', { 'cache-control': 'max-age=86400' })
      return text(404, 'There is nothing here.')
    }
    const { type, etag, cacheControl, bytes, gzipped } = file
    const common = { etag, 'cache-control': cacheControl, ...(gzipped === null ? {} : { vary: 'accept-encoding' }) }
    if (headers['if-none-match']?.split(',').some((known) => known.trim().replace(/^W\//, '') === etag)) {
      return { status: 304, type, body: '', headers: common }
    }
    const small = gzipped !== null && /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(headers['accept-encoding']?.toString() ?? '')
    return small
      ? { status: 200, type, body: gzipped, headers: { ...common, 'content-encoding': 'gzip' } }
      : { status: 200, type, body: bytes, headers: common }
  }

  /** Browsers say where a page is from when they ask for another one; a page of this server, or a script, does not. */
  private askerOf({ headers }: IncomingMessage): Asker {
    const host = hostnameOf(headers.host ?? '')
    const origin = originOf(headers.origin)
    const own = origin === null || origin.host === headers.host
    return { own, host, secure: own ? this.options.tls !== undefined : origin.protocol === 'https:' }
  }
}

const NOT_BUILT_HEADERS = { 'cache-control': 'no-store' }

function originOf(header: string | undefined): URL | null {
  if (header === undefined || !URL.canParse(header)) return null
  return new URL(header)
}

function text(status: number, line: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${line}\n`, headers: { 'cache-control': 'no-store', ...headers } }
}

function json(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n`, headers: { 'cache-control': 'no-store', ...headers } }
}

/** A page of a static host on the internet asks a peer on this machine or in this network: browsers ask first. */
function preflight(): Answer {
  return text(204, '', {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET',
    'access-control-allow-private-network': 'true',
    'access-control-max-age': '600',
  })
}

const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 304])

function send({ method }: IncomingMessage, response: ServerResponse, { status, type, body, headers = {} }: Answer): void {
  if (response.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const about = WITHOUT_BODY.has(status) ? {} : { 'content-type': type, 'content-length': String(bytes.byteLength) }
  response.writeHead(status, { ...SECURITY_HEADERS, ...about, ...headers })
  response.end(method === 'HEAD' || WITHOUT_BODY.has(status) ? undefined : bytes)
}

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'not allowed for this user',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name is not known',
}

function startError({ address, option }: HttpServerOptions, error: NodeJS.ErrnoException): PeerStartError {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return new PeerStartError('CANNOT_LISTEN', `${option} ${host}:${address.port}: ${WORDS[error.code ?? ''] ?? error.message}`, { cause: error })
}
