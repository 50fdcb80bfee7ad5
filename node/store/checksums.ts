/**
 * Checksums of what a peer must not read wrongly: its key, its vote, its log. SQLite has none of its own for pages in the
 * database file: a bit that flips on the disk inside a vote would be read back as another vote.
 */
import { createHash } from 'node:crypto'

/** 64 bits: against a disk that errs, not against somebody who can write the file. */
const SUM_DIGITS = 16

/** Hex digest of all parts, in this order; no two different lists run together into the same bytes. */
export function sumOf(...parts: readonly (string | number | Uint8Array | null)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    if (part === null) hash.update('n:')
    else if (typeof part === 'number') hash.update(`i${part}:`)
    else hash.update(typeof part === 'string' ? `s${Buffer.byteLength(part)}:` : `b${part.byteLength}:`).update(part)
  }
  return hash.digest('hex').slice(0, SUM_DIGITS)
}
