/**
 * What a failure means on the command line: one line that names the culprit, and an exit code (DESIGN 8.2): 1 = it could
 * not be done, 2 = something typed or given is wrong. Errors are told apart by `code`, never by text.
 */
import { CommanderError } from 'commander'
import { printable } from '../events/format.ts'

export const EXIT_OK = 0
export const EXIT_FAILED = 1
export const EXIT_WRONG_INPUT = 2

/** Something typed or given is wrong. */
export class UsageError extends Error {
  readonly code: string

  constructor(message: string, code = 'BAD_USAGE', options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
    this.code = code
  }
}

/** It could not be done, through no fault of the input. */
export class FailedError extends Error {
  readonly code: string

  constructor(message: string, code = 'FAILED', options?: ErrorOptions) {
    super(message, options)
    this.name = 'FailedError'
    this.code = code
  }
}

/** Codes that blame what was given; every other failure exits with 1. */
const WRONG_INPUT: ReadonlySet<string> = new Set([
  // addresses
  'BAD_ADDRESS',
  'BAD_CERTIFICATE',
  // jobs
  'BAD_SPEC',
  'UNKNOWN_KEY',
  'UNSUPPORTED',
  'TOO_LARGE',
  'NO_SUCH_JOB',
  'AMBIGUOUS_ID',
  // models, data, weights
  'BAD_MODEL',
  'BAD_DATA',
  'BAD_WEIGHTS',
  'SHAPE_MISMATCH',
  'NO_TEST_DATA',
  'UNREADABLE',
  'UNKNOWN_DATASET',
])

export interface CliFailure {
  readonly code: string
  /** One line. */
  readonly message: string
  readonly exitCode: number
}

export function failureOf(error: unknown): CliFailure {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: `unexpected failure: ${String(error)}`, exitCode: EXIT_FAILED }
  const message = oneLine(error.message === '' ? error.name : error.message)
  if (error instanceof UsageError) return { code: error.code, message, exitCode: EXIT_WRONG_INPUT }
  if (error instanceof CommanderError)
    return { code: 'BAD_USAGE', message: message.replace(/^error: /, ''), exitCode: error.exitCode === 0 ? EXIT_OK : EXIT_WRONG_INPUT }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code === null) return { code: 'INTERNAL', message: `unexpected failure: ${message}`, exitCode: EXIT_FAILED }
  const blamesName = code === 'NO_ADAPTER' && namesGpu(error)
  return { code, message, exitCode: WRONG_INPUT.has(code) || blamesName ? EXIT_WRONG_INPUT : EXIT_FAILED }
}

/** A `--gpu` name that fits no adapter was mistyped; a machine without any adapter is not the user's fault. */
function namesGpu(error: Error): boolean {
  const detail = 'detail' in error && typeof error.detail === 'object' && error.detail !== null ? (error.detail as { gpu?: unknown; adapters?: unknown }) : {}
  if (detail.gpu === 'none') return true
  return typeof detail.gpu === 'string' && detail.gpu !== 'auto' && Array.isArray(detail.adapters) && detail.adapters.length > 0
}

function oneLine(text: string): string {
  return text
    .split(/\s*\n\s*/)
    .filter((line) => line !== '')
    .map(printable)
    .join('; ')
}
