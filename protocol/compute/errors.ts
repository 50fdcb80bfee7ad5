/**
 * Errors that cross between the network host and a compute host: plain data on the wire, a class on either side. Codes
 * of the training core (`OUT_OF_MEMORY`, `NON_FINITE`, `BAD_DATA`, …) pass through unchanged.
 */

/** What this protocol itself can say; any other code comes from the training core or the surroundings. */
export type ComputeErrorCode =
  /** The compute host ended, crashed or was stopped: everything pending is lost, its GPU memory is free. */
  | 'COMPUTE_GONE'
  | 'NOT_INITIALISED'
  | 'UNKNOWN_JOB'
  /** A step was applied, asked for or rolled back out of turn. */
  | 'OUT_OF_ORDER'
  /** A vector has not the job's length. */
  | 'BAD_VECTOR'
  /** Rows were asked for that the batch or the test set does not have. */
  | 'BAD_RANGE'
  | 'NO_TEST_DATA'
  | 'CANCELLED'
  /** A defect: something threw what it should not. */
  | 'INTERNAL'

/** Structured-cloneable. */
export interface ComputeErrorData {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

export class ComputeError extends Error {
  readonly code: string
  readonly detail: Readonly<Record<string, unknown>>

  constructor(code: ComputeErrorCode | (string & {}), message: string, detail: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ComputeError'
    this.code = code
    this.detail = detail
  }
}

/** Any thrown thing as plain data. Details are kept only where they can be cloned. */
export function errorDataOf(error: unknown): ComputeErrorData {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error), detail: {} }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
  const detail = 'detail' in error && typeof error.detail === 'object' && error.detail !== null ? plain(error.detail) : {}
  return { code, message: error.message, detail }
}

export function errorOfData(data: ComputeErrorData): ComputeError {
  return new ComputeError(data.code, data.message, data.detail)
}

function plain(value: object): Record<string, unknown> {
  try {
    return structuredClone(value) as Record<string, unknown>
  } catch {
    return {}
  }
}
