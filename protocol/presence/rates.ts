/**
 * How much one peer may say: a bucket of tokens each for frames and for its own heartbeats.
 */
import * as C from './constants.ts'

interface Bucket {
  tokens: number
  at: number
}

class Limit {
  private readonly buckets = new Map<string, Bucket>()
  private readonly burst: number
  private readonly perSecond: number

  constructor(burst: number, perSecond: number) {
    this.burst = burst
    this.perSecond = perSecond
  }

  take(peer: string, now: number): boolean {
    const bucket = this.buckets.get(peer) ?? { tokens: this.burst, at: now }
    bucket.tokens = Math.min(this.burst, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond)
    bucket.at = now
    this.buckets.set(peer, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  /** A peer that reconnects to begin anew gains no more than a burst: connections are limited, too. */
  forget(peer: string): void {
    this.buckets.delete(peer)
  }
}

export class Rates {
  private readonly frames = new Limit(C.FRAME_BURST, C.FRAMES_PER_SECOND)
  private readonly beats = new Limit(C.BEAT_BURST, C.BEATS_PER_SECOND)

  frame(peer: string, now: number): boolean {
    return this.frames.take(peer, now)
  }

  beat(peer: string, now: number): boolean {
    return this.beats.take(peer, now)
  }

  forget(peer: string): void {
    this.frames.forget(peer)
    this.beats.forget(peer)
  }
}
