/**
 * Why content could not be fetched.
 */
export type ContentErrorCode = 'NOT_FOUND' | 'BUSY' | 'BAD_CHUNK' | 'NO_ANSWER'

export class ContentError extends Error {
  readonly code: ContentErrorCode

  constructor(code: ContentErrorCode, message: string) {
    super(message)
    this.name = 'ContentError'
    this.code = code
  }
}
