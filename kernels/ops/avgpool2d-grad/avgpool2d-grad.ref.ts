import { eachInWindow, type PoolSizes } from '../maxpool2d/types.ts'

export function avgpool2dGradReference(gradient: Float64Array, sizes: PoolSizes): Float64Array {
  const dx = new Float64Array(sizes.planes * sizes.inSize[0] * sizes.inSize[1])
  eachInWindow(sizes, (output, input) => {
    dx[input] = (dx[input] ?? 0) + (gradient[output] ?? Number.NaN) / (sizes.kernel[0] * sizes.kernel[1])
  })
  return dx
}
