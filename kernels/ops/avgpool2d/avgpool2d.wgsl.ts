import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import { type PoolSizes, windowOfOutput } from '../maxpool2d/types.ts'
import type { KernelVariant } from '../op.ts'

export function avgpool2dVariant(sizes: PoolSizes): KernelVariant {
  return eachVariant({
    name: 'each-f32',
    count: sizes.planes * sizes.outSize[0] * sizes.outSize[1],
    operands: floats('x', 'y'),
    body: /* wgsl */ `
  var sum = 0.0;
  ${windowOfOutput(sizes, (count) => loopBound(count, 'x'), 'sum += x[input];')}
  y[i] = sum / ${wgslFloat(sizes.kernel[0] * sizes.kernel[1])};`,
  })
}
