/**
 * What every peer of a simulated mesh sends and receives, by kind: messages, and bytes as they are on the wire.
 */
export const KINDS = ['gossip', 'presence', 'raft', 'jobs', 'dials'] as const
export type Kind = (typeof KINDS)[number]

/** Of one kind or all, for a group of peers, per peer and second; sent and received together. */
export interface Rates {
  readonly messages: Spread
  readonly bytes: Spread
}

export interface Spread {
  readonly mean: number
  readonly p99: number
  readonly max: number
}

/** Length prefix, yamux frame header, noise frame and tag. */
export const STREAM_BYTES = 2 + 12 + 18
/** Noise handshake, multiplexer, identify and the streams that are opened first, both ways together. */
const DIAL_BYTES = 3000
const DIAL_MESSAGES = 12

export class Traffic {
  private readonly messages: Record<Kind, Float64Array>
  private readonly bytes: Record<Kind, Float64Array>

  constructor(peers: number) {
    const table = (): Record<Kind, Float64Array> => Object.fromEntries(KINDS.map((kind) => [kind, new Float64Array(peers)])) as Record<Kind, Float64Array>
    this.messages = table()
    this.bytes = table()
  }

  reset(): void {
    for (const kind of KINDS) {
      this.messages[kind].fill(0)
      this.bytes[kind].fill(0)
    }
  }

  /** One message from a peer to another. */
  count(kind: Kind, from: number, to: number, bytes: number): void {
    this.add(kind, from, 1, bytes)
    this.add(kind, to, 1, bytes)
  }

  dial(from: number, to: number): void {
    this.add('dials', from, DIAL_MESSAGES, DIAL_BYTES)
    this.add('dials', to, DIAL_MESSAGES, DIAL_BYTES)
  }

  private add(kind: Kind, peer: number, messages: number, bytes: number): void {
    const [m, b] = [this.messages[kind], this.bytes[kind]]
    m[peer] = (m[peer] as number) + messages
    b[peer] = (b[peer] as number) + bytes
  }

  /** Since the last `reset`, which was so many seconds ago. */
  rates(peers: readonly number[], seconds: number, kinds: readonly Kind[] = KINDS): Rates {
    const sum = (table: Record<Kind, Float64Array>, peer: number): number => kinds.reduce((total, kind) => total + (table[kind][peer] as number), 0) / seconds
    return { messages: spread(peers.map((peer) => sum(this.messages, peer))), bytes: spread(peers.map((peer) => sum(this.bytes, peer))) }
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { mean: values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length), p99: at(0.99), max: at(1) }
}
