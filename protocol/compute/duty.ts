/**
 * "Use at most N % of the GPU": work is let through one submission at a time, with rests between them, so that the share
 * of time in which the GPU is busy stays at N %. The owner of a machine may change N at any moment; who rests then is
 * woken and reckons anew.
 *
 * Busy is the time from a submission to its result, so waiting for the read-back counts as work: the GPU gets a little
 * less than N %, never more. The rest a submission owes is paid right after it (a window average alone would allow five
 * seconds of full load after five of nothing). Without a limit nothing waits, and submissions may overlap.
 */
import type { Clock } from '../clock.ts'

/** Measured shares are over the last so many milliseconds: long enough to be calm, short enough to answer a slider. */
const WINDOW_MS = 10_000
const BUCKET_MS = 100
/** Debts below this are carried on: timers cannot sleep for a millisecond. In milliseconds of work. */
const SLACK_MS = 4
/** Oversleeping is made up for, up to so much; a longer idle time earns nothing. In milliseconds of work. */
const CREDIT_MS = 20

export interface DutyUsage {
  /** What is allowed, 1 to 100. */
  readonly limitPercent: number
  /** Share of the last ten seconds in which the GPU was busy, 0 to 100. */
  readonly measuredPercent: number
  /** Busy since the beginning. */
  readonly gpuSeconds: number
}

export class DutyCycle {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #waiting: (() => void)[] = []
  readonly #buckets = new Map<number, number>()
  readonly #startedMs: number
  #share: number
  #inFlight = 0
  /** When the work in flight began, or the rest after it. */
  #sinceMs: number
  /** Work whose rest is still due; negative: overslept. */
  #owedMs = 0
  #busyMs = 0
  #cancelTimer: (() => void) | null = null

  constructor(clock: Pick<Clock, 'now' | 'after'>, percent = 100) {
    this.#clock = clock
    this.#share = shareOf(percent)
    this.#startedMs = clock.now()
    this.#sinceMs = this.#startedMs
  }

  /** At once: who rests is woken where the new limit allows it. */
  setPercent(percent: number): void {
    this.#settle()
    this.#share = shareOf(percent)
    this.#wake()
  }

  /** Waits for a turn. Call what it gives when the work is done, whether it failed or not; null: given up by the signal. */
  begin(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return Promise.resolve(null)
    if (this.#waiting.length === 0 && this.#mayBegin()) return Promise.resolve(this.#start())
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener('abort', abort)
        resolve(this.#start())
      }
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        resolve(null)
        if (this.#waiting.length === 0) this.#stopTimer()
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiting.push(enter)
      this.#wake()
    })
  }

  usage(): DutyUsage {
    this.#settle()
    const nowMs = this.#clock.now()
    const oldest = Math.floor((nowMs - WINDOW_MS) / BUCKET_MS)
    let busyMs = 0
    for (const [bucket, ms] of this.#buckets) {
      if (bucket <= oldest) this.#buckets.delete(bucket)
      else busyMs += ms
    }
    const windowMs = Math.max(BUCKET_MS, Math.min(WINDOW_MS, nowMs - this.#startedMs))
    return {
      limitPercent: Math.round(this.#share * 100),
      measuredPercent: Math.min(100, (100 * busyMs) / windowMs),
      gpuSeconds: this.#busyMs / 1000,
    }
  }

  #start(): () => void {
    this.#settle()
    this.#inFlight += 1
    let ended = false
    return () => {
      if (ended) return
      ended = true
      this.#settle()
      this.#inFlight -= 1
      this.#wake()
    }
  }

  #mayBegin(): boolean {
    if (this.#share === 1) return true
    this.#settle()
    // A rest once begun is finished: it starts when the debt is worth it, and lasts until nothing is owed.
    return this.#inFlight === 0 && this.#owedMs <= (this.#cancelTimer === null ? SLACK_MS : 0)
  }

  /** Lets in who may, and sets the timer for who may not yet. */
  #wake(): void {
    while (this.#waiting.length > 0 && this.#mayBegin()) {
      this.#stopTimer()
      this.#waiting.shift()?.()
    }
    this.#stopTimer()
    if (this.#waiting.length === 0 || this.#inFlight > 0) return
    const restMs = (this.#owedMs * (1 - this.#share)) / this.#share
    this.#cancelTimer = this.#clock.after(Math.max(1, Math.ceil(restMs)), () => this.#wake())
  }

  #stopTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  /** Books the time since the last change as work or as rest. */
  #settle(): void {
    const nowMs = this.#clock.now()
    const fromMs = this.#sinceMs
    this.#sinceMs = nowMs
    const spentMs = nowMs - fromMs
    if (spentMs <= 0) return
    if (this.#inFlight > 0) {
      this.#busyMs += spentMs
      this.#owedMs = this.#share === 1 ? 0 : this.#owedMs + spentMs
      this.#book(fromMs, nowMs)
    } else {
      const paidMs = this.#share === 1 ? Number.POSITIVE_INFINITY : (spentMs * this.#share) / (1 - this.#share)
      this.#owedMs = Math.max(this.#share === 1 ? 0 : -CREDIT_MS, this.#owedMs - paidMs)
    }
  }

  #book(fromMs: number, toMs: number): void {
    for (let atMs = Math.max(fromMs, toMs - WINDOW_MS); atMs < toMs; ) {
      const bucket = Math.floor(atMs / BUCKET_MS)
      const untilMs = Math.min(toMs, (bucket + 1) * BUCKET_MS)
      this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + untilMs - atMs)
      atMs = untilMs
    }
    const oldest = Math.floor((toMs - WINDOW_MS) / BUCKET_MS)
    // In order of time: the old ones come first.
    for (const bucket of this.#buckets.keys()) {
      if (bucket > oldest) break
      this.#buckets.delete(bucket)
    }
  }
}

function shareOf(percent: number): number {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`duty cycle: the share must be above 0 and at most 100 %, got ${percent}`)
  return percent / 100
}
