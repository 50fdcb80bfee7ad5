/**
 * What fields of a job message may hold. What members say ends in everybody's registry, in plans and in waits: a number
 * that is none would stop a coordinator, and a record that holds one could not be brought along to another line.
 */
import { WireError } from '../wire/errors.ts'
import type { JobMessage } from './messages.ts'

/** Reasons and errors are for people: longer ones are cut, not refused. */
const MAX_WORDS_LENGTH = 2048
const WORDS: ReadonlySet<string> = new Set(['reason', 'error', 'refusal'])
const HASHES: ReadonlySet<string> = new Set(['sha256', 'thetaHash'])
const MAX_ID_LENGTH = 128
/** Sums of what a loss is: it may be below zero, and on test data it may come to anything. */
const BELOW_ZERO: ReadonlySet<string> = new Set(['loss', 'lossSum'])
const ANYTHING: ReadonlySet<string> = new Set(['lossSum'])

/** The message with its words cut; throws `MALFORMED` that names the field. */
export function checked(message: JobMessage): JobMessage {
  return field(message.type, message) as JobMessage
}

function field(name: string, value: unknown): unknown {
  if (typeof value === 'number') {
    if (ANYTHING.has(name)) return value
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER || (value < 0 && !BELOW_ZERO.has(name))) {
      throw new WireError('MALFORMED', `job message: ${name}: must be a number of at least 0, got ${value}`)
    }
  } else if (typeof value === 'string') {
    if (WORDS.has(name)) return value.slice(0, MAX_WORDS_LENGTH)
    const right = HASHES.has(name) ? /^[0-9a-f]{64}$/.test(value) : value.length <= MAX_ID_LENGTH
    if (!right)
      throw new WireError('MALFORMED', `job message: ${name}: must be ${HASHES.has(name) ? 'a sha256' : 'an id'}, got ${JSON.stringify(value.slice(0, 80))}`)
  } else if (Array.isArray(value)) {
    return value.map((one) => field(name, one))
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, field(key, one)]))
  }
  return value
}
