import { eachLine } from '../softmax/softmax.ref.ts'

export function softmaxGradReference(g: Float64Array, y: Float64Array, shape: readonly number[]): Float64Array {
  const dx = new Float64Array(y.length)
  eachLine(shape, (indices) => {
    const sum = indices.reduce((total, i) => total + (g[i] ?? Number.NaN) * (y[i] ?? Number.NaN), 0)
    for (const i of indices) dx[i] = (y[i] ?? Number.NaN) * ((g[i] ?? Number.NaN) - sum)
  })
  return dx
}
