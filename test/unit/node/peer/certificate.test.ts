import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:net'
import { connect, createServer as createTlsServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certhashOf, fingerprintOf, keptCertificate } from '../../../../node/peer/certificate.ts'
import { bindable, rememberedPort, rememberPorts, withRememberedPorts } from '../../../../node/peer/ports.ts'
import type { KeyValueStore } from '../../../../protocol/store.ts'

function memoryKv(): KeyValueStore {
  const values = new Map<string, Uint8Array>()
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)).sort(),
  }
}

const DAY_MS = 86_400_000
const init = { key: 'test', commonName: 'peer', hosts: ['localhost', '127.0.0.1'] }

describe('a certificate of this peer', () => {
  it('is the same after a restart, and another one shortly before it ends', async () => {
    const kv = memoryKv()
    const now = Date.now()
    const first = await keptCertificate(kv, init, now)
    expect(await keptCertificate(kv, init, now + 300 * DAY_MS)).toEqual(first)
    const later = await keptCertificate(kv, init, now + 340 * DAY_MS)
    expect(certhashOf(later)).not.toBe(certhashOf(first))
    expect(later.endsAtMs).toBeGreaterThan(now + 700 * DAY_MS)
  })

  it('is made anew for a name that it does not stand for, and where the stored one is damaged', async () => {
    const kv = memoryKv()
    const first = await keptCertificate(kv, init)
    const wider = await keptCertificate(kv, { ...init, hosts: [...init.hosts, '192.168.7.7'] })
    expect(fingerprintOf(wider.sha256)).not.toBe(fingerprintOf(first.sha256))
    kv.set('test', new TextEncoder().encode('{"certificate": "nonsense", "privateKey": 1}'))
    expect((await keptCertificate(kv, init)).certificate).toContain('BEGIN CERTIFICATE')
  })

  it('is one that TLS accepts for its names, and told as browsers and multiaddrs tell it', async () => {
    const { privateKey, certificate, sha256 } = await keptCertificate(memoryKv(), init)
    expect(fingerprintOf(sha256)).toBe(new X509Certificate(certificate).fingerprint256)
    expect(certhashOf({ privateKey, certificate, sha256, endsAtMs: 0 })).toMatch(/^uEi[\w-]{44}$/)
    const server = createTlsServer({ key: privateKey, cert: certificate }, (socket) => socket.end('hello'))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    const said = await new Promise<string>((done, failed) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: certificate }, () => socket.once('data', (data) => done(data.toString())))
      socket.once('error', failed)
    })
    expect(said).toBe('hello')
    await new Promise((done) => server.close(done))
  })
})

describe('ports that were left to this peer', () => {
  it('are the same after a restart while they are free', async () => {
    const kv = memoryKv()
    const server = createServer()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as { port: number }
    rememberPorts(kv, [`/ip4/127.0.0.1/tcp/${port}/ws/p2p/12D3KooWCZdnyemHcm5QWUcw1nawLnQyFvnBLUo8i1HSf9ELydcq`])
    expect(rememberedPort(kv, 'tcp/ws')).toBe(port)
    const wanted = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/tcp/4001/ws']
    expect(await bindable('tcp', '127.0.0.1', port)).toBeNull()
    expect(await withRememberedPorts(kv, wanted)).toEqual(wanted)
    await new Promise((done) => server.close(done))
    expect(await withRememberedPorts(kv, wanted)).toEqual(['/ip4/127.0.0.1/tcp/0', `/ip4/127.0.0.1/tcp/${port}/ws`, '/ip4/127.0.0.1/tcp/4001/ws'])
  })
})
