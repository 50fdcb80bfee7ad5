/**
 * The HTTP face of real peers, and the addresses by which pages reach them: what people and scripts see from outside.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { type IncomingHttpHeaders, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Transport } from '@libp2p/interface'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Cluster, type ClusterPeer, waitFor } from '../../node/demo/cluster.ts'
import { createMesh, type Mesh } from '../../protocol/mesh/mesh.ts'

const BIN = fileURLToPath(new URL('../../node/bin/cyxwiz.mjs', import.meta.url))
const TIMEOUT_MS = 120_000
const WITHOUT_GPU = ['--gpu', 'none']

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** sha256 of the server's certificate, `AB:CD:…`. */
  readonly fingerprint: string | null
}

function get(url: string, path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const { hostname, port, protocol } = new URL(url)
  const options = { hostname, port, path, method, headers, agent: false, rejectUnauthorized: false } as const
  return new Promise((done, failed) => {
    const asking = (protocol === 'https:' ? requestTls : request)(options, (response) => {
      const socket = response.socket as { getPeerCertificate?: () => { fingerprint256: string } }
      const fingerprint = socket.getPeerCertificate?.().fingerprint256 ?? null
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body, fingerprint }))
    })
    asking.on('error', failed)
    asking.end()
  })
}

const webRtcOf = (peer: ClusterPeer): string => peer.ready?.addresses.find((address) => address.includes('/webrtc-direct/')) ?? 'none'

interface MeshAnswer {
  readonly mesh: string
  readonly peerId: string
  readonly addresses: string[]
  readonly coordinator: { readonly peerId: string | null }
}

