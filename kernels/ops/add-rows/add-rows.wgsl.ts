import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function addRowsVariant(shape: readonly number[]): KernelVariant {
  const [rows = 0, length = 0] = shape
  return eachVariant({ name: 'each-f32', count: rows * length, operands: floats('x', 'row', 'result'), body: `result[i] = x[i] + row[i % ${length}u];` })
}
