/**
 * Requests of other peers that must not have an effect, in the words in which refused messages are counted. People make
 * mistakes and peers pass them on: only what takes intent costs as much as a forged message.
 */
import { JobError, SpecError } from '../jobs/errors.ts'
import { WireError } from '../wire/errors.ts'
import { ControlError } from './errors.ts'

/** Null for what is no fault of the asker: a job that has ended meanwhile, no coordinator, a full disk. */
export function refusalOf(error: unknown): WireError | null {
  if (error instanceof WireError) return error
  if (error instanceof SpecError) return new WireError('BAD_SPEC', error.message, 'tolerate')
  if (error instanceof ControlError && error.code === 'BAD_REQUEST') return new WireError('MALFORMED', error.message, 'tolerate')
  if (error instanceof ControlError && error.code === 'UNKNOWN_METHOD') return new WireError('UNKNOWN_VERSION', error.message, 'ignore')
  if (!(error instanceof JobError)) return null
  switch (error.code) {
    case 'RESIGNED_SPEC':
    case 'TOO_LARGE':
      return new WireError(error.code, error.message)
    case 'NOT_YOURS':
    case 'REPLAYED_ACTION':
      return new WireError(error.code, error.message, 'tolerate')
    default:
      return null
  }
}
