import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

export function rowDotVariants(shape: readonly number[], caps: DeviceCaps): KernelVariant[] {
  const [rows = 0, length = 0] = shape
  return rowVariants(
    {
      rows,
      length,
      bound: loopBound(length, 'a'),
      operands: floats('a', 'b', 'dots'),
      body: ({ each, sum, once }) => /* wgsl */ `
  var total = 0.0;
  ${each(`let i = row * ${length}u + c; total += a[i] * b[i];`)}
  ${sum('total')}
  ${once('dots[row] = total;')}`,
    },
    caps,
  )
}
