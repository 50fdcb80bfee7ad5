import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Logger } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HttpServer } from '../../../../node/http/server.ts'
import { fileNameOf, StaticFiles } from '../../../../node/http/static-files.ts'

const silent = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false, newScope: () => silent }) as Logger

let folder = ''
let server: HttpServer
let port = 0
let healthy = true
let broken = false

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cyxwiz-http-'))
  mkdirSync(join(folder, 'dist/assets'), { recursive: true })
  writeFileSync(join(folder, 'secret.txt'), 'secret')
  writeFileSync(join(folder, 'dist/.env'), 'secret')
  writeFileSync(join(folder, 'dist/index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'dist/assets/main-B1c7OH6V.js'), `export {}\n${'// a long line of script\n'.repeat(200)}`)
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'dist/link.txt'))
  healthy = true
  broken = false
  server = serverOn(0)
  ;({ port } = await server.start())
})

afterEach(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

function serverOn(wanted: number, idleMs?: number): HttpServer {
  return new HttpServer(
    { address: { host: '127.0.0.1', port: wanted }, option: '--http', ...(idleMs === undefined ? {} : { idleMs }) },
    {
      log: silent,
      content: {
        files: new StaticFiles(join(folder, 'dist')),
        mesh: (asker) => {
          if (broken) throw new Error('broken')
          return { mesh: 'm', asker }
        },
        health: () => ({ healthy, body: { status: healthy ? 'ok' : 'failing' } }),
        metrics: async () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', text: 'cyxwiz_peers 1\n' }),
      },
    },
  )
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function ask(path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
    })
      .on('error', failed)
      .end()
  })
}

describe('files of the dashboard', () => {
  it('the page is fetched anew each time, what is hashed never again', async () => {
    const page = await ask('/')
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' } })
    const script = await ask('/assets/main-B1c7OH6V.js?x=1')
    expect(script).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' },
    })
  })

  it('unchanged files are not sent again', async () => {
    const { headers } = await ask('/')
    expect(await ask('/', { headers: { 'if-none-match': `"other", W/${headers.etag}` } })).toMatchObject({ status: 304, body: Buffer.alloc(0) })
    writeFileSync(join(folder, 'dist/index.html'), '<!doctype html><title>another page</title>')
    expect((await ask('/', { headers: { 'if-none-match': headers.etag ?? '' } })).status).toBe(200)
  })

  it('are compressed for who can read that', async () => {
    const plain = await ask('/assets/main-B1c7OH6V.js')
    const small = await ask('/assets/main-B1c7OH6V.js', { headers: { 'accept-encoding': 'br, gzip' } })
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(small.headers['content-encoding']).toBe('gzip')
    expect(small.body.byteLength).toBeLessThan(plain.body.byteLength / 2)
    expect(gunzipSync(small.body).equals(plain.body)).toBe(true)
    expect((await ask('/assets/main-B1c7OH6V.js', { headers: { 'accept-encoding': 'gzip;q=0' } })).headers['content-encoding']).toBeUndefined()
  })

  it.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//etc/passwd',
    '/.env',
    '/link.txt',
    '/assets',
    '/assets/',
    '/%00',
    '/%zz',
    '/nothing.js',
    `/${'a'.repeat(5000)}`,
  ])('%s is nothing', async (path) => {
    const { status, body } = await ask(path)
    expect(status).toBe(404)
    expect(body.toString()).not.toContain('secret')
  })

  it('an icon that is not there is no error in the console of a page', async () => {
    expect((await ask('/favicon.ico')).status).toBe(204)
  })

  it('a name is a plain path or none', () => {
    expect(fileNameOf('/')).toBe('index.html')
    expect(fileNameOf('/a%20b/c.js')).toBe('a b/c.js')
    expect(fileNameOf('http://x/')).toBeNull()
    expect(fileNameOf('/c:/x')).toBeNull()
  })

  it('a dashboard that was not built is a page that says how to build it', async () => {
    rmSync(join(folder, 'dist'), { recursive: true })
    const { status, headers, body } = await ask('/')
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(body.toString()).toContain('npm run build')
  })
})

