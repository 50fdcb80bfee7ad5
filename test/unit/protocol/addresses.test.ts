import { describe, expect, it } from 'vitest'
import { announced, MAX_ANNOUNCED_ADDRESSES } from '../../../protocol/presence/addresses.ts'

describe('the addresses a peer announces', () => {
  it('are all of them, once, while there are few', () => {
    const few = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2/ws', '/ip4/127.0.0.1/tcp/1']
    expect(new Set(announced(few))).toEqual(new Set(few))
  })

  it('stay bounded and of every kind on a machine with many interfaces', () => {
    const hosts = Array.from({ length: 12 }, (_, i) => `/ip4/10.0.0.${i + 1}`)
    const many = [
      ...hosts.map((host) => `${host}/tcp/4001`),
      ...hosts.map((host) => `${host}/tcp/4002/ws`),
      ...hosts.map((host) => `${host}/udp/4003/webrtc-direct/certhash/uEiA`),
      ...hosts.map((host) => `${host}/tcp/4002/ws/p2p/12D3/p2p-circuit/webrtc`),
    ]
    const chosen = announced(many)
    expect(chosen).toHaveLength(MAX_ANNOUNCED_ADDRESSES)
    for (const kind of [/\/tcp\/4001$/, /\/ws$/, /webrtc-direct/, /p2p-circuit\/webrtc$/]) {
      expect(chosen.filter((address) => kind.test(address)).length).toBeGreaterThanOrEqual(3)
    }
  })
})
