/**
 * Errors about a job: `SpecError` names the key that is wrong; `JobError` says why a job could not be taken or changed.
 */
export type SpecErrorCode = 'BAD_SPEC' | 'UNKNOWN_KEY' | 'UNSUPPORTED'

export class SpecError extends Error {
  readonly code: SpecErrorCode
  /** Path of the key: `model.layers[0].units`. */
  readonly key: string

  constructor(code: SpecErrorCode, key: string, message: string) {
    super(message)
    this.name = 'SpecError'
    this.code = code
    this.key = key
  }

  /** The same, by the name that forms know it by. */
  get path(): string {
    return this.key
  }
}

export type JobErrorCode =
  | 'NO_SUCH_JOB'
  | 'AMBIGUOUS_ID'
  | 'NOT_YOURS'
  /** Another signature over what is a job already. */
  | 'RESIGNED_SPEC'
  /** An action that was signed for another attempt. */
  | 'REPLAYED_ACTION'
  | 'WRONG_STATE'
  | 'BAD_SIGNATURE'
  | 'TOO_LARGE'
  | 'DOES_NOT_FIT'
  | 'NO_COORDINATOR'
  | 'UNREACHABLE'
  | 'NOT_COMMITTED'
  | 'TOO_MANY_JOBS'
  | 'NO_WEIGHTS'

export class JobError extends Error {
  readonly code: JobErrorCode
  readonly jobId: string | undefined

  constructor(code: JobErrorCode, message: string, jobId?: string) {
    super(message)
    this.name = 'JobError'
    this.code = code
    this.jobId = jobId
  }
}
