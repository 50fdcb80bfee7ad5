import { eachInWindow, type PoolSizes } from './types.ts'

export function maxpool2dReference(x: Float64Array, sizes: PoolSizes): Float64Array[] {
  const outputs = sizes.planes * sizes.outSize[0] * sizes.outSize[1]
  const plane = sizes.inSize[0] * sizes.inSize[1]
  const [y, places] = [new Float64Array(outputs).fill(Number.NEGATIVE_INFINITY), new Float64Array(outputs)]
  eachInWindow(sizes, (output, input) => {
    if ((x[input] ?? Number.NaN) <= (y[output] ?? 0)) return
    y[output] = x[input] ?? Number.NaN
    places[output] = input % plane
  })
  return [y, places]
}
