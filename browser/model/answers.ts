/**
 * A model's raw output as people read it: probabilities with class names, best first, or plain numbers for a regression.
 */
import type { TriedJob } from './kind.ts'

const FASHION = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'] as const

export interface Answer {
  /** `probability`: 0 to 1, they add up to 1. `value`: a number as the model puts it out. */
  readonly unit: 'probability' | 'value'
  /** In the order of the outputs. */
  readonly entries: readonly { readonly index: number; readonly name: string; readonly value: number }[]
  /** The most probable class; null for values. */
  readonly best: number | null
}

/** Subtracts the largest first: exponentials of trained logits overflow f32 and would not be far from f64. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < logits.length; i++) most = Math.max(most, logits[i] as number)
  const exponentials = Float64Array.from(logits, (value) => Math.exp(value - most))
  const sum = exponentials.reduce((total, value) => total + value, 0)
  return exponentials.map((value) => value / sum)
}

export function className(job: Pick<TriedJob, 'dataset'>, index: number): string {
  if (job.dataset === 'fashion-mnist') return FASHION[index] ?? `Class ${index}`
  return job.dataset === 'digits' ? String(index) : `Class ${index}`
}

export function answerOf(job: Pick<TriedJob, 'dataset' | 'lossType'>, output: ArrayLike<number>): Answer {
  if (job.lossType !== 'cross-entropy') {
    const many = output.length > 1
    return { unit: 'value', best: null, entries: Array.from(output, (value, index) => ({ index, name: many ? `Output ${index + 1}` : 'Prediction', value })) }
  }
  const probabilities = softmax(output)
  const best = probabilities.reduce((winner, value, index) => (value > (probabilities[winner] as number) ? index : winner), 0)
  return { unit: 'probability', best, entries: Array.from(probabilities, (value, index) => ({ index, name: className(job, index), value })) }
}

/** The answer in one sentence, for the live region. */
export function answerText(answer: Answer): string {
  const best = answer.best === null ? undefined : answer.entries[answer.best]
  if (best === undefined) return answer.entries.map(({ name, value }) => `${name} ${Number(value.toPrecision(5))}`).join(', ')
  return `${best.name}, ${Math.round(best.value * 100)} percent`
}
