import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function normScaleGradVariant(shape: readonly number[]): KernelVariant {
  const [rows = 0, length = 0] = shape
  return eachVariant({
    name: 'each-f32',
    count: rows * length,
    operands: floats('gradient', 'x', 'stats', 'result'),
    body: `let row = i / ${length}u; result[i] = gradient[i] * (x[i] - stats[row * 2u]) * stats[row * 2u + 1u];`,
  })
}
