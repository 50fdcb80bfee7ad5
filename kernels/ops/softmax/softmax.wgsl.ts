import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

/** WGSL: where line `row` begins and how far its elements lie apart. */
export function lineOf([, length = 0, inner = 0]: readonly number[]): { base: string; element: string } {
  const base = inner === 1 ? `row * ${length}u` : `row / ${inner}u * ${length * inner}u + row % ${inner}u`
  return { base, element: inner === 1 ? 'base + c' : `base + c * ${inner}u` }
}

export function softmaxVariants(shape: readonly number[], caps: DeviceCaps): KernelVariant[] {
  const [outer = 0, length = 0, inner = 0] = shape
  const { base, element } = lineOf(shape)
  return rowVariants(
    {
      rows: outer * inner,
      length,
      bound: loopBound(length, 'x'),
      operands: floats('x', 'y'),
      body: ({ each, sum, highest }) => /* wgsl */ `
  let base = ${base};
  var top = -3.0e38;
  ${each(`top = max(top, x[${element}]);`)}
  ${highest('top')}
  var total = 0.0;
  ${each(`total += exp(x[${element}] - top);`)}
  ${sum('total')}
  ${each(`y[${element}] = exp(x[${element}] - top) / total;`)}`,
    },
    caps,
  )
}
