import { activationRules } from '../activation.ts'
import type { MatmulAttributes, MatmulSizes } from './types.ts'

export function matmulReference(inputs: readonly Float64Array[], { m, n, k }: MatmulSizes, { form, activation, residual }: MatmulAttributes): Float64Array {
  const [a = new Float64Array(), b = new Float64Array()] = inputs
  const added = residual === true ? inputs.at(-1) : undefined
  const bias = inputs.length - 2 - (added ? 1 : 0) === 1 ? inputs[2] : undefined
  const apply = activation === null ? (x: number) => x : activationRules(activation).reference
  const c = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) {
        const left = form === 'TN' ? a[p * m + i] : a[i * k + p]
        const right = form === 'NT' ? b[j * k + p] : b[p * n + j]
        sum += (left ?? Number.NaN) * (right ?? Number.NaN)
      }
      c[i * n + j] = apply(sum + (bias ? (bias[j] ?? Number.NaN) : 0) + (added ? (added[i * n + j] ?? Number.NaN) : 0))
    }
  }
  return c
}
