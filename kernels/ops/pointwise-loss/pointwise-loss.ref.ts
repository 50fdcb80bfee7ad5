import type { PointwiseLoss, PointwiseLossAttributes } from './types.ts'

export function pointwiseLossReference(
  prediction: Float64Array,
  target: Float64Array,
  shape: readonly number[],
  { loss, withGradient, scaled }: PointwiseLossAttributes,
  count: number,
  lossScale = 1,
): Float64Array[] {
  const [rows = 0, columns = 0] = shape
  const stats = new Float64Array(rows * 4)
  const gradient = new Float64Array(rows * columns)
  for (let row = 0; row < Math.min(rows, count); row++) {
    let sum = 0
    for (let c = 0; c < columns; c++) {
      const i = row * columns + c
      const [value, slope] = compared(loss, prediction[i] ?? Number.NaN, target[i] ?? Number.NaN)
      sum += value
      gradient[i] = slope * (scaled ? lossScale : 1)
    }
    stats[row * 4] = sum
    stats[row * 4 + 1] = columns
  }
  return withGradient ? [stats, gradient] : [stats]
}

/** The loss of one number, and its derivative by the prediction. */
function compared(loss: PointwiseLoss, x: number, y: number): readonly [number, number] {
  const d = x - y
  switch (loss.kind) {
    case 'mse':
      return [d * d, 2 * d]
    case 'l1':
      return [Math.abs(d), Math.sign(d)]
    case 'huber':
      return Math.abs(d) <= loss.delta ? [0.5 * d * d, d] : [loss.delta * (Math.abs(d) - 0.5 * loss.delta), loss.delta * Math.sign(d)]
    case 'bce-with-logits':
      // −y·log σ(x) − (1 − y)·log(1 − σ(x)), without an exponential that could overflow.
      return [Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x))), 1 / (1 + Math.exp(-x)) - y]
  }
}
