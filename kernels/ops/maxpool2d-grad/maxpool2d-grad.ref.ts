import type { PoolSizes } from '../maxpool2d/types.ts'

export function maxpool2dGradReference(gradient: Float64Array, places: Float64Array, { planes, inSize, outSize }: PoolSizes): Float64Array {
  const [inPlane, outPlane] = [inSize[0] * inSize[1], outSize[0] * outSize[1]]
  const dx = new Float64Array(planes * inPlane)
  gradient.forEach((value, output) => {
    const input = Math.floor(output / outPlane) * inPlane + (places[output] ?? Number.NaN)
    dx[input] = (dx[input] ?? 0) + value
  })
  return dx
}
