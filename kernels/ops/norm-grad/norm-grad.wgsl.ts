import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import { channelIndex, type NormAttributes, rowLengthOf } from '../norm/types.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

export function normGradVariants(rows: number, attributes: NormAttributes, caps: DeviceCaps): KernelVariant[] {
  const length = rowLengthOf(attributes)
  const { centered } = attributes
  const terms = `let h = gradient[base + c] * scale[${channelIndex(attributes, 'row', 'c')}]; let z = (x[base + c] - mean) * inverse;`
  return rowVariants(
    {
      rows,
      length,
      bound: loopBound(length, 'x'),
      operands: floats('gradient', 'x', 'stats', 'scale', 'dx'),
      body: ({ each, sum }) => /* wgsl */ `
  let base = row * ${length}u;
  let mean = stats[row * 2u];
  let inverse = stats[row * 2u + 1u];
  var total = 0.0;
  var product = 0.0;
  ${each(`${terms} total += h; product += h * z;`)}
  ${sum(...(centered ? ['total', 'product'] : ['product']))}
  let shift = ${centered ? `total / ${wgslFloat(length)}` : '0.0'};
  let slope = product / ${wgslFloat(length)};
  ${each(`${terms} dx[base + c] = inverse * (h - shift - z * slope);`)}`,
    },
    caps,
  )
}
