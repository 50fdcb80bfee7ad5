/**
 * What a peer has promised in lines that it has left: it may come back to one, and votes and confirmations given there
 * still bind it.
 */
import { MAX_PAST_LINES } from './constants.ts'
import type { PastLine } from './types.ts'

export class Promises {
  past: readonly PastLine[]
  /** Back in a line it had left, this peer neither votes nor stands before it holds as many entries as it once did. */
  owedIndex: number

  constructor(past: readonly PastLine[], epochId: string | undefined) {
    this.past = past
    this.owedIndex = this.of(epochId)?.lastIndex ?? 0
  }

  of(epochId: string | undefined): PastLine | undefined {
    return this.past.find((line) => line.epochId === epochId)
  }

  leave(line: PastLine): void {
    const left = { ...line, lastIndex: Math.max(line.lastIndex, this.owedIndex) }
    this.past = [...this.past.filter(({ epochId }) => epochId !== line.epochId), left].slice(-MAX_PAST_LINES)
    this.owedIndex = 0
  }

  returnTo(epochId: string): PastLine | undefined {
    const promised = this.of(epochId)
    this.owedIndex = promised?.lastIndex ?? 0
    return promised
  }

  holds(lastIndex: number): void {
    if (lastIndex >= this.owedIndex) this.owedIndex = 0
  }

  /** To be stored: what was promised in the present line is kept until it is made good. */
  stored(epochId: string | undefined): readonly PastLine[] {
    return this.owedIndex > 0 ? this.past : this.past.filter((line) => line.epochId !== epochId)
  }
}
