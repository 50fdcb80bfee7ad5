import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import { storedAs, storeFunctions, toStore } from '../half.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'
import { channelIndex, type NormAttributes, rowLengthOf } from './types.ts'

export function normVariants(rows: number, attributes: NormAttributes, result: DType, caps: DeviceCaps): KernelVariant[] {
  const length = rowLengthOf(attributes)
  const { centered, eps } = attributes
  return rowVariants(
    {
      rows,
      length,
      bound: loopBound(length, 'x'),
      operands: [...floats('x', 'scale', ...(centered ? ['shift'] : [])), { name: 'y', element: storedAs(result, 1) }, ...floats('stats')],
      functions: storeFunctions(result),
      body: ({ each, sum, once }) => /* wgsl */ `
  let base = row * ${length}u;
  var mean = 0.0;
  ${
    centered
      ? `${each('mean += x[base + c];')}
  ${sum('mean')}
  mean /= ${wgslFloat(length)};`
      : ''
  }
  var square = 0.0;
  ${each('let d = x[base + c] - mean; square += d * d;')}
  ${sum('square')}
  let inverse = 1.0 / sqrt(square / ${wgslFloat(length)} + ${wgslFloat(eps)});
  ${each(`let channel = ${channelIndex(attributes, 'row', 'c')};
    y[base + c] = ${toStore(result, 1, `(x[base + c] - mean) * inverse * scale[channel]${centered ? ' + shift[channel]' : ''}`)};`)}
  ${once('stats[row * 2u] = mean; stats[row * 2u + 1u] = inverse;')}`,
    },
    caps,
  )
}