describe('what people and scripts ask', () => {
  it('any page may ask for the mesh, and is told its addresses by where it is from', async () => {
    const own = await ask('/api/mesh')
    expect(own).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': '*', 'cache-control': 'no-store' } })
    expect(JSON.parse(own.body.toString())).toEqual({ mesh: 'm', asker: { own: true, secure: false, host: '127.0.0.1' } })
    const other = await ask('/api/mesh', { headers: { origin: 'https://pages.example' } })
    expect(JSON.parse(other.body.toString()).asker).toEqual({ own: false, secure: true, host: '127.0.0.1' })
    expect((await ask('/api/mesh', { method: 'OPTIONS' })).status).toBe(204)
  })

  it('nothing else is readable for other pages', async () => {
    for (const path of ['/', '/health', '/metrics']) expect((await ask(path)).headers['access-control-allow-origin'], path).toBeUndefined()
  })

  it('health is 503 while the peer is of no use', async () => {
    expect(await ask('/health')).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
    healthy = false
    expect((await ask('/health')).status).toBe(503)
  })

  it('metrics are text for Prometheus', async () => {
    const { status, headers, body } = await ask('/metrics')
    expect({ status, type: headers['content-type'], body: body.toString() }).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: 'cyxwiz_peers 1\n',
    })
  })

  it('HEAD is GET without the body', async () => {
    for (const path of ['/', '/api/mesh', '/health', '/metrics']) {
      const { status, headers, body } = await ask(path, { method: 'HEAD' })
      expect({ path, status, bytes: body.byteLength }).toEqual({ path, status: 200, bytes: 0 })
      expect(Number(headers['content-length'])).toBeGreaterThan(0)
    }
  })

  it.each(['POST', 'PUT', 'DELETE', 'PATCH'])('%s changes nothing here', async (method) => {
    expect(await ask('/api/mesh', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } })
    expect(await ask('/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  })

  it('a name that an attacker points at this machine is refused', async () => {
    expect((await ask('/api/mesh', { headers: { host: `rebound.example:${port}` } })).status).toBe(403)
    expect((await ask('/', { headers: { host: `localhost:${port}` } })).status).toBe(200)
  })

  it('every answer forbids frames, foreign scripts and guessing of types', async () => {
    for (const path of ['/', '/nothing', '/api/mesh']) {
      const { headers } = await ask(path)
      expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy'], path).not.toMatch(/script-src[^;]*('unsafe-inline'|'unsafe-eval')/)
      expect(headers['x-content-type-options'], path).toBe('nosniff')
    }
  })

  it('an answer that fails is a 500 that tells nothing', async () => {
    broken = true
    const { status, body } = await ask('/api/mesh')
    expect(status).toBe(500)
    expect(body.toString()).not.toContain('broken')
  })
})

describe('starting and ending', () => {
  it('a busy port is named', async () => {
    await expect(serverOn(port).start()).rejects.toMatchObject({ code: 'CANNOT_LISTEN', message: `--http 127.0.0.1:${port}: the port is in use` })
  })

  it('who asks for a file and does not read it loses the connection', async () => {
    const bytes = 64 * 1024 * 1024 // more than sockets hold on the way
    writeFileSync(join(folder, 'dist/big.bin'), Buffer.alloc(bytes))
    const impatient = serverOn(0, 100)
    const bound = await impatient.start()
    const lazy = connect(bound.port, '127.0.0.1')
    lazy.on('error', () => {}).pause()
    lazy.write('GET /big.bin HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
    await new Promise((done) => setTimeout(done, 1500))
    let received = 0
    const closed = new Promise((done) => lazy.once('close', done))
    lazy.on('data', (chunk) => {
      received += chunk.byteLength
    })
    lazy.resume()
    await closed
    expect(received).toBeLessThan(bytes)
    await impatient.stop()
  })

  it('ends although somebody keeps a connection open, and says nothing', async () => {
    const idle = connect(port, '127.0.0.1')
    await new Promise((done) => idle.once('connect', done))
    const cut = new Promise((done) => idle.once('close', done))
    idle.on('error', () => {})
    await server.stop()
    await cut
    await expect(ask('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
