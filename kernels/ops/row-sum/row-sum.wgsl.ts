import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant, TensorType } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

export function rowSumVariants({ shape, dtype }: TensorType, scale: number, caps: DeviceCaps): KernelVariant[] {
  const [rows = 0, length = 0] = shape
  return rowVariants(
    {
      rows,
      length,
      bound: loopBound(length, 'source'),
      operands: [{ name: 'source', element: storedAs(dtype, 1) }, ...floats('sums')],
      body: ({ each, sum, once }) => /* wgsl */ `
  var total = 0.0;
  ${each(`total += ${loaded(dtype, 1, `source[row * ${length}u + c]`)};`)}
  ${sum('total')}
  ${once(`sums[row] = total * ${wgslFloat(scale)};`)}`,
    },
    caps,
  )
}
