/**
 * Four columns of numbers that grow together: what one metric of one member did. Doubling typed arrays, no object per
 * point.
 *
 * Invariant: `step` is strictly ascending, `timeMs` never falls; `push` refuses what would break that.
 */
import { minMaxIndices } from './decimate.ts'

/** About 3 MiB per series; from here on older points are thinned to half (dashboard figures: uPlot needs 7 ms at 100k). */
export const MAX_POINTS = 100_000

export interface Point {
  readonly step: number
  readonly samples: number
  readonly timeMs: number
  readonly value: number
}

export interface ColumnViews {
  readonly step: Float64Array
  readonly samples: Float64Array
  readonly timeMs: Float64Array
  readonly value: Float64Array
}

export class Columns {
  #capacity = 256
  #step = new Float64Array(this.#capacity)
  #samples = new Float64Array(this.#capacity)
  #timeMs = new Float64Array(this.#capacity)
  #value = new Float64Array(this.#capacity)
  #length = 0
  readonly #maxPoints: number

  constructor(maxPoints = MAX_POINTS) {
    this.#maxPoints = maxPoints
  }

  get length(): number {
    return this.#length
  }

  get lastStep(): number {
    return this.#length === 0 ? 0 : (this.#step[this.#length - 1] as number)
  }

  get lastSamples(): number {
    return this.#length === 0 ? 0 : (this.#samples[this.#length - 1] as number)
  }

  get lastValue(): number {
    return this.#length === 0 ? Number.NaN : (this.#value[this.#length - 1] as number)
  }

  /** The arrays without their spare room: valid until the next change. */
  views(): ColumnViews {
    const end = this.#length
    return {
      step: this.#step.subarray(0, end),
      samples: this.#samples.subarray(0, end),
      timeMs: this.#timeMs.subarray(0, end),
      value: this.#value.subarray(0, end),
    }
  }

  /** False where the step is not past the last one: the caller decides whether that is a repetition or a way back. */
  push(point: Point): boolean {
    if (this.#length > 0 && point.step <= this.lastStep) return false
    if (this.#length === this.#capacity) this.#grow()
    const at = this.#length++
    this.#step[at] = point.step
    this.#samples[at] = point.samples
    // A clock that was set back must not make time run backwards on an axis.
    this.#timeMs[at] = at === 0 ? point.timeMs : Math.max(point.timeMs, this.#timeMs[at - 1] as number)
    this.#value[at] = point.value
    if (this.#length >= this.#maxPoints) this.#thin()
    return true
  }

  /** Forgets everything from `step` on; says whether anything was. */
  cutFrom(step: number): boolean {
    const before = this.#length
    while (this.#length > 0 && (this.#step[this.#length - 1] as number) >= step) this.#length--
    return this.#length < before
  }

  #grow(): void {
    this.#capacity *= 2
    const grown = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const next = new Float64Array(this.#capacity)
      next.set(old)
      return next
    }
    this.#step = grown(this.#step)
    this.#samples = grown(this.#samples)
    this.#timeMs = grown(this.#timeMs)
    this.#value = grown(this.#value)
  }

  /** Older points get sparser each time; the newest tenth stays as it came. */
  #thin(): void {
    const raw = Math.floor(this.#length / 10)
    const older = this.#length - raw
    const kept = minMaxIndices(this.#value.subarray(0, older), Math.floor(older / 2))
    for (let index = older; index < this.#length; index++) kept.push(index)
    for (const column of [this.#step, this.#samples, this.#timeMs, this.#value]) {
      for (let to = 0; to < kept.length; to++) column[to] = column[kept[to] as number] as number
    }
    this.#length = kept.length
  }
}
