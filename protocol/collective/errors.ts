/**
 * A member of the group that cannot be reached or does not answer; names it.
 */
export class MemberLostError extends Error {
  readonly code = 'MEMBER_LOST'
  readonly peerId: string

  constructor(peerId: string, reason: string) {
    super(`${peerId}: ${reason}`)
    this.name = 'MemberLostError'
    this.peerId = peerId
  }
}
