/**
 * Errors of the training core: a `code` to match on, plain `detail` to show or send, a message that says operation,
 * requirement and actual value.
 */
export type KernelErrorCode =
  | 'SHAPE_MISMATCH'
  | 'BAD_MODEL'
  | 'BAD_DATA'
  | 'BAD_WEIGHTS'
  | 'NO_ADAPTER'
  | 'OUT_OF_MEMORY'
  | 'DEVICE_LOST'
  | 'GPU_VALIDATION'
  | 'NON_FINITE'
  | 'UNSUPPORTED'

export class KernelError extends Error {
  readonly code: KernelErrorCode
  readonly detail: Readonly<Record<string, unknown>>

  constructor(code: KernelErrorCode, message: string, detail: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KernelError'
    this.code = code
    this.detail = detail
  }
}
