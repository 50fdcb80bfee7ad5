import { eachProduct } from '../conv2d/conv2d.ref.ts'
import type { ConvSizes } from '../conv2d/types.ts'

export function conv2dWeightGradReference(inputs: readonly Float64Array[], sizes: ConvSizes, samplesPerPart: number): Float64Array {
  const [g = new Float64Array(), x = new Float64Array()] = inputs
  const { batch, outChannels, groupIn, kernel, outSize } = sizes
  const elements = outChannels * groupIn * kernel[0] * kernel[1]
  const sums = new Float64Array(Math.ceil(batch / samplesPerPart) * elements)
  eachProduct(sizes, (output, input, weight) => {
    const sample = Math.floor(output / (outChannels * outSize[0] * outSize[1]))
    const i = Math.floor(sample / samplesPerPart) * elements + weight
    sums[i] = (sums[i] ?? 0) + (g[output] ?? Number.NaN) * (x[input] ?? Number.NaN)
  })
  return sums
}
