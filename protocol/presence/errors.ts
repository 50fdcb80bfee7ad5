/**
 * Failures of presence.
 */
export type PresenceErrorCode = 'DUPLICATE_IDENTITY'

export class PresenceError extends Error {
  readonly code: PresenceErrorCode

  constructor(code: PresenceErrorCode, message: string) {
    super(message)
    this.name = 'PresenceError'
    this.code = code
  }
}
