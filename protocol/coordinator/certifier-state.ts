/**
 * Statements that the leader has its voters sign (`certifier.ts`), as far as they are signed.
 */
import type { Certificate, RaftMessage, SignedVote, Statement } from './types.ts'

interface Collecting {
  readonly statement: Statement
  readonly voters: readonly string[]
  readonly votes: Map<string, SignedVote>
  readonly askedAt: number
}

export class Certifier {
  /** The leader's: one of a kind at a time. */
  readonly collecting = new Map<Statement['kind'], Collecting>()
  /** A voter's: what it was asked to sign and has not come to yet. */
  readonly asked = new Map<Statement['kind'], RaftMessage & { type: 'certify' }>()
  /** The committee has agreed to this change of itself. */
  consent: Certificate | null = null
  announcedAt = -Infinity
  commitAskedAt = -Infinity
  /** When the newest certificate came together. */
  certifiedAt = -Infinity
  /** Since when the leader knows of entries that are committed and not certified; null = there are none. */
  uncertifiedSince: number | null = null

  clear(): void {
    this.collecting.clear()
    this.asked.clear()
    this.consent = null
    this.announcedAt = -Infinity
    this.commitAskedAt = -Infinity
    this.certifiedAt = -Infinity
    this.uncertifiedSince = null
  }
}
