import { describe, expect, it } from 'vitest'
import { parseHttpAddress, urlOf } from '../../../../node/http/address.ts'
import { orderedFor } from '../../../../node/http/browser-addresses.ts'
import { hostAllowed, hostnameOf } from '../../../../node/http/host-check.ts'
import { listenAddresses } from '../../../../node/peer/reachable.ts'

describe('HOST:PORT', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['peer-1.example.org:65535', { host: 'peer-1.example.org', port: 65_535 }],
  ])('reads %s', (text, address) => {
    expect(parseHttpAddress(text)).toEqual(address)
  })

  it.each([
    '',
    '8080',
    ':8080',
    'localhost',
    'localhost:',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '::1:80',
    '[::1]',
    '[localhost]:80',
    '127.0.0.1:80/x',
    '1.2.3:80',
    '256.0.0.1:80',
    'a b:80',
  ])('refuses %j', (text) => {
    expect(parseHttpAddress(text)).toBeNull()
  })

  it('becomes a URL that works on this machine', () => {
    expect(urlOf('http', { host: '127.0.0.1', port: 81 })).toBe('http://127.0.0.1:81/')
    expect(urlOf('https', { host: '::1', port: 81 })).toBe('https://[::1]:81/')
    expect(urlOf('http', { host: '0.0.0.0', port: 81 })).toBe('http://127.0.0.1:81/')
  })
})

describe('who may ask a server that is bound to loopback', () => {
  it.each(['localhost', 'LOCALHOST:80', '127.0.0.1:1234', '[::1]:80', '127.0.0.2:80'])('%s may', (header) => {
    expect(hostAllowed(header, { host: '127.0.0.2' })).toBe(true)
  })

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '192.168.1.4',
    'localhost@evil.example',
    '127.0.0.1:80:80',
  ])('%s may not', (header) => {
    expect(hostAllowed(header, { host: '127.0.0.1' })).toBe(false)
  })

  it('everybody who reaches an outer address may', () => {
    expect(hostAllowed('peer.example.org:8080', { host: '0.0.0.0' })).toBe(true)
    expect(hostAllowed(undefined, { host: '0.0.0.0' })).toBe(false)
  })

  it('a name is read without port and brackets', () => {
    expect(hostnameOf('[FE80::1]:80')).toBe('fe80::1')
    expect(hostnameOf('Peer.Example:80')).toBe('peer.example')
    expect(hostnameOf('a/b')).toBeNull()
  })
})

describe('addresses for a page', () => {
  const all = [
    '/ip4/127.0.0.1/tcp/1/p2p/P',
    '/ip4/127.0.0.1/tcp/2/ws',
    '/ip4/192.168.1.4/tcp/2/ws',
    '/ip4/192.168.1.4/udp/3/webrtc-direct/certhash/uEi',
    '/ip4/192.168.1.4/tcp/4/tls/ws',
  ]
  const first = (asker: Parameters<typeof orderedFor>[2]): string | undefined => orderedFor(all, 'P', asker)[0]

  it('all carry the peer id, and none is lost', () => {
    const ordered = orderedFor(all, 'P', { own: true, secure: false, host: 'localhost' })
    expect(ordered).toHaveLength(all.length)
    for (const address of ordered) expect(address, address).toMatch(/\/p2p\/P$/)
    expect(ordered.at(-1)).toBe('/ip4/127.0.0.1/tcp/1/p2p/P')
  })

  it('an http page of this peer tries plain WebSockets first, where it came from first', () => {
    expect(first({ own: true, secure: false, host: 'localhost' })).toBe('/ip4/127.0.0.1/tcp/2/ws/p2p/P')
    expect(first({ own: true, secure: false, host: '192.168.1.4' })).toBe('/ip4/192.168.1.4/tcp/2/ws/p2p/P')
    expect(first({ own: true, secure: false, host: '10.0.0.9' })).toBe('/ip4/192.168.1.4/tcp/2/ws/p2p/P')
  })

  it('an https page of this peer tries wss first, by name where it came by name', () => {
    expect(first({ own: true, secure: true, host: '192.168.1.4' })).toBe('/ip4/192.168.1.4/tcp/4/tls/ws/p2p/P')
    expect(first({ own: true, secure: true, host: 'peer.example.org' })).toBe('/dns/peer.example.org/tcp/4/tls/ws/p2p/P')
  })

  it('an https page of another host tries WebRTC-Direct first: it has not accepted the certificate', () => {
    expect(first({ own: false, secure: true, host: '192.168.1.4' })).toBe('/ip4/192.168.1.4/udp/3/webrtc-direct/certhash/uEi/p2p/P')
  })
})

describe('where a peer listens beside its https page', () => {
  it.each([
    ['127.0.0.1', false, '127.0.0.1'],
    ['192.168.1.5', false, '192.168.1.5'],
    ['0.0.0.0', false, '0.0.0.0'],
    ['peer.example', false, '0.0.0.0'],
    ['192.168.1.5', true, '0.0.0.0'],
  ])('https on %s (--lan: %s) opens WebSockets on %s', (host, lan, expected) => {
    const listen = listenAddresses({ mesh: 'm', listen: [], lan, https: { host, port: 443 }, tlsFiles: null })
    expect(listen.filter((address) => address.includes('/tls/ws'))).toEqual([`/ip4/${expected}/tcp/0/tls/ws`])
  })
})
