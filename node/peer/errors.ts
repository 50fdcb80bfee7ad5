/**
 * Why a peer could not start.
 */
export type PeerStartErrorCode = 'BAD_ADDRESS' | 'BAD_CERTIFICATE' | 'CANNOT_LISTEN'

export class PeerStartError extends Error {
  readonly code: PeerStartErrorCode

  constructor(code: PeerStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PeerStartError'
    this.code = code
  }
}
