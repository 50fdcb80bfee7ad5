import { channelOf, type NormAttributes, rowLengthOf } from './types.ts'

export function normReference(inputs: readonly Float64Array[], attributes: NormAttributes): Float64Array[] {
  const [x = new Float64Array(), scale = new Float64Array(), shift] = inputs
  const length = rowLengthOf(attributes)
  const rows = x.length / length
  const y = new Float64Array(x.length)
  const stats = new Float64Array(rows * 2)
  for (let row = 0; row < rows; row++) {
    const values = x.subarray(row * length, (row + 1) * length)
    const mean = attributes.centered ? values.reduce((sum, value) => sum + value, 0) / length : 0
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length
    const inverse = 1 / Math.sqrt(variance + attributes.eps)
    stats.set([mean, inverse], row * 2)
    values.forEach((value, l) => {
      const channel = channelOf(attributes, row, l)
      y[row * length + l] = (value - mean) * inverse * (scale[channel] ?? Number.NaN) + (shift ? (shift[channel] ?? Number.NaN) : 0)
    })
  }
  return [y, stats]
}
