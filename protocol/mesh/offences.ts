/**
 * What peers do wrong, counted: a message that no honest peer sends is dropped and remembered; a peer that goes on like
 * that loses its connection. Old offences are forgiven, so that one bad release does not shut a peer out for ever.
 */
import type { Libp2p, Logger } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../clock.ts'
import { WireError } from '../wire/errors.ts'
import { MAX_OFFENCES, OFFENCE_FORGIVEN_MS } from './constants.ts'

export interface OffencesComponents {
  readonly libp2p: Pick<Libp2p, 'hangUp'>
  readonly clock: Clock
  readonly log: Logger
}

export class Offences {
  private readonly components: OffencesComponents
  private readonly counts = new Map<string, { count: number; since: number }>()
  /** Messages refused so far, for metrics. */
  total = 0

  constructor(components: OffencesComponents) {
    this.components = components
  }

  /** Runs `take` on a peer's message; a `WireError` is counted against the peer, any other error is our own defect. */
  guard(peer: string, take: () => void): void {
    try {
      take()
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.report(peer, error)
    }
  }

  report(peer: string, error: Error): void {
    const { clock, log, libp2p } = this.components
    this.total += 1
    log('message of %s refused: %s', peer, error.message)
    if (error instanceof WireError && error.peerAction === 'ignore') return
    const now = clock.now()
    const before = this.counts.get(peer)
    const current = before !== undefined && now - before.since < OFFENCE_FORGIVEN_MS ? before : { count: 0, since: now }
    current.count += 1
    this.counts.set(peer, current)
    if (current.count < MAX_OFFENCES) return
    this.counts.delete(peer)
    log('hanging up on %s after %d malformed messages', peer, current.count)
    void libp2p.hangUp(peerIdFromString(peer)).catch((cause: Error) => log('hanging up on %s failed: %s', peer, cause.message))
  }
}
