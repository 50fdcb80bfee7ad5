import { channelOf, type NormAttributes, rowLengthOf } from '../norm/types.ts'

export function normGradReference(inputs: readonly Float64Array[], attributes: NormAttributes): Float64Array {
  const [g = new Float64Array(), x = new Float64Array(), stats = new Float64Array(), scale = new Float64Array()] = inputs
  const length = rowLengthOf(attributes)
  const dx = new Float64Array(x.length)
  for (let row = 0; row < x.length / length; row++) {
    const [mean = 0, inverse = 0] = stats.subarray(row * 2, row * 2 + 2)
    const at = (l: number) => row * length + l
    const normalised = (l: number) => ((x[at(l)] ?? Number.NaN) - mean) * inverse
    const scaled = (l: number) => (g[at(l)] ?? Number.NaN) * (scale[channelOf(attributes, row, l)] ?? Number.NaN)
    let [sum, product] = [0, 0]
    for (let l = 0; l < length; l++) {
      sum += scaled(l)
      product += scaled(l) * normalised(l)
    }
    for (let l = 0; l < length; l++) dx[at(l)] = inverse * (scaled(l) - (attributes.centered ? sum / length : 0) - (normalised(l) * product) / length)
  }
  return dx
}