describe('a peer over HTTP', { timeout: TIMEOUT_MS }, () => {
  let cluster: Cluster
  let peer: ClusterPeer
  let url = ''
  beforeAll(async () => {
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    peer = await cluster.add()
    url = peer.ready?.http ?? ''
    await cluster.settled()
  }, TIMEOUT_MS)
  afterAll(() => cluster.stop(), TIMEOUT_MS)

  it('tells its URL when it is ready: this machine only, a free port', () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  })

  it('shows a page: the dashboard, or how to build it', async () => {
    const { status, headers, body } = await get(url, '/')
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(body).toContain('CyxWiz')
    expect(headers['content-security-policy']).toContain("default-src 'self'")
  })

  it('tells a page of any site where the mesh is, addresses that it can dial first', async () => {
    const { status, headers, body } = await get(url, '/api/mesh')
    expect({ status, cors: headers['access-control-allow-origin'] }).toEqual({ status: 200, cors: '*' })
    const mesh = JSON.parse(body) as MeshAnswer
    expect(mesh).toMatchObject({ mesh: cluster.mesh, peerId: peer.id, coordinator: { peerId: peer.id } })
    expect(mesh.addresses[0]).toMatch(new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/ws/p2p/${peer.id}$`))
    expect(mesh.addresses[1]).toMatch(new RegExp(`^/ip4/127\\.0\\.0\\.1/udp/\\d+/webrtc-direct/certhash/uEi[\\w-]+/p2p/${peer.id}$`))
    expect([...mesh.addresses].sort()).toEqual([...(peer.ready?.addresses ?? [])].sort())
  })

  it('is healthy, and says so in JSON', async () => {
    const { status, body } = await get(url, '/health')
    expect({ status, body: JSON.parse(body) }).toMatchObject({ status: 200, body: { status: 'ok', checks: { coordinator: { ok: true } } } })
  })

  it('has figures for Prometheus, without the name of anybody', async () => {
    const { status, headers, body } = await get(url, '/metrics')
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: expect.stringContaining('text/plain') })
    for (const line of ['cyxwiz_peers{kind="native"} 1', 'cyxwiz_is_coordinator 1', 'cyxwiz_jobs{state="running"} 0']) expect(body).toContain(line)
    expect(body).toMatch(/^process_resident_memory_bytes \d/m)
    expect(body).not.toContain(peer.id)
  })

  it('gives nothing but its page away, and changes nothing', async () => {
    for (const path of ['/../package.json', '/%2e%2e/%2e%2e/package.json', '/..%2fvite.config.ts', '/api/jobs']) {
      expect((await get(url, path)).status, path).toBe(404)
    }
    expect((await get(url, '/api/mesh', { method: 'POST' })).status).toBe(405)
    expect((await get(url, '/', { headers: { host: 'rebound.example' } })).status).toBe(403)
  })

  it('another peer on its port is told which port it is', async () => {
    const port = new URL(url).port
    const { code, stderr } = await run(['--http', `127.0.0.1:${port}`, '--data-dir', `${peer.dataDir}-busy`])
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`--http 127.0.0.1:${port}: the port is in use`) })
  })

  it.each([
    [['--http', 'nonsense'], 'nonsense'],
    [['--http', '127.0.0.1:99999'], '99999'],
    [['--https', 'localhost'], 'HOST:PORT'],
    [['--https-cert', 'a.pem'], '--https-key'],
    [['--https', '127.0.0.1:0', '--https-cert', '/nowhere/a.pem', '--https-key', '/nowhere/b.pem'], '/nowhere/a.pem'],
  ])('what cannot be read is a mistake of who typed it: %j', async (args, named) => {
    const { code, stderr } = await run([...args, '--data-dir', `${peer.dataDir}-typed`])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(named) })
  })
})

function run(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [BIN, 'peer', ...WITHOUT_GPU, ...args], { stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS / 2 })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('close', (code) => done({ code, stderr }))
  })
}

describe('a peer that pages dial', { timeout: TIMEOUT_MS }, () => {
  let cluster: Cluster | null = null
  const tabs: Mesh[] = []
  afterEach(async () => {
    await Promise.all(tabs.splice(0).map((one) => one.stop()))
    await cluster?.stop()
    cluster = null
  }, TIMEOUT_MS)

  it('keeps page, WebRTC-Direct address and certificates over a restart', async () => {
    cluster = await Cluster.create({ peerArguments: [...WITHOUT_GPU, '--https', '127.0.0.1:0'] })
    const peer = await cluster.add()
    const before = peer.ready
    expect(webRtcOf(peer)).toContain('/certhash/uEi')
    await cluster.signal(peer, 'SIGTERM')
    await cluster.run(peer)
    expect(peer.ready).toMatchObject({ http: before?.http, https: before?.https, httpsFingerprint: before?.httpsFingerprint, addresses: before?.addresses })
  })

  it('takes another port when its own was taken meanwhile, with the same certificate', async () => {
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    const peer = await cluster.add()
    const before = { http: peer.ready?.http ?? '', hash: /certhash\/[\w-]+/.exec(webRtcOf(peer))?.[0] }
    await cluster.signal(peer, 'SIGKILL')
    const thief = createServer()
    await new Promise<void>((done) => thief.listen(Number(new URL(before.http).port), '127.0.0.1', done))
    await cluster.run(peer)
    expect(peer.ready?.http).not.toBe(before.http)
    expect(webRtcOf(peer)).toContain(before.hash)
    await new Promise((done) => thief.close(done))
  })

  it('serves https with a certificate of its own, and WebSockets under the same one', async () => {
    cluster = await Cluster.create({ peerArguments: [...WITHOUT_GPU, '--http', 'off', '--https', '127.0.0.1:0'] })
    const peer = await cluster.add()
    expect(peer.ready?.http).toBeUndefined()
    const url = peer.ready?.https ?? ''
    const { status, body, fingerprint } = await get(url, '/api/mesh')
    expect({ status, fingerprint }).toEqual({ status: 200, fingerprint: peer.ready?.httpsFingerprint })
    const { addresses } = JSON.parse(body) as MeshAnswer
    expect(addresses[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/tls\/ws\/p2p\//)
    const [, port] = /tcp\/(\d+)/.exec(addresses[0] ?? '') ?? []
    const socket = new WebSocket(`wss://127.0.0.1:${port}`, { rejectUnauthorized: false })
    await new Promise<void>((done, failed) => {
      socket.once('open', () => done())
      socket.once('error', failed)
    })
    socket.terminate()
  })

  /** A node with the transports of a tab, in this process. */
  async function tab(listen: readonly string[], ...transports: ((components: never) => Transport)[]): Promise<Mesh> {
    const mesh = await createMesh({ privateKey: await generateKeyPair('Ed25519'), listen, transports: transports as never })
    tabs.push(mesh)
    return mesh
  }

  it('is dialled by WebRTC-Direct with nothing but its address', async () => {
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    const peer = await cluster.add()
    const page = await tab([], webRTCDirect({ rtcConfiguration: { iceServers: [] } }))
    const connection = await page.dial(multiaddr(webRtcOf(peer)))
    expect(connection.remotePeer.toString()).toBe(peer.id)
    expect(await page.services.ping.ping(connection.remotePeer)).toBeGreaterThanOrEqual(0)
  })

  it('says nothing on stdout about packets that strangers send to its UDP port', async () => {
    // Whatever is no JSON on stdout ends this process: the cluster reads it line by line.
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    const peer = await cluster.add()
    const port = Number(/udp\/(\d+)/.exec(webRtcOf(peer))?.[1])
    const stranger = createSocket('udp4')
    for (let i = 0; i < 300; i++) {
      const packet = randomBytes(20 + (i % 100))
      // Half of them begin as STUN does.
      if (i % 2 === 0) Buffer.from('000100002112a442', 'hex').copy(packet)
      await new Promise((sent) => stranger.send(packet, port, '127.0.0.1', sent))
    }
    stranger.close()
    await tab([], webRTCDirect({ rtcConfiguration: { iceServers: [] } })).then((page) => page.dial(multiaddr(webRtcOf(peer))))
    expect(peer.alive).toBe(true)
  })

  it('a UDP port that is taken is named', async () => {
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    const taken = createSocket('udp4')
    await new Promise<void>((bound) => taken.bind(0, '127.0.0.1', bound))
    const address = `/ip4/127.0.0.1/udp/${taken.address().port}/webrtc-direct`
    await expect(cluster.add(['--listen', address])).rejects.toThrow(address)
    await new Promise<void>((closed) => taken.close(closed))
  })

  it('relays between two tabs, without a limit on what they say', async () => {
    cluster = await Cluster.create({ peerArguments: WITHOUT_GPU })
    const peer = await cluster.add()
    const address = peer.ready?.addresses.find((one) => /\/tcp\/\d+\/ws\//.test(one)) ?? ''
    const first = await tab([`${address}/p2p-circuit`], webSockets(), circuitRelayTransport())
    await waitFor(() => first.getMultiaddrs().length > 0, 20_000, 'the relay reserved nothing')
    const second = await tab([], webSockets(), circuitRelayTransport())
    const connection: Connection = await second.dial(first.getMultiaddrs())
    expect(connection.remoteAddr.toString()).toContain('/p2p-circuit')
    expect(connection.limits).toBeUndefined()
    expect(await second.services.ping.ping(first.peerId)).toBeGreaterThanOrEqual(0)
    const reservations = async (): Promise<string> =>
      /^cyxwiz_relay_reservations (\d+)$/m.exec((await get(peer.ready?.http ?? '', '/metrics')).body)?.[1] ?? 'none'
    expect(await reservations()).toBe('1')
    await first.stop()
    await waitFor(async () => (await reservations()) === '0', 20_000, 'the place of a tab that is gone was not freed')
  })
})
