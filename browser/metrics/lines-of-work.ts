/**
 * Who is where after a way back. When a member dies, the others repeat steps; the first report with a lower step
 * starts a new line of work, and every series is cut back to it. Reports of members that had not gone back yet may still
 * be under way: they would put points of the old line behind the new one, so they are refused for a short while.
 */

/** Reports take milliseconds; a member that stays ahead for longer than this is simply fast. */
export const OLD_LINE_MS = 5_000

export type Verdict = 'go-on' | 'again' | 'back' | 'old-line'

interface Standing {
  lastStep: number
  /** What it had reported before the others went back; null once it is known to have followed. */
  aheadUntil: { readonly step: number; readonly timeMs: number } | null
}

export class LinesOfWork {
  readonly #members = new Map<string, Standing>()
  #front = 0

  /** `go-on`: newer than all it told; `again`: the same step once more; `back`: a new line; `old-line`: drop it. */
  judge(peerId: string, step: number, timeMs: number): Verdict {
    const known = this.#members.get(peerId)
    if (!known) {
      this.#members.set(peerId, { lastStep: step, aheadUntil: null })
      this.#front = Math.max(this.#front, step)
      return 'go-on'
    }
    if (known.aheadUntil) {
      if (step > known.aheadUntil.step && step > this.#front && timeMs < known.aheadUntil.timeMs) return 'old-line'
      known.aheadUntil = null
    }
    if (step < known.lastStep) {
      for (const [otherId, other] of this.#members) {
        if (otherId !== peerId && other.lastStep >= step) {
          other.aheadUntil = { step: other.lastStep, timeMs: timeMs + OLD_LINE_MS }
          other.lastStep = step - 1
        }
      }
      known.lastStep = step
      this.#front = step
      return 'back'
    }
    if (step === known.lastStep) return 'again'
    known.lastStep = step
    this.#front = Math.max(this.#front, step)
    return 'go-on'
  }

  /** What was loaded from storage counts as told. */
  restore(peerId: string, step: number): void {
    this.#members.set(peerId, { lastStep: step, aheadUntil: null })
    this.#front = Math.max(this.#front, step)
  }
}
