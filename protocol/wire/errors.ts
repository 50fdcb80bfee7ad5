/**
 * Errors about bytes from another peer. They never throw the receiver off: the message is dropped, the sender's score
 * falls (`peerAction`).
 */
export type WireErrorCode = 'TOO_LARGE' | 'MALFORMED' | 'BAD_SIGNATURE' | 'STALE_FENCE' | 'UNKNOWN_VERSION'

export class WireError extends Error {
  readonly code: WireErrorCode
  /** `ignore`: late or superfluous; `penalise`: no honest peer sends this. */
  readonly peerAction: 'ignore' | 'penalise'

  constructor(code: WireErrorCode, message: string, peerAction: 'ignore' | 'penalise' = 'penalise', options?: ErrorOptions) {
    super(message, options)
    this.name = 'WireError'
    this.code = code
    this.peerAction = peerAction
  }
}
