import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant, TensorType } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

export function rowDotVariants(a: TensorType, b: TensorType, caps: DeviceCaps): KernelVariant[] {
  const [rows = 0, length = 0] = a.shape
  return rowVariants(
    {
      rows,
      length,
      bound: loopBound(length, 'a'),
      operands: [
        { name: 'a', element: storedAs(a.dtype, 1) },
        { name: 'b', element: storedAs(b.dtype, 1) },
        { name: 'dots', element: 'f32' },
      ],
      body: ({ each, sum, once }) => /* wgsl */ `
  var total = 0.0;
  ${each(`let i = row * ${length}u + c; total += ${loaded(a.dtype, 1, 'a[i]')} * ${loaded(b.dtype, 1, 'b[i]')};`)}
  ${sum('total')}
  ${once('dots[row] = total;')}`,
    },
    caps,
  )
}
