import { eachProduct } from '../conv2d/conv2d.ref.ts'
import type { ConvSizes } from '../conv2d/types.ts'

export function conv2dInputGradReference(inputs: readonly Float64Array[], sizes: ConvSizes): Float64Array {
  const [g = new Float64Array(), weight = new Float64Array()] = inputs
  const dx = new Float64Array(sizes.batch * sizes.inChannels * sizes.inSize[0] * sizes.inSize[1])
  eachProduct(sizes, (output, input, w) => {
    dx[input] = (dx[input] ?? 0) + (g[output] ?? Number.NaN) * (weight[w] ?? Number.NaN)
  })
  return dx
}
