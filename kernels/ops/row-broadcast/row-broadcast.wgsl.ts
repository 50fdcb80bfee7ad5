import { wgslFloat } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { RowBroadcastAttributes } from './row-broadcast.ts'

export function rowBroadcastVariant(rows: number, { length, scale }: RowBroadcastAttributes): KernelVariant {
  return eachVariant({
    name: 'each-f32',
    count: rows * length,
    operands: floats('source', 'result'),
    body: `result[i] = source[i / ${length}u] * ${wgslFloat(scale)};`,
  })
}
