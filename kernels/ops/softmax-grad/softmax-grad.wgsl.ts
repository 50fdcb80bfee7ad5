import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'
import { lineOf } from '../softmax/softmax.wgsl.ts'

export function softmaxGradVariants(shape: readonly number[], caps: DeviceCaps): KernelVariant[] {
  const [outer = 0, length = 0, inner = 0] = shape
  const { base, element } = lineOf(shape)
  return rowVariants(
    {
      rows: outer * inner,
      length,
      bound: loopBound(length, 'y'),
      operands: floats('gradient', 'y', 'dx'),
      body: ({ each, sum }) => /* wgsl */ `
  let base = ${base};
  var total = 0.0;
  ${each(`total += gradient[${element}] * y[${element}];`)}
  ${sum('total')}
  ${each(`dx[${element}] = y[${element}] * (gradient[${element}] - total);`)}`,
    },
    caps,
  )
}
