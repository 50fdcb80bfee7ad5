/**
 * Errors about bytes from another peer. They never throw the receiver off: the message is dropped, counted under its code,
 * and the sender's score falls as `peerAction` says.
 */

/** Why a message was refused: labels of a metric, so a small fixed set. */
export const REFUSALS = [
  'TOO_LARGE',
  'MALFORMED',
  'BAD_SIGNATURE',
  'UNKNOWN_VERSION',
  /** Of a coordinator that has been replaced. */
  'STALE_FENCE',
  /** A command or an offer of a peer that does not coordinate. */
  'NOT_COORDINATOR',
  /** A claim to lead that too few voters have signed. */
  'FORGED_CLAIM',
  /** A claim of a term that is over, or passed off by somebody who does not lead. */
  'STALE_CLAIM',
  /** What a voter says of its log cannot be. */
  'LYING_VOTER',
  /** Speaks as leader or voter, and is none. */
  'NOT_A_VOTER',
  /** A claim whose committee does not follow from the one known here. */
  'UNKNOWN_COMMITTEE',
  /** A statement that too few voters have signed. */
  'FORGED_CERTIFICATE',
  /** Entries or a snapshot, passed on, that are not what the voters have signed. */
  'FALSE_ENTRIES',
  /** A second leader of one term. */
  'TWO_LEADERS',
  /** Somebody else's job under a signature of one's own. */
  'RESIGNED_SPEC',
  'BAD_SPEC',
  /** An action on a job by a key that did not sign it. */
  'NOT_YOURS',
  /** An action that was meant for another attempt. */
  'REPLAYED_ACTION',
  /** A job brought along from another line with an end that nobody, or the wrong one, has signed for. */
  'FORGED_END',
  /** A command in the log, or a job in a snapshot, without the signature that it needs: it changes nothing. */
  'FORGED_COMMAND',
  /** More messages than a peer has reason to send. */
  'FLOODING',
] as const

export type WireErrorCode = (typeof REFUSALS)[number]

/**
 * `ignore`: late or superfluous, nobody's fault. `tolerate`: an honest peer does it once in a while (a coordinator that was
 * frozen and does not know it yet), a hostile one all the time. `penalise`: no honest peer sends this.
 */
export type PeerAction = 'ignore' | 'tolerate' | 'penalise'

export class WireError extends Error {
  readonly code: WireErrorCode
  readonly peerAction: PeerAction

  constructor(code: WireErrorCode, message: string, peerAction: PeerAction = 'penalise', options?: ErrorOptions) {
    super(message, options)
    this.name = 'WireError'
    this.code = code
    this.peerAction = peerAction
  }
}
