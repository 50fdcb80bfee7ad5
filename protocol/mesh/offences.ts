/**
 * What peers do wrong, counted under its reason: a message that no honest peer sends is dropped and remembered, and lowers
 * the sender's score in gossip too; a peer that goes on like that loses its connection, and gets none for a while. Old
 * offences are forgiven, so that one bad release does not shut a peer out for ever.
 */
import type { Connection, Libp2p, Logger } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Clock } from '../clock.ts'
import { REFUSALS, WireError, type WireErrorCode } from '../wire/errors.ts'
import { MAX_OFFENCES, MAX_OFFENDERS, OFFENCE_FORGIVEN_MS, SCORE_PER_OFFENCE, TOLERATED_SHARE } from './constants.ts'

export interface OffencesComponents {
  readonly libp2p: Pick<Libp2p, 'hangUp' | 'addEventListener' | 'removeEventListener'>
  /** Score that gossip adds to its own for a peer: 0 or less. */
  readonly standing: Map<string, number>
  readonly clock: Clock
  readonly log: Logger
}

interface Offender {
  count: number
  readonly since: number
  barred: boolean
}

export class Offences {
  private readonly components: OffencesComponents
  private readonly offenders = new Map<string, Offender>()
  private readonly refused = new Map<WireErrorCode, number>(REFUSALS.map((code) => [code, 0]))

  constructor(components: OffencesComponents) {
    this.components = components
  }

  start(): void {
    this.components.libp2p.addEventListener('connection:open', this.onConnection)
  }

  stop(): void {
    this.components.libp2p.removeEventListener('connection:open', this.onConnection)
  }

  /** Messages refused so far, by reason; for metrics. */
  get counts(): ReadonlyMap<WireErrorCode, number> {
    return this.refused
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

  report(peer: string, error: WireError): void {
    const { log } = this.components
    this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1)
    log('message of %s refused, %s: %s', peer, error.code, error.message)
    if (error.peerAction === 'ignore') return
    const offender = this.of(peer)
    offender.count += error.peerAction === 'tolerate' ? TOLERATED_SHARE : 1
    this.components.standing.set(peer, -SCORE_PER_OFFENCE * offender.count)
    if (offender.count < MAX_OFFENCES || offender.barred) return
    offender.barred = true
    log('hanging up on %s after %d offences, the last one %s', peer, Math.round(offender.count), error.code)
    this.hangUp(peer)
  }

  /** Gets no connection until its offences are forgiven. */
  isBarred(peer: string): boolean {
    this.forgive()
    return this.offenders.get(peer)?.barred === true
  }

  private of(peer: string): Offender {
    this.forgive()
    let offender = this.offenders.get(peer)
    if (offender === undefined) {
      offender = { count: 0, since: this.components.clock.now(), barred: false }
      this.offenders.set(peer, offender)
    }
    return offender
  }

  /** Oldest first: those that came later cannot be older. */
  private forgive(): void {
    const { clock, standing } = this.components
    const now = clock.now()
    for (const [peer, { since }] of this.offenders) {
      if (now - since < OFFENCE_FORGIVEN_MS && this.offenders.size <= MAX_OFFENDERS) return
      this.offenders.delete(peer)
      standing.delete(peer)
    }
  }

  private hangUp(peer: string): void {
    const { libp2p, log } = this.components
    void libp2p.hangUp(peerIdFromString(peer)).catch((cause: Error) => log('hanging up on %s failed: %s', peer, cause.message))
  }

  private readonly onConnection = (event: CustomEvent<Connection>): void => {
    const peer = event.detail.remotePeer.toString()
    if (this.isBarred(peer)) this.hangUp(peer)
  }
}
