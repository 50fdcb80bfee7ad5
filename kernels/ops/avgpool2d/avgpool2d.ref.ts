import { eachInWindow, type PoolSizes } from '../maxpool2d/types.ts'

export function avgpool2dReference(x: Float64Array, sizes: PoolSizes): Float64Array {
  const y = new Float64Array(sizes.planes * sizes.outSize[0] * sizes.outSize[1])
  eachInWindow(sizes, (output, input) => {
    y[output] = (y[output] ?? 0) + (x[input] ?? Number.NaN) / (sizes.kernel[0] * sizes.kernel[1])
  })
  return y
}
