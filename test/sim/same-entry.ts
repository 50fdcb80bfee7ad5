/**
 * Whether two entries of logs are the same. Simulated peers pass references on, so it mostly is one object; what went
 * through a decoder, as all that the hostile peer sends does, is another with the same content.
 */
import { nextLink } from '../../protocol/coordinator/chain.ts'
import type { LogEntry } from '../../protocol/coordinator/types.ts'
import { quickHash } from './quick-hash.ts'

export function sameEntry(a: LogEntry | undefined, b: LogEntry | undefined): boolean {
  if (a === b) return true
  return a !== undefined && b !== undefined && nextLink(quickHash, '', a) === nextLink(quickHash, '', b)
}
