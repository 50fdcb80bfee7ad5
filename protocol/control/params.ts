/**
 * What a request brings along, read with care: it comes from other peers and other programs.
 */
import { base64ToBytes } from '../wire/base64.ts'
import { ControlError } from './errors.ts'

export type Params = Readonly<Record<string, unknown>>

export function paramsOf(value: unknown): Params {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ControlError('BAD_REQUEST', 'params: must be an object')
  return value as Params
}

export function text(params: Params, key: string): string {
  const value = params[key]
  if (typeof value !== 'string') throw new ControlError('BAD_REQUEST', `${key}: must be a string`)
  return value
}

export function number(params: Params, key: string): number {
  const value = params[key]
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new ControlError('BAD_REQUEST', `${key}: must be a whole number`)
  return value
}

export function base64(params: Params, key: string): Uint8Array {
  try {
    return base64ToBytes(text(params, key))
  } catch (error) {
    if (error instanceof ControlError) throw error
    throw new ControlError('BAD_REQUEST', `${key}: must be base64`)
  }
}

/** The code that goes to whoever asked: our errors carry words, those of the platform numbers or nothing. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : 'FAILED'
}
