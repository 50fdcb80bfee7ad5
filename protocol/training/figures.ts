/**
 * What steps have to show. A step that was left out because it was not finite may have no loss; then it has no figures.
 */

/** Of one step, over the whole batch; or a mean of such. */
export interface StepFigures {
  readonly loss: number
  readonly accuracy: number | null
}

/** `correct`: null or NaN where the loss has no notion of right. */
export function figuresOf({ lossSum, weight, correct }: { lossSum: number; weight: number; correct: number | null }): StepFigures | null {
  const loss = lossSum / weight
  if (!Number.isFinite(loss)) return null
  return { loss, accuracy: correct === null || Number.isNaN(correct) ? null : correct / weight }
}

/** Over the steps that have figures. */
export class MeanFigures {
  #loss = 0
  #accuracy = 0
  #count = 0

  add(figures: StepFigures | null): void {
    if (figures === null) return
    this.#loss += figures.loss
    this.#accuracy += figures.accuracy ?? Number.NaN
    this.#count += 1
  }

  /** Null where no step has any. */
  get figures(): StepFigures | null {
    if (this.#count === 0) return null
    return { loss: this.#loss / this.#count, accuracy: Number.isNaN(this.#accuracy) ? null : this.#accuracy / this.#count }
  }
}
