/**
 * Which of its addresses a peer announces. A machine with many interfaces, or a tab behind a relay with many, has dozens;
 * records are gossiped to everybody and have a bound. Each kind of address gets its turn, so that whoever can dial only one
 * kind finds some.
 */

/** Half of what the wire format allows (`presence.proto`). */
export const MAX_ANNOUNCED_ADDRESSES = 16

export function announced(addresses: readonly string[]): string[] {
  const kinds = new Map<string, string[]>()
  for (const address of new Set(addresses)) {
    const kind = kindOf(address)
    kinds.set(kind, [...(kinds.get(kind) ?? []), address])
  }
  const chosen: string[] = []
  for (let turn = 0; chosen.length < MAX_ANNOUNCED_ADDRESSES; turn += 1) {
    const found = [...kinds.values()].flatMap((list) => list[turn] ?? [])
    if (found.length === 0) break
    chosen.push(...found.slice(0, MAX_ANNOUNCED_ADDRESSES - chosen.length))
  }
  return chosen
}

/** The protocols of an address without its values: `/ip4/1.2.3.4/tcp/5/ws` and `/ip4/1.2.3.5/tcp/6/ws` are of one kind. */
function kindOf(address: string): string {
  return address
    .split('/')
    .filter((part) => /^(tcp|udp|ws|wss|tls|webrtc|webrtc-direct|p2p-circuit|quic-v1)$/.test(part))
    .join('/')
}
