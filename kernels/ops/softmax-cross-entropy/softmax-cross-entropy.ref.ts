import type { CrossEntropyAttributes } from './types.ts'

export function softmaxCrossEntropyReference(
  logits: Float64Array,
  labels: Float64Array,
  shape: readonly number[],
  attributes: CrossEntropyAttributes,
  count: number,
  lossScale = 1,
): Float64Array[] {
  const [rows = 0, classes = 0] = shape
  const { labelSmoothing, ignoreIndex, rowsPerSample, withGradient, scaled } = attributes
  const stats = new Float64Array(rows * 4)
  const gradient = new Float64Array(rows * classes)
  for (let row = 0; row < rows; row++) {
    const label = labels[row] ?? Number.NaN
    if (Math.floor(row / rowsPerSample) >= count || label === ignoreIndex) continue
    const x = logits.subarray(row * classes, (row + 1) * classes)
    const max = x.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY)
    const logSum = max + Math.log(x.reduce((sum, value) => sum + Math.exp(value - max), 0))
    const mean = x.reduce((sum, value) => sum + value, 0) / classes
    const own = x[label] ?? Number.NaN
    stats[row * 4] = (1 - labelSmoothing) * (logSum - own) + labelSmoothing * (logSum - mean)
    stats[row * 4 + 1] = 1
    stats[row * 4 + 2] = x.indexOf(max) === label ? 1 : 0
    for (let c = 0; c < classes; c++) {
      const wanted = labelSmoothing / classes + (c === label ? 1 - labelSmoothing : 0)
      gradient[row * classes + c] = (Math.exp((x[c] ?? Number.NaN) - logSum) - wanted) * (scaled ? lossScale : 1)
    }
  }
  return withGradient ? [stats, gradient] : [stats]
}
