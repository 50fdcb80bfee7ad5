/**
 * Why the coordinator could not take a proposal.
 */
export type CoordinatorErrorCode = 'NOT_LEADER' | 'LOST_LEADERSHIP' | 'STOPPED'

export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode
  /** Who to ask instead, where known. */
  readonly leader: string | null

  constructor(code: CoordinatorErrorCode, message: string, leader: string | null = null) {
    super(message)
    this.name = 'CoordinatorError'
    this.code = code
    this.leader = leader
  }
}
